// A world in which agents live: hosts with clocks of their own, a store, keepers, processes, lines between them, and whatever befalls these. No
// real time and nothing drawn but from the seed; after every event the referee, who shares nothing with the core, asks the invariants.

import type { Because } from '../../../src/decide/draft.ts';
import type { Effect } from '../../../src/decide/effect.ts';
import type { Input, PersonRequest } from '../../../src/decide/input.ts';
import type { DescriptionRecord } from '../../../src/decide/records.ts';
import type { RunService, System } from '../../../src/model/system.ts';
import { isLeased } from '../../../src/model/system.ts';
import { Addresses } from './addresses.ts';
import { SimHost } from './host.ts';
import { Lines } from './lines.ts';
import { Machines } from './machines.ts';
import { Programs } from './programs.ts';
import { Queue } from './queue.ts';
import { Random } from './random.ts';
import { Referee } from './referee.ts';
import { Storage } from './storage.ts';
import type { SimStore } from './store.ts';

export interface WorldOptions {
  readonly system: System;
  /** Put in force by `apply`. */
  readonly later?: System | null;
  readonly seed?: number;
  /** Clock rates are drawn within this of 1. */
  readonly rateError?: number;
  /** Messages are delayed by more than usual, lost and repeated with this probability. */
  readonly noise?: number;
  /** Hosts that carry a member of the store, of three; none: all of them stand apart. */
  readonly storeOn?: readonly string[];
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
  readonly hosts = new Map<string, SimHost>();
  readonly machines: Machines;
  readonly programs: Programs;
  readonly addresses: Addresses;
  readonly lines: Lines;
  readonly storage: Storage;
  readonly referee: Referee;
  readonly answers: Extract<Effect, { kind: 'answer' }>[] = [];
  readonly fired = new Map<number, number>();
  readonly phases = new Set<string>();
  readonly #queue = new Queue();
  now = 0;
  steps = 0;
  notifies = true;
  onDecided: (decision: Decision) => void = () => undefined;
  /** Asked before each effect; false: the agent is gone. */
  beforeEffect: (host: SimHost, effect: Effect) => boolean = () => true;

  constructor(options: WorldOptions) {
    this.system = options.system;
    this.later = options.later ?? null;
    this.random = new Random(options.seed ?? 1);
    this.machines = new Machines(this);
    this.programs = new Programs(this);
    this.addresses = new Addresses(this);
    this.lines = new Lines(this, options.noise ?? 0);
    this.referee = new Referee(this);
    this.storage = new Storage(this, options.storeOn ?? []);
    if (this.later !== null)
      this.store.txn([], [{ key: 'description', value: JSON.stringify(descriptionOf(this.system)) }]);
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

  get store(): SimStore {
    return this.storage.store;
  }

  /** Also those that another took the name of. */
  everyMachine(): Iterable<SimHost> {
    const { former } = this.machines;
    return former.length === 0 ? this.hosts.values() : [...this.hosts.values(), ...former];
  }

  host(name: string): SimHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  /** As described now; one that is described no longer as it was before. */
  service(name: string): RunService {
    const { inForce } = this;
    const before = this.later !== null && inForce === this.system ? this.later : this.system;
    const service = [...inForce.services, ...before.services].find((each) => each.name === name);
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
