// All that one agent knows. Plain data: the same state and input always give the same decisions.

import type { Incident } from '../judge/incident.ts';
import type { DesiredIncident } from '../judge/incidents.ts';
import type { RunService, System } from '../model/system.ts';
import type { MonoMs, Ms } from '../model/units.ts';
import type { Finding } from '../model/mode.ts';
import type { EffectId } from './effect.ts';
import type { Running } from './input.ts';
import type {
  FenceRecord,
  HostReport,
  InstanceReport,
  IntentRecord,
  LeaseRecord,
  OutageReport,
  SessionRecord,
} from './records.ts';
import type { CheckState, Slot } from './slot.ts';

/** Carried from step to step; only `step` makes the next. */
export interface State {
  /** This host. */
  readonly me: string;
  readonly boot: string;
  /** See SessionRecord. */
  readonly machine: string;
  /** New for every life of the agent; makes instance names and nonces unique. */
  readonly life: string;
  readonly agentPid: number;
  /** Null: no description is known yet. */
  readonly system: System | null;
  readonly timing: Timing;
  readonly store: StoreState;
  readonly keeper: KeeperState;
  readonly own: OwnSession;
  readonly ask: PromiseAsk | null;
  /** By host, all but our own. */
  readonly sessions: ReadonlyMap<string, PeerSession>;
  /** By service. */
  readonly leases: ReadonlyMap<string, Kept<LeaseRecord>>;
  /** By host, all but our own. */
  readonly reports: ReadonlyMap<string, HeardReport>;
  /** By id. */
  readonly intents: ReadonlyMap<string, Kept<IntentRecord>>;
  /** By host: how far the fencing of a lost one is. */
  readonly fences: ReadonlyMap<string, Kept<FenceRecord>>;
  /** By host: what this agent has under way about fencing it. */
  readonly fencing: ReadonlyMap<string, Fencing>;
  readonly incidents: IncidentState;
  /** What the store's description is, whoever uses it; null: not read in this life. */
  readonly described: { readonly revision: number; readonly hash: string } | null;
  /** Services that are to run here no more, or otherwise than under the same lease, as they were when they last did: until they have ended. */
  readonly retired: ReadonlyMap<string, RunService>;
  /** By service: what runs, ran or should run here. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly externals: ReadonlyMap<string, ExternalState>;
  /** Is a service of use to who needs it, as far as is known here. */
  readonly usable: ReadonlyMap<string, boolean>;
  /** Services of no use since their hosts were lost, with when that was (Unix ms): no agent there is left to count it. */
  readonly away: ReadonlyMap<string, number>;
  /** Services that were of use once in this life: before that, not being so is a first start. */
  readonly everUsable: ReadonlySet<string>;
  /** Null: the agent stays. */
  readonly leaving: Leaving | null;
  /** Grows with every effect and every intent of this life; they are named by it. */
  readonly counter: number;
  readonly reportSeq: number;
  readonly reportWrittenSeq: number;
  readonly reportWrittenAt: MonoMs | null;
  /** Null: nothing was reported yet. */
  readonly lastReport: HostReport | null;
  readonly outages: readonly OutageReport[];
  /** Failure modes that the detectors of this host found, also those that are over but lately. */
  readonly findings: readonly Finding[];
  /** What the detectors know of this host that others compare with their own. */
  readonly facts: Readonly<Record<string, string>>;
  /** When our own loop ran late, and by how much: silence heard meanwhile is not held against anybody. Oldest first. */
  readonly lateness: readonly { readonly at: MonoMs; readonly lateMs: Ms }[];
  /** Own instances as last reported, by service. */
  readonly reported: ReadonlyMap<string, InstanceReport>;
  /** Instances that a former life reported as active: they were called. */
  readonly reportedActive: readonly string[];
  /** What a former life reported has been taken in. */
  readonly remembered: boolean;
  /** Writes of intents that a person waits for, by effect. */
  readonly requests: ReadonlyMap<
    EffectId,
    {
      readonly request: number | null;
      readonly id: string;
      readonly text: string;
      readonly mark: string | null;
      /** What to say when somebody else was faster. */
      readonly taken: { readonly code: string; readonly why: string; readonly next: string };
      /** It takes this away, since its time is over. */
      readonly ends: IntentRecord | null;
    }
  >;
  /** What was done here of one-time intents, `id service`, with the intent's id; forgotten with the intent. */
  readonly carriedOut: ReadonlyMap<string, string>;
  /** Unix ms at which a schedule changes next; null: none does, or it is to be worked out. */
  readonly nextPlanChangeMs: number | null;
  /** When each service is to be looked at again by time alone. */
  readonly wakes: ReadonlyMap<string, MonoMs>;
  /** When to look again without an input. */
  readonly wakeAt: MonoMs | null;
}

/** A store value with the revision it was written at. */
export interface Kept<T> {
  readonly revision: number;
  readonly value: T;
}

interface Timing {
  readonly ttl: Ms;
  readonly room: Ms;
}

interface StoreState {
  readonly reachable: boolean;
  /** When this life first read the store; null: nobody is asked, nothing is taken, before. */
  readonly firstReadAt: MonoMs | null;
  readonly revision: number;
  readonly lostAt: MonoMs | null;
  /** When it last answered again after it had not; null: it never failed to. */
  readonly backAt: MonoMs | null;
  /** Why it does not answer: the newest that was found out in this outage. */
  readonly why: string | null;
  /** Those already told of in this outage. */
  readonly reasons: readonly string[];
}

