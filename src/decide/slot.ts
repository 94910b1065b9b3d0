// One service on this host: what runs, ran or should run of it, as the agent knows it. Plain data, like the state that it is a part of.

import type { BeatHistory } from '../judge/beats.ts';
import type { CheckResult, Flag, Role } from '../model/states.ts';
import type { MonoMs } from '../model/units.ts';
import type { EffectId } from './effect.ts';
import type { InstanceReport, LeaseRecord, ReportedPhase } from './records.ts';

/** One service on this host. */
export interface Slot {
  readonly service: string;
  /** Null: nothing runs here. */
  readonly now: Instance | null;
  /** Unexpected ends, as moments; the back-off counts them. */
  readonly failures: readonly MonoMs[];
  readonly restarts: number;
  readonly lastExit: { readonly code: number | null; readonly signal: string | null; readonly atMs: number } | null;
  /** Why the last start came to nothing; null: it did not. */
  readonly startError: string | null;
  /** Why the last activation came to nothing, as long as that is why it ended; absent or null: it did not. */
  readonly activateError?: string | null;
  /** Why we, or its deadline, ended the last one; `left-behind`: it ended well and left processes behind; `deaf`: the signal by which it was made active ended it; absent or null: it ended by itself, or as planned. */
  readonly endedBecause?: string | null;
  /** The checks for which the last one was ended: until they answer, nothing shows that the restart has mended anything. */
  readonly unproven: ReadonlyMap<string, CheckState>;
  /** Since when it should run and could have: a first start has its time. Null: it is not to run. */
  readonly wantedSince: MonoMs | null;
  /** It was lost and has not been in its planned phase since: until then it counts as down. */
  readonly failing: boolean;
  /** See `InstanceReport`. */
  readonly finishedAtMs: number | null;
  readonly bMs: readonly number[];
  readonly iMs: readonly number[];
  readonly switchMs: readonly number[];
  /** See `InstanceReport`. */
  readonly predicted: InstanceReport['predicted'];
  /** A compare-and-set on the lease that has not come back. */
  readonly leaseTxn: { readonly id: EffectId; readonly record: LeaseRecord; readonly rule: number } | null;
  /** How the last one came out is not known: until then the watch may tell, and no other is sent. */
  readonly leaseUnsureUntil: MonoMs | null;
  /** An activation that a compare-and-set of ours has paid for and that has not been used. */
  readonly grant: { readonly term: number; readonly epoch: number; readonly rule: number } | null;
  /** The phase it should be in, and since when. */
  readonly planned: { readonly phase: ReportedPhase; readonly since: MonoMs } | null;
  /** The loss that a coming activation mends. */
  readonly recovery: Recovery | null;
  /** Since when the lease is seen free. */
  readonly freeSince: MonoMs | null;
  /** A planned hand-over under way here. */
  readonly handover: {
    readonly intent: string | null;
    readonly to: string | null;
    readonly since: MonoMs;
    readonly rule: number;
    /** Why, for people; null: the intent says it, or nobody in particular asked. */
    readonly cause: string | null;
  } | null;
  /** It waits until then before it tries again; null: it does not. */
  readonly failedUntil: MonoMs | null;
  /** The one before failed so soon that the next, should nothing else tell that it is ready, must stand for a moment first. */
  readonly mustStand: boolean;
  /** What was last written to the journal of why nothing is done: each reason once. */
  readonly said: string | null;
  /** The same of its lease. */
  readonly leaseSaid: string | null;
}

/** A loss, and who is to mend it. */
export interface Recovery {
  readonly cause: string;
  readonly from: string | null;
  readonly rule: number;
  readonly planned: boolean;
  readonly endedAt: MonoMs;
  readonly endedAtMs: number;
  readonly detectedAt: MonoMs;
}

/** Why we end an instance. */
export interface Ending {
  readonly why: string;
  readonly rule: number;
  /** It is at fault: counted by the back-off. */
  readonly failure: boolean;
  /** People, a schedule or a hand-over wanted it: nothing is lost by it. */
  readonly planned: boolean;
}

/** Where in its life it is, as its agent decides; people are shown a `Phase` (api.ts). */
export type InstancePhase = 'starting' | 'ready' | 'activating' | 'active' | 'deactivating' | 'stopping';

/** One start of it, from the request to its end. */
export interface Instance {
  readonly id: string;
  readonly phase: InstancePhase;
  readonly role: Role;
  /** Term it is, or is about to be, active under; 0 without. */
  readonly term: number;
  readonly pid: number | null;
  readonly startTicks: number;
  readonly requestedAt: MonoMs;
  /** Null: the keeper has not said yet. */
  readonly startedAt: MonoMs | null;
  readonly startedAtMs: number | null;
  /** It exists since then, must stand for a moment, and counts as ready only when it has; null: not so. */
  readonly standsSince: MonoMs | null;
  /** Null: it is not ready yet. */
  readonly readyAt: MonoMs | null;
  readonly activateAt: MonoMs | null;
  /** Null: it is not active, or does not serve yet. */
  readonly activeAt: MonoMs | null;
  /** Since when it is in its present phase. */
  readonly since: MonoMs;
  /** The start, until it is known how it came out. */
  readonly starting: EffectId | null;
  /** The effect under way for it. */
  readonly effect: EffectId | null;
  /** Why we end it; null: we do not. */
  readonly ending: Ending | null;
  readonly beats: BeatHistory | null;
  readonly status: {
    readonly status: Flag | null;
    readonly subsystems: Readonly<Record<string, Flag>>;
    readonly why: string | null;
    readonly at: MonoMs;
    /** When it last said other than that it has failed; null: it has not yet. */
    readonly goodAt: MonoMs | null;
    readonly failures: number;
  } | null;
  readonly behindMs: number | null;
  readonly checks: ReadonlyMap<string, CheckState>;
  readonly missingFiles: readonly string[];
  readonly processGone: boolean;
  /** What its `ready` or `active` said last in place of a yes, while that is waited for. */
  readonly notYet?: string | null;
  /** It ran before this life of the agent. */
  readonly adopted: boolean;
  /** It is active as far as the keeper knows, and a former life that may have died before the call. */
  readonly callUnsure: boolean;
  /** When SIGKILL was asked for; null: it was not. */
  readonly killedAt: MonoMs | null;
  /** The last deadline that the keeper was told for it; null: none, or it was disarmed. */
  readonly deadline: MonoMs | null;
}

/** The last answers of one check. */
export interface CheckState {
  /** What people read in place of its name, its key; absent: the same. */
  readonly shownAs?: string;
  readonly result: CheckResult;
  readonly text: string;
  readonly at: MonoMs;
  /** When it last answered well; null: it has not yet in this life. */
  readonly goodAt: MonoMs | null;
  /** Critical or unknown answers in a row. */
  readonly failures: number;
}
