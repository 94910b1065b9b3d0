// Which parts fail and when: every part of the fault tree that `assess` reckons with, at the same rates, drawn in advance of what
// the core does about it. Failures and repairs alternate; moments lie on a grid, so that equal situations recur.

import type { Figure, Part } from '../part.ts';
import { streamOf, type Stream } from './draws.ts';
import { timeBegan } from './host.ts';
import { Queue } from './queue.ts';

/** A part fails, or is repaired. */
export interface Fault {
  readonly at: number;
  readonly part: Part;
  readonly down: boolean;
}

/** In milliseconds. What cuts a session short begins on the finer grid, since it matters when it was renewed last; all else on the coarse one. */
export interface FaultGrid {
  readonly fine: number;
  readonly coarse: number;
}

/** Parts that sessions hang on. */
const fine = new Set<Part['kind']>(['domain', 'host', 'agent', 'store']);

/** A part whose owner states a share of time alone is taken to be away for so long at a time. */
export const assumedAwayMs = 4 * 3_600_000;

/** A queue that never runs dry: behind each failure follows its repair, behind that the next failure. */
export class Faults {
  readonly #grid: FaultGrid;
  readonly #queue = new Queue<Fault>();
  readonly #streams = new Map<string, Stream>();

  constructor(parts: readonly Part[], seed: string, grid: FaultGrid) {
    this.#grid = grid;
    for (const part of parts) {
      this.#streams.set(part.name, streamOf(seed, part.name));
      this.#next({ at: timeBegan, part, down: false });
    }
  }

  get nextAt(): number {
    return this.#queue.nextAt;
  }

  /** The next one; the one after it of the same part is drawn. */
  take(): Fault | null {
    const fault = this.#queue.take();
    if (fault !== null) this.#next(fault);
    return fault;
  }

  #next(last: Fault): void {
    const { part } = last;
    if (last.down && isMomentary(part)) return this.#next({ at: last.at + (part.figure.mttr ?? 0), part, down: false });
    const stream = this.#streams.get(part.name);
    if (stream === undefined) return;
    const { up, away, drawn } = meansOf(part.figure);
    const { coarse } = this.#grid;
    const failure = fine.has(part.kind) ? this.#grid.fine : coarse;
    if (last.down) {
      // A repair that is assumed takes what it is assumed to take.
      const takes = drawn ? stream.wait(away) : away;
      const at = Math.max(Math.round((last.at + takes) / coarse), Math.floor(last.at / coarse) + 1) * coarse;
      this.#queue.add(at, { at, part, down: false });
      return;
    }
    const at = Math.max(Math.round((last.at + stream.wait(up)) / failure) * failure, last.at + failure);
    this.#queue.add(at, { at, part, down: true });
  }
}

/** An instance that is merely assumed to fail can be started again at once: how long it is away is up to the core. */
export function isMomentary(part: Part): boolean {
  return part.kind === 'instance' && part.figure.from === 'assumed';
}

/** Mean times until it fails and until it is repaired, in milliseconds. */
function meansOf({ mtbf, mttr, unavailability, from }: Figure): { up: number; away: number; drawn: boolean } {
  if (mtbf !== null && mttr !== null) return { up: mtbf, away: mttr, drawn: from !== 'assumed' || mttr > 60_000 };
  return { up: (assumedAwayMs * (1 - unavailability)) / unavailability, away: assumedAwayMs, drawn: true };
}
