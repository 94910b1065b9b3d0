// The store as hosts reach it, or do not: stopped, without a leader, full, cut off from one of them, exchanged for another.

import type { SimHost } from './host.ts';
import { Members } from './members.ts';
import { SimStore } from './store.ts';
import type { World } from './world.ts';

export class Storage {
  readonly #world: World;
  store = new SimStore();
  /** The one that a person would put back. */
  readonly #own = this.store;
  up = true;
  /** Its leader is gone, and no other elected yet. */
  electing = false;
  /** Grows with every leader. */
  reign = 0;
  /** It answers what it is asked, and takes no write. */
  full = false;

  readonly members: Members;

  /** `on`: hosts that carry one of its members. */
  constructor(world: World, on: readonly string[]) {
    this.#world = world;
    this.members = new Members(world, on);
    this.use(this.store);
  }

  /** From now on this is the store. */
  use(store: SimStore): void {
    this.store = store;
    store.onWrite = (write, before) => this.#world.referee.wrote(write, before);
    store.onChanged = () => {
      const { revision } = store;
      for (const host of this.#world.hosts.values()) {
        // One line: what was written first is heard of first, and what comes late holds up what comes after it.
        host.watchFreeAt = Math.max(host.watchFreeAt, this.#world.now + this.#world.lines.watchDelay());
        this.#world.atTrue(host.watchFreeAt, () => host.agent?.poll(revision));
      }
    };
  }

  reaches(host: SimHost): boolean {
    return host.up && this.takesRequestsOf(host);
  }

  /** Also what a host sent that has since lost its power. A store that is not the one that a host knows is as good as none. A machine that knows
   * none yet would believe a backup: that is said in safety.md, and not tried. */
  takesRequestsOf(host: SimHost): boolean {
    if (!this.up || this.electing || !this.members.led || host.storeCut) return false;
    const { identity, revision } = this.store;
    const known = host.knownStore;
    return known === null ? this.store === this.#own : known.identity === identity && known.revision <= revision;
  }

  takesWritesOf(host: SimHost): boolean {
    return !this.full && this.takesRequestsOf(host);
  }

  knows(host: SimHost): void {
    host.knownStore = { identity: this.store.identity, revision: this.store.revision };
  }

  /** As `up` does it where a higher term is known than the store has: whoever holds the lease goes on holding it. */
  raise(service: string, term: number): void {
    const key = `lease/${service}`;
    const entry = this.store.entries.get(key);
    // Into a store that is put in the place of another while agents live nobody may write (safety.md).
    if (entry === undefined || this.store !== this.#own) return;
    const lease = JSON.parse(entry.value) as { readonly term: number };
    if (lease.term < term)
      this.store.txn(
        [{ key, revision: entry.revision }],
        [{ key, value: JSON.stringify({ ...lease, term, given: false }) }],
      );
  }

  /** The leader is gone: nobody answers until there is another, and what it had not answered nobody answers. */
  loseLeader(): void {
    this.electing = true;
    this.leaderGone();
  }

  electLeader(): void {
    this.electing = false;
    this.tellBack();
  }

  /** What the leader had not answered nobody answers. */
  leaderGone(): void {
    this.reign += 1;
    for (const name of this.#world.hosts.keys()) this.#tellStoreAway(name);
  }

  /** Who can reach it hears of it. */
  tellBack(): void {
    for (const host of this.#world.hosts.values()) host.agent?.poll();
  }

  /** Somebody wiped it, or brought an old backup back. */
  exchange(what: string): void {
    if (this.store !== this.#own) return;
    // Older than what any agent has seen: who has seen nothing newer could not know, as safety.md says.
    const seen = [...this.#world.everyMachine()].map((host) => host.knownStore?.revision ?? Number.POSITIVE_INFINITY);
    const revision = Math.max(0, Math.min(this.store.revision, ...seen) - 1);
    this.use(what === 'backup' ? this.store.backup(revision) : new SimStore(2));
    for (const name of this.#world.hosts.keys()) this.#tellStoreAway(name);
  }

  /** A person puts back the store that it was. */
  putBack(): void {
    if (this.store === this.#own) return;
    this.use(this.#own);
    this.tellBack();
  }

  cut(name: string): void {
    this.#world.host(name).storeCut = true;
    this.#tellStoreAway(name);
  }

  heal(name: string): void {
    this.#world.host(name).storeCut = false;
    this.#world.host(name).agent?.poll();
  }

  /** Cut off from the store and from every other host; `alone` false: joined again. */
  isolate(name: string, alone: boolean): void {
    const host = this.#world.host(name);
    for (const other of this.#world.hosts.keys())
      if (alone) host.peersCut.add(other);
      else host.peersCut.delete(other);
    host.alone = alone;
    if (alone) this.cut(name);
    else this.heal(name);
    this.members.look();
  }

  /** It hears again of what is written: from where it was, or all of it anew where that was compacted. */
  healWatch(name: string, compacted: boolean): void {
    const host = this.#world.host(name);
    host.watchCut = false;
    if (compacted) this.store.compact(this.store.revision);
    host.agent?.poll();
  }

  stop(): void {
    this.up = false;
    for (const name of this.#world.hosts.keys()) this.#tellStoreAway(name);
  }

  begin(): void {
    this.up = true;
    this.electing = false;
    this.members.look();
    this.tellBack();
  }

  #tellStoreAway(name: string): void {
    this.#world.at(100, () => {
      const host = this.#world.host(name);
      if (!this.reaches(host)) host.agent?.storeAway();
    });
  }
}
