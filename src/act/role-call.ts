// Carries a role call out: gives a role to an instance or takes it away. Done means that the service said so itself (2xx,
// exit 0, its word on the socket); failed, that it said no or cannot have heard; unknown, that nothing is known.

import type { Role } from '../model/states.ts';
import type { CallAnswer, RoleCaller, RunCommand } from '../ports.ts';
import type { MonoMs } from '../model/units.ts';
import type { MessageDesk } from './message-desk.ts';
import { type Posted, send } from './post.ts';

type Request = Parameters<RoleCaller['call']>[0];

/**
 * Opens the caller. The role and term that a call is about are STANDFAST_ROLE and STANDFAST_TERM of the request's `env`.
 * `runCommand` is the one that checks run with too.
 */
export function openRoleCaller(options: { now: () => MonoMs; desk: MessageDesk; runCommand: RunCommand }): RoleCaller {
  return {
    async call(request) {
      const { call } = request;
      switch (call.kind) {
        case 'http':
          return await byHttp(call.url, request, options.now);
        case 'command': {
          const end = await options.runCommand({ ...request, command: call.command, input: null });
          switch (end.kind) {
            case 'ended':
              if (end.code === 0) return { kind: 'done', at: options.now() };
              return {
                kind: 'failed',
                why: withText(
                  end.code === null ? `ended by ${end.signal ?? 'a signal'}` : `exit ${end.code}`,
                  end.errors || end.output,
                ),
              };
            case 'timedOut':
              return {
                kind: 'unknown',
                why: withText(`did not end within ${request.within} ms and was killed`, end.errors || end.output),
              };
            case 'notStarted':
              return { kind: 'failed', why: `could not be run: ${end.why}` };
            default: {
              const never: never = end;
              return never;
            }
          }
        }
        case 'message': {
          const { role, term } = aboutWhat(request);
          return role === null
            ? { kind: 'failed', why: 'the call names no role' }
            : await options.desk.expect(request.instance, role, term, request.within);
        }
        default: {
          const never: never = call;
          return never;
        }
      }
    },
  };
}

/** POST with the role and term; a service whose address only knows GET is asked so, in what is left of the time. */
async function byHttp(url: string, request: Request, now: () => MonoMs): Promise<CallAnswer> {
  const until = now() + request.within;
  const posted = await send('POST', url, { body: JSON.stringify(aboutWhat(request)), within: request.within });
  if (posted.kind !== 'answered' || ![404, 405, 501].includes(posted.code)) return verdict(posted, now);
  const got = await send('GET', url, { body: null, within: Math.max(1, until - now()) });
  return verdict(got, now);
}

function verdict(posted: Posted, now: () => MonoMs): CallAnswer {
  switch (posted.kind) {
    case 'answered':
      return posted.code >= 200 && posted.code < 300
        ? { kind: 'done', at: now() }
        : { kind: 'failed', why: withText(`HTTP ${posted.code}`, posted.text) };
    case 'notSent':
      return { kind: 'failed', why: posted.why };
    case 'unanswered':
      return { kind: 'unknown', why: posted.why };
    default: {
      const never: never = posted;
      return never;
    }
  }
}

function aboutWhat(request: Request): { role: Role | null; term: number } {
  const role = request.env['STANDFAST_ROLE'];
  const term = Number(request.env['STANDFAST_TERM'] ?? 0);
  return {
    role: role === 'active' || role === 'standby' || role === 'passive' ? role : null,
    term: Number.isInteger(term) ? term : 0,
  };
}

function withText(what: string, said: string): string {
  const line = said
    .split(/[\r\n]+/)
    .map((each) => each.replace(/[\p{Cc}\p{Cf}]/gu, ' ').trim())
    .find((each) => each !== '');
  return line === undefined ? what : `${what}: ${line.slice(0, 200)}`;
}
