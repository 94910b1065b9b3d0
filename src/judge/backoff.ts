// When to try again. The first restart is made at once: most failures are single. After that 250 ms, doubling up to `upTo`. It
// never gives up, and says how often it tried. Forgiven once it has run stably for 10 s or twice `upTo`, whichever is longer.
//
// What would be drawn at random elsewhere (so that many services do not restart in step) comes from the name: the same failures
// give the same moments in the simulator and in the agent.

import { hash32 } from './hash.ts';
import { after, monoMs, ms } from '../model/units.ts';
import type { MonoMs, Ms } from '../model/units.ts';

/** When the next try is due. */
export interface NextTry {
  /** Never before `now`. */
  readonly at: MonoMs;
  /** Failures in a row, which is the number of the restart to come. */
  readonly tries: number;
}

const firstDelayMs = 250;
const spread = 0.2;

/** More are not counted: at the usual `upTo` they are sixteen hours of failing. */
const most = 1000;

/** When to start again after `failures` (moments, oldest first), all since it last ran stably; `name` spreads those that failed together. */
export function nextTry(failures: readonly MonoMs[], upTo: Ms, now: MonoMs, name: string): NextTry {
  const last = failures.at(-1);
  if (last === undefined) return { at: now, tries: 0 };
  return { at: monoMs(Math.max(now, after(last, delayMs(failures.length, upTo, name)))), tries: failures.length };
}

/** Takes a failure in; what came before a stable run is forgotten. `ranForMs`: how long the run lasted that it ended. */
export function addFailure(failures: readonly MonoMs[], at: MonoMs, ranForMs: number, upTo: Ms): readonly MonoMs[] {
  if (ranForMs >= stableAfter(upTo)) return [at];
  return [...failures.slice(-(most - 1)), at];
}

/** How long it must run before its failures are forgiven. */
export function stableAfter(upTo: Ms): Ms {
  return ms(Math.max(10_000, 2 * upTo));
}

/** The wait before the restart that follows the nth failure in a row; up to a fifth shorter by the name. */
function delayMs(failures: number, upTo: Ms, name: string): number {
  if (failures < 2) return 0;
  const doubled = Math.min(upTo, firstDelayMs * 2 ** Math.min(failures - 2, 40));
  return doubled * (1 - (spread * hash32(name)) / 2 ** 32);
}
