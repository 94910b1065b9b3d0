// What can be asked on the agent's socket, as a table.

import { setTimeout as pause } from 'node:timers/promises';

import type { AgentAnswers, IntentAnswer } from '../api.ts';
import { consoleRoutes } from './console-routes.ts';
import { Refusal } from './refusal.ts';
import { runbookRoutes } from './runbook-routes.ts';
import { ackBody, applyBody, confirmBody, elsewhereBody, intentBody, parsed, statusBody } from './shapes.ts';

/** A request, read. */
export interface Asked {
  readonly answers: AgentAnswers;
  /** The part of the path that varies, decoded; empty when there is none. */
  readonly parameter: string;
  readonly body: unknown;
  /** The header `Standfast-Instance`. */
  readonly instance: string | null;
}

/** What is sent back, as JSON. */
export interface Answered {
  readonly status: number;
  /** `undefined`: no body. */
  readonly body: unknown;
}

/** `mostBytes`: how long the body may be. */
export type Route =
  | { readonly kind: 'events' }
  | {
      readonly kind: 'answer';
      /** Of its body; absent: the usual. */
      readonly mostBytes?: number;
      readonly answer: (asked: Asked) => Answered | Promise<Answered>;
    };

const fine: Answered = { status: 204, body: undefined };

/** A description has at most 1 MiB of characters, each up to 3 bytes; what is escaped in JSON takes 2. */
const applyMostBytes = 4 * 2 ** 20;

const pages = 'docs/member.md lists what services ask, docs/socket.md all else.';

/** `POST /v1/heartbeat` is first: 500 services may ask it each second. */
const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    'POST /v1/heartbeat',
    answering((asked) => (asked.answers.heartbeat(instance(asked)) ? fine : noSuchInstance(asked))),
  ],
  [
    'PUT /v1/status',
    answering((asked) => {
      const said = parsed(statusBody, asked.body);
      return asked.answers.saidStatus(instance(asked), said) ? fine : noSuchInstance(asked);
    }),
  ],
  [
    'GET /v1/role',
    answering((asked) => {
      const role = asked.answers.role(instance(asked));
      return role === null ? noSuchInstance(asked) : json(role);
    }),
  ],
  [
    'POST /v1/role/confirm',
    answering((asked) => {
      const confirmed = parsed(confirmBody, asked.body);
      if (asked.answers.confirm(instance(asked), confirmed)) return fine;
      throw new Refusal(
        409,
        'SF-705',
        `${instance(asked)} was not asked to become ${confirmed.role} in term ${confirmed.term}`,
        'Ask GET /v1/role for the present role and term.',
      );
    }),
  ],
  ['POST /v1/takeover', answering(async (asked) => intentAnswer(await asked.answers.takeover(instance(asked))))],
  ['GET /api/v1/status', answering(async (asked) => json(await inAMoment(() => asked.answers.status())))],
  ['GET /api/v1/failovers', answering(async (asked) => json(await asked.answers.failovers()))],
  ['GET /api/v1/found', answering(async (asked) => json(await inAMoment(() => asked.answers.found())))],
  ['GET /api/v1/intents', answering((asked) => json(asked.answers.intents()))],
  [
    'POST /api/v1/intents',
    answering(async (asked) => intentAnswer(await asked.answers.intend(parsed(intentBody, asked.body)))),
  ],
  [
    'POST /api/v1/incidents/:/ack',
    answering(async (asked) => {
      const { owner } = parsed(ackBody, asked.body);
      if (await asked.answers.ack(asked.parameter, owner)) return fine;
      throw new Refusal(
        404,
        'SF-706',
        `there is no open incident ${asked.parameter}`,
        'standfast incidents lists them.',
      );
    }),
  ],
  [
    'POST /api/v1/description',
    {
      ...answering(async (asked) => intentAnswer(await asked.answers.apply(parsed(applyBody, asked.body)))),
      mostBytes: applyMostBytes,
    },
  ],
  ['GET /api/v1/description', answering((asked) => json(asked.answers.description()))],
  [
    'POST /api/v1/elsewhere',
    answering(async (asked) => json(await asked.answers.elsewhere.ask(parsed(elsewhereBody, asked.body)))),
  ],
  ['GET /api/v1/peers', answering((asked) => json(asked.answers.elsewhere.peers()))],
  ['GET /api/v1/events', { kind: 'events' }],
  ...consoleRoutes,
  ...runbookRoutes,
]);

/** The route and its parameter, below `only`. Refuses what is not in the table: 404, or 405 when another method would do. */
export function routeFor(
  method: string,
  url: string,
  only = '/',
): { readonly route: Route; readonly parameter: string } {
  const path = url.split('?', 1)[0] ?? '';
  if (!path.startsWith(only)) throw new Refusal(404, 'SF-701', `there is nothing at ${path}`, pages);
  const plain = routes.get(`${method} ${path}`);
  if (plain !== undefined) return { route: plain, parameter: '' };
  const varying = /^\/api\/v1\/(?:incidents\/([^/]+)\/ack|accounts\/([^/]+))$/.exec(path);
  const parameter = varying?.[1] ?? varying?.[2];
  const pattern = varying === null ? path : `/api/v1/${varying[1] === undefined ? 'accounts/:' : 'incidents/:/ack'}`;
  const route = routes.get(`${method} ${pattern}`);
  if (route !== undefined && parameter !== undefined) return { route, parameter: decoded(parameter) };
  const methods = [...routes.keys()].filter((key) => key.endsWith(` ${pattern}`)).map((key) => key.split(' ')[0]);
  if (methods.length > 0)
    throw new Refusal(405, 'SF-702', `${pattern} does not take ${method}`, `It takes ${methods.join(' and ')}.`);
  throw new Refusal(404, 'SF-701', `there is nothing at ${path}`, pages);
}

function answering(answer: (asked: Asked) => Answered | Promise<Answered>): Extract<Route, { kind: 'answer' }> {
  return { kind: 'answer', answer };
}

/** An agent that has just begun reads its description within moments: who asks it then waits for that, rather than being sent away. */
async function inAMoment<T>(answer: () => T): Promise<T> {
  for (let tries = descriptionTries; ; tries -= 1)
    try {
      return answer();
    } catch (error) {
      if (tries <= 1) throw error;
      await pause(descriptionTryMs);
    }
}

const descriptionTries = 60;
const descriptionTryMs = 25;

function json(body: unknown): Answered {
  return { status: 200, body };
}

/** A refused intent is an answer like any other: who asked reads `ok`. */
function intentAnswer(answer: IntentAnswer): Answered {
  return { status: answer.ok ? 200 : 409, body: answer };
}

function instance(asked: Asked): string {
  if (asked.instance !== null) return asked.instance;
  throw new Refusal(
    400,
    'SF-707',
    'the header Standfast-Instance is missing',
    'Send Standfast-Instance: $STANDFAST_INSTANCE.',
  );
}

function noSuchInstance(asked: Asked): never {
  throw new Refusal(
    404,
    'SF-708',
    `no instance ${asked.instance ?? ''} runs here`,
    'Use the value of STANDFAST_INSTANCE that this process was started with.',
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, 'SF-703', `${part} is not well encoded`, 'Encode it as in a URL.');
  }
}
