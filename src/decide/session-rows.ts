// What to do about the own session, as rows (100–119). session.ts says what it is.

import type { Row } from './row.ts';
import { drift } from '../model/timings.ts';

/** How it stands with the own session. Durations in ms. */
export interface SessionFacts {
  readonly storeRead: boolean;
  readonly reachable: boolean;
  readonly hasSystem: boolean;
  /** A write of this life has made it ours. */
  readonly owned: boolean;
  readonly inFlight: boolean;
  readonly closing: boolean;
  readonly closed: boolean;
  /** Whose the key in the store is, when it is not ours yet. */
  readonly entry: 'none' | 'dead' | 'same boot' | 'other boot' | 'other machine';
  /** How long that one was seen to stand still. */
  readonly entrySilentMs: number;
  readonly entryTtlMs: number;
  /** It is time for a renewal. */
  readonly due: boolean;
  readonly keeperSilentMs: number;
  readonly ttlMs: number;
  /** Something here counts on it, or a lease in the store names it. */
  readonly holds: boolean;
  /** A start, stop or kill has been under way for longer than d. */
  readonly hung: boolean;
  /** The agent is to leave, and nothing runs here any more, or is to go on without it. */
  readonly leavingAndDown: boolean;
}

type SessionMove =
  | { readonly move: 'nothing' }
  | { readonly move: 'wait'; readonly forMs: number }
  | { readonly move: 'renew'; readonly epoch: 'same' | 'entry' | 'next' }
  | { readonly move: 'deposeFormer' }
  | { readonly move: 'close' };

const nothing = (): SessionMove => ({ move: 'nothing' });

const keeperIsSilent = (f: SessionFacts): boolean => f.keeperSilentMs > f.ttlMs / 2;

/** What is leased here may have to be ended, and cannot: a session, old or new, would only keep others from taking over. */
const isSick = (f: SessionFacts): boolean => f.holds && (f.hung || keeperIsSilent(f));

/** Rules 100–119, first match wins. */
export const sessionRows: readonly Row<SessionFacts, SessionMove>[] = [
  {
    n: 100,
    name: 'session-closed',
    when: (f) => f.closed || f.closing || !f.hasSystem,
    then: nothing,
    why: 'this agent has left, or knows no description yet',
    quiet: true,
  },
  {
    n: 102,
    name: 'close-session-when-all-is-down',
    when: (f) => f.leavingAndDown,
    then: () => ({ move: 'close' }),
    why: 'everything here is down and we were asked to leave, so the others need not wait for our silence',
  },
  {
    n: 104,
    name: 'wait-until-store-was-read',
    when: (f) => !f.storeRead,
    then: nothing,
    why: 'what stands in the store is not known in this life yet',
    quiet: true,
  },
  {
    n: 106,
    name: 'one-renewal-at-a-time',
    when: (f) => f.inFlight,
    then: nothing,
    why: 'the last renewal has not been answered',
    quiet: true,
  },
  {
    n: 108,
    name: 'begin-first-epoch',
    when: (f) => !f.owned && f.due && f.entry === 'none' && !isSick(f),
    then: () => ({ move: 'renew', epoch: 'next' }),
    why: 'no session of this host stands in the store',
  },
  {
    n: 110,
    name: 'begin-next-epoch',
    when: (f) => !f.owned && f.due && f.entry === 'dead' && !isSick(f),
    then: () => ({ move: 'renew', epoch: 'next' }),
    why: 'the former session of this host was closed or deposed',
  },
  {
    n: 112,
    name: 'go-on-in-the-same-epoch',
    when: (f) => !f.owned && f.due && f.entry === 'same boot' && !isSick(f),
    then: () => ({ move: 'renew', epoch: 'entry' }),
    why: 'the session in the store belongs to this boot of this machine, so its instances are still ours',
  },
  {
    n: 113,
    name: 'leave-former-machine-to-others',
    when: (f) => !f.owned && f.entry === 'other machine',
    then: nothing,
    why: 'a session of another machine under our name: hosts that it names may have promised it to wait, so only they may end it',
  },
  {
    n: 114,
    name: 'depose-former-machine',
    when: (f) => !f.owned && f.due && f.entry === 'other boot' && f.entrySilentMs >= f.entryTtlMs * (1 + drift),
    then: () => ({ move: 'deposeFormer' }),
    why: 'a session of another boot under our name stood still past ttl and drift',
  },
  {
    n: 115,
    name: 'wait-for-former-machine',
    when: (f) => !f.owned && f.entry === 'other boot',
    then: (f) => ({ move: 'wait', forMs: f.entryTtlMs * (1 + drift) - f.entrySilentMs }),
    why: 'a session of another boot under our name may still be alive; we wait like everybody else',
  },
  {
    n: 116,
    name: 'no-renewal-without-keeper',
    when: (f) => f.holds && keeperIsSilent(f),
    then: nothing,
    why: 'the keeper does not answer, so nobody here can end what is active: the lease is let go',
  },
  {
    n: 117,
    name: 'no-renewal-while-hung',
    when: (f) => f.holds && f.hung,
    then: nothing,
    why: 'a kill has hung for longer than detection may take, so this host is sick: the lease is let go',
  },
  {
    n: 118,
    name: 'renew',
    when: (f) => f.due,
    then: () => ({ move: 'renew', epoch: 'same' }),
    why: 'a quarter of ttl is over since the last renewal was sent',
    quiet: true,
  },
  { n: 119, name: 'renewed', when: () => true, then: nothing, why: 'the next renewal is not due', quiet: true },
];
