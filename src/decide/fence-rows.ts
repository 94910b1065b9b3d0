// The rows of fencing (rules 290–299), asked when a lease is about to be taken from a lost host by a service that demands it: first match wins.

import type { Row } from './row.ts';

/** The loss of a holder, and how far its fencing is. */
export interface FenceFacts {
  /** The lost holder has come back: a later session of it lives, and says that nothing of the service is active there. */
  readonly back: boolean;
  /** What stands in the store of this loss. */
  readonly state: 'none' | 'claimed' | 'confirmed' | 'failed';
  /** Who has it fenced lives, and knows of it. */
  readonly claimerLives: boolean;
  /** A write or a call of ours about it is under way. */
  readonly underWay: boolean;
  /** The description says how to fence that host. */
  readonly described: boolean;
}

/** Take the lease, wait (and for what), or have the lost host fenced. */
export type FenceMove =
  | { readonly move: 'take' }
  | { readonly move: 'wait'; readonly waitsFor: string }
  | { readonly move: 'fence' };

const take = (): FenceMove => ({ move: 'take' });
const wait = (waitsFor: string) => (): FenceMove => ({ move: 'wait', waitsFor });

/** Rules 291–299. */
export const fenceRows: readonly Row<FenceFacts, FenceMove>[] = [
  {
    n: 291,
    name: 'lost-host-is-back',
    when: (f) => f.back,
    then: take,
    why: 'the host that lost it lives in a new session and says that nothing of it is active there',
  },
  {
    n: 292,
    name: 'fence-confirmed',
    when: (f) => f.state === 'confirmed',
    then: take,
    why: 'the host that lost it is confirmed off',
  },
  {
    n: 294,
    name: 'fencing-under-way',
    when: (f) => f.underWay || (f.state === 'claimed' && f.claimerLives),
    then: wait('fencing'),
    why: 'the host that lost it is being fenced, and it has not been confirmed off',
  },
  {
    n: 296,
    name: 'not-fenced',
    when: (f) => f.state === 'failed' || !f.described,
    then: wait('a person: standfast fence'),
    why: 'the host that lost it could not be confirmed off: it may still write, so nobody takes over until a person says that it is off',
  },
  {
    n: 298,
    name: 'fence-before-take-over',
    when: () => true,
    then: () => ({ move: 'fence' }),
    why: 'the service is taken over only from a host that is confirmed off',
  },
];
