// A watch that remembers what it was told and can be waited for.
import type { Store, StoreChanges } from '../../src/ports.ts';

export type Change = StoreChanges['changes'][number];

export interface Watching {
  readonly changes: Change[];
  readonly revisions: number[];
  /** `lost: why` and `back`, in order. */
  readonly states: string[];
  /** Resolves once `so` holds, checked after each thing told. */
  until(so: (told: Watching) => boolean): Promise<void>;
  nudge(): void;
  stop(): void;
}

export function watching(store: Store, revision: number): Watching {
  const waiting = new Set<() => void>();
  const told = (): void => {
    for (const check of waiting) check();
  };
  const watch = store.watch(revision, {
    changes(changes) {
      self.revisions.push(changes.revision);
      self.changes.push(...changes.changes);
      told();
    },
    lost(why) {
      self.states.push(`lost: ${why}`);
      told();
    },
    back() {
      self.states.push('back');
      told();
    },
  });
  const self: Watching = {
    changes: [],
    revisions: [],
    states: [],
    until: (so) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!so(self)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    nudge: () => {
      watch.nudge();
    },
    stop: () => {
      watch.stop();
    },
  };
  return self;
}
