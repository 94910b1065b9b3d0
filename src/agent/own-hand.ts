// The agent's own way to end an instance when its keeper does not: the keeper may be stopped or starved, and what is leased must not outlive
// the lease. First the process group, by a signal alone; then what left it, found by the mark in its environment, until nothing of it lives.
// Does not cover: a process that left the group and wiped its environment. Only the keeper, which knows control groups, finds that.

import { setTimeout as pause } from 'node:timers/promises';

import { Marks } from '../keeper/marks.ts';
import { readStat } from '../keeper/proc.ts';
import { send } from '../keeper/reaper.ts';

export interface MainProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: a number that was given out again is another process. */
  readonly startTicks: number;
}

export interface OwnHand {
  /** SIGKILL to all of an instance. `main`: its main process; null when that is not known, or is gone. */
  kill(instance: string, main: MainProcess | null): void;
}

/** Two looks that find nothing: a list of all processes is not one moment. */
const emptyLooks = 2;
/** What lives on after this many is not ours to kill. */
const mostLooks = 20;
const againMs = 5;

/** `instancesFolder`: of the host, as marks name it. */
export function openOwnHand(instancesFolder: string): OwnHand {
  const marks = new Marks(instancesFolder);
  const clear = async (instance: string, group: number): Promise<void> => {
    for (let look = 0, empty = 0; look < mostLooks && empty < emptyLooks; look += 1) {
      const living = await marks.of(instance, { group, sinceTicks: 0 });
      for (const pid of living) send(pid, 'SIGKILL');
      empty = living.length === 0 ? empty + 1 : 0;
      if (empty === 0) await pause(againMs);
    }
  };
  return {
    kill(instance, main) {
      if (main !== null && isSameGroup(main)) send(-main.pid, 'SIGKILL');
      // A /proc that cannot be read leaves the rest to the keeper.
      void clear(instance, main?.pid ?? 0).catch(() => undefined);
    },
  };
}

/** It is still the process that we know, and leads its group. */
function isSameGroup(main: MainProcess): boolean {
  const stat = readStat(main.pid);
  return stat !== null && stat.startTicks === main.startTicks && stat.pgid === main.pid;
}
