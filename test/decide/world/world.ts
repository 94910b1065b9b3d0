// A world in which agents live: hosts with clocks of their own, a store, keepers, processes, lines between them, and whatever befalls these. No
// real time and nothing drawn but from the seed; after every event the referee, who shares nothing with the core, asks the invariants.

import type { Because } from '../../../src/decide/draft.ts';
import type { Effect, Outcome } from '../../../src/decide/effect.ts';
import type { Input, PersonRequest, Seen } from '../../../src/decide/input.ts';
import type { DescriptionRecord } from '../../../src/decide/records.ts';
import type { RunService, System } from '../../../src/model/system.ts';
import { isLeased } from '../../../src/model/system.ts';
import { SimAgent, type Fate } from './agent.ts';
import { SimHost } from './host.ts';
import { SimKeeper, type Process } from './keeper.ts';
import { Queue } from './queue.ts';
import { Random } from './random.ts';
import { Referee } from './referee.ts';
import { SimStore } from './store.ts';

/** How a service behaves on a host. */
export interface Behaviour {
  bMs: number;
  iMs: number;
  activateMs: number;
  deactivateMs: number;
  stopMs: number;
  killMs: number;
  activateFails: boolean;
  deactivateFails: boolean;
  startFails: string | null;
  /** It ends by itself with exit 1 so long after its start. */
  diesAfterMs: number | null;
}

/** How long a fence agent takes. */
const fenceMs = 500;

const usualBehaviour: Behaviour = {
  bMs: 300,
  iMs: 20,
  activateMs: 5,
  deactivateMs: 5,
  stopMs: 30,
  killMs: 3,
  activateFails: false,
  deactivateFails: false,
  startFails: null,
  diesAfterMs: null,
};

export interface WorldOptions {
  readonly system: System;
  /** Put in force by `apply`. */
  readonly later?: System | null;
  readonly seed?: number;
  /** Clock rates are drawn within this of 1. */
  readonly rateError?: number;
  /** Messages are delayed by more than usual, lost and repeated with this probability. */
  readonly noise?: number;
  /** By host; instead of drawn ones. */
  readonly rates?: Readonly<Record<string, number>>;
}

export interface Decision {
  readonly at: number;
  readonly host: string;
  readonly input: Input;
  readonly because: readonly Because[];
  readonly effects: readonly Effect[];
}

export class World {
  readonly system: System;
  readonly later: System | null;
  readonly random: Random;
  store = new SimStore();
  readonly hosts = new Map<string, SimHost>();
  /** Machines that another took the name of, while they were only cut off. */
  readonly former: SimHost[] = [];
  readonly referee: Referee;
  readonly answers: Extract<Effect, { kind: 'answer' }>[] = [];
  readonly fired = new Map<number, number>();
  readonly phases = new Set<string>();
  readonly #queue = new Queue();
  /** The one that a person would put back. */
  readonly #own: SimStore;
  readonly #behaviours = new Map<string, Partial<Behaviour>>();
  now = 0;
  steps = 0;
  noise: number;
  storeUp = true;
  /** Its leader is gone, and no other elected yet. */
  electing = false;
  /** Grows with every leader. */
  reign = 0;
  /** It answers what it is asked, and takes no write. */
  storeFull = false;
  notifies = true;
  /** What a fence agent comes to: the host is off and says so, stays on, or nothing is known of it. */
  fencing: 'works' | 'fails' | 'unknown' = 'works';
  /** Somebody switches what was fenced on again after so long; null: nobody does. */
  switchedOnAfterMs: number | null = null;
  onDecided: (decision: Decision) => void = () => undefined;
  /** Asked before each effect; false: the agent is gone. */
  beforeEffect: (host: SimHost, effect: Effect) => boolean = () => true;
  /** What befalls one write; null: what is drawn. */
  onWrite: (host: SimHost, effect: Extract<Effect, { kind: 'store' }>) => Fate | null = () => null;
  /** Keepers and agents that died come back after so long; null: not by themselves. */
  restartsAfterMs: number | null = 200;

