// The processes of this host, for what belongs to other managers. No mark is in their environment, so what is below one is found by who started whom.
// Does not cover: what left its parent before the kill. Its manager knows of that, if anybody does.

import type { Processes } from '../act/managers/managed.ts';
import { allPids, bootId, isAlive, isSame, readStat, readStatLater } from '../keeper/proc.ts';
import { send } from '../keeper/reaper.ts';

/** Looks and signals by /proc. */
export const hostProcesses: Processes = {
  boot: bootId(),
  startTicks(pid) {
    const stat = readStat(pid);
    return isAlive(stat) ? stat.startTicks : null;
  },
  signal(pid, startTicks, signal) {
    if (isSame(pid, startTicks)) send(pid, signal);
  },
  async kill(pid, startTicks) {
    const parents = new Map<number, number>();
    for (const each of await allPids()) {
      const stat = await readStatLater(each);
      if (isAlive(stat)) parents.set(each, stat.ppid);
    }
    if (!isSame(pid, startTicks)) return;
    const below = (each: number): boolean => each === pid || ((each = parents.get(each) ?? 0) > 1 && below(each));
    for (const each of parents.keys()) if (below(each)) send(each, 'SIGKILL');
  },
};
