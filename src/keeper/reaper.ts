// Ends instances, all of each: the process group by signal, and what left it by control group or mark. An instance has ended when its main
// process has and nothing of it lives.

import { setTimeout as pause } from 'node:timers/promises';

import type { Afterwards } from './afterwards.ts';
import { isEmpty, killCgroup, livingIn, processesIn, removeCgroup } from './cgroup.ts';
import { monoNow, wallNow } from './clock.ts';
import { activeTerm } from './instance.ts';
import type { Owned } from './instance.ts';
import type { Marks } from './marks.ts';
import { readStat } from './proc.ts';
import { RecentWorst } from './recent-worst.ts';
import type { MonoMs, Ms } from '../model/units.ts';
import type { EndedInstance } from '../ports.ts';

/** How long to wait before looking again whether killed processes are gone: quick at first, since most are gone at once. */
const looksMs = [1, 1, 2, 2, 5, 5, 10, 20, 50];
const slowLookMs = 100;

/** Of all instances; one that is being ended is ended once. */
export class Reaper {
  readonly #marks: Marks;
  readonly #afterwards: Afterwards;
  readonly #letGo: (owned: Owned) => Promise<void> | null;
  readonly #gone: (owned: Owned, ended: EndedInstance) => void;
  readonly #clearing = new Set<Owned>();
  readonly #kills = new RecentWorst();

  /**
   * `gone` is told once for each instance, when nothing of it lives. `letGo` begins to take away what else the host has of it, its address;
   * null when there is nothing, else it is waited for.
   */
  constructor(
    marks: Marks,
    afterwards: Afterwards,
    letGo: (owned: Owned) => Promise<void> | null,
    gone: (owned: Owned, ended: EndedInstance) => void,
  ) {
    this.#marks = marks;
    this.#afterwards = afterwards;
    this.#letGo = letGo;
    this.#gone = gone;
  }

  /** Worst time from a kill until nothing lived. */
  get worstKillMs(): Ms {
    return this.#kills.worst;
  }

  /** SIGKILL to the group now, by a signal alone; the rest, which needs looking for, follows at once and until nothing lives. */
  kill(owned: Owned, by: EndedInstance['by']): void {
    if (owned.ended !== null) return;
    if (owned.exit === null) {
      // who asks again after the deadline has struck did not end it
      if (owned.endingBy !== 'deadline') owned.endingBy = by;
      owned.killedAt ??= monoNow();
      send(-owned.pid, 'SIGKILL');
    }
    void this.#clear(owned);
  }

  /** An orderly signal: to the group, one by one to who left the group but not the control group, and SIGKILL to all at `forcedAt`. */
  stop(owned: Owned, signal: NodeJS.Signals, forcedAt: MonoMs): void {
    if (owned.exit !== null) return;
    owned.endingBy ??= 'stop';
    send(-owned.pid, signal);
    if (owned.cgroup !== null)
      for (const pid of processesIn(owned.cgroup) ?? []) if (readStat(pid)?.pgid !== owned.pid) send(pid, signal);
    if (owned.force !== null && owned.force.at <= forcedAt) return;
    clearTimeout(owned.force?.timer);
    const timer = setTimeout(() => this.kill(owned, 'stop'), Math.max(0, forcedAt - monoNow()));
    owned.force = { at: forcedAt, timer };
  }

  /** The main process ended. With a control group that is found empty the instance is gone in the same turn. */
  mainEnded(owned: Owned, code: number | null, signal: string | null): void {
    if (owned.exit !== null) return;
    this.#noteExit(owned, code, signal);
    if (owned.cgroup !== null && isEmpty(owned.cgroup)) {
      this.#finish(owned);
      return;
    }
    owned.leftBehind = owned.cgroup !== null && owned.endingBy === null;
    void this.#clear(owned);
  }

  /** Everything of it that lives, the main process included. */
  async #living(owned: Owned): Promise<number[]> {
    const inGroup = owned.cgroup === null ? null : await livingIn(owned.cgroup);
    return (
      inGroup ??
      (await this.#marks.of(owned.instance, { group: owned.pid, sinceTicks: owned.adopted ? 0 : owned.startTicks }))
    );
  }

  async #clear(owned: Owned): Promise<void> {
    if (this.#clearing.has(owned)) return;
    this.#clearing.add(owned);
    // a list of all processes is not one moment: what forks while it is read shows in the next one
    const looksNeeded = owned.cgroup === null ? 2 : 1;
    for (let look = 0, empty = 0; owned.ended === null; look++) {
      const mainEnded = owned.exit !== null;
      const living = await this.#lookAndKill(owned);
      owned.foundLiving ||= living > 0;
      owned.leftBehind ||= mainEnded && living > 0 && owned.endingBy === null;
      if (owned.ended !== null) break;
      if (owned.adopted && owned.exit === null && living === 0) this.#noteExit(owned, null, null);
      empty = mainEnded && living === 0 ? empty + 1 : 0;
      if (empty === looksNeeded) break;
      if (empty === 0) await pause(looksMs[look] ?? slowLookMs);
    }
    this.#clearing.delete(owned);
    this.#finish(owned);
  }

  /** How many still lived. A look that failed (no descriptor left) saw one. */
  async #lookAndKill(owned: Owned): Promise<number> {
    try {
      if (owned.cgroup !== null) await killCgroup(owned.cgroup);
      const living = await this.#living(owned);
      for (const pid of living) send(pid, 'SIGKILL');
      return living.length;
    } catch {
      return 1;
    }
  }

  #noteExit(owned: Owned, code: number | null, signal: string | null): void {
    owned.exit = { code, signal, at: monoNow(), atMs: wallNow() };
    clearTimeout(owned.force?.timer);
    void this.#letGo(owned);
  }

  #finish(owned: Owned): void {
    if (owned.ended !== null || owned.exit === null) return;
    const leaving = this.#letGo(owned);
    if (leaving !== null) {
      void leaving.then(() => this.#finish(owned));
      return;
    }
    const goneAt = monoNow();
    if (owned.killedAt !== null) this.#kills.note(goneAt - owned.killedAt);
    owned.ended = {
      instance: owned.instance,
      service: owned.service,
      pid: owned.pid,
      code: owned.exit.code,
      signal: owned.exit.signal,
      endedAt: owned.exit.at,
      goneAt,
      endedAtMs: owned.exit.atMs,
      by: owned.endingBy ?? 'itself',
      term: activeTerm(owned),
      foundLiving: owned.foundLiving,
      leftBehind: owned.leftBehind,
    };
    owned.guard?.close();
    const { cgroup } = owned;
    if (cgroup !== null) this.#afterwards.add(() => removeCgroup(cgroup));
    this.#gone(owned, owned.ended);
  }
}

/** Sends a signal to a process, or to a group by its negative number. False when there is nobody to get it. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
