// Finds processes by the mark in their environment, where there is no control group, and what an earlier keeper started.
// An environment is not read again once it is known: it passes on at a fork, so that a look at a thousand processes costs their stat
// lines only.
//
// Does not cover: a process that wiped its environment and left both the process group and the session, where no control group can be made.

import { setImmediate as nextTurn } from 'node:timers/promises';

import { monoNow } from './clock.ts';
import { allPids, environmentOf, isAlive, readStat } from './proc.ts';
import type { Stat } from '../model/process-stat.ts';
import type { MonoMs } from '../model/units.ts';
import type { InstanceId } from '../ports.ts';

/** A living process and whose it is. */
export interface Marked {
  readonly pid: number;
  readonly stat: Stat;
  readonly instance: InstanceId;
  readonly env: Environment;
}

/** A process that carries no mark yet may be a fork that is about to become one of ours; after this long it is not. */
const settledAfterMs = 1000;

/** Processes read in one turn, which takes about half a millisecond. */
const readAtOnce = 50;

type Stats = ReadonlyMap<number, Stat>;

/** What of an environment is Standfast's; empty where there is no mark. */
type Environment = ReadonlyMap<string, string>;

interface Seen {
  readonly startTicks: number;
  readonly firstAt: MonoMs;
  readonly env: Environment;
}

/** Looks through /proc for one keeper's instances, told from others' by where their role files lie. */
export class Marks {
  readonly #folder: string;
  readonly #seen = new Map<number, Seen>();
  #reading: Promise<Stats> | null = null;
  #next: Promise<Stats> | null = null;

  constructor(instancesFolder: string) {
    this.#folder = `${instancesFolder}/`;
  }

  /** Everything alive that carries a mark of this keeper. */
  async all(): Promise<Marked[]> {
    return (await this.#look(0)).marked;
  }

  /**
   * All of one instance: who carries its mark, and the process group `group` if one of those is in it. Nothing of it is older than its first
   * process, which began at `sinceTicks`; so nobody older is asked for an environment, and the first look on a busy machine takes no longer than others.
   */
  async of(instance: InstanceId, { group, sinceTicks }: { group: number; sinceTicks: number }): Promise<number[]> {
    const { marked, stats } = await this.#look(sinceTicks);
    const mine = marked.filter((each) => each.instance === instance);
    const pids = new Set(mine.map((each) => each.pid));
    if (mine.some((each) => each.stat.pgid === group))
      for (const [pid, stat] of stats) if (stat.pgid === group) pids.add(pid);
    return [...pids];
  }

  async #look(sinceTicks: number): Promise<{ marked: Marked[]; stats: Stats }> {
    const stats = await this.#allStats();
    const marked: Marked[] = [];
    for (const [pid, stat] of stats) {
      if (stat.startTicks < sinceTicks) continue;
      const env = this.#knownEnvironment(pid, stat) ?? (await this.#environment(pid, stat));
      const instance = env.get('STANDFAST_INSTANCE');
      const roleFile = env.get('STANDFAST_ROLE_FILE') ?? '';
      if (instance !== undefined && roleFile.startsWith(this.#folder)) marked.push({ pid, stat, instance, env });
    }
    for (const pid of this.#seen.keys()) if (!stats.has(pid)) this.#seen.delete(pid);
    return { marked, stats };
  }

  /** Everybody alive, as read after this was asked: who asks while a list is being read shares the next one, however many instances end at once. */
  #allStats(): Promise<Stats> {
    if (this.#reading !== null) return (this.#next ??= this.#readNext(this.#reading));
    this.#reading = this.#readStats().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #readNext(reading: Promise<Stats>): Promise<Stats> {
    await reading.catch(() => undefined);
    this.#next = null;
    return this.#allStats();
  }

  /** All but the kernel's own threads. Some at a time at once: a read of /proc takes 10 µs, a hand-over to another thread more. */
  async #readStats(): Promise<Stats> {
    const stats = new Map<number, Stat>();
    for (const [index, pid] of (await allPids()).entries()) {
      if (index % readAtOnce === readAtOnce - 1) await nextTurn();
      const stat = readStat(pid);
      if (isAlive(stat) && pid !== 2 && stat.ppid !== 2) stats.set(pid, stat);
    }
    return stats;
  }

  #knownEnvironment(pid: number, { startTicks }: Stat): Environment | null {
    const before = this.#seen.get(pid);
    if (before?.startTicks !== startTicks) return null;
    return before.env.size > 0 || monoNow() - before.firstAt > settledAfterMs ? before.env : null;
  }

  async #environment(pid: number, { startTicks }: Stat): Promise<Environment> {
    const before = this.#seen.get(pid);
    const firstAt = before?.startTicks === startTicks ? before.firstAt : monoNow();
    const all = await environmentOf(pid);
    const env = new Map(
      all?.has('STANDFAST_INSTANCE') === true ? [...all].filter(([name]) => name.startsWith('STANDFAST_')) : [],
    );
    this.#seen.set(pid, { startTicks, firstAt, env });
    return env;
  }
}
