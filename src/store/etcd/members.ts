// All members of the etcd as one: a question goes to the member in use, and to the next as well when that one fails or is silent for
// a while (`silentMemberMs`). The first answer counts, and who gave it is the member in use from then on. Nobody is cut short: a slow answer still counts.
//
// Turned down: gRPC's own balancing (docs/decisions/040): it waits for a silent member as long as the call may take.

import { readFileSync } from 'node:fs';
import { ConnectError } from '@connectrpc/connect';
import { silentMemberMs } from '../../model/election.ts';
import type { EtcdAccess } from './access.ts';
import { memberAt, type EtcdCalls, type EtcdMember } from './member.ts';
import { troubleOf } from './trouble.ts';

/** After a round in which every member turned us away. */
const roundPauseMs = 25;
/** A login that is not through by then is begun anew by the next question. */
const logInWithinMs = 5000;
/** Asked at once and not answered: more would only burden an etcd that is ill already. */
const mostOpen = 12;

/** An answer, or why there is none. */
export type Asked<T> =
  /** `alone`: no other sending of this question can have been carried out. */
  | { readonly kind: 'answer'; readonly value: T; readonly alone: boolean }
  /** `done`: it may have been carried out. */
  | { readonly kind: 'none'; readonly why: string; readonly done: 'no' | 'perhaps' };

/** What a call is given: the member's clients, and the options that every call carries. */
export type Send<T> = (
  calls: EtcdCalls,
  options: { signal: AbortSignal; headers: Record<string, string> },
) => Promise<T>;

/** The members of one etcd. */
export interface EtcdMembers {
  /**
   * Asks until there is an answer, or `limitMs` is over. Never rejects. An answer that is not `conclusive` (a refusal, which another sending of the
   * same question may have caused) waits for what is still under way.
   */
  ask<T>(limitMs: number, send: Send<T>, conclusive?: (value: T) => boolean): Promise<Asked<T>>;
  /** The member in use, and the next one: for watches, which move by themselves. */
  current(): EtcdMember;
  moveOn(from: EtcdMember): void;
  readonly count: number;
  /** What a watch must carry; logs in when that was not done. Rejects when etcd does not let us in. */
  headers(member: EtcdMember, signal: AbortSignal): Promise<Record<string, string>>;
  /** The login that was used is not taken any more. */
  loggedOut(): void;
  close(): void;
}

