// A simulated world at its beginning, from a description and what was measured of its services.

import { initialState } from '../../decide/initial.ts';
import { step } from '../../decide/step.ts';
import type { System } from '../../model/system.ts';
import type { Measured } from '../../model/timings.ts';
import { sessionTtl } from '../../model/timings.ts';
import { behaviourOf } from './behaviour.ts';
import type { Core } from './world.ts';
import { World } from './world.ts';

/** The core as it runs in production. */
export const productionCore: Core = { step, initialState };

/** `timings`: by service, what was measured of it. `beganAtMs`: Unix time at which it begins. */
export function beginWorld(
  system: System,
  timings: Readonly<Record<string, Measured>>,
  beganAtMs: number,
  core: Core,
): World {
  const runs = system.services.flatMap((service) => (service.kind === 'run' ? [service] : []));
  const periodMs = sessionTtl(system) / 4;
  const everies = runs.map((service) => service.detect.heartbeat?.every ?? Infinity);
  return new World({
    system,
    core,
    behaviours: new Map(runs.map((service) => [service.name, behaviourOf(service, timings[service.name])])),
    began: beganAtMs,
    pulseMs: periodMs / pulsesIn(periodMs, everies),
  });
}

/** Into how many pulses a period is divided, so that the quickest heartbeat is not missed. */
function pulsesIn(periodMs: number, everies: readonly number[]): number {
  const quickest = Math.min(...everies);
  let pulses = 1;
  while (periodMs / pulses > quickest && pulses < 64) pulses *= 2;
  return pulses;
}
