// What an agent does: effects carried out against the simulated store, keeper, services, peers and people, and what came of them.

import type { Effect } from '../../../src/decide/effect.ts';
import type { Running, StoreOutcome } from '../../../src/decide/input.ts';
import type { SimAgent } from './agent.ts';
import type { Answer, Process, SimKeeper } from './keeper.ts';

/** What befalls one write on its way to the store and back. */
export interface Fate {
  readonly goMs: number;
  readonly backMs: number;
  readonly lost: 'request' | 'answer' | null;
  /** The answer comes twice. */
  readonly twice: boolean;
}

export class Hands {
  readonly #agent: SimAgent;
  #lineFreeAt = 0;

  constructor(agent: SimAgent) {
    this.#agent = agent;
  }

  /** Does it, now or as soon as the lines allow, and tells the agent what came of it. */
  carryOut(effect: Effect): void {
    const { world, host } = this.#agent;
    switch (effect.kind) {
      case 'store':
        this.#write(effect);
        break;
      case 'start':
        this.#keeper<Running>(
          (keeper, answered) => keeper.start(effect, answered),
          (answer) => {
            if (answer.kind === 'done')
              this.#agent.hear({
                kind: 'startOutcome',
                id: effect.id,
                outcome: { kind: 'done' },
                running: answer.value,
              });
            else this.#agent.hear({ kind: 'startOutcome', id: effect.id, outcome: answer, running: null });
          },
        );
        break;
      case 'stop':
        this.#keeper(
          (keeper, answered) => answered(keeper.stop(effect.instance, effect.forcedAfter)),
          (answer) => this.#came(effect.id, answer),
        );
        break;
      case 'kill':
        this.#keeper(
          (keeper, answered) => answered(keeper.kill(effect.instance)),
          (answer) => this.#came(effect.id, answer),
        );
        break;
      case 'activate':
        this.#keeper(
          (keeper, answered) => keeper.activate(effect, answered),
          (answer) => {
            if (answer.kind === 'done') this.#callActivate(effect);
            else this.#came(effect.id, answer);
          },
        );
        break;
      case 'deactivate':
        this.#keeper(
          (keeper, answered) => keeper.deactivate(effect.instance, effect.role, answered),
          (answer) => {
            if (answer.kind === 'done') this.#callDeactivate(effect);
            else this.#came(effect.id, answer);
          },
        );
        break;
      case 'extend':
        this.#keeper(
          (keeper, answered) => {
            keeper.extend(effect.until, effect.instances);
            answered({ kind: 'done', value: null });
          },
          () => undefined,
        );
        break;
      case 'observe': {
        const process = host.processes.get(effect.instance);
        if (process !== undefined && process.readySince !== null) world.programs.observed(host, process, 'ready');
        world.programs.beat(host, effect.instance, this.#agent);
        break;
      }
      case 'awaitActive': {
        const process = host.processes.get(effect.instance);
        if (process !== undefined) world.programs.awaitActive(host, process);
        break;
      }
      case 'unobserve':
        break;
      case 'forget':
        host.keeper?.forget(effect.instance);
        break;
      case 'askPromise':
        for (const peer of effect.hosts)
          world.lines.send(host, peer, { kind: 'promiseAsked', from: host.name, ask: effect.ask, epoch: effect.epoch });
        break;
      case 'answerPromise':
        world.lines.send(host, effect.to, {
          kind: 'promiseAnswered',
          from: host.name,
          machine: host.machine,
          ask: effect.ask,
          given: effect.given,
        });
        break;
      case 'fence':
        world.machines.fence(effect.host, effect.action, (answer) => this.#came(effect.id, answer));
        break;
      case 'report':
        for (const name of world.hosts.keys())
          if (name !== host.name)
            world.lines.send(host, name, { kind: 'peerReport', host: host.name, report: effect.report });
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
        world.machines.quits(host, effect.leaveRunning);
        break;
      default:
        effect satisfies never;
    }
  }

  #came(id: number, answer: { kind: 'done' } | { kind: 'failed' | 'unknown'; why: string }): void {
    const outcome = answer.kind === 'done' ? { kind: 'done' as const } : { kind: answer.kind, why: answer.why };
    this.#agent.hear({ kind: 'outcome', id, outcome, at: this.#agent.host.mono(this.#agent.world.now) });
  }

  /** Over the line to the keeper: a keeper that dies on the way leaves it unknown. */
  #keeper<T>(
    ask: (keeper: SimKeeper, answered: (answer: Answer<T>) => void) => void,
    came: (answer: Answer<T> | { kind: 'unknown'; why: string }) => void,
  ): void {
    const { world, host } = this.#agent;
    const { keeper } = host;
    if (keeper === null || !keeper.alive) {
      world.at(1, () => came({ kind: 'unknown', why: 'no keeper' }));
      return;
    }
    // One line, so what is asked first is done first.
    this.#lineFreeAt = Math.max(this.#lineFreeAt, world.now + world.lines.keeperDelay());
    world.on(host, this.#lineFreeAt - world.now, () =>
      keeper.hears(() => {
        if (!keeper.alive) return came({ kind: 'unknown', why: 'the keeper went away' });
        // A keeper does nothing more for an agent whose successor has been told what runs.
        if (!this.#agent.alive && host.agent !== null) return;
        const fate = world.lines.keeperFate();
        if (fate === 'request lost') return world.at(200, () => came({ kind: 'unknown', why: 'no answer' }));
        if (fate === 'answer lost') world.at(200, () => came({ kind: 'unknown', why: 'no answer' }));
        ask(keeper, (answer) => {
          if (fate !== 'answer lost')
            world.at(world.lines.keeperDelay(), () =>
              came(keeper.alive ? answer : { kind: 'unknown', why: 'the keeper went away' }),
            );
        });
      }),
    );
  }

  #callActivate(effect: Extract<Effect, { kind: 'activate' }>): void {
    const { world, host } = this.#agent;
    const behaviour = world.programs.behaviour(effect.service, host.name);
    this.#call(effect, behaviour.activateFails, (process) => {
      world.referee.called(host, process);
      const { activate } = world.service(effect.service);
      if (activate !== null && activate.kind !== 'signal')
        world.on(host, behaviour.iMs, () => world.programs.serves(process));
      world.at(behaviour.activateMs, () => this.#came(effect.id, { kind: 'done' }));
    });
  }

  #callDeactivate(effect: Extract<Effect, { kind: 'deactivate' }>): void {
    const { world, host } = this.#agent;
    const behaviour = world.programs.behaviour(effect.service, host.name);
    this.#call(effect, behaviour.deactivateFails, (process) => {
      world.on(host, behaviour.deactivateMs, () => {
        if (process.alive) world.programs.rests(host, process);
        // Confirmed: the keeper disarms, and only then is it done.
        if (this.#agent.alive)
          this.#keeper(
            (keeper, answered) => keeper.disarm(effect.instance, answered),
            (answer) => this.#came(effect.id, answer),
          );
      });
    });
  }

  /** Asks the instance itself; what hangs answers nothing. */
  #call(
    effect: Extract<Effect, { kind: 'activate' | 'deactivate' }>,
    refuses: boolean,
    heard: (process: Process) => void,
  ): void {
    const { world, host } = this.#agent;
    if (!this.#agent.alive) return;
    world.on(host, 1, () => {
      // The call is made by the agent: one that is dead or stopped makes none.
      if (!this.#agent.alive) return;
      const process = host.processes.get(effect.instance);
      if (process === undefined || !process.alive || process.hung)
        return world.at(100, () => this.#came(effect.id, { kind: 'unknown', why: 'no answer' }));
      if (refuses) return this.#came(effect.id, { kind: 'failed', why: 'it said no' });
      heard(process);
    });
  }

  #write(effect: Extract<Effect, { kind: 'store' }>): void {
    const { world, host } = this.#agent;
    const fate = world.lines.fateOf(host, effect);
    let answered = false;
    const answer = (outcome: StoreOutcome): void => {
      this.#agent.hear({ kind: 'storeOutcome', id: effect.id, answer: outcome });
    };
    world.at(effect.timeoutMs / host.rate, () => {
      if (answered) return;
      answered = true;
      answer({ kind: 'unknown', why: 'no answer in time' });
    });
    if (fate.lost === 'request' || !world.storage.reaches(host)) return;
    world.at(fate.goMs, () => {
      if (!world.storage.takesWritesOf(host)) return;
      const { reign } = world.storage;
      const outcome = world.store.txn(effect.compares, effect.puts, host.name);
      if (fate.lost === 'answer') return;
      world.at(fate.backMs, () => {
        // What a leader had not answered when it was lost, nobody answers.
        if (!world.storage.reaches(host) || reign !== world.storage.reign) return;
        // One that comes after it was called unknown comes all the same: the core must not mind.
        answered = true;
        world.storage.knows(host);
        answer(outcome);
        if (fate.twice) world.at(fate.backMs, () => answer(outcome));
      });
    });
  }
}
