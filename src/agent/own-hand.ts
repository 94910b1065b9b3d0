// The agent's own way to end an instance when its keeper does not: the keeper may be stopped or starved, and what is leased must not outlive
// the lease. First, by signals alone, its control group, where its main process lives in one, and its process group; then what left them, found by the
// mark in its environment, until nothing of it lives.
// Does not cover, where there is no control group: a process that left the process group and wiped its environment.

import { setTimeout as pause } from 'node:timers/promises';

import { processesIn, type Cgroup } from '../keeper/cgroup.ts';
import type { GroupOf } from '../keeper/group-of.ts';
import { Marks } from '../keeper/marks.ts';
import { readStat } from '../keeper/proc.ts';
import { send } from '../keeper/reaper.ts';
import { monoMs, wallMs, type MonoMs } from '../model/units.ts';
import type { EndedInstance } from '../ports.ts';

/** A process by its identity within this boot. */
export interface MainProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: a number that was given out again is another process. */
  readonly startTicks: number;
}

/** For when the keeper does not do it in time. */
export interface OwnHand {
  /** SIGKILL to all of an instance. `main`: its main process; null when that is not known, or is gone. */
  kill(instance: string, main: MainProcess | null): void;
  /**
   * An end as the keeper tells it, with the time at which we saw that nothing lived any more. A keeper that was stopped sees it only once it is woken; but
   * if it still found something then, it knows better.
   */
  seen(ended: EndedInstance): EndedInstance;
}

/** Two looks that find nothing: a list of all processes is not one moment. */
const emptyLooks = 2;
/** What lives on after this many is not ours to kill. */
const mostLooks = 20;
const againMs = 5;
/** Ends are told within seconds; a name is never used twice. */
const mostRemembered = 100;

/** `instancesFolder`: of the host, as marks name it. */
export function openOwnHand(instancesFolder: string, groupOf: GroupOf, now: () => MonoMs): OwnHand {
  const marks = new Marks(instancesFolder);
  const goneAt = new Map<string, MonoMs>();
  const remember = (instance: string): void => {
    goneAt.set(instance, now());
    const [oldest] = goneAt.keys();
    if (goneAt.size > mostRemembered && oldest !== undefined) goneAt.delete(oldest);
  };
  const clear = async (instance: string, main: MainProcess | null, group: Cgroup | null): Promise<void> => {
    const its = { group: main?.pid ?? 0, sinceTicks: main?.startTicks ?? 0 };
    for (let look = 0, empty = 0; look < mostLooks && empty < emptyLooks; look += 1) {
      killGroup(group);
      const living = await marks.of(instance, its);
      for (const pid of living) send(pid, 'SIGKILL');
      empty = living.length === 0 ? empty + 1 : 0;
      if (empty === emptyLooks && !goneAt.has(instance)) remember(instance);
      if (empty === 0) await pause(againMs);
    }
  };
  return {
    kill(instance, main) {
      const same = main !== null && isSameGroup(main) ? main : null;
      const group = same === null ? null : groupOf(same.pid, instance);
      killGroup(group);
      if (same !== null) send(-same.pid, 'SIGKILL');
      // A /proc that cannot be read leaves the rest to the keeper.
      void clear(instance, main, group).catch(() => undefined);
    },
    seen(ended) {
      const at = goneAt.get(ended.instance);
      if (at === undefined || at >= ended.goneAt || ended.foundLiving !== false) return ended;
      const earlierMs = Math.max(0, ended.endedAt - at);
      return {
        ...ended,
        goneAt: at,
        endedAt: monoMs(ended.endedAt - earlierMs),
        endedAtMs: wallMs(ended.endedAtMs - earlierMs),
      };
    },
  };
}

/** Everything in it at once, however far it forked: no look through all processes of a busy machine. */
function killGroup(group: Cgroup | null): void {
  for (const pid of group === null ? [] : (processesIn(group) ?? [])) send(pid, 'SIGKILL');
}

/** It is still the process that we know, and leads its group. */
function isSameGroup(main: MainProcess): boolean {
  const stat = readStat(main.pid);
  return stat !== null && stat.startTicks === main.startTicks && stat.pgid === main.pid;
}
