// The shell around the core: carries effects out against the simulated store, keeper, probes and peers, and tells the core what came of them.
// It decides nothing. It may be killed before any effect, frozen and woken.

import type { Effect } from '../../../src/decide/effect.ts';
import type { RecordChange } from '../../../src/decide/records.ts';
import type { System } from '../../../src/model/system.ts';
import { initialState } from '../../../src/decide/initial.ts';
import type { Input, StoreOutcome } from '../../../src/decide/input.ts';
import type { State } from '../../../src/decide/state.ts';
import { step } from '../../../src/decide/step.ts';
import { ms } from '../../../src/model/units.ts';
import type { SimHost } from './host.ts';
import type { World } from './world.ts';

/** What befalls one write on its way to the store and back. */
export interface Fate {
  readonly goMs: number;
  readonly backMs: number;
  readonly lost: 'request' | 'answer' | null;
  /** The answer comes twice. */
  readonly twice: boolean;
}

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
  #lineFreeAt = 0;

  constructor(world: World, host: SimHost) {
    this.world = world;
    this.host = host;
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
    if (host.storeCut || !world.storeUp)
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
      this.#carryOut(effect);
    }
  }

  #diesNow(): boolean {
    const { host } = this;
    if (host.effectsLeft === null) return false;
    host.effectsLeft -= 1;
    if (host.effectsLeft >= 0) return false;
    host.effectsLeft = null;
    this.world.killAgentOf(host);
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
  poll(): void {
    const { world, host } = this;
    if (!this.alive || this.#heardUpTo === null || !world.reaches(host) || host.watchCut) return;
    const changes = world.store.since(this.#heardUpTo);
    if (changes === null) {
      // Compacted away: it reads everything anew.
      this.#heardUpTo = null;
      return this.#readStore();
    }
    if (changes.length === 0 && this.#heardUpTo === world.store.revision) return;
    this.#heardUpTo = world.store.revision;
    world.knows(host);
    this.hear({ kind: 'storeChanges', revision: world.store.revision, changes, system: this.#changedSystem(changes) });
  }

  /** The watch says again what it has said. */
  repeat(): void {
    const { world, host } = this;
    if (!this.alive || this.#heardUpTo === null || !world.reaches(host)) return;
    const changes = world.store.since(Math.max(0, this.#heardUpTo - 10));
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
    if (!world.reaches(host)) {
      world.at(100, () => this.#readStore());
      return;
    }
    // Read at one moment, heard of at a later one.
    const { store } = world;
    const { revision } = store;
    const entries = store.all();
    world.at(world.storeDelay(), () => {
      if (!this.alive || this.#heardUpTo !== null) return;
      // The store was lost meanwhile, or is another one.
      if (!world.reaches(host) || world.store !== store) return this.#readStore();
      this.#heardUpTo = revision;
      host.remembers = true;
      world.knows(host);
      this.hear({ kind: 'storeRead', revision, entries, system: world.described(hashIn(entries)) });
      this.poll();
    });
  }

  #connect(): void {
    const { keeper } = this.host;
    if (!this.alive || keeper === null || !keeper.alive) return;
    this.hear({
      kind: 'keeperHello',
      keeper: { pid: keeper.pid, startTicks: keeper.pid * 10 },
      running: keeper.running(),
      ended: [...keeper.ended],
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

  #carryOut(effect: Effect): void {
    const { world, host } = this;
    switch (effect.kind) {
      case 'store':
        this.#write(effect);
        break;
      case 'start':
        this.#keeper(
          (keeper) => keeper.start(effect),
          (answer) => {
            if (answer.kind === 'done')
              this.hear({ kind: 'startOutcome', id: effect.id, outcome: { kind: 'done' }, running: answer.value });
            else this.hear({ kind: 'startOutcome', id: effect.id, outcome: answer, running: null });
          },
        );
        break;
      case 'stop':
        this.#keeper(
          (keeper) => keeper.stop(effect.instance, effect.forcedAfter),
          (answer) => this.#came(effect.id, answer),
        );
        break;
      case 'kill':
        this.#keeper(
          (keeper) => keeper.kill(effect.instance),
          (answer) => this.#came(effect.id, answer),
        );
        break;
      case 'activate':
        this.#keeper(
          (keeper) => keeper.activate(effect),
          (answer) => {
            if (answer.kind === 'done') this.#callActivate(effect);
            else this.#came(effect.id, answer);
          },
        );
        break;
      case 'deactivate':
        this.#keeper(
          (keeper) => keeper.deactivate(effect.instance, effect.role),
          (answer) => {
            if (answer.kind === 'done') this.#callDeactivate(effect);
            else this.#came(effect.id, answer);
          },
        );
        break;
      case 'extend':
        this.#keeper(
          (keeper) => {
            keeper.extend(effect.until, effect.instances);
            return { kind: 'done' as const, value: null };
          },
          () => undefined,
        );
        break;
      case 'observe': {
        const process = host.processes.get(effect.instance);
        if (process !== undefined && process.readySince !== null) world.observed(host, process, 'ready');
        world.beat(host, effect.instance, this);
        break;
      }
      case 'awaitActive': {
        const process = host.processes.get(effect.instance);
        if (process !== undefined) world.awaitActive(host, process);
        break;
      }
      case 'unobserve':
        break;
      case 'forget':
        host.keeper?.forget(effect.instance);
        break;
      case 'askPromise':
        for (const peer of effect.hosts)
          world.send(host, peer, { kind: 'promiseAsked', from: host.name, ask: effect.ask, epoch: effect.epoch });
        break;
      case 'answerPromise':
        world.send(host, effect.to, {
          kind: 'promiseAnswered',
          from: host.name,
          machine: host.machine,
          ask: effect.ask,
          given: effect.given,
        });
        break;
      case 'fence':
        world.fence(effect.host, effect.action, (answer) => this.#came(effect.id, answer));
        break;
      case 'report':
        for (const name of world.hosts.keys())
          if (name !== host.name)
            world.send(host, name, { kind: 'peerReport', host: host.name, report: effect.report });
        break;
      case 'notify':
        world.at(5, () =>
          this.#came(effect.id, world.notifies ? { kind: 'done' } : { kind: 'failed', why: 'nobody listens' }),
        );
        break;
      case 'answer':
        world.answers.push(effect);
        break;
      case 'quit':
        world.quits(host, effect.leaveRunning);
        break;
      default:
        effect satisfies never;
    }
  }

  #came(id: number, answer: { kind: 'done' } | { kind: 'failed' | 'unknown'; why: string }): void {
    const outcome = answer.kind === 'done' ? { kind: 'done' as const } : { kind: answer.kind, why: answer.why };
    this.hear({ kind: 'outcome', id, outcome, at: this.host.mono(this.world.now) });
  }

  /** Over the line to the keeper: a keeper that dies on the way leaves it unknown. */
  #keeper<T>(
    ask: (keeper: NonNullable<SimHost['keeper']>) => { kind: 'done'; value: T } | { kind: 'failed'; why: string },
    came: (
      answer: { kind: 'done'; value: T } | { kind: 'failed'; why: string } | { kind: 'unknown'; why: string },
    ) => void,
  ): void {
    const { world, host } = this;
    const { keeper } = host;
    if (keeper === null || !keeper.alive) {
      world.at(1, () => came({ kind: 'unknown', why: 'no keeper' }));
      return;
    }
    // One line, so what is asked first is done first.
    this.#lineFreeAt = Math.max(this.#lineFreeAt, world.now + world.keeperDelay());
    world.on(host, this.#lineFreeAt - world.now, () => {
      if (!keeper.alive) return came({ kind: 'unknown', why: 'the keeper went away' });
      // A keeper does nothing more for an agent whose successor has been told what runs.
      if (!this.alive && host.agent !== null) return;
      const fate = world.keeperFate();
      if (fate === 'request lost') return world.at(200, () => came({ kind: 'unknown', why: 'no answer' }));
      const answer = ask(keeper);
      if (fate === 'answer lost') return world.at(200, () => came({ kind: 'unknown', why: 'no answer' }));
      world.at(world.keeperDelay(), () =>
        came(keeper.alive ? answer : { kind: 'unknown', why: 'the keeper went away' }),
      );
    });
  }

  #callActivate(effect: Extract<Effect, { kind: 'activate' }>): void {
    const { world, host } = this;
    if (!this.alive) return;
    const behaviour = world.behaviour(effect.service, host.name);
    world.on(host, 1, () => {
      // The call is made by the agent: one that is dead or stopped makes none.
      if (!this.alive) return;
      const process = host.processes.get(effect.instance);
      if (process === undefined || !process.alive || process.hung)
        return world.at(100, () => this.#came(effect.id, { kind: 'unknown', why: 'no answer' }));
      if (behaviour.activateFails) return this.#came(effect.id, { kind: 'failed', why: 'it said no' });
      world.referee.called(host, process);
      const { activate } = world.service(effect.service);
      if (activate !== null && activate.kind !== 'signal') world.on(host, behaviour.iMs, () => world.serves(process));
      world.at(behaviour.activateMs, () => this.#came(effect.id, { kind: 'done' }));
    });
  }

  #callDeactivate(effect: Extract<Effect, { kind: 'deactivate' }>): void {
    const { world, host } = this;
    if (!this.alive) return;
    const behaviour = world.behaviour(effect.service, host.name);
    world.on(host, 1, () => {
      if (!this.alive) return;
      const process = host.processes.get(effect.instance);
      if (process === undefined || !process.alive || process.hung)
        return world.at(100, () => this.#came(effect.id, { kind: 'unknown', why: 'no answer' }));
      if (behaviour.deactivateFails) return this.#came(effect.id, { kind: 'failed', why: 'it said no' });
      world.on(host, behaviour.deactivateMs, () => {
        if (process.alive) world.rests(host, process);
        // Confirmed: the keeper disarms, and only then is it done.
        if (this.alive)
          this.#keeper(
            (keeper) => keeper.disarm(effect.instance),
            (answer) => this.#came(effect.id, answer),
          );
      });
    });
  }

  #write(effect: Extract<Effect, { kind: 'store' }>): void {
    const { world, host } = this;
    const fate = world.fateOf(host, effect);
    let answered = false;
    const answer = (outcome: StoreOutcome): void => {
      this.hear({ kind: 'storeOutcome', id: effect.id, answer: outcome });
    };
    world.at(effect.timeoutMs / host.rate, () => {
      if (answered) return;
      answered = true;
      answer({ kind: 'unknown', why: 'no answer in time' });
    });
    if (fate.lost === 'request' || !world.reaches(host)) return;
    world.at(fate.goMs, () => {
      if (!world.takesWritesOf(host)) return;
      const { reign } = world;
      const outcome = world.store.txn(effect.compares, effect.puts);
      if (fate.lost === 'answer') return;
      world.at(fate.backMs, () => {
        // What a leader had not answered when it was lost, nobody answers.
        if (!world.reaches(host) || reign !== world.reign) return;
        // One that comes after it was called unknown comes all the same: the core must not mind.
        answered = true;
        world.knows(host);
        answer(outcome);
        if (fate.twice) world.at(fate.backMs, () => answer(outcome));
      });
    });
  }
}

/** Of the description among these; null: there is none. */
function hashIn(changes: readonly RecordChange[]): string | null {
  const found = changes.findLast((change) => change.kind === 'description');
  return found?.value?.hash ?? null;
}