/** What is known of the keeper of this host. */
export interface KeeperState {
  readonly up: boolean;
  /** Null: none has said hello in this life of the agent. */
  readonly pid: number | null;
  readonly startTicks: number;
  /** When it was last heard; null: never. */
  readonly answeredAt: MonoMs | null;
  /** When the last keeper was lost: what was leased then ended no later. */
  readonly lostAt: MonoMs | null;
  /** What it says it runs and we have no description for yet. */
  readonly unplaced: readonly Running[];
  /** The worst of recent kills, from the signal until nothing lived any more. */
  readonly worstKillMs: Ms;
  /** By how much its timers ran late, the worst of recent ones. */
  readonly worstTimerLateMs: Ms;
}

interface OwnSession {
  /** Revision of the own key as this life last wrote it; 0: this life has not written it, or was deposed. */
  readonly revision: number;
  readonly epoch: number;
  /** What stands in the store under our name. */
  readonly entry: Kept<SessionRecord> | null;
  /** When the present entry was first seen (it may be a former life's). */
  readonly entrySeenAt: MonoMs | null;
  /** Renewals sent and not yet known to be applied, oldest first. */
  readonly sent: readonly SentRenewal[];
  readonly inFlight: EffectId | null;
  readonly nextRenewAt: MonoMs;
  /** When the newest applied renewal was sent. */
  readonly appliedSentAt: MonoMs | null;
  /** Until when what is leased here may be active; null: not at all. */
  readonly validUntil: MonoMs | null;
  /** When the peers were last asked and all promised. */
  readonly promisedAt: MonoMs | null;
  /** Our session was ended by others, and what was leased then may not have been ended yet. */
  readonly deposed: boolean;
  /** Up to which the keeper was told. */
  readonly extendedUntil: MonoMs | null;
  /** Who may depose, as in the newest renewal known applied. */
  readonly list: readonly string[];
  readonly machines: Readonly<Record<string, string>>;
  readonly closing: EffectId | null;
  readonly closed: boolean;
  /** The rule that spoke last: a journal line only when it changes. */
  readonly saidRule: number | null;
}

/** A renewal that has not come back. */
export interface SentRenewal {
  readonly id: EffectId;
  readonly nonce: string;
  readonly sentAt: MonoMs;
  /** The hosts that may depose once it is applied. */
  readonly list: readonly string[];
  readonly machines: Readonly<Record<string, string>>;
  readonly epoch: number;
  /** The ttl that it names: who may depose waits that long, whatever the description says by then. */
  readonly ttlMs: number;
  /** Of the report that went with it; null: none did. */
  readonly reportSeq: number | null;
}

/** Another host's session, and since when it was seen as it is. */
export interface PeerSession extends Kept<SessionRecord> {
  readonly seenAt: MonoMs;
  /** Our write that deposes it; null: none is under way. */
  readonly deposing: EffectId | null;
  /** After one that came to nothing known: not tried again before. */
  readonly deposeAgainAt: MonoMs | null;
  /** When we, or somebody, deposed it; `silentSince` is the last renewal seen. */
  readonly deposedAt: MonoMs | null;
  /** Since when it has been silent for so long that what its host reported last says nothing any more; null: it was heard of, or is deposed. */
  readonly givenUpAt: MonoMs | null;
}

/** A fencing that this agent does: claimed in the store, then called, then its result noted in the store. */
export type Fencing =
  | { readonly stage: 'claiming' | 'calling'; readonly id: EffectId; readonly record: FenceRecord }
  | {
      readonly stage: 'noting';
      /** Null: the last write came to nothing known. */
      readonly id: EffectId | null;
      readonly record: FenceRecord;
      readonly againAt: MonoMs | null;
    };

interface PromiseAsk {
  readonly ask: number;
  readonly askedAt: MonoMs;
  readonly waiting: readonly string[];
}

interface HeardReport {
  readonly report: HostReport;
  readonly heardAt: MonoMs;
}

interface IncidentState {
  readonly revision: number;
  readonly list: readonly Incident[];
  readonly writing: EffectId | null;
  /** Worked out and being written. */
  readonly wanted: readonly Incident[] | null;
  /** What stands in the store, as far as known; null: not known. */
  readonly stored: readonly Incident[] | null;
  readonly workedAt: MonoMs | null;
  /** Since when this agent is the reporter without a break; null: it is not. */
  readonly reporterSince: MonoMs | null;
  /** When to work them out again by time alone. */
  readonly nextAt: MonoMs | null;
  /** Events being told, by effect; `incident n`. */
  readonly telling: ReadonlyMap<EffectId, string>;
  /** Told, and not yet known to stand so in the store; `incident n`. */
  readonly toldMarks: readonly string[];
  /** What was done automatically since the last time, for the incidents it belongs to. */
  readonly doneNotes: readonly { readonly service: string; readonly text: string }[];
  /** Found by this agent alone, such as a kill that came too late. */
  readonly others: readonly DesiredIncident[];
}

interface Leaving {
  readonly leaveRunning: boolean;
  readonly since: MonoMs;
  readonly quit: boolean;
}

/** The checks of an external part, by name. */
export interface ExternalState {
  readonly checks: ReadonlyMap<string, CheckState>;
}