  constructor(options: WorldOptions) {
    this.system = options.system;
    this.later = options.later ?? null;
    if (this.later !== null)
      this.store.txn([], [{ key: 'description', value: JSON.stringify(descriptionOf(this.system)) }]);
    this.random = new Random(options.seed ?? 1);
    this.noise = options.noise ?? 0;
    this.referee = new Referee(this);
    this.useStore(this.store);
    this.#own = this.store;
    const error = options.rateError ?? 0;
    for (const { name } of [...options.system.hosts, ...(this.later?.hosts ?? [])])
      this.hosts.set(
        name,
        new SimHost(
          name,
          options.rates?.[name] ?? 1 + this.random.between(-error, error),
          Math.floor(this.random.between(1e5, 1e7)),
        ),
      );
  }

  /** From now on this is the store. */
  useStore(store: SimStore): void {
    this.store = store;
    store.onWrite = (write, before) => this.referee.wrote(write, before);
    store.onChanged = () => {
      for (const host of this.hosts.values()) this.at(this.watchDelay(), () => host.agent?.poll());
    };
  }

  /** All machines, also those that another took the name of. */
  *machines(): Iterable<SimHost> {
    yield* this.hosts.values();
    yield* this.former;
  }

  host(name: string): SimHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  service(name: string): RunService {
    const services = [...(this.later?.services ?? []), ...this.system.services];
    const service = services.find((each) => each.name === name);
    if (service?.kind !== 'run') throw new Error(`no service ${name}`);
    return service;
  }

  at(delay: number, run: () => void): void {
    this.#queue.add(this.now + delay, run);
  }

  /** On a machine: one that stands still does it when it goes on. */
  on(host: SimHost, delay: number, run: () => void): void {
    this.at(delay, () => {
      if (host.frozen) host.thawing.push(run);
      else run();
    });
  }

  atTrue(at: number, run: () => void): void {
    this.#queue.add(Math.max(at, this.now), run);
  }

  /** Lets everything happen up to that true moment. */
  run(until: number): void {
    for (let next = this.#queue.nextAt; next !== null && next <= until; next = this.#queue.nextAt) {
      const entry = this.#queue.take();
      if (entry === null) break;
      this.now = entry.at;
      entry.run();
      this.referee.look();
    }
    this.now = until;
  }

  // ---------------------------------------------------------------- hosts, keepers, agents

  begin(): void {
    for (const host of this.hosts.values()) this.startHost(host.name);
  }

  startHost(name: string): void {
    const host = this.host(name);
    host.left = false;
    this.startKeeper(name);
    this.startAgent(name);
  }

