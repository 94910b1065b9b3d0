// Everything the core can be told. One at a time, in the order in which the shell took them in.

import type { Incident } from '../judge/incident.ts';
import type { Finding } from '../model/mode.ts';
import type { CheckResult, Flag, Role } from '../model/states.ts';
import type { System } from '../model/system.ts';
import type { MonoMs, Ms, WallMs } from '../model/units.ts';
import type { EffectId, Outcome } from './effect.ts';
import type { DescriptionRecord, HostReport, IntentVerb, RecordChange } from './records.ts';

/** An instance that the keeper or another process manager has, as it was started. */
export interface Running {
  readonly instance: string;
  readonly service: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTicks: number;
  readonly startedAt: MonoMs;
  readonly startedAtMs: WallMs;
  readonly role: Role;
  /** 0: it holds no lease. */
  readonly term: number;
  /** When it is killed unless told a later time; null: it holds no lease. */
  readonly deadline: MonoMs | null;
}

/** An instance of which nothing lives any more. */
export interface Ended {
  readonly instance: string;
  readonly service: string;
  /** Of its main process, as `signal`; both null: not known. */
  readonly code: number | null;
  readonly signal: string | null;
  /** When its main process ended. */
  readonly endedAt: MonoMs;
  /** When nothing of it lived any more. */
  readonly goneAt: MonoMs;
  readonly endedAtMs: WallMs;
  /** Whose doing: `itself` (crash, exit or somebody's kill), `stop` and `kill` as asked, `deadline` the keeper's own, `keeper-lost` found dead or killed by a guard or by the next keeper. */
  readonly by: 'itself' | 'stop' | 'kill' | 'deadline' | 'keeper-lost';
  /** The term it was active under when it ended; 0: none. */
  readonly term: number;
  /** True: its main process ended by itself while others of it went on. Absent: not told. */
  readonly leftBehind?: boolean | undefined;
}

/** One observation about an instance. */
export type Seen =
  | { readonly kind: 'ready' | 'active' | 'beat' | 'processGone'; readonly instance: string; readonly at: MonoMs }
  | {
      readonly kind: 'status';
      readonly instance: string;
      readonly at: MonoMs;
      readonly status: Flag | null;
      readonly subsystems: Readonly<Record<string, Flag>>;
      /** Why no status was had, when `status` is null. */
      readonly why: string | null;
      readonly behindMs: number | null;
    }
  | {
      readonly kind: 'check';
      readonly instance: string;
      readonly at: MonoMs;
      readonly check: string;
      /** What people read in place of it: every `${NAME}` filled in, also by what an `envFile` says. Absent: the same. */
      readonly shownAs?: string;
      readonly result: CheckResult;
      readonly text: string;
    }
  | { readonly kind: 'files'; readonly instance: string; readonly at: MonoMs; readonly missing: readonly string[] }
  /** What its `ready` or `active` answers in place of a yes. */
  | { readonly kind: 'notYet'; readonly instance: string; readonly at: MonoMs; readonly text: string };

/** What a person, or a service that may ask, wants done. */
export type PersonRequest =
  | {
      readonly kind: 'intent';
      readonly verb: IntentVerb;
      readonly service: string | null;
      readonly host: string | null;
      readonly acceptLoss: boolean;
      readonly keep: boolean;
      readonly forMs: Ms | null;
    }
  /** Takes back what stays in force. */
  | {
      readonly kind: 'end';
      readonly verb: 'pause' | 'maintenance' | 'ban';
      readonly service: string | null;
      readonly host: string | null;
    }
  /** Puts another description in the place of the one at that revision. It was read and checked. */
  | {
      readonly kind: 'apply';
      readonly description: DescriptionRecord;
      readonly system: System;
      readonly revision: number;
    }
  | { readonly kind: 'ack'; readonly incident: string }
  /** A lost host: `confirm`, a person vouches that it is off; else fencing it is tried again. */
  | { readonly kind: 'fence'; readonly host: string; readonly confirm: boolean }
  | { readonly kind: 'down'; readonly leaveRunning: boolean };

/** Everything that the core reacts to. */
export type Input =
  /** A timer rang, or nothing in particular. */
  | { readonly kind: 'tick' }
  /** The whole store as read at `revision`: first after opening, and after every return of the store. */
  | {
      readonly kind: 'storeRead';
      readonly revision: number;
      readonly entries: readonly RecordChange[];
      readonly system: System;
    }
  | {
      readonly kind: 'storeChanges';
      readonly revision: number;
      readonly changes: readonly RecordChange[];
      readonly system: System | null;
    }
  | { readonly kind: 'storeLost'; readonly why: string }
  /** The store cannot be had, and this is the description last used: unleased services may start. */
  | { readonly kind: 'rememberedSystem'; readonly system: System }
  | {
      readonly kind: 'keeperHello';
      readonly keeper: { readonly pid: number; readonly startTicks: number };
      readonly running: readonly Running[];
      readonly ended: readonly Ended[];
    }
  | { readonly kind: 'keeperLost'; readonly why: string }
  | { readonly kind: 'keeperHealth'; readonly at: MonoMs; readonly worstTimerLateMs: Ms; readonly worstKillMs: Ms }
  | { readonly kind: 'ended'; readonly ended: Ended }
  /** Another process manager runs it although nothing here had asked for it. */
  | { readonly kind: 'foundRunning'; readonly running: Running }
  | { readonly kind: 'seen'; readonly seen: readonly Seen[] }
  | {
      readonly kind: 'externalSeen';
      readonly service: string;
      readonly check: string;
      readonly at: MonoMs;
      readonly result: CheckResult;
      readonly text: string;
    }
  /** What the detectors of this host have found: all of it, in place of what they said before. */
  | {
      readonly kind: 'found';
      readonly findings: readonly Finding[];
      readonly facts: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'storeOutcome'; readonly id: EffectId; readonly answer: StoreOutcome }
  | {
      readonly kind: 'startOutcome';
      readonly id: EffectId;
      readonly outcome: Outcome;
      readonly running: Running | null;
    }
  | { readonly kind: 'outcome'; readonly id: EffectId; readonly outcome: Outcome; readonly at: MonoMs }
  | { readonly kind: 'promiseAsked'; readonly from: string; readonly ask: number; readonly epoch: number }
  /** `machine`: whose promise it is; see SessionRecord. */
  | {
      readonly kind: 'promiseAnswered';
      readonly from: string;
      readonly machine: string;
      readonly ask: number;
      readonly given: boolean;
    }
  | { readonly kind: 'peerReport'; readonly host: string; readonly report: HostReport }
  | {
      readonly kind: 'person';
      readonly request: number;
      readonly owner: string;
      readonly why: string;
      readonly asks: PersonRequest;
    }
  /** How late our own loop ran: not held against the services. */
  | { readonly kind: 'ownLateness'; readonly lateMs: Ms }
  /** What a former life of this agent had told while the store was away. */
  | { readonly kind: 'rememberedIncidents'; readonly incidents: readonly Incident[] };

/** How a write came out. `refused`: nothing was applied, and this is how the compared keys stand. */
export type StoreOutcome =
  | { readonly kind: 'applied'; readonly revision: number }
  | { readonly kind: 'refused'; readonly revision: number; readonly current: readonly RecordChange[] }
  | { readonly kind: 'unknown'; readonly why: string };
