// The keeper's two clocks. CLOCK_MONOTONIC is shared by all processes of a boot, so a deadline means the same to agent and keeper.

import { monoMs, wallMs } from '../model/units.ts';
import type { MonoMs, WallMs } from '../model/units.ts';

/** Now on CLOCK_MONOTONIC, in milliseconds with fractions. */
export function monoNow(): MonoMs {
  const [seconds, nanoseconds] = process.hrtime();
  return monoMs(seconds * 1000 + nanoseconds / 1e6);
}

/** Now for people. */
export function wallNow(): WallMs {
  return wallMs(Date.now());
}
