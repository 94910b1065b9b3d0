// What was so when this was first looked at since the machine was started, on disk: a fault that stands is told from what has always been so also by the
// agent's next life.

import type { Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';

/** What is remembered, by name, until the next boot. */
export interface SinceBoot {
  /** What was kept under this name since the boot; else it is `now`, and that is kept. */
  first(name: string, now: string): string;
  /** From now on it counts as having been so. */
  replace(name: string, by: string): void;
}

/** In this file. Mounts and accounts are those of the mount namespace that the agent runs in: in another one all begins anew. */
export function openSinceBoot(ground: Ground, path: string): SinceBoot {
  const of = `${(ground.kernel('proc/sys/kernel/random/boot_id') ?? '').trim()} ${ground.link('proc/self/ns/mnt') ?? ''}`;
  const known = new Map(read(path, of));
  const replace = (name: string, by: string): void => {
    known.set(name, by);
    keep(path, { of, first: [...known] });
  };
  return {
    replace,
    first(name, now) {
      const before = known.get(name);
      if (before === undefined) replace(name, now);
      return before ?? now;
    },
  };
}

/** Empty: it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function read(path: string, of: string): readonly [string, string][] {
  const kept = readKept(path);
  if (typeof kept !== 'object' || kept === null || !('of' in kept) || kept.of !== of || !('first' in kept)) return [];
  return listOf(kept.first).flatMap((each): [string, string][] => {
    const [name, value] = listOf(each);
    return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [];
  });
}
