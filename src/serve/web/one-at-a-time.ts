// Hashing a password takes 19 MiB and a tenth of a second: two at once, a few in the queue, the rest is told to come back.

import { Refusal } from '../refusal.ts';

const mostAtOnce = 2;
const mostWaiting = 50;

/** Runs what it is given in its turn. Refuses with 429 when too many wait. */
export function hashesAtOnce(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaiting)
        throw new Refusal(429, 'SF-808', 'too many people sign in at this moment', 'Try again in a few seconds.', 5);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
