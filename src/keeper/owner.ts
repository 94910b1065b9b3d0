// The keeper's own implementation of the `Keeper` port: the table of contents of what it can do. The server carries it to the agent.

import { monoNow } from './clock.ts';
import { findInstance } from './ground.ts';
import type { Ground } from './ground.ts';
import { tellStarted } from './instance.ts';
import type { Owned } from './instance.ts';
import { done, refuse } from './refusal.ts';
import { activate, deactivate, disarm, extend, signalNamed } from './roles.ts';
import { startInstance } from './starting.ts';
import { after, ms } from '../model/units.ts';
import type { EndedInstance, Keeper, KeeperAnswer, StartRequest, StartedInstance } from '../ports.ts';

/** Each method is one verb of the socket. */
export class Owner implements Keeper {
  readonly #ground: Ground;
  readonly #quit: () => void;

  /** `quit` is called after the answer to a `quit` that was granted. */
  constructor(ground: Ground, quit: () => void) {
    this.#ground = ground;
    this.#quit = quit;
  }

  /** What a new agent is told first. */
  state(): { running: StartedInstance[]; ended: EndedInstance[] } {
    const all = [...this.#ground.instances.values()];
    for (const owned of all) if (owned.launch === 'underWay') owned.told = true;
    return {
      running: all.filter((owned) => owned.ended === null).map(tellStarted),
      ended: all.flatMap((owned) => owned.ended ?? []),
    };
  }

  start(request: StartRequest, wanted: () => boolean = () => true): Promise<KeeperAnswer<StartedInstance>> {
    return startInstance(this.#ground, request, wanted);
  }

  async stop(request: Parameters<Keeper['stop']>[0]): Promise<KeeperAnswer<null>> {
    const signal = signalNamed(request.signal);
    if (typeof signal !== 'string') return signal;
    return this.#end(request.instance, (owned) =>
      this.#ground.reaper.stop(owned, signal, after(monoNow(), request.forcedAfter)),
    );
  }

  async kill(request: Parameters<Keeper['kill']>[0]): Promise<KeeperAnswer<null>> {
    return this.#end(request.instance, (owned) => this.#ground.reaper.kill(owned, 'kill'));
  }

  activate(request: Parameters<Keeper['activate']>[0]): ReturnType<Keeper['activate']> {
    return activate(this.#ground, request);
  }

  async extend(request: Parameters<Keeper['extend']>[0]): ReturnType<Keeper['extend']> {
    return extend(this.#ground, request);
  }

  deactivate(request: Parameters<Keeper['deactivate']>[0]): ReturnType<Keeper['deactivate']> {
    return deactivate(this.#ground, request);
  }

  disarm(request: Parameters<Keeper['disarm']>[0]): ReturnType<Keeper['disarm']> {
    return disarm(this.#ground, request);
  }

  async forget(request: Parameters<Keeper['forget']>[0]): Promise<KeeperAnswer<null>> {
    const owned = this.#ground.instances.get(request.instance);
    if (owned === undefined) return done(null);
    if (owned.ended === null)
      return refuse('notEnded', `${owned.instance} still lives, pid ${owned.pid}: it cannot be forgotten`);
    this.#ground.instances.delete(owned.instance);
    this.#ground.afterwards.add(() =>
      this.#ground.files
        .forget(owned.instance)
        .catch(() => this.#ground.log(`${owned.instance}: its folder cannot be removed`)),
    );
    return done(null);
  }

  async ping(): ReturnType<Keeper['ping']> {
    const { deadlines, reaper, addresses } = this.#ground;
    // A host is inactive when its address is, too: room is made for the slower of the two.
    const worstKillMs = ms(Math.max(reaper.worstKillMs, addresses.worstRemoveMs));
    return done({ pid: process.pid, worstTimerLateMs: deadlines.worstLateMs, worstKillMs });
  }

  /** With `leave`, what is under a lease is ended first all the same: nobody would end it at its deadline. */
  async quit({ leave }: { leave: boolean }): Promise<KeeperAnswer<null>> {
    const living = [...this.#ground.instances.values()].filter((owned) => owned.ended === null);
    if (!leave && living.length + this.#ground.starting.size > 0)
      return refuse(
        'instancesLive',
        `${living.length + this.#ground.starting.size} instances live: stop them first, or leave them running`,
      );
    await this.endLeased();
    this.#quit();
    return done(null);
  }

  /** Ends all that is under a lease, waits until it is gone (2 s at most: it was killed) and refuses every start from now on. */
  async endLeased(): Promise<void> {
    this.#ground.closing = true;
    for (const starting of this.#ground.starting.values()) starting.cancelled = 'the keeper is ending';
    const leased = [...this.#ground.instances.values()].filter(
      (owned) => owned.ended === null && owned.deadline !== null,
    );
    for (const owned of leased) this.#ground.reaper.kill(owned, 'kill');
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms(2000));
    await Promise.race([Promise.all(leased.map((owned) => owned.gone.promise)), late.promise]);
    clearTimeout(timer);
  }

  #end(instance: string, how: (owned: Owned) => void): KeeperAnswer<null> {
    const starting = this.#ground.starting.get(instance);
    if (starting !== undefined) starting.cancelled = 'its end was asked for';
    const owned = findInstance(this.#ground, instance);
    if ('kind' in owned) return starting === undefined ? owned : done(null);
    how(owned);
    return done(null);
  }
}
