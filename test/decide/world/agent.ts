// The shell around the core: tells it what the store, the keeper and the clock have to say, and has done what it decides. It decides nothing. It may be
// killed before any effect, frozen and woken.

import type { RecordChange } from '../../../src/decide/records.ts';
import type { System } from '../../../src/model/system.ts';
import { initialState } from '../../../src/decide/initial.ts';
import type { Input } from '../../../src/decide/input.ts';
import type { State } from '../../../src/decide/state.ts';
import { step } from '../../../src/decide/step.ts';
import { ms } from '../../../src/model/units.ts';
import { Hands } from './hands.ts';
import type { SimHost } from './host.ts';
import type { World } from './world.ts';

export class SimAgent {
  readonly world: World;
  readonly host: SimHost;
  state: State;
  alive = true;
  frozen = false;
  /** Revision up to which it has heard of the store; null: not read yet, or lost and to be read anew. */
  #heardUpTo: number | null = null;
  #wakeAt: number | null = null;
  #waiting: Input[] = [];
  #frozenAt = 0;
  readonly #hands: Hands;

  constructor(world: World, host: SimHost) {
    this.world = world;
    this.host = host;
    this.#hands = new Hands(this);
    host.lives += 1;
    host.pids += 1;
    this.state = initialState({
      me: host.name,
      boot: host.bootId,
      machine: host.machine,
      life: `${host.name}${host.boot}.${host.lives}`,
      agentPid: host.pids,
    });
    world.at(1, () => this.#connect());
    world.at(2, () => this.#readStore());
    if (host.storeCut || !world.storage.up)
      world.at(20, () => {
        if (host.remembers) this.hear({ kind: 'rememberedSystem', system: world.described(null) });
      });
    world.at(5, () => this.#ping());
  }

  /** Gives the core one input, or keeps it while the process is stopped. */
  hear(input: Input): void {
    if (!this.alive) return;
    if (this.frozen) {
      this.#waiting.push(input);
      return;
    }
    const { world, host } = this;
    const now = host.now(world.now);
    const decided = step(this.state, input, now);
    this.state = decided.state;
    world.steps += 1;
    this.#wakeAt = decided.wakeAt;
    if (decided.wakeAt !== null) {
      const { wakeAt } = decided;
      world.atTrue(Math.max(world.now + 0.5, host.trueAt(wakeAt)), () => {
        if (this.#wakeAt !== wakeAt || !this.alive) return;
        world.referee.ticked(host);
        this.hear({ kind: 'tick' });
      });
    }
    world.decided(host, input, decided.because, decided.effects, decided.fired);
    for (const effect of decided.effects) {
      // Killed between two effects: what comes after was decided and never done.
      if (host.effectsLeft !== null && this.#diesNow()) return;
      if (!world.beforeEffect(host, effect) || !this.alive) return;
      this.#hands.carryOut(effect);
    }
  }

  #diesNow(): boolean {
    const { host } = this;
    if (host.effectsLeft === null) return false;
    host.effectsLeft -= 1;
    if (host.effectsLeft >= 0) return false;
    host.effectsLeft = null;
    this.world.machines.killAgentOf(host);
    return true;
  }

  freeze(): void {
    if (this.frozen) return;
    this.frozen = true;
    this.#frozenAt = this.world.now;
  }

  wake(): void {
    if (!this.frozen || !this.alive || this.host.frozen) return;
    this.frozen = false;
    const lateMs = this.world.now - this.#frozenAt;
    const waiting = this.#waiting;
    this.#waiting = [];
    // On waking first of all: what time alone has brought.
    this.hear({ kind: 'ownLateness', lateMs: ms(lateMs) });
    for (const input of waiting) this.hear(input);
  }

  die(): void {
    this.alive = false;
    if (this.host.agent === this) this.host.agent = null;
  }

  /** The watch: everything written since, in order, or that the store is lost. */
  poll(upTo = this.world.store.revision): void {
    const { world, host } = this;
    if (!this.alive || this.#heardUpTo === null || !world.storage.reaches(host) || host.watchCut) return;
    // Of a store that is there no more, or heard of meanwhile.
    if (upTo > world.store.revision || upTo < this.#heardUpTo) return;
    const changes = world.store.since(this.#heardUpTo, upTo);
    if (changes === null) {
      // Compacted away: it reads everything anew.
      this.#heardUpTo = null;
      return this.#readStore();
    }
    if (upTo === this.#heardUpTo) return;
    this.#heardUpTo = upTo;
    world.storage.knows(host);
    this.hear({ kind: 'storeChanges', revision: upTo, changes, system: this.#changedSystem(changes) });
  }

  /** The watch says again what it has said. */
  repeat(): void {
    const { world, host } = this;
    if (!this.alive || this.#heardUpTo === null || !world.storage.reaches(host)) return;
    const changes = world.store.since(Math.max(0, this.#heardUpTo - 10), this.#heardUpTo);
    if (changes === null) return;
    const system = this.#changedSystem(changes);
    this.hear({ kind: 'storeChanges', revision: this.#heardUpTo, changes, system });
  }

  #changedSystem(changes: readonly RecordChange[]): System | null {
    const hash = hashIn(changes);
    return hash === null ? null : this.world.described(hash);
  }

  storeAway(): void {
    if (this.#heardUpTo === null) return;
    this.#heardUpTo = null;
    this.hear({ kind: 'storeLost', why: 'it does not answer' });
    this.#readStore();
  }

  #readStore(): void {
    const { world, host } = this;
    if (!this.alive || this.#heardUpTo !== null) return;
    if (!world.storage.reaches(host)) {
      world.at(100, () => this.#readStore());
      return;
    }
    // Read at one moment, heard of at a later one.
    const { store } = world;
    const { revision } = store;
    const entries = store.all();
    world.at(world.lines.storeDelay(host), () => {
      if (!this.alive || this.#heardUpTo !== null) return;
      // The store was lost meanwhile, or is another one.
      if (!world.storage.reaches(host) || world.store !== store) return this.#readStore();
      this.#heardUpTo = revision;
      host.remembers = true;
      world.storage.knows(host);
      this.hear({ kind: 'storeRead', revision, entries, system: world.described(hashIn(entries)) });
      this.poll();
    });
  }

  #connect(): void {
    const { keeper } = this.host;
    keeper?.hears(() => {
      if (!this.alive || !keeper.alive) return;
      this.hear({
        kind: 'keeperHello',
        keeper: { pid: keeper.pid, startTicks: keeper.pid * 10 },
        running: keeper.running(),
        ended: [...keeper.ended],
      });
    });
  }

  /** A keeper came up: it says what it owns. */
  keeperUp(): void {
    this.world.at(1, () => this.#connect());
  }

  #ping(): void {
    if (!this.alive) return;
    const { world, host } = this;
    world.at(this.state.timing.ttl / 8, () => this.#ping());
    const { keeper } = host;
    if (keeper === null || !keeper.alive || keeper.stuck || this.frozen || host.frozen) return;
    this.hear({ kind: 'keeperHealth', at: host.mono(world.now), worstTimerLateMs: ms(1), worstKillMs: ms(10) });
  }
}

/** Of the description among these; null: there is none. */
function hashIn(changes: readonly RecordChange[]): string | null {
  const found = changes.findLast((change) => change.kind === 'description');
  return found?.value?.hash ?? null;
}
