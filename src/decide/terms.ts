// The intervals of a service as the core uses them, from its objective (model/timings.ts), kept per description.

import type { RunService } from '../model/system.ts';
import { timingsOf } from '../model/timings.ts';
import type { Draft } from './draft.ts';

/** Durations in ms. */
export interface Terms {
  readonly d: number;
  readonly beatEvery: number;
  readonly statusEvery: number;
  readonly checkEvery: number;
  /** How long a start may take until it is ready. */
  readonly readyWithin: number;
  /** How long an activation may take. */
  readonly activeWithin: number;
}

const kept = new WeakMap<RunService, Terms>();

/** How long a start without a declared limit may take. */
const usualReadyMs = 60_000;
const usualActiveMs = 30_000;

/** The terms of one service; worked out once for each description. */
export function termsOf(_: Draft, service: RunService): Terms {
  const known = kept.get(service);
  if (known !== undefined) return known;
  const timings = timingsOf(service);
  const terms: Terms = {
    // Of several hot ones consumers' own d is not ours: a hung one is still to be found within the objective.
    d: service.policy === 'hot-active/hot-active' ? service.objective.recoverWithin : timings.d,
    beatEvery: service.detect.heartbeat?.every ?? timings.heartbeatEvery,
    statusEvery: timings.statusEvery,
    checkEvery: timings.checkEvery,
    readyWithin: service.ready?.within ?? usualReadyMs,
    activeWithin: service.active?.within ?? usualActiveMs,
  };
  kept.set(service, terms);
  return terms;
}
