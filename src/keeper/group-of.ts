// The control group of an instance, found by who did not make it: the agent, when its keeper is stopped and can end nothing.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { mountedHierarchies, type Cgroup } from './cgroup.ts';

/** The group in which that process is, if it is the one of that instance; null: it is in none, or has ended. Reads the kernel's memory alone. */
export type GroupOf = (pid: number, instance: string) => Cgroup | null;

/** The hierarchies are read once, here. */
export async function openGroupOf(): Promise<GroupOf> {
  const hierarchies = await mountedHierarchies();
  return (pid, instance) => {
    for (const [controllers, path] of groupsOf(pid)) {
      if (basename(path) !== instance) continue;
      const hierarchy = hierarchies.find((each) =>
        each.version === 'v2' ? controllers.length === 0 : controllers.some((name) => each.controllers.includes(name)),
      );
      if (hierarchy === undefined) continue;
      return { folder: join(hierarchy.mount, path), version: hierarchy.version, memoryFolder: null };
    }
    return null;
  };
}

/** By hierarchy: its controllers, none under v2, and the path below its mount. */
function groupsOf(pid: number): readonly (readonly [controllers: readonly string[], path: string])[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/cgroup`, 'latin1');
  } catch {
    return [];
  }
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, controllers = '', ...path] = line.split(':');
      return [controllers === '' ? [] : controllers.split(','), path.join(':')];
    });
}
