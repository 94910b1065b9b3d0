// The observer, told to begin only once it is known what an `envFile` says: what ran before this agent is taken up before that file was read, and its
// checks would ask at addresses with names in them. What is told of an instance meanwhile is not lost.

import type { Observer } from '../ports.ts';

/** In front of the observer. */
export interface Observing {
  /** `until` null: at once. `begin` tells the observer. */
  observe(instance: string, until: Promise<void> | null, begin: () => void): void;
  awaitActive(instance: string): void;
  unobserve(instance: string): void;
}

/** In front of this observer. */
export function openObserving(observer: Pick<Observer, 'awaitActive' | 'unobserve'>): Observing {
  const waiting = new Map<string, { active: boolean }>();
  return {
    observe(instance, until, begin) {
      waiting.delete(instance);
      if (until === null) return begin();
      const mine = { active: false };
      waiting.set(instance, mine);
      void until.then(() => {
        if (waiting.get(instance) !== mine) return;
        waiting.delete(instance);
        begin();
        if (mine.active) observer.awaitActive(instance);
      });
    },
    awaitActive(instance) {
      const waits = waiting.get(instance);
      if (waits === undefined) observer.awaitActive(instance);
      else waits.active = true;
    },
    unobserve(instance) {
      waiting.delete(instance);
      observer.unobserve(instance);
    },
  };
}
