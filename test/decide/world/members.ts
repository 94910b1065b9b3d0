// The members of the store: three of them, some on hosts and the rest on machines of their own. It answers while two of them live and one of these
// leads. A store whose members all stand apart needs none of this: then it is away only when somebody takes it away.

import type { World } from './world.ts';

const members = 3;
const most = 2;

export class Members {
  readonly #world: World;
  /** Hosts that carry one. */
  readonly #on: readonly string[];
  /** The host whose member leads, or `apart`; null: none does. */
  #leader: string | null;
  #electing = false;

  constructor(world: World, on: readonly string[]) {
    this.#world = world;
    this.#on = on;
    this.#leader = on[0] ?? 'apart';
  }

  get led(): boolean {
    return this.#leader !== null;
  }

  /** A machine came or went: who led may be gone, or too few be left to follow. */
  look(): void {
    if (this.#on.length === 0) return;
    const live = this.#live();
    if (this.#leader !== null && (live.length < most || !live.includes(this.#leader))) {
      this.#leader = null;
      this.#world.storage.leaderGone();
    }
    if (this.#leader !== null || this.#electing || live.length < most) return;
    this.#electing = true;
    this.#world.at(this.#world.random.between(200, 1500), () => {
      this.#electing = false;
      const now = this.#live();
      if (now.length < most) return;
      this.#leader = now[0] ?? null;
      this.#world.storage.tellBack();
    });
  }

  #live(): string[] {
    const { hosts } = this.#world;
    const onHosts = this.#on.filter((name) => {
      const host = hosts.get(name);
      return host !== undefined && host.up && !host.frozen && !host.alone;
    });
    return [...onHosts, ...Array.from({ length: members - this.#on.length }, () => 'apart')];
  }
}
