// Does a job again and again, never overlapping itself. The times lie on a grid of `every` shifted by a share that follows
// from a name: the same after every restart, and spread so that 500 checks of one second do not fire together.

import { createHash } from 'node:crypto';

/** A job and its times, in ms. */
export interface Repeated {
  readonly every: number;
  /** What the share of the grid is derived from. */
  readonly name: string;
  /** The first time comes within this long, wherever the grid lies. */
  readonly firstWithin: number;
  readonly now: () => number;
  /** Must not reject. */
  readonly job: () => Promise<void>;
}

/** Repeats until the signal is aborted. */
export function repeat(what: Repeated, signal: AbortSignal): void {
  if (signal.aborted) return;
  const share = shareOf(what.name);
  let timer: NodeJS.Timeout;
  const run = (): void => {
    void what.job().then(() => {
      if (!signal.aborted) timer = setTimeout(run, untilNext(what.now(), what.every, share));
    });
  };
  timer = setTimeout(run, share * Math.min(what.firstWithin, what.every));
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

/** From now to the next time on the grid. A timer may ring a little early: what is as good as now was this time's turn. */
function untilNext(now: number, every: number, share: number): number {
  const since = (((now - share * every) % every) + every) % every;
  const next = every - since;
  return next < Math.min(every / 10, 5) ? next + every : next;
}

/** A number in [0, 1) that is always the same for a name. */
function shareOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
}
