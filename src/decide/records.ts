// What agents tell one another through the store: keys and the values below them. Shared by every agent of a system, so a change
// of meaning needs a new name.

import type { Reason } from '../judge/reason.ts';
import type { Finding } from '../model/mode.ts';
import type { Phase, Role } from '../model/states.ts';
import type { Severity } from '../model/system.ts';
import type { Incident } from '../judge/incident.ts';
import type { Surprise } from '../judge/prediction.ts';

/** The names of keys, below the system's prefix. */
export const keys = {
  description: 'description',
  session: (host: string): string => `session/${host}`,
  report: (host: string): string => `report/${host}`,
  lease: (service: string): string => `lease/${service}`,
  intent: (id: string): string => `intent/${id}`,
  fence: (host: string): string => `fence/${host}`,
  incidents: 'incidents',
} as const;

/** What a key below the system's prefix held, read and checked at the border; `value` null: deleted or never written. */
export type RecordChange = { readonly revision: number } & (
  | { readonly kind: 'description'; readonly value: DescriptionRecord | null }
  | { readonly kind: 'session'; readonly host: string; readonly value: SessionRecord | null }
  | { readonly kind: 'report'; readonly host: string; readonly value: HostReport | null }
  | { readonly kind: 'lease'; readonly service: string; readonly value: LeaseRecord | null }
  | { readonly kind: 'intent'; readonly id: string; readonly value: IntentRecord | null }
  | { readonly kind: 'fence'; readonly host: string; readonly value: FenceRecord | null }
  | { readonly kind: 'incidents'; readonly value: IncidentsRecord | null }
);

/** The description in force. */
export interface DescriptionRecord {
  readonly text: string;
  readonly folder: string;
  readonly file: string;
  readonly hash: string;
  /** The form that the text needs its reader to know (model/format.ts). */
  readonly format: number;
}

/**
 * An agent's session: renewed every ttl/4 by compare-and-set on its own last revision. Whoever is in `mayDepose` may mark it dead
 * after having watched it unchanged for ttlMs · (1 + drift), as long as it is the machine that `machines` names for that host.
 */
export interface SessionRecord {
  readonly epoch: number;
  readonly dead: boolean;
  /** Left on purpose: nobody need be told that the host is lost. */
  readonly left: boolean;
  readonly nonce: string;
  readonly boot: string;
  readonly keeper: string;
  readonly ttlMs: number;
  readonly mayDepose: readonly string[];
  /**
   * The state folder that it runs on, new when that is made: two machines that both claim to be a host differ in it, one machine that
   * was booted again does not. Empty: of a version that did not say.
   */
  readonly machine: string;
  /** The machines of the hosts in `mayDepose`, as far as they were known: no other machine of that name may depose, and no other's promise counts. */
  readonly machines: Readonly<Record<string, string>>;
}

/** Why and when the former active ended, so that who takes over can say how long it took. */
export interface Handed {
  readonly cause: string;
  readonly from: string | null;
  readonly rule: number;
  readonly planned: boolean;
  /** Boot of whose monotonic clock `endedAt` and `detectedAt` are moments. */
  readonly boot: string;
  readonly endedAt: number;
  readonly detectedAt: number;
  readonly endedAtMs: number;
}

/** Who may be active. `term` only grows; every activation is preceded by a compare-and-set that grows it. */
export interface LeaseRecord {
  readonly term: number;
  /** Null: free. */
  readonly host: string | null;
  /** The epoch of the holder's session; the lease is void when that session is dead or has another epoch. */
  readonly epoch: number;
  /** The instance it was taken for; null when a cold one is yet to be started. */
  readonly instance: string | null;
  /** Who is to take a released lease first; null: whoever is chosen. */
  readonly next: string | null;
  /** The holder before wrote it for `host`, having become inactive: who hears of it while it is new may be active in its term. */
  readonly given: boolean;
  /** How it was given up the last time; null: it never was. */
  readonly handed: Handed | null;
  /** Unix ms at which it went back to the preferred host, of the last hour: too often is flapping. */
  readonly returns: readonly number[];
}

/** What stands for a lease that was never written. */
export const unwrittenLease: LeaseRecord = {
  term: 0,
  host: null,
  epoch: 0,
  instance: null,
  next: null,
  given: false,
  handed: null,
  returns: [],
};

