// How long things take in the simulated world: what was measured of a service counts; else what the whole house assumes.

import type { RunService } from '../../model/system.ts';
import { nothingMeasured, partsOf, type Measured } from '../../model/timings.ts';

/** How long one service takes. */
export interface Behaviour {
  /** From its start until it is ready, and from its activation until it serves. In milliseconds. */
  readonly bMs: number;
  readonly iMs: number;
  /** What its `finishes` work takes. */
  readonly worksMs: number;
}

/** What a run of a service that finishes takes, for want of a measurement. */
const assumedWorkMs = 60_000;
const assumedBootMs = 500;
const assumedLoadMs = 250;

/** Latencies of the shell and the store, in milliseconds, one way. */
export const latencies = {
  store: 1,
  watch: 2,
  keeper: 1,
  probe: 1,
  peer: 1,
  stop: 30,
  kill: 3,
  call: 5,
  storeLoss: 100,
} as const;

/** One service's, from what was measured of it. What is declared is a limit and no expectation. */
export function behaviourOf(service: RunService, measured: Measured = nothingMeasured): Behaviour {
  // Asked as for a cold one, of which both are parts whatever the policy is.
  const { b, i } = partsOf(service, measured, 'hot-active/cold-passive');
  const boot = b.from === 'measured' ? b.counted : Math.min(assumedBootMs, service.ready?.within ?? Infinity);
  const load = i.from === 'measured' ? i.counted : Math.min(assumedLoadMs, service.active?.within ?? Infinity);
  return { bMs: Math.max(1, Math.round(boot)), iMs: Math.max(1, Math.round(load)), worksMs: assumedWorkMs };
}
