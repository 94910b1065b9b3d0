// Sees the ends of processes that an earlier keeper started: no signal tells this one of them. By cgroup v2 the kernel tells when a whole
// group has emptied; else, and for a main process that leaves others behind, by looking every 100 ms. Their exit status is unknown.

import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';

import type { Ground } from './ground.ts';
import type { Owned } from './instance.ts';
import { isSame } from './proc.ts';

/** How often the adopted are looked at: no parent hears of their end. */
const lookMs = 100;
/** Every so many looks the start times are compared too, in case a number was given out again. */
const compareEvery = 10;

/** Told which to watch; tells when one has ended. */
export class AdoptedWatch {
  readonly #ground: Ground;
  readonly #watched = new Map<Owned, FSWatcher | null>();
  #timer: NodeJS.Timeout | undefined;
  #round = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  add(owned: Owned): void {
    this.#watched.set(owned, this.#watchGroup(owned));
    this.#timer ??= setInterval(() => this.#lookAtAll(), lookMs);
  }

  #watchGroup(owned: Owned): FSWatcher | null {
    if (owned.cgroup?.version !== 'v2') return null;
    try {
      const watcher = watch(join(owned.cgroup.folder, 'cgroup.events'), () => this.#look(owned, true));
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch {
      return null;
    }
  }

  #lookAtAll(): void {
    this.#ground.deadlines.sweep();
    const comparing = this.#round++ % compareEvery === 0;
    for (const owned of this.#watched.keys())
      this.#look(owned, comparing || owned.deadline !== null || owned.endingBy !== null);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(owned: Owned, comparing: boolean): void {
    if (owned.exit === null && (comparing ? isSame(owned.pid, owned.startTicks) : exists(owned.pid))) return;
    this.#watched.get(owned)?.close();
    this.#watched.delete(owned);
    this.#ground.deadlines.sweep();
    this.#ground.reaper.mainEnded(owned, null, null);
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