/** Nothing is asked yet. `first` picks the member to begin with, so that not all agents use the same. */
export function openMembers(access: EtcdAccess, first: number): EtcdMembers {
  const members = access.endpoints.map((endpoint) => memberAt(endpoint, access));
  let inUse = first % members.length;
  let token: string | null = null;
  /** One under way for each member at most: who asks the next does not wait for one that is silent. */
  const logins = new Map<EtcdMember, Promise<string>>();
  const closing = new AbortController();

  const at = (index: number): EtcdMember => {
    const member = members[index % members.length];
    if (member === undefined) throw new Error('an etcd without members');
    return member;
  };

  const headers = async (member: EtcdMember, signal: AbortSignal): Promise<Record<string, string>> => {
    if (access.user === null) return {};
    if (token !== null) return tokenHeader(token);
    let login = logins.get(member);
    if (login === undefined) {
      login = logIn(access, member, AbortSignal.any([closing.signal, AbortSignal.timeout(logInWithinMs)]));
      logins.set(member, login);
      const over = (): void => void logins.delete(member);
      void login.then((fresh) => {
        token = fresh;
        over();
      }, over);
    }
    return tokenHeader(await unlessAborted(login, signal));
  };

  return {
    ask: <T>(limitMs: number, send: Send<T>, conclusive: (value: T) => boolean = () => true): Promise<Asked<T>> =>
      new Promise((resolve) => {
        if (closing.signal.aborted) {
          resolve({ kind: 'none', why: 'the store is closed', done: 'no' });
          return;
        }
        const all = new AbortController();
        const open = new Map<number, { member: EtcdMember; sinceMs: number }>();
        const hedgeMs = silentMemberMs(limitMs);
        const begunWith = inUse;
        let sent = 0;
        let doubtful = false;
        let held: { readonly value: T } | null = null;
        let settled = false;
        let why = `no answer within ${Math.round(limitMs)} ms`;
        let next: NodeJS.Timeout | null = null;
        const limit = setTimeout(() => {
          // What came in time and still lies in the queue counts as in time.
          setImmediate(() => {
            if (held !== null) settle({ kind: 'answer', value: held.value, alone: false });
            settle({ kind: 'none', why, done: doubtful || open.size > 0 ? 'perhaps' : 'no' });
          });
        }, limitMs);

        const settle = (answer: Asked<T>): void => {
          if (settled) return;
          settled = true;
          clearTimeout(limit);
          if (next !== null) clearTimeout(next);
          closing.signal.removeEventListener('abort', stop);
          const now = monotonicMs();
          // Silent until now: whatever lies between us is cut, so that a later call does not wait for it.
          const silent = open
            .values()
            .filter((each) => now - each.sinceMs >= hedgeMs)
            .toArray();
          // Of a question that nobody else is still asked there is nothing to give up, and giving up costs as much as asking: an error with its stack.
          if (open.size > 0) all.abort();
          for (const { member } of silent) member.drop();
          resolve(answer);
        };
        const stop = (): void => {
          settle({ kind: 'none', why: 'the store was closed', done: 'perhaps' });
        };
        closing.signal.addEventListener('abort', stop);

        /** When nothing else is under way. */
        const settleHeld = (): void => {
          if (held !== null && open.size === 0) settle({ kind: 'answer', value: held.value, alone: !doubtful });
        };
        const again = (afterMs: number): void => {
          if (settled || held !== null) return;
          if (next !== null) clearTimeout(next);
          next = setTimeout(attempt, afterMs);
        };
        const attempt = (): void => {
          if (settled || held !== null) return;
          if (open.size >= mostOpen) {
            again(hedgeMs);
            return;
          }
          const turn = sent;
          const index = (begunWith + turn) % members.length;
          const member = at(index);
          sent += 1;
          open.set(turn, { member, sinceMs: monotonicMs() });
          // A single member is not asked twice: it has the question.
          if (members.length > 1) again(hedgeMs);
          void once(member, send, all.signal, headers).then(
            (value) => {
              open.delete(turn);
              if (!settled && !all.signal.aborted) inUse = index;
              if (conclusive(value)) settle({ kind: 'answer', value, alone: !doubtful && open.size === 0 });
              else {
                held = { value };
                settleHeld();
              }
            },
            (error: unknown) => {
              open.delete(turn);
              if (settled) return;
              const trouble = troubleOf(error instanceof NotSent ? error.cause : error, member.endpoint);
              why = trouble.why;
              // Nobody told us whom to log in as: to ask again is of no use.
              const kind = trouble.kind === 'token' && access.user === null ? 'refused' : trouble.kind;
              switch (kind) {
                case 'refused':
                  settle({ kind: 'none', why, done: doubtful || open.size > 0 ? 'perhaps' : 'no' });
                  return;
                case 'token':
                  token = null;
                  break;
                case 'perhaps':
                  doubtful ||= !(error instanceof NotSent);
                  break;
                case 'notDone':
                  break;
                default:
                  kind satisfies never;
              }
              if (inUse === index) inUse = (index + 1) % members.length;
              settleHeld();
              again(sent % members.length === 0 ? roundPauseMs : 0);
            },
          );
        };
        attempt();
      }),
    current: () => at(inUse),
    moveOn(from) {
      if (at(inUse) === from) inUse = (inUse + 1) % members.length;
    },
    count: members.length,
    headers,
    loggedOut() {
      token = null;
    },
    close() {
      closing.abort();
      for (const member of members) member.drop();
    },
  };
}

/** Without `async` in between, a file that cannot be read would throw past the caller. */
async function once<T>(
  member: EtcdMember,
  send: Send<T>,
  signal: AbortSignal,
  headers: EtcdMembers['headers'],
): Promise<T> {
  let given: Parameters<Send<T>>;
  try {
    given = [member.calls(), { signal, headers: await headers(member, signal) }];
  } catch (error) {
    throw new NotSent('nothing was asked', { cause: error });
  }
  return send(...given);
}

/** The files of the access cannot be read, or etcd does not let us in: what was to be asked did not go out. */
class NotSent extends Error {
  override readonly name = 'NotSent';
}

/** What comes of it, or a rejection as soon as nobody waits for it any more. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('given up'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Empty: nobody need log in. */
function tokenHeader(token: string): Record<string, string> {
  return token === '' ? {} : { token };
}

/** A token for the calls that follow, empty when nobody need log in; etcd hands it to all members. The file is read each time, so that a new password counts at once. */
async function logIn(access: EtcdAccess, member: EtcdMember, signal: AbortSignal): Promise<string> {
  const password = access.passwordFile === null ? '' : readFileSync(access.passwordFile, 'utf8').replace(/\r?\n$/, '');
  try {
    const { token } = await member.calls().auth.authenticate({ name: access.user ?? '', password }, { signal });
    return token;
  } catch (error) {
    // Then no token is taken, until somebody must log in again.
    if (error instanceof ConnectError && error.rawMessage.includes('authentication is not enabled')) return '';
    throw error;
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
