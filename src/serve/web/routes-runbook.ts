// Runbooks and their runs: read by everybody who may look, run by who may operate. The owner is who is signed in.

import { z } from 'zod';
import type { RunbookAnswer } from '../../api-runbook.ts';
import type { ConsolePort } from './port.ts';
import { asked, ownerOf } from './routes-act.ts';
import { Reply, route, type RouteRow } from './route.ts';
import { nameShape } from './shapes.ts';

const named = z.object({ name: nameShape });
const hostQuery = z.object({ host: nameShape.optional() });
const why = z.string().max(2000).default('');

const startShape = z.strictObject({
  host: nameShape.nullable().default(null),
  why,
  allow: z.boolean().default(false).describe('Every step that changes something is allowed beforehand.'),
  values: z.record(z.string().max(200), z.string().max(10_000)).default({}),
});

const wordShape = z.strictObject({
  block: z.int().min(0),
  undo: z.boolean().default(false),
  word: z.enum(['yes', 'no', 'skip', 'again']),
  why,
});

/** What the agent's runbooks answer is passed on as it is: `{ ok: true, value }`. */
const answerShape = z.looseObject({ ok: z.boolean() });

/** The routes of runbooks and their runs. */
export function runbookRoutes(port: ConsolePort): readonly RouteRow[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/runbooks',
      access: 'look',
      about: 'All runbooks: written ones, and those made from the description.',
      answer: z.array(z.looseObject({ name: z.string(), title: z.string() })),
      handle: () => asked(port.runbooks().list()),
    }),
    route({
      method: 'GET',
      path: '/api/v1/runbooks/{name}',
      access: 'look',
      about: 'One runbook, with what each step would run now.',
      params: named,
      query: hostQuery,
      answer: answerShape,
      handle: async ({ params, query }) =>
        replied(await asked(port.runbooks().show(params.name, query.host ?? null, {})), 404),
    }),
    route({
      method: 'POST',
      path: '/api/v1/runbooks/{name}/runs',
      access: 'operate',
      about: 'Begins a run. Steps that change something ask first, unless `allow`.',
      params: named,
      body: startShape,
      answer: answerShape,
      handle: async ({ params, body, person }) =>
        replied(await asked(port.runbooks().start({ ...body, name: params.name, owner: ownerOf(person) })), 409),
    }),
    route({
      method: 'GET',
      path: '/api/v1/runs',
      access: 'look',
      about: 'Runs of runbooks, newest first, without what they wrote.',
      answer: z.array(z.looseObject({ id: z.string() })),
      handle: () => asked(port.runbooks().runs()),
    }),
    route({
      method: 'GET',
      path: '/api/v1/runs/{name}',
      access: 'look',
      about: 'One run, step by step. With `after`, its `version`, it waits for something newer, 10 s at most.',
      params: named,
      query: z.object({ after: nameShape.optional() }),
      answer: answerShape,
      handle: async ({ params, query }) =>
        replied(await asked(port.runbooks().run(params.name, query.after ?? null)), 404),
    }),
    route({
      method: 'POST',
      path: '/api/v1/runs/{name}/word',
      access: 'operate',
      about: 'What a person says to a step that asks: yes, no, skip, again.',
      params: named,
      body: wordShape,
      answer: answerShape,
      handle: async ({ params, body, person }) =>
        replied(await asked(port.runbooks().answer({ ...body, run: params.name, owner: ownerOf(person) })), 409),
    }),
    route({
      method: 'POST',
      path: '/api/v1/runs/{name}/allow',
      access: 'operate',
      about: 'Allows every step of this run from now on.',
      params: named,
      answer: answerShape,
      handle: async ({ params, person }) =>
        replied(await asked(port.runbooks().allow(params.name, ownerOf(person))), 409),
    }),
    route({
      method: 'POST',
      path: '/api/v1/runs/{name}/abort',
      access: 'operate',
      about: 'Ends a run, also a step under way.',
      params: named,
      body: z.strictObject({ why }),
      answer: answerShape,
      handle: async ({ params, body, person }) =>
        replied(await asked(port.runbooks().abort(params.name, ownerOf(person), body.why)), 409),
    }),
  ];
}

/** A refusal is an answer like any other, with a status that says so. */
function replied(answer: RunbookAnswer<unknown>, refused: number): Reply {
  return new Reply(answer.ok ? 200 : refused, answer);
}
