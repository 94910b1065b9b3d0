// Bounds how many jobs of a kind run at once; the others wait in order.

/** One queue. */
export interface Turns {
  /** Runs the job when it is its turn and hands its answer on. */
  take<T>(job: () => Promise<T>): Promise<T>;
}

/** At most `limit` jobs at once. */
export function openTurns(limit: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async take(job) {
      if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await job();
      } finally {
        const next = waiting.shift();
        // The place goes over to the next as it is, so that nobody slips in between.
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}

/** A queue for each key; queues do not wait for one another. */
export interface TurnsByKey {
  take<T>(key: string, job: () => Promise<T>): Promise<T>;
}

/** More than so many waiting for one folder means that its disk does not answer. */
const mostWaiting = 2000;

/**
 * One job at a time for each key; rejects when far too many wait. For file calls the key is the folder: a disk that stalls then holds one of the few threads
 * of the pool for each of its folders, not for each of its files.
 */
export function openTurnsByKey(): TurnsByKey {
  const byKey = new Map<string, { turns: Turns; users: number }>();
  return {
    async take(key, job) {
      const entry = byKey.get(key) ?? { turns: openTurns(1), users: 0 };
      if (entry.users >= mostWaiting) throw new Error('the disk does not answer');
      byKey.set(key, entry);
      entry.users += 1;
      try {
        return await entry.turns.take(job);
      } finally {
        entry.users -= 1;
        if (entry.users === 0) byKey.delete(key);
      }
    },
  };
}
