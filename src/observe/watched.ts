// What all parts that observe one instance (or one external service) share.

import type { ObservePlan, Observation } from '../ports.ts';
import type { MonoMs } from '../model/units.ts';
import type { LogMark } from './log-tail.ts';
import type { ProbeTools, Surroundings } from './probe.ts';

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
  readonly startTicks: number;
  /** Unix ms; what was written earlier is another instance's. */
  readonly notBefore: number;
  /** Where a log was at the start; `undefined` when nobody noted it. */
  markOf(path: string): LogMark | undefined;
}

export type PlannedCheck = ObservePlan['checks'][number];

/** How long one answer may take: as long as its interval, 10 s at most. */
export function limitOf(every: number): number {
  return Math.min(every, 10_000);
}
