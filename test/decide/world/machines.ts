// The machines: what switches them on and off, stops and wakes them, and brings keepers and agents back that died.

import type { Outcome } from '../../../src/decide/effect.ts';
import { SimAgent } from './agent.ts';
import { SimHost } from './host.ts';
import { SimKeeper, type Process } from './keeper.ts';
import type { World } from './world.ts';

/** How long a fence agent takes. */
const fenceMs = 500;

export class Machines {
  readonly #world: World;
  /** Machines that another took the name of, while they were only cut off. */
  readonly former: SimHost[] = [];
  /** What a fence agent comes to: the host is off and says so, stays on, or nothing is known of it. */
  fencing: 'works' | 'fails' | 'unknown' = 'works';
  /** Somebody switches what was fenced on again after so long; null: nobody does. */
  switchedOnAfterMs: number | null = null;
  /** Keepers and agents that died come back after so long; null: not by themselves. */
  restartsAfterMs: number | null = 200;

  constructor(world: World) {
    this.#world = world;
  }

  begin(): void {
    for (const host of this.#world.hosts.values()) this.start(host.name);
  }

  start(name: string): void {
    const host = this.#world.host(name);
    host.left = false;
    this.startKeeper(name);
    this.startAgent(name);
  }

  startKeeper(name: string): void {
    const host = this.#world.host(name);
    if (!host.up || host.frozen || host.keeper !== null) return;
    const keeper = new SimKeeper(this.#world, host);
    host.keeper = keeper;
    // What an earlier one left of addresses goes first.
    host.addresses.clear();
    // What was under a lease is killed, never adopted; the rest goes on.
    for (const process of host.processes.values())
      if (process.alive && process.deadline !== null) {
        this.#world.programs.gone(host, process);
        keeper.ended.push(this.lost(host, process));
      }
    keeper.ended.push(...host.diedAlone.splice(0));
    host.agent?.keeperUp();
  }

  startAgent(name: string): void {
    const host = this.#world.host(name);
    if (!host.up || host.frozen || host.agent !== null || host.left) return;
    host.agent = new SimAgent(this.#world, host);
  }

  killAgent(name: string): void {
    this.killAgentOf(this.#world.host(name));
  }

  killAgentOf(host: SimHost): void {
    host.agent?.die();
    this.#comeBack(() => {
      if (this.#world.hosts.get(host.name) === host) this.startAgent(host.name);
    });
  }

  /** Guards end what is leased; the rest goes on without a keeper. */
  killKeeper(name: string): void {
    const host = this.#world.host(name);
    const { keeper } = host;
    if (keeper === null) return;
    keeper.alive = false;
    keeper.stuck = false;
    host.keeper = null;
    for (const process of host.processes.values())
      if (process.alive && process.deadline !== null)
        this.#world.at(this.#world.random.between(0, 3), () => {
          if (!process.alive) return;
          this.#world.programs.gone(host, process);
          const ended = this.lost(host, process);
          if (host.keeper === null) host.diedAlone.push(ended);
          else {
            host.keeper.ended.push(ended);
            host.agent?.hear({ kind: 'ended', ended });
          }
        });
    this.#world.at(1, () => host.agent?.hear({ kind: 'keeperLost', why: 'the line broke' }));
    this.#comeBack(() => this.startKeeper(name));
  }

  lost(host: SimHost, process: Process): SimKeeper['ended'][number] {
    const at = host.mono(this.#world.now);
    return {
      instance: process.id,
      service: process.service,
      code: null,
      signal: null,
      endedAt: at,
      goneAt: at,
      endedAtMs: host.now(this.#world.now).wall,
      by: 'keeper-lost',
      term: process.term,
    };
  }

  #comeBack(run: () => void): void {
    if (this.restartsAfterMs !== null) this.#world.at(this.restartsAfterMs, run);
  }

  /** A fence agent takes its time; then the host is off, if it works. */
  fence(name: string, action: 'off' | 'on', came: (outcome: Outcome) => void): void {
    this.#world.at(fenceMs, () => {
      if (this.fencing === 'works' && action === 'off') {
        this.lose(name);
        if (this.switchedOnAfterMs !== null) this.#world.at(this.switchedOnAfterMs, () => this.boot(name));
      }
      came(
        this.fencing === 'works'
          ? { kind: 'done' }
          : this.fencing === 'fails'
            ? { kind: 'failed', why: 'the board does not answer' }
            : { kind: 'unknown', why: 'it did not end in time' },
      );
    });
  }

  /** Power off: everything on it is gone at once. */
  lose(name: string): void {
    const host = this.#world.host(name);
    if (!host.up) return;
    this.#powerOff(host);
  }

  #powerOff(host: SimHost): void {
    host.up = false;
    host.frozen = false;
    host.thawing.length = 0;
    host.agent?.die();
    if (host.keeper !== null) host.keeper.alive = false;
    host.keeper = null;
    for (const process of host.processes.values()) this.#world.programs.gone(host, process);
    host.processes.clear();
    host.addresses.clear();
    host.diedAlone.length = 0;
    this.#world.storage.members.look();
  }

  /** Another machine comes up under its name, with nothing on its disk. */
  replace(name: string): void {
    const host = this.#world.host(name);
    if (host.up) return;
    host.machine = `${host.machine}'`;
    host.remembers = false;
    host.knownStore = null;
    this.boot(name);
  }

  /** It comes up again: another boot. */
  boot(name: string): void {
    const host = this.#world.host(name);
    if (host.up) return;
    host.up = true;
    host.boot += 1;
    host.offset = 5000 - this.#world.now * host.rate;
    this.#world.storage.members.look();
    this.start(name);
  }

  quits(host: SimHost, leaveRunning: boolean): void {
    host.left = true;
    host.agent?.die();
    if (!leaveRunning) {
      if (host.keeper !== null) host.keeper.alive = false;
      host.keeper = null;
    }
  }

  /** Another machine takes its name, with nothing on its disk, while this one is only cut off from the store. */
  supplant(name: string): void {
    const old = this.#world.host(name);
    if (!old.up || old.frozen || this.former.some((each) => each.name === name)) return;
    old.storeCut = true;
    old.agent?.storeAway();
    this.former.push(old);
    const machine = new SimHost(name, old.rate, old.offset);
    machine.machine = `${old.machine}'`;
    machine.boot = old.boot + 1;
    machine.lives = old.lives + 1000;
    this.#world.hosts.set(name, machine);
    this.#world.storage.members.look();
    this.start(name);
  }

  powerOffFormer(name: string): void {
    for (const [index, host] of this.former.entries())
      if (host.name === name) {
        this.#powerOff(host);
        this.former.splice(index, 1);
        return;
      }
  }

  /** Everything on it stands still, its clock excepted. */
  freeze(name: string): void {
    const host = this.#world.host(name);
    if (!host.up) return;
    host.frozen = true;
    this.#world.storage.members.look();
    host.agent?.freeze();
  }

  /** It goes on: keeper first, then what was under way, then the agent. */
  thaw(name: string): void {
    const host = this.#world.host(name);
    if (!host.frozen) return;
    host.frozen = false;
    host.thawedAt = this.#world.now;
    this.#world.storage.members.look();
    host.keeper?.killLapsed();
    for (const run of host.thawing.splice(0)) run();
    host.agent?.wake();
    this.startKeeper(name);
    this.startAgent(name);
  }

  freezeAgent(name: string): void {
    this.#world.host(name).agent?.freeze();
  }

  wakeAgent(name: string): void {
    this.#world.host(name).agent?.wake();
  }
}
