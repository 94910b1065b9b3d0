// The shell around the core, as it is in the simulated world: carries effects out against the store, the keeper, the probes and the
// peers, and tells the core what came of them. It decides nothing.

import type { Effect } from '../../decide/effect.ts';
import type { Input } from '../../decide/input.ts';
import type { State } from '../../decide/state.ts';
import type { MonoMs } from '../../model/units.ts';
import { latencies } from './behaviour.ts';
import type { KeeperRequest } from './happening.ts';
import type { SimHost } from './host.ts';
import { extend, observed } from './processes.ts';
import type { World } from './world.ts';

/** Timers ring on this grid, never too early. In milliseconds. */
const timerGrid = 1 / 8;

/** One life of an agent on one simulated host. */
export class SimAgent {
  readonly #world: World;
  readonly #host: SimHost;
  readonly life: string;
  state: State;
  /** True moment of the next ring; Infinity: none. */
  tickAt = Infinity;
  /** Writes under way, and when each is given up. */
  pending: ReadonlyMap<number, number> = new Map();
  giveUpAt = Infinity;
  /** Revision up to which it has heard of the store; null: to be read anew. */
  heardUpTo: number | null = null;

  constructor(world: World, host: SimHost, life: string, state: State) {
    this.#world = world;
    this.#host = host;
    this.life = life;
    this.state = state;
  }

  /** Gives the core one input and does what it decides. */
  hear(input: Input): void {
    const world = this.#world;
    const decided = world.core.step(this.state, input, {
      mono: this.#host.mono(world.now),
      wall: this.#host.wall(world.now),
    });
    this.state = decided.state;
    this.tickAt = this.#ringAt(decided.wakeAt);
    world.counted(this.#host, decided);
    for (const effect of decided.effects) this.#carryOut(effect);
  }

  /** The watch: everything written since, in order. */
  poll(): void {
    const { store } = this.#world;
    if (this.heardUpTo === null || !this.#world.storeUp || this.heardUpTo === store.revision) return;
    const changes = store.since(this.heardUpTo);
    this.heardUpTo = store.revision;
    this.hear({ kind: 'storeChanges', revision: store.revision, changes, system: null });
  }

  readStore(): void {
    const { store, described } = this.#world;
    this.heardUpTo = store.revision;
    this.#host.remembers = true;
    this.hear({ kind: 'storeRead', revision: store.revision, entries: store.all(), system: described });
  }

  #ringAt(wakeAt: MonoMs | null): number {
    if (wakeAt === null) return Infinity;
    const at = Math.ceil(wakeAt / timerGrid) * timerGrid;
    // A tenth of ttl has no exact number: a timer that rings a hair late is judged as one that has rung.
    const exact = wakeAt === this.state.own.nextRenewAt || !this.#world.storeUp;
    return Math.max(this.#world.now + timerGrid, exact ? at : at + timerGrid);
  }

  #carryOut(effect: Effect): void {
    const world = this.#world;
    const host = this.#host;
    switch (effect.kind) {
      case 'store': {
        this.pending = new Map(this.pending).set(effect.id, world.now + effect.timeoutMs);
        this.#watchPending();
        const puts = effect.puts.map(({ key, value }) => ({
          key,
          value: value === null ? null : (JSON.parse(value) as unknown),
        }));
        world.after(latencies.store, {
          kind: 'write',
          host: host.name,
          life: this.life,
          id: effect.id,
          compares: effect.compares,
          puts,
        });
        break;
      }
      case 'start':
      case 'stop':
      case 'kill':
      case 'activate':
      case 'deactivate':
        this.ask(effect);
        break;
      case 'extend':
        // The line to the keeper is there, and an extension is not answered.
        extend(world, host, effect.until, effect.instances);
        break;
      case 'observe': {
        const running = host.process(effect.instance);
        if (running !== undefined && running.readyAt !== null) observed(world, host, running, 'ready');
        break;
      }
      case 'awaitActive': {
        const running = host.process(effect.instance);
        if (running === undefined) break;
        running.awaited = true;
        if (running.serves) observed(world, host, running, 'active');
        break;
      }
      case 'forget':
        host.ended = host.ended.filter((each) => each.instance !== effect.instance);
        break;
      case 'askPromise':
        for (const to of effect.hosts)
          this.#send(to, { kind: 'promiseAsked', from: host.name, ask: effect.ask, epoch: effect.epoch });
        break;
      case 'answerPromise':
        this.#send(effect.to, {
          kind: 'promiseAnswered',
          from: host.name,
          machine: host.name,
          ask: effect.ask,
          given: effect.given,
        });
        break;
      case 'report':
        for (const to of world.hosts.keys())
          if (to !== host.name) this.#send(to, { kind: 'peerReport', host: host.name, report: effect.report });
        break;
      case 'fence':
      case 'notify':
        world.after(latencies.call, {
          kind: 'hear',
          host: host.name,
          life: this.life,
          input: {
            kind: 'outcome',
            id: effect.id,
            outcome: { kind: 'done' },
            at: host.mono(world.now + latencies.call),
          },
        });
        break;
      case 'unobserve':
      case 'answer':
      case 'quit':
        break;
      default:
        effect satisfies never;
    }
  }

  /** Over the line to the keeper. */
  ask(request: KeeperRequest): void {
    this.#world.after(latencies.keeper, {
      kind: 'request',
      host: this.#host.name,
      boot: this.#host.boot,
      life: this.life,
      request,
    });
  }

  /** The store has answered, or is given up. */
  answered(id: number): boolean {
    if (!this.pending.has(id)) return false;
    const pending = new Map(this.pending);
    pending.delete(id);
    this.pending = pending;
    this.#watchPending();
    return true;
  }

  giveUp(): void {
    const { now } = this.#world;
    for (const [id, at] of this.pending)
      if (at <= now && this.answered(id))
        this.hear({ kind: 'storeOutcome', id, answer: { kind: 'unknown', why: 'no answer in time' } });
  }

  #watchPending(): void {
    let least = Infinity;
    for (const at of this.pending.values()) if (at < least) least = at;
    this.giveUpAt = least;
  }

  #send(to: string, input: Input): void {
    this.#world.after(latencies.peer, { kind: 'message', from: this.#host.name, to, input });
  }
}
