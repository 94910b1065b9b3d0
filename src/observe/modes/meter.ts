// What the looks of one detector cost in processor time: that of the thread for as long as they hold it, and that of the programs that they ask.
// Does not cover: handshakes of connections that a detector opens by itself; they are a few milliseconds each.

import { openTurns } from '../turns.ts';
import type { Ground } from './ground.ts';

/** So many programs of one detector at once: fifty that begin at the same moment take the processors from the services. */
const mostAtOnce = 16;

/** Of one detector. */
export interface Meter {
  /** The ground to look through: what is done with it counts. */
  readonly ground: Ground;
  /** Begins a look. */
  of<T>(look: () => Promise<T>): Promise<T>;
  /** Since it was asked last, ms. */
  taken(): number;
}

/** Counts what is done through this ground by one detector. */
export function openMeter(ground: Ground): Meter {
  const turns = openTurns(mostAtOnce);
  let takenMs = 0;
  let counting = false;
  /** What runs from here until the thread is let go: ticks come after all that goes on at once. */
  const count = (): void => {
    if (counting) return;
    counting = true;
    const before = threadMs();
    process.nextTick(() => {
      counting = false;
      takenMs += threadMs() - before;
    });
  };
  return {
    ground: {
      ...ground,
      async ask(argv, how) {
        const asked = await turns.take(() => {
          count();
          return ground.ask(argv, how);
        });
        takenMs += asked.kind === 'notAsked' ? 0 : asked.cpuMs;
        count();
        return asked;
      },
    },
    of(look) {
      count();
      return look();
    },
    taken() {
      const taken = takenMs;
      takenMs = 0;
      return taken;
    },
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
