// What can wait until the services of this host were started waits: a process or a thread more is felt by every start on a small machine.

import { setTimeout as pause } from 'node:timers/promises';
import type { Slot } from '../decide/slot.ts';
import type { State } from '../decide/state.ts';

const lookEveryMs = 100;
/** However many are still to come: what waits is wanted too. */
const mostMs = 3000;

/** Resolves once every service that is to run here has been started or has failed to, or after three seconds of trying. */
export async function afterStarts(state: () => State): Promise<void> {
  for (let waitedMs = 0; waitedMs < mostMs;) {
    await pause(lookEveryMs, undefined, { ref: false });
    const { system, keeper, slots } = state();
    if (system === null || !keeper.up) continue;
    if (![...slots.values()].some(isToStart)) return;
    waitedMs += lookEveryMs;
  }
}

function isToStart({ now, wantedSince, failing }: Slot): boolean {
  return now === null ? wantedSince !== null && !failing : now.starting !== null;
}
