// What an error of a call says: whether the request may have been carried out all the same, and what a person should know of it.
// gRPC codes are Connect's; etcd's own words are those of its `api/v3rpc/rpctypes/error.go`.

import { Code, ConnectError } from '@connectrpc/connect';
import { errorWords } from '../../model/error-words.ts';

/** Why a call came to nothing. */
export interface Trouble {
  /** In words, for people. */
  readonly why: string;
  /**
   * `notDone`: etcd certainly did nothing, the same request may be sent again. `perhaps`: it may have been carried out.
   * `token`: our login was not taken; nothing was done. `refused`: it was understood and will be refused by every member.
   */
  readonly kind: 'notDone' | 'perhaps' | 'token' | 'refused';
}

/** The request never left, or was turned away before it was proposed. */
const notConnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
]);
const notProposed = /raft proposal dropped|no leader|too many requests|not capable|rpc not supported for learner/;
const noToken = /invalid auth token|revision of auth store is old/;

/** Reads an error of a call to `endpoint`. */
export function troubleOf(error: unknown, endpoint: string): Trouble {
  const code = systemCode(error);
  const words = wordsOf(error);
  if (code !== null && notConnected.has(code))
    return { kind: 'notDone', why: `${endpoint} cannot be reached (${code})` };
  if (isCertificate(code, words))
    return { kind: 'notDone', why: `${endpoint}: the certificate is not accepted: ${words}` };
  if (/user name is empty/.test(words))
    return {
      kind: 'token',
      why: `${endpoint} lets in only who logs in (\`user\` and \`passwordFile\` of \`store\`): ${words}`,
    };
  if (noToken.test(words)) return { kind: 'token', why: `${endpoint}: ${words}` };
  if (notProposed.test(words)) return { kind: 'notDone', why: `${endpoint}: ${words}` };
  if (/permission denied/.test(words))
    return {
      kind: 'refused',
      why: `etcd refuses us the keys below "standfast/": ${words}. Give our user a role that may read and write them`,
    };
  if (/authentication failed|password/i.test(words))
    return { kind: 'refused', why: `etcd does not accept our user and password: ${words}` };
  if (/database space exceeded/.test(words))
    return { kind: 'refused', why: `etcd is full (alarm NOSPACE): ${words}. \`standfast doctor\` says what to do` };
  if (/data corrupt|corrupt cluster/i.test(words))
    return {
      kind: 'refused',
      why: `etcd says that its data is corrupt: ${words}. \`standfast doctor\` says what to do`,
    };
  if (/too many operations|request is too large/.test(words)) return { kind: 'refused', why: `${endpoint}: ${words}` };
  return { kind: 'perhaps', why: `${endpoint}: ${words}` };
}

function wordsOf(error: unknown): string {
  if (error instanceof ConnectError) {
    if (error.code === Code.DeadlineExceeded || error.code === Code.Canceled) return 'no answer in time';
    return error.rawMessage;
  }
  return errorWords(error);
}

function isCertificate(code: string | null, words: string): boolean {
  return (
    (code !== null && /CERT|SELF_SIGNED|ALTNAME/.test(code)) || /alert (bad|unknown|expired)|certificate/i.test(words)
  );
}

/** `ECONNREFUSED` and the like, from wherever it lies in the chain of causes. */
function systemCode(error: unknown): string | null {
  for (let each: unknown = error, depth = 0; each instanceof Error && depth < 6; each = each.cause, depth++) {
    if ('code' in each && typeof each.code === 'string') return each.code;
    // One name with several addresses: all were tried.
    if (each instanceof AggregateError) {
      const first: unknown = each.errors[0];
      return systemCode(first);
    }
  }
  return null;
}
