// The rows of a lease (rules 200–299), first match wins.

import type { Trigger } from '../model/system.ts';
import type { JsonValue } from '../model/json.ts';
import type { Row } from './row.ts';
import type { InstancePhase } from './slot.ts';
import type { Holder } from './view.ts';

/** The lease of one service as this host sees it. Durations in ms. */
export interface LeaseFacts {
  readonly storeRead: boolean;
  /** Whether our session goes on or was ended by others is known in this life. */
  readonly sessionKnown: boolean;
  /** A keeper has told what runs here in this life of the agent. */
  readonly keeperSaid: boolean;
  /** A write of ours to it has not come back, or how the last one came out is not known. */
  readonly inFlight: boolean;
  readonly paused: boolean;
  readonly leaving: boolean;
  /** Own session alive for long enough to be worth taking something under it, store and keeper there. */
  readonly sessionGood: boolean;
  /** A renewal of our session is under way. */
  readonly renewing: boolean;
  readonly holder: Holder;
  /** The newest, whoever has it; 0: it was never held. */
  readonly term: number;
  readonly wanted: boolean;
  readonly phase: 'none' | InstancePhase;
  /** The term of what runs here; 0: none. */
  readonly instanceTerm: number;
  /** Whether it was called active by a former life of this agent is not known. */
  readonly callUnsure: boolean;
  readonly ending: boolean;
  /** A write of ours has paid for an activation that was not made yet. */
  readonly granted: boolean;
  /** The policy lets nothing run here that is not active. */
  readonly cold: boolean;
  readonly handover: boolean;
  /** Who is able to have it next; null: nobody is, or none is under way. */
  readonly handoverTo: string | null;
  readonly handoverForMs: number;
  readonly ttlMs: number;
  readonly trigger: Trigger;
  /** The last holder lost it unplanned. */
  readonly lost: boolean;
  /** Who it was left to; null: to whoever is chosen. */
  readonly named: string | null;
  readonly namedMe: boolean;
  readonly takeoverMe: boolean;
  /** Another whose standby asks for it; null: none. */
  readonly takeoverOther: string | null;
  /** Since it may be taken at all; 0: not yet. */
  readonly freeForMs: number;
  /** How long a lease without a holder, in a store read only now, must still be left alone; 0 or less: no longer. */
  readonly freshForMs: number;
  /** Our place among those able to take over; -1: not able. */
  readonly place: number;
  /** Why we are not able; null: we are. */
  readonly waitsFor: string | null;
  readonly choice: 'restart' | 'handOver';
  /** The best of the others; null: none is able. */
  readonly best: string | null;
  readonly missingNeeds: readonly string[];
  /** How long it still waits before it tries again here; 0 or less: it does not. */
  readonly backOffMs: number;
  readonly preferredStarting: boolean;
  /** The preferred host that it is to go back to now; null: none. */
  readonly failBackTo: string | null;
  /** It is to go back to the preferred host, and this keeps it; null: nothing does, or it is not to go. */
  readonly failBackWaits: { readonly waitsFor: string; readonly forMs: number | null } | null;
  /** It must not be active here. */
  readonly barred: boolean;
  /** Also when nobody else can be: a person said so. */
  readonly barredForced: boolean;
  /** How long a standby is waited for that may ask for what was lost. */
  readonly dMs: number;
  /** What the journal says besides. */
  readonly shown: Readonly<Record<string, JsonValue>>;
}

/** What is done about it. `forMs` null: until something happens. `orderly`: by its own stop, else it is killed. */
export type LeaseMove =
  | { readonly move: 'nothing' }
  | { readonly move: 'wait'; readonly forMs: number | null; readonly waitsFor: string }
  | { readonly move: 'end'; readonly why: string; readonly orderly: boolean }
  | { readonly move: 'activate' }
  | { readonly move: 'callAgain' }
  | { readonly move: 'startActive' }
  | { readonly move: 'deactivate' }
  | { readonly move: 'release'; readonly next: string | null }
  | { readonly move: 'give'; readonly to: string }
  | { readonly move: 'beginHandover'; readonly to: string }
  | { readonly move: 'take' };