/** How far the fencing of a lost host is: one record for each host, of the loss of one session. */
export interface FenceRecord {
  /** Of the session that was deposed: a host that came back and is lost again is fenced anew. */
  readonly epoch: number;
  /** Failed: it could not be confirmed off, so nobody may take over what demands it. */
  readonly state: 'claimed' | 'confirmed' | 'failed';
  /** The host whose agent has it done, and the epoch of that agent's session: when that is over, so is its claim. */
  readonly by: string;
  readonly byEpoch: number;
  readonly how: 'agent' | 'hand';
  /** Who vouches for it, when it was confirmed by hand; null else. */
  readonly owner: string | null;
  /** Of a failure: what the fence agent said. By hand: the reason that was given. */
  readonly why: string;
  readonly atMs: number;
}

/** A phase as its own host reports it. */
export type ReportedPhase = Exclude<Phase, 'unknown'>;

/** One service on the reporting host. The last of `bMs`, `iMs` and `switchMs` is the newest. */
export interface InstanceReport {
  readonly service: string;
  /** Null: nothing runs here. */
  readonly instance: string | null;
  readonly phase: ReportedPhase;
  readonly planned: ReportedPhase;
  readonly role: Role | null;
  readonly term: number;
  readonly pid: number | null;
  readonly startedAtMs: number | null;
  readonly restarts: number;
  readonly severity: Severity;
  /** The gravest of why it is not as it should be; null: it is. */
  readonly cause: Reason | null;
  /** Null: it has not ended yet. */
  readonly lastExit: { readonly code: number | null; readonly signal: string | null; readonly atMs: number } | null;
  /** It cannot take over or start before (Unix ms); null: it can. */
  readonly failedUntilMs: number | null;
  /** By how much its state is older than the active's, as far as it says; null: not said. */
  readonly behindMs: number | null;
  /** When it last ended by itself with exit 0 though it `finishes`: done for that window of its schedule. */
  readonly finishedAtMs: number | null;
  readonly bMs: readonly number[];
  readonly iMs: readonly number[];
  readonly switchMs: readonly number[];
  /** What it has not come back from yet, where no lease tells it: since when (Unix ms) nobody was served; null: nothing. */
  readonly mending: { readonly cause: string; readonly fromMs: number } | null;
  /** The last recovery here that was held against its prediction: when (Unix ms), and what was off; null: none was. */
  readonly predicted: { readonly atMs: number; readonly surprise: Surprise | null } | null;
}

/** When consumers went without a service, Unix ms. */
export interface OutageReport {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a host says of itself; `seq` grows with every change within a boot, also across restarts of the agent. */
export interface HostReport {
  readonly seq: number;
  readonly agentPid: number;
  /** Null: it does not answer. */
  readonly keeperPid: number | null;
  readonly boot: string;
  readonly leaving: boolean;
  readonly atMs: number;
  /** SHA-256 of the text of the description that it uses; null: it did not say. */
  readonly uses: string | null;
  /** The newest form of descriptions that it can read; an agent that does not say so reads 1. */
  readonly reads: number;
  readonly instances: readonly InstanceReport[];
  readonly outages: readonly OutageReport[];
  /** Failure modes that stand on this host, and those that stood lately. */
  readonly findings: readonly Finding[];
  /** What others compare with their own, by name: hashes of files, versions, whom it reaches. */
  readonly facts: Readonly<Record<string, string>>;
}

/** What a person can ask for that is written into the store. */
export type IntentVerb = 'restart' | 'stop' | 'start' | 'failover' | 'pause' | 'takeover' | 'maintenance' | 'ban';

/** Those that stay in force until they are taken back or their time is over. */
type LastingVerb = 'stop' | 'pause' | 'maintenance' | 'ban';

/** Whether what the verb asks for stays in force until its end, rather than being over when done. */
export function isLasting(verb: IntentVerb): verb is LastingVerb {
  return verb === 'stop' || verb === 'pause' || verb === 'maintenance' || verb === 'ban';
}

/** What a person (or, for `takeover`, a standby) asked. Ends by being done, by being taken back or by `untilMs`. */
export interface IntentRecord {
  readonly id: string;
  readonly verb: IntentVerb;
  /** Null: the whole system. */
  readonly service: string | null;
  /** Null: every host. */
  readonly host: string | null;
  /** Hosts that have yet to act on it; of those that stay in force always empty. */
  readonly pending: readonly string[];
  readonly owner: string;
  readonly why: string;
  readonly acceptLoss: boolean;
  /** Only of maintenance: what runs there and is not active stays. */
  readonly keep: boolean;
  readonly atMs: number;
  /** Unix ms; null: it ends by being done, or taken back. */
  readonly untilMs: number | null;
}

/** The open incidents and those resolved lately, kept by the reporter. */
interface IncidentsRecord {
  readonly incidents: readonly Incident[];
}
