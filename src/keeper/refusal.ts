// Why the keeper says no, by code. Every answer `failed` carries one of these.

import type { KeeperAnswer } from '../ports.ts';

/** The keeper's codes; `docs/errors.md` has a row for each. */
export const refusalCodes = {
  badRequest: 'SF-601',
  noSuchInstance: 'SF-602',
  runsAlready: 'SF-603',
  deadlineNeeded: 'SF-604',
  deadlinePast: 'SF-605',
  termTooOld: 'SF-606',
  otherTerm: 'SF-607',
  ending: 'SF-608',
  command: 'SF-609',
  folder: 'SF-610',
  account: 'SF-611',
  preparation: 'SF-612',
  roleFile: 'SF-613',
  guard: 'SF-614',
  signal: 'SF-615',
  notEnded: 'SF-616',
  instancesLive: 'SF-617',
  otherKeeper: 'SF-618',
  keeperStart: 'SF-619',
  addressTaken: 'SF-620',
  addressRights: 'SF-621',
  addressPlace: 'SF-622',
  addressLifetime: 'SF-623',
} as const;

/** Nothing was changed; `why` holds what, why and what to do. */
export type Refusal = { readonly kind: 'failed'; readonly code: string; readonly why: string };

/** A refusal: what, why and what to do are in `why`. */
export function refuse(reason: keyof typeof refusalCodes, why: string): Refusal {
  return { kind: 'failed', code: refusalCodes[reason], why };
}

/** What was asked has been done. */
export function done<T>(value: T): KeeperAnswer<T> {
  return { kind: 'done', value };
}