  startKeeper(name: string): void {
    const host = this.host(name);
    if (!host.up || host.frozen || host.keeper !== null) return;
    const keeper = new SimKeeper(this, host);
    host.keeper = keeper;
    // What was under a lease is killed, never adopted; the rest goes on.
    for (const process of host.processes.values())
      if (process.alive && process.deadline !== null) {
        this.gone(host, process);
        keeper.ended.push(this.#lost(host, process));
      }
    keeper.ended.push(...host.diedAlone.splice(0));
    host.agent?.keeperUp();
  }

  startAgent(name: string): void {
    const host = this.host(name);
    if (!host.up || host.frozen || host.agent !== null || host.left) return;
    host.agent = new SimAgent(this, host);
  }

  killAgent(name: string): void {
    this.killAgentOf(this.host(name));
  }

  killAgentOf(host: SimHost): void {
    host.agent?.die();
    this.#comeBack(() => {
      if (this.hosts.get(host.name) === host) this.startAgent(host.name);
    });
  }

  /** Guards end what is leased; the rest goes on without a keeper. */
  killKeeper(name: string): void {
    const host = this.host(name);
    const { keeper } = host;
    if (keeper === null) return;
    keeper.alive = false;
    host.keeper = null;
    for (const process of host.processes.values())
      if (process.alive && process.deadline !== null)
        this.at(this.random.between(0, 3), () => {
          if (!process.alive) return;
          this.gone(host, process);
          const ended = this.#lost(host, process);
          if (host.keeper === null) host.diedAlone.push(ended);
          else {
            host.keeper.ended.push(ended);
            host.agent?.hear({ kind: 'ended', ended });
          }
        });
    this.at(1, () => host.agent?.hear({ kind: 'keeperLost', why: 'the line broke' }));
    this.#comeBack(() => this.startKeeper(name));
  }

  #lost(host: SimHost, process: Process): SimKeeper['ended'][number] {
    const at = host.mono(this.now);
    return {
      instance: process.id,
      service: process.service,
      code: null,
      signal: null,
      endedAt: at,
      goneAt: at,
      endedAtMs: host.now(this.now).wall,
      by: 'keeper-lost',
      term: process.term,
    };
  }

  #comeBack(run: () => void): void {
    if (this.restartsAfterMs !== null) this.at(this.restartsAfterMs, run);
  }

  /** Power off: everything on it is gone at once. */
  /** A fence agent takes its time; then the host is off, if it works. */
  fence(name: string, action: 'off' | 'on', came: (outcome: Outcome) => void): void {
    this.at(fenceMs, () => {
      if (this.fencing === 'works' && action === 'off') {
        this.loseHost(name);
        if (this.switchedOnAfterMs !== null) this.at(this.switchedOnAfterMs, () => this.bootHost(name));
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
  loseHost(name: string): void {
    const host = this.host(name);
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
    for (const process of host.processes.values()) this.gone(host, process);
    host.processes.clear();
    host.diedAlone.length = 0;
  }

  /** Another machine comes up under its name, with nothing on its disk. */
  replaceHost(name: string): void {
    const host = this.host(name);
    if (host.up) return;
    host.machine = `${host.machine}'`;
    host.remembers = false;
    host.knownStore = null;
    this.bootHost(name);
  }

  /** It comes up again: another boot. */
  bootHost(name: string): void {
    const host = this.host(name);
    if (host.up) return;
    host.up = true;
    host.boot += 1;
    host.offset = 5000 - this.now * host.rate;
    this.startHost(name);
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
    const old = this.host(name);
    if (!old.up || old.frozen || this.former.some((each) => each.name === name)) return;
    old.storeCut = true;
    old.agent?.storeAway();
    this.former.push(old);
    const machine = new SimHost(name, old.rate, old.offset);
    machine.machine = `${old.machine}'`;
    machine.boot = old.boot + 1;
    machine.lives = old.lives + 1000;
    this.hosts.set(name, machine);
    this.startHost(name);
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
  freezeHost(name: string): void {
    const host = this.host(name);
    if (!host.up) return;
    host.frozen = true;
    host.agent?.freeze();
  }

  /** It goes on: keeper first, then what was under way, then the agent. */
  thawHost(name: string): void {
    const host = this.host(name);
    if (!host.frozen) return;
    host.frozen = false;
    host.thawedAt = this.now;
    host.keeper?.killLapsed();
    for (const run of host.thawing.splice(0)) run();
    host.agent?.wake();
    this.startKeeper(name);
    this.startAgent(name);
  }

  freezeAgent(name: string): void {
    this.host(name).agent?.freeze();
  }

  wakeAgent(name: string): void {
    this.host(name).agent?.wake();
  }

  // ---------------------------------------------------------------- processes

  behaviour(service: string, host: string): Behaviour {
    return { ...usualBehaviour, ...this.#behaviours.get(service), ...this.#behaviours.get(`${service}@${host}`) };
  }

  /** `where`: `service` or `service@host`. */
  behave(where: string, change: Partial<Behaviour>): void {
    this.#behaviours.set(where, { ...this.#behaviours.get(where), ...change });
  }

  /** Everything behaves as usual. */
  behaveAgain(): void {
    this.#behaviours.clear();
  }

  process(service: string, host: string): Process | null {
    for (const process of this.host(host).processes.values())
      if (process.service === service && process.alive) return process;
    return null;
  }

  /** A crash: it ends by itself. */
  crash(
    service: string,
    host: string,
    how: { code: number | null; signal: string | null } = { code: null, signal: 'SIGKILL' },
  ): void {
    const process = this.process(service, host);
    if (process === null || this.host(host).frozen) return;
    const { keeper } = this.host(host);
    if (keeper === null) {
      this.gone(this.host(host), process);
      this.host(host).diedAlone.push({ ...this.#lost(this.host(host), process), by: 'itself' });
    } else keeper.ends(process, { by: 'itself', ...how });
  }

  hang(service: string, host: string): void {
    const process = this.process(service, host);
    if (process !== null) process.hung = true;
  }

  gone(host: SimHost, process: Process): void {
    process.alive = false;
    process.mayBeActive = false;
    process.serves = false;
    process.servesSince = null;
    host.processes.delete(process.id);
  }

  /** It was told to be active, and is. */
  serves(process: Process): void {
    if (!process.alive || process.hung || process.role !== 'active' || process.serves) return;
    process.serves = true;
    process.servesSince = this.now;
    for (const host of this.machines())
      if (host.processes.has(process.id) && process.awaited) this.observed(host, process, 'active');
  }

  /** It has given the role back and said so. */
  rests(host: SimHost, process: Process): void {
    process.mayBeActive = false;
    process.serves = false;
    process.servesSince = null;
    this.referee.rested(host, process);
  }

  awaitActive(host: SimHost, process: Process): void {
    process.awaited = true;
    if (process.serves) this.observed(host, process, 'active');
  }

  observed(host: SimHost, process: Process, kind: 'ready' | 'active' | 'beat'): void {
    this.at(1, () => {
      if (process.alive)
        host.agent?.hear({ kind: 'seen', seen: [{ kind, instance: process.id, at: host.mono(this.now) }] });
    });
  }

  /** Beats as its description says, for as long as this agent lives. */
  beat(host: SimHost, instance: string, agent: SimAgent): void {
    const process = host.processes.get(instance);
    if (process === undefined) return;
    const service = this.service(process.service);
    const every = service.detect.heartbeat?.every ?? null;
    if (every === null) return;
    const next = (): void => {
      if (!process.alive || !agent.alive) return;
      if (!process.hung && process.readySince !== null && !host.frozen)
        agent.hear({ kind: 'seen', seen: [{ kind: 'beat', instance, at: host.mono(this.now) }] });
      this.at(every, next);
    };
    this.at(every, next);
  }

  /** What a probe tells, given by hand. */
  see(service: string, host: string, what: (instance: string, at: ReturnType<SimHost['mono']>) => Seen): void {
    const process = this.process(service, host);
    if (process !== null)
      this.host(host).agent?.hear({ kind: 'seen', seen: [what(process.id, this.host(host).mono(this.now))] });
  }

  // ---------------------------------------------------------------- the store and the lines

  reaches(host: SimHost): boolean {
    return host.up && this.takesRequestsOf(host);
  }

  /** Also what a host sent that has since lost its power. A store that is not the one that a host knows is as good as none. A machine that knows
   * none yet would believe a backup: that is said in safety.md, and not tried. */
  takesRequestsOf(host: SimHost): boolean {
    if (!this.storeUp || this.electing || host.storeCut) return false;
    const { identity, revision } = this.store;
    const known = host.knownStore;
    return known === null ? this.store === this.#own : known.identity === identity && known.revision <= revision;
  }

  takesWritesOf(host: SimHost): boolean {
    return !this.storeFull && this.takesRequestsOf(host);
  }

  knows(host: SimHost): void {
    host.knownStore = { identity: this.store.identity, revision: this.store.revision };
  }

  /** The leader is gone: nobody answers until there is another, and what it had not answered nobody answers. */
  loseStoreLeader(): void {
    this.electing = true;
    this.reign += 1;
    for (const name of this.hosts.keys()) this.#tellStoreAway(name);
  }

  electStoreLeader(): void {
    this.electing = false;
    for (const host of this.hosts.values()) host.agent?.poll();
  }

  /** Somebody wiped it, or brought an old backup back. */
  exchangeStore(what: string): void {
    if (this.store !== this.#own) return;
    // Older than what any agent has seen: who has seen nothing newer could not know, as safety.md says.
    const seen = [...this.machines()].map((host) => host.knownStore?.revision ?? Number.POSITIVE_INFINITY);
    const revision = Math.max(0, Math.min(this.store.revision, ...seen) - 1);
    this.useStore(what === 'backup' ? this.store.backup(revision) : new SimStore(2));
    for (const name of this.hosts.keys()) this.#tellStoreAway(name);
  }

  /** A person puts back the store that it was. */
  putStoreBack(): void {
    if (this.store === this.#own) return;
    this.useStore(this.#own);
    for (const host of this.hosts.values()) host.agent?.poll();
  }

  cutStore(name: string): void {
    this.host(name).storeCut = true;
    this.#tellStoreAway(name);
  }

  healStore(name: string): void {
    this.host(name).storeCut = false;
    this.host(name).agent?.poll();
  }

  /** Cut off from the store and from every other host; `alone` false: joined again. */
  isolate(name: string, alone: boolean): void {
    const host = this.host(name);
    for (const other of this.hosts.keys())
      if (alone) host.peersCut.add(other);
      else host.peersCut.delete(other);
    if (alone) this.cutStore(name);
    else this.healStore(name);
  }

  /** It hears again of what is written: from where it was, or all of it anew where that was compacted. */
  healWatch(name: string, compacted: boolean): void {
    const host = this.host(name);
    host.watchCut = false;
    if (compacted) this.store.compact(this.store.revision);
    host.agent?.poll();
  }

  stopStore(): void {
    this.storeUp = false;
    for (const name of this.hosts.keys()) this.#tellStoreAway(name);
  }

  startStore(): void {
    this.storeUp = true;
    this.electing = false;
    for (const host of this.hosts.values()) host.agent?.poll();
  }

  #tellStoreAway(name: string): void {
    this.at(100, () => {
      const host = this.host(name);
      if (!this.reaches(host)) host.agent?.storeAway();
    });
  }

  send(from: SimHost, to: string, input: Input): void {
    if (this.noise > 0 && this.random.chance(this.noise)) return;
    const copies = this.noise > 0 && this.random.chance(this.noise) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.at(this.#delay(1), () => {
        if (!from.up || from.peersCut.has(to)) return;
        for (const host of this.machines())
          if (host.name === to && host.up && !host.peersCut.has(from.name) && !host.deafTo.has(from.name))
            host.agent?.hear(input);
      });
  }

  fateOf(host: SimHost, effect: Extract<Effect, { kind: 'store' }>): Fate {
    const given = this.onWrite(host, effect);
    if (given !== null) return given;
    const lost =
      this.noise > 0 && this.random.chance(this.noise) ? this.random.pick(['request', 'answer'] as const) : null;
    return {
      goMs: this.storeDelay(),
      backMs: this.storeDelay(),
      lost,
      twice: this.noise > 0 && this.random.chance(this.noise),
    };
  }

  keeperFate(): 'request lost' | 'answer lost' | null {
    return this.noise > 0 && this.random.chance(this.noise / 5)
      ? this.random.pick(['request lost', 'answer lost'] as const)
      : null;
  }

  storeDelay(): number {
    return this.#delay(2);
  }

  watchDelay(): number {
    return this.#delay(3);
  }

  keeperDelay(): number {
    return this.#delay(0.5);
  }

  /** Usually short, now and then as long as a session or three. */
  #delay(usual: number): number {
    if (this.noise > 0 && this.random.chance(this.noise)) return this.random.between(10, 6000);
    return this.noise > 0 ? this.random.between(usual / 4, usual * 4) : usual;
  }

  person(host: string, asks: PersonRequest, owner = 'ada'): void {
    this.host(host).agent?.hear({ kind: 'person', request: this.answers.length + 1, owner, why: '', asks });
  }

  decided(
    host: SimHost,
    input: Input,
    because: readonly Because[],
    effects: readonly Effect[],
    fired: readonly number[],
  ): void {
    for (const rule of fired) this.fired.set(rule, (this.fired.get(rule) ?? 0) + 1);
    for (const each of because)
      if (each.rule !== null)
        this.fired.set(each.rule, (this.fired.get(each.rule) ?? 0) + (fired.includes(each.rule) ? 0 : 1));
    for (const slot of host.agent?.state.slots.values() ?? []) this.phases.add(slot.now?.phase ?? 'none');
    this.referee.decided(host, effects);
    this.onDecided({ at: this.now, host: host.name, input, because, effects });
  }

  /** The description with that text; the first where none was ever written. */
  described(hash: string | null): System {
    return this.later !== null && this.later.hash === hash ? this.later : this.system;
  }

  /** As the store has it. */
  get inForce(): System {
    const entry = this.store.entries.get('description');
    return this.described(entry === undefined ? null : (JSON.parse(entry.value) as DescriptionRecord).hash);
  }

  /** A person applies the description that is not in force. */
  apply(host: string): void {
    const { agent } = this.host(host);
    if (this.later === null || agent === null) return;
    const other = this.inForce === this.later ? this.system : this.later;
    agent.hear({
      kind: 'person',
      request: this.answers.length + 1,
      owner: 'ada',
      why: '',
      asks: {
        kind: 'apply',
        description: descriptionOf(other),
        system: other,
        revision: agent.state.described?.revision ?? 0,
      },
    });
  }

  isLeased(service: string): boolean {
    const found = this.system.services.find((each) => each.name === service);
    return found !== undefined && isLeased(found);
  }
}

function descriptionOf(system: System): DescriptionRecord {
  return { text: '', folder: '/', file: 'standfast.yaml', hash: system.hash, format: 1 };
}