const nothing = (): LeaseMove => ({ move: 'nothing' });
const wait =
  (waitsFor: string, forMs: (f: LeaseFacts) => number | null = () => null) =>
  (f: LeaseFacts): LeaseMove => ({ move: 'wait', forMs: forMs(f), waitsFor });

/** Only to who is able as far as is known; one write does what releasing and taking would in two. */
const giveOrRelease = (to: string | null): LeaseMove =>
  to === null ? { move: 'release', next: null } : { move: 'give', to };

/** Down, or running without being active. */
const inactive = (f: LeaseFacts): boolean =>
  f.phase === 'none' || ((f.phase === 'ready' || f.phase === 'starting') && f.instanceTerm === 0);
const isActive = (f: LeaseFacts): boolean =>
  f.phase === 'active' || f.phase === 'activating' || (f.phase === 'starting' && f.instanceTerm > 0);
/** What the policy needs before it can be made active: a ready instance, or none. */
const canActivate = (f: LeaseFacts): boolean => (f.cold ? f.phase === 'none' && f.backOffMs <= 0 : f.phase === 'ready');

/** At the very first start the preferred host has this long before others take their turns. */
const firstTurnMs = 10_000;

/** Rules 200–299. */
export const leaseRows: readonly Row<LeaseFacts, LeaseMove>[] = [
  {
    n: 200,
    name: 'end-active-without-lease',
    when: (f) =>
      f.sessionKnown &&
      f.instanceTerm > 0 &&
      !f.ending &&
      !f.inFlight &&
      (f.holder !== 'me' || f.term !== f.instanceTerm),
    then: () => ({ move: 'end', why: 'the lease is not, or no longer, ours', orderly: false }),
    why: 'an instance is active under a term that is not, or no longer, ours',
  },
  {
    n: 202,
    name: 'lease-write-under-way',
    when: (f) => f.inFlight,
    then: nothing,
    why: 'a write of the lease has not been answered',
    quiet: true,
  },
  {
    n: 204,
    name: 'store-not-read',
    when: (f) => !f.storeRead,
    then: wait('store'),
    why: 'the store has not been read in this life',
  },
  {
    n: 205,
    name: 'keeper-has-not-said',
    when: (f) => !f.keeperSaid,
    then: wait('keeper'),
    why: 'no keeper has told what runs here in this life: what a former life made active may be so still',
  },
  {
    n: 206,
    name: 'use-grant',
    when: (f) => f.holder === 'me' && f.granted && f.phase === 'ready' && !f.cold && f.sessionGood,
    then: () => ({ move: 'activate' }),
    why: 'the lease was taken for this activation, or given, and the instance is ready',
  },
  {
    n: 208,
    name: 'use-grant-cold',
    when: (f) =>
      f.holder === 'me' && f.granted && f.phase === 'none' && f.cold && f.sessionGood && f.missingNeeds.length === 0,
    then: () => ({ move: 'startActive' }),
    why: 'the lease was taken for this start, or given',
  },
  {
    n: 210,
    name: 'hand-over-when-inactive',
    when: (f) => f.holder === 'me' && f.handover && inactive(f) && (f.handoverTo !== null || f.leaving),
    then: (f) => giveOrRelease(f.handoverTo),
    why: 'the instance here is confirmed inactive, so that the other may become active',
  },
  {
    n: 212,
    name: 'release-when-not-wanted',
    when: (f) => f.holder === 'me' && inactive(f) && (!f.wanted || f.leaving || f.barred),
    then: () => ({ move: 'release', next: null }),
    why: 'it is not to run here, and it does not',
  },
  {
    n: 213,
    name: 'deactivate-though-nobody-else-can',
    when: (f) =>
      f.holder === 'me' &&
      f.barredForced &&
      f.wanted &&
      f.barred &&
      f.best === null &&
      f.phase === 'active' &&
      !f.handover &&
      !f.paused,
    then: () => ({ move: 'deactivate' }),
    why: 'a person will not have it active here, and accepted that nobody else can be',
  },
  {
    n: 214,
    name: 'paused',
    when: (f) => f.paused && !f.handover,
    then: wait('resume'),
    why: 'a person paused it: we observe and act on nothing',
  },
  {
    n: 216,
    name: 'begin-hand-over',
    when: (f) => f.holder === 'me' && f.handover && f.phase === 'active' && f.handoverTo !== null,
    then: () => ({ move: 'deactivate' }),
    why: 'it is to move to another host, which is ready for it',
  },
  {
    n: 218,
    name: 'hand-over-waits-for-target',
    when: (f) => f.holder === 'me' && f.handover && f.phase === 'active',
    then: wait('target', () => 100),
    why: 'it is to move, and the host that it should go to cannot take it at the moment',
  },
  {
    n: 219,
    name: 'fail-back-waits',
    when: (f) =>
      f.holder === 'me' &&
      f.phase === 'active' &&
      !f.handover &&
      f.failBackWaits !== null &&
      f.wanted &&
      !f.callUnsure &&
      f.instanceTerm === f.term,
    then: (f) => ({ move: 'wait', forMs: f.failBackWaits?.forMs ?? null, waitsFor: f.failBackWaits?.waitsFor ?? '' }),
    why: 'it is to go back to the preferred host, but not before all has been quiet, and not again and again',
  },
  {
    n: 220,
    name: 'fail-back',
    when: (f) => f.holder === 'me' && f.phase === 'active' && !f.handover && f.failBackTo !== null && f.wanted,
    then: (f) => ({ move: 'beginHandover', to: f.failBackTo ?? '' }),
    why: 'the preferred host has been ready, and all quiet, for long enough',
  },
  {
    n: 221,
    name: 'call-again',
    when: (f) =>
      f.holder === 'me' && f.callUnsure && f.phase === 'active' && f.instanceTerm === f.term && f.sessionGood,
    then: () => ({ move: 'callAgain' }),
    why: 'a former life of this agent may have died between the deadline and the call: the call is made again, under the same term',
  },
  {
    n: 222,
    name: 'active-under-lease',
    when: (f) => f.holder === 'me' && isActive(f) && f.instanceTerm === f.term,
    then: nothing,
    why: 'it is active here under a live lease',
    quiet: true,
  },
  {
    n: 224,
    name: 'instance-between-phases',
    when: (f) => f.holder === 'me' && !inactive(f),
    then: nothing,
    why: 'the instance here is being activated, deactivated or ended',
    quiet: true,
  },
  {
    n: 230,
    name: 'release-for-the-standby-that-asks',
    when: (f) => f.holder === 'me' && f.trigger === 'standby' && f.lost && f.takeoverOther !== null,
    then: (f) => ({ move: 'release', next: f.takeoverOther }),
    why: 'nothing is active here and a standby asked to take over',
  },
  {
    n: 232,
    name: 'hand-over-after-end',
    when: (f) =>
      f.holder === 'me' && !f.granted && f.choice === 'handOver' && f.best !== null && f.trigger !== 'manual',
    then: (f) => giveOrRelease(f.trigger === 'standby' ? null : f.best),
    why: 'the active ended, and another host is back sooner than a restart here',
  },
  {
    n: 234,
    name: 'wait-for-needs',
    when: (f) => f.holder === 'me' && f.cold && f.phase === 'none' && f.missingNeeds.length > 0,
    then: (f) => ({ move: 'wait', forMs: null, waitsFor: f.missingNeeds.join(', ') }),
    why: 'what it needs is not there',
  },
  {
    n: 236,
    name: 'new-term-for-restart',
    when: (f) => f.holder === 'me' && !f.granted && canActivate(f) && f.sessionGood && !f.renewing,
    then: () => ({ move: 'take' }),
    why: 'a restart here is back soonest; every activation needs a new term',
  },
  {
    n: 238,
    name: 'restart-under-way',
    when: (f) => f.holder === 'me',
    then: wait('restart', (f) => (f.backOffMs > 0 ? f.backOffMs : null)),
    why: 'the instance here has yet to start, or our session to be renewed',
    quiet: true,
  },
  {
    n: 250,
    name: 'other-holds',
    when: (f) => f.holder === 'other',
    then: nothing,
    why: 'another host holds the lease and its session lives',
    quiet: true,
  },
  {
    n: 252,
    name: 'not-wanted-here',
    when: (f) => !f.wanted || f.leaving || f.barred,
    then: nothing,
    why: 'it is not to run here at present',
    quiet: true,
  },
  {
    n: 254,
    name: 'no-good-session',
    when: (f) => !f.sessionGood,
    then: wait('session', (f) => f.ttlMs / 4),
    why: 'our own session, the store or the keeper is not there',
    quiet: true,
  },
  {
    n: 256,
    name: 'renewal-under-way',
    when: (f) => f.renewing,
    then: nothing,
    why: 'a renewal is under way, which would make the taking fail',
    quiet: true,
  },
  {
    n: 258,
    name: 'store-without-history',
    when: (f) => f.freshForMs > 0,
    then: wait('a store without history', (f) => f.freshForMs),
    why: 'nobody has held this lease in this store: somebody may hold one that a lost store knew, so ttl and drift are waited',
  },
  {
    n: 260,
    name: 'take-as-named',
    when: (f) => f.namedMe && canActivate(f),
    then: () => ({ move: 'take' }),
    why: 'who had it named this host to be next',
  },
  {
    n: 262,
    name: 'wait-for-the-named',
    when: (f) => f.named !== null && !f.namedMe && f.freeForMs < f.ttlMs / 2,
    then: wait('the named host', (f) => f.ttlMs / 2 - f.freeForMs),
    why: 'who had it named another host to be next',
    quiet: true,
  },
  {
    n: 264,
    name: 'take-as-the-standby-that-asked',
    when: (f) => f.trigger === 'standby' && f.takeoverMe && canActivate(f),
    then: () => ({ move: 'take' }),
    why: 'the standby here watched the active and asked to take over',
  },
  {
    n: 266,
    name: 'wait-for-a-person',
    when: (f) => f.trigger === 'manual' && f.lost,
    then: wait('a person: standfast failover'),
    why: 'its trigger is manual, so a person decides where it becomes active again',
  },
  {
    n: 268,
    name: 'wait-for-a-standby-to-ask',
    when: (f) => f.trigger === 'standby' && f.lost && f.freeForMs < f.dMs,
    then: wait('a standby that asks', (f) => f.dMs - f.freeForMs),
    why: 'its standbys watch the active themselves; we step in only when none has asked within d',
  },
  {
    n: 270,
    name: 'not-able',
    when: (f) => f.place < 0 || !canActivate(f),
    then: (f) => ({ move: 'wait', forMs: f.backOffMs > 0 ? f.backOffMs : null, waitsFor: f.waitsFor ?? 'ready' }),
    why: 'the instance here cannot become active now',
  },
  {
    n: 272,
    name: 'wait-for-preferred-first-start',
    when: (f) => f.preferredStarting && f.freeForMs < firstTurnMs,
    then: wait('the preferred host', (f) => firstTurnMs - f.freeForMs),
    why: 'at the first start the preferred host is given its time',
    quiet: true,
  },
  {
    n: 274,
    name: 'cold-waits-for-needs',
    when: (f) => f.cold && f.missingNeeds.length > 0,
    then: (f) => ({ move: 'wait', forMs: null, waitsFor: f.missingNeeds.join(', ') }),
    why: 'what it needs is not there',
  },
  {
    n: 276,
    name: 'wait-for-our-turn',
    when: (f) => f.freeForMs < (f.place * f.ttlMs) / 4,
    then: wait('a host before us', (f) => (f.place * f.ttlMs) / 4 - f.freeForMs),
    why: 'a better one is to act first; if it has not within ttl/4, the next may',
    quiet: true,
  },
  {
    n: 280,
    name: 'take-over',
    when: () => true,
    then: () => ({ move: 'take' }),
    why: 'the lease is free and this host is the best, or next, to take it',
  },
];
