// What all parts that observe one instance (or one external service) share.

import type { ObservePlan, Observation } from '../ports.ts';
import type { MonoMs } from '../model/units.ts';
import type { LogMark } from './log-tail.ts';
import type { ProbeTools, Surroundings } from './probe.ts';

/** One instance or external service under observation. */
export interface Watched {
  /** The instance, or the name of an external service. */
  readonly key: string;
  readonly from: Surroundings;
  /** Aborted when it is no longer observed: every timer, connection and command of it ends. */
  readonly signal: AbortSignal;
  readonly tools: ProbeTools;
  readonly now: () => MonoMs;
  /** Tells an observation, unless it is no longer observed. */
  readonly tell: (observation: Observation) => void;
}

/** What is known of the process behind it; null for externals. */
export interface Process {
  /** How long ago it was started. */
  ageMs(): number;
  /** False: nothing tells when it is ready. */
  readonly hasReady: boolean;
  /** Unix ms; what was written earlier is another instance's. */
  readonly notBefore: number;
  /** Where a log was at the start; `undefined` when nobody noted it. */
  markOf(path: string): LogMark | undefined;
}

/** One of its checks. */
export type PlannedCheck = ObservePlan['checks'][number];

/** So long a process may take to answer for the first time, when nothing tells that it is ready. */
const settleMs = 10_000;

/**
 * A process that has just begun refuses at first, and without a `ready` probe nothing tells when that ends. So its refusals
 * are held back until the first good answer, for ten seconds at most. Hand it each answer; true: hold this one back.
 */
export function openSettling(process: Process | null, applies: boolean): (isGood: boolean) => boolean {
  let settling = applies && process !== null;
  return (isGood) => {
    settling &&= !isGood && process !== null && process.ageMs() < settleMs;
    return settling;
  };
}

/** How long one answer may take: as long as its interval, 10 s at most. */
export function limitOf(every: number): number {
  return Math.min(every, 10_000);
}
