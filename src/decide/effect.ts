// What the core asks the shell to do. Exact enough that the shell has no choice left; every effect with an `id` comes back as an
// outcome, and what comes back unknown is never treated as done.

import type { Incident, IncidentEvent } from '../judge/incident.ts';
import type { Role } from '../model/states.ts';
import type { Fence } from '../model/system.ts';
import type { MonoMs, Ms } from '../model/units.ts';
import type { HostReport } from './records.ts';

/** Grows within a life of the agent; an outcome names it. */
export type EffectId = number;

/** The write is applied only if the key stands at this revision; 0: it must not be there. */
export interface StoreCompare {
  readonly key: string;
  readonly revision: number;
}

/** Null deletes the key. */
export interface StorePut {
  readonly key: string;
  readonly value: string | null;
}

/** One thing that is to be done outside the core. */
export type Effect =
  | {
      readonly kind: 'store';
      readonly id: EffectId;
      readonly compares: readonly StoreCompare[];
      readonly puts: readonly StorePut[];
      readonly timeoutMs: Ms;
    }
  | {
      readonly kind: 'start';
      readonly id: EffectId;
      readonly service: string;
      readonly instance: string;
      readonly role: Role;
      readonly term: number;
      readonly deadline: MonoMs | null;
      /** The declared other way, after the first has failed again and again. */
      readonly alternative: boolean;
    }
  | {
      readonly kind: 'stop';
      readonly id: EffectId;
      readonly instance: string;
      readonly signal: string;
      readonly forcedAfter: Ms;
    }
  | { readonly kind: 'kill'; readonly id: EffectId; readonly instance: string }
  /** Arm, write the role, call. The outcome comes when the call was answered. */
  | {
      readonly kind: 'activate';
      readonly id: EffectId;
      readonly instance: string;
      readonly service: string;
      readonly term: number;
      readonly deadline: MonoMs;
    }
  /** Call, have it confirmed, disarm. Done means confirmed. */
  | {
      readonly kind: 'deactivate';
      readonly id: EffectId;
      readonly instance: string;
      readonly service: string;
      readonly term: number;
      readonly role: 'standby' | 'passive';
      /** How long the call may take: what it has begun is finished in that time. */
      readonly withinMs: Ms;
    }
  | {
      readonly kind: 'extend';
      readonly until: MonoMs;
      readonly instances: readonly { readonly instance: string; readonly term: number }[];
    }
  | {
      readonly kind: 'observe';
      readonly instance: string;
      readonly service: string;
      readonly pid: number;
      readonly startTicks: number;
    }
  | { readonly kind: 'awaitActive'; readonly instance: string }
  | { readonly kind: 'unobserve'; readonly instance: string }
  /** The end is written down; the keeper may forget it. */
  | { readonly kind: 'forget'; readonly instance: string }
  | { readonly kind: 'askPromise'; readonly ask: number; readonly hosts: readonly string[]; readonly epoch: number }
  | { readonly kind: 'answerPromise'; readonly to: string; readonly ask: number; readonly given: boolean }
  /** Cut a lost host off from outside, or switch it on again. Done means confirmed by a status. */
  | {
      readonly kind: 'fence';
      readonly id: EffectId;
      readonly host: string;
      readonly action: 'off' | 'on';
      readonly fence: Fence;
    }
  /** To every peer that is connected, and for our own status. */
  | { readonly kind: 'report'; readonly report: HostReport }
  | { readonly kind: 'notify'; readonly id: EffectId; readonly event: IncidentEvent; readonly incident: Incident }
  | { readonly kind: 'answer'; readonly request: number; readonly answer: PersonAnswer }
  /** Everything here is down and the session is closed: end keeper and agent. */
  | { readonly kind: 'quit'; readonly leaveRunning: boolean };

/** To a person's request. */
export type PersonAnswer =
  | { readonly ok: true; readonly id: string; readonly text: string }
  | { readonly ok: false; readonly code: string; readonly why: string; readonly next: string };

/** How an effect came out. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };
