// What signed-in people may do. The owner is who is signed in, never what a body says.

import type { ActionPreview } from '../../api-web.ts';
import { z } from 'zod';
import { errorWords } from '../../model/error-words.ts';
import { Refusal } from '../refusal.ts';
import type { ConsolePort } from './port.ts';
import { foreseen } from './preview.ts';
import { Reply, route, type RouteRow } from './route.ts';
import type { Person } from './sessions.ts';
import { actionShape, doneShape, intentAnswerShape, nameShape, previewShape } from './shapes.ts';
import { agentSilent } from './refuse.ts';

/** The routes by which people act; each asks for the role `operate`. */
export function actRoutes(port: ConsolePort): readonly RouteRow[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/intents',
      access: 'operate',
      about: 'Restart, stop, start, failover, pause, resume, maintenance, ban. 409: refused, with the reason.',
      body: actionShape,
      answer: intentAnswerShape,
      async handle({ body, person }) {
        const answer = await asked(port.intend({ ...body, owner: ownerOf(person) }));
        return new Reply(answer.ok ? 200 : 409, answer);
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/intents/preview',
      access: 'operate',
      about: 'What would happen, by the rules that run and the times measured; nothing is done.',
      body: actionShape,
      answer: previewShape,
      async handle({ body, person }): Promise<ActionPreview> {
        const [answer, status, details] = await Promise.all([
          asked(port.preview({ ...body, owner: ownerOf(person) })),
          port.status(),
          port.details(),
        ]);
        return foreseen(body, answer, status, details.of);
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/incidents/{name}/ack',
      access: 'operate',
      about: 'Takes an incident: others see who has it.',
      params: z.object({ name: nameShape }),
      answer: doneShape,
      async handle({ params, person }) {
        if (await asked(port.ack(params.name, ownerOf(person)))) return { ok: true };
        throw new Refusal(
          404,
          'SF-811',
          `there is no open incident ${params.name}`,
          'GET /api/v1/incidents lists them.',
        );
      },
    }),
  ];
}

/** Roles were looked at before. */
export function ownerOf(person: Person | null): string {
  if (person === null) throw new Refusal(401, 'SF-805', 'nobody is signed in', 'Sign in first.');
  return person.name;
}

/** What the agent does not answer is said as that. */
export async function asked<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    throw agentSilent(errorWords(error));
  }
}
