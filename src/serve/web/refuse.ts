// Why a request to the console is answered with an error, in the product's form: code, why, what next.

import type { ApiFailure } from '../../api-web.ts';
import { errorWords } from '../../model/error-words.ts';
import { Refusal } from '../refusal.ts';

/** 404: `what` is not there. */
export function noSuch(what: string): Refusal {
  return new Refusal(404, 'SF-811', what, 'GET /api/v1/status lists what there is.');
}

/** 503, with why. */
export function agentSilent(why: string): Refusal {
  return new Refusal(
    503,
    'SF-810',
    `the agent does not answer: ${why}`,
    'Services go on. What is wrong: standfast doctor',
  );
}

/** The answer to whatever was thrown, and its HTTP status. Faults of ours say no more than that they are. */
export function failureOf(error: unknown): { readonly status: number; readonly body: ApiFailure } {
  if (error instanceof Refusal) return { status: error.status, body: error.body() };
  const status = statusIn(error);
  if (status === 413 || status === 408 || status === 431)
    return of(status, 'SF-803', 'the request is too long or took too long', 'Send less.');
  if (status !== null && status < 500)
    return of(status, 'SF-802', errorWords(error), 'GET /api/v1/openapi.json shows what is wanted.');
  return of(
    500,
    'SF-813',
    'the console failed at this request',
    'Look into console.log in the state folder of the host.',
  );
}

function of(status: number, code: string, why: string, next: string): { status: number; body: ApiFailure } {
  return { status, body: { error: { code, why, next } } };
}

/** As fastify puts it on its own errors. */
function statusIn(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null;
}
