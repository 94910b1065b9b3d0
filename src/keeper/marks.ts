// Finds processes by the mark in their environment, where there is no control group, and what an earlier keeper started.
// An environment is not read again once it is known: it passes on at a fork, so that a look at a thousand processes costs their stat
// lines only.
//
// Does not cover: a process that wiped its environment and left both the process group and the session, where no control group can be made.

import { monoNow } from './clock.ts';
import { allPids, environmentOf, isAlive, readStatLater } from './proc.ts';
import type { Stat } from './proc.ts';
import type { MonoMs } from '../model/units.ts';
import type { InstanceId } from '../ports.ts';

/** A living process and whose it is. */
export interface Marked {
  readonly pid: number;
  readonly stat: Stat;
  readonly instance: InstanceId;
  readonly env: ReadonlyMap<string, string>;
}

/** A process that carries no mark yet may be a fork that is about to become one of ours; after this long it is not. */
const settledAfterMs = 1000;

interface Seen {
  readonly startTicks: number;
  readonly firstAt: MonoMs;
  readonly env: ReadonlyMap<string, string> | null;
}

/** Looks through /proc for one keeper's instances, told from others' by where their role files lie. */
export class Marks {
  readonly #folder: string;
  readonly #seen = new Map<number, Seen>();

  constructor(instancesFolder: string) {
    this.#folder = `${instancesFolder}/`;
  }

  /** Everything alive that carries a mark of this keeper. */
  async all(): Promise<Marked[]> {
    return (await this.#look()).marked;
  }

  /** All of one instance: who carries its mark, and the process group `group` if one of those is in it. */
  async of(instance: InstanceId, group: number): Promise<number[]> {
    const { marked, stats } = await this.#look();
    const mine = marked.filter((each) => each.instance === instance);
    const pids = new Set(mine.map((each) => each.pid));
    if (mine.some((each) => each.stat.pgid === group))
      for (const [pid, stat] of stats) if (stat.pgid === group) pids.add(pid);
    return [...pids];
  }

  async #look(): Promise<{ marked: Marked[]; stats: ReadonlyMap<number, Stat> }> {
    const stats = new Map<number, Stat>();
    const marked: Marked[] = [];
    await Promise.all(
      (await allPids()).map(async (pid) => {
        const stat = await readStatLater(pid);
        // threads of the kernel have no environment
        if (!isAlive(stat) || pid === 2 || stat.ppid === 2) return;
        stats.set(pid, stat);
        const env = await this.#environment(pid, stat.startTicks);
        const instance = env?.get('STANDFAST_INSTANCE');
        const roleFile = env?.get('STANDFAST_ROLE_FILE') ?? '';
        if (env !== null && instance !== undefined && roleFile.startsWith(this.#folder))
          marked.push({ pid, stat, instance, env });
      }),
    );
    for (const pid of this.#seen.keys()) if (!stats.has(pid)) this.#seen.delete(pid);
    return { marked, stats };
  }

  async #environment(pid: number, startTicks: number): Promise<ReadonlyMap<string, string> | null> {
    const before = this.#seen.get(pid);
    const same = before?.startTicks === startTicks ? before : null;
    const firstAt = same?.firstAt ?? monoNow();
    if (same !== null && (same.env !== null || monoNow() - firstAt > settledAfterMs)) return same.env;
    const all = await environmentOf(pid);
    const env = all?.has('STANDFAST_INSTANCE') === true ? onlyOurs(all) : null;
    this.#seen.set(pid, { startTicks, firstAt, env });
    return env;
  }
}

function onlyOurs(env: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...env].filter(([name]) => name.startsWith('STANDFAST_')));
}
