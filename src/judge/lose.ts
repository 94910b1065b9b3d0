// What can be lost: tries every single running instance and every single host, and asks whether all that consumers use would still
// be usable. A trial over the present state, not a theory: a standby that does not run cannot take over.
//
// A service is usable while enough of it is active, or somebody is able to take over by its policy, and what it needs is usable. A
// restart does not count: until it is over, consumers have nothing.
//
// Losing a part only ever makes things worse, so each trial starts from what holds now and follows what falls: it costs what the
// loss reaches, not the whole system.
//
// Does not cover: two losses at once, and what shares a cause without being the same host. Covered by: `assess`.

import type { HostState, Phase } from '../model/states.ts';
import { isLeased } from '../model/system.ts';
import { neededActive } from './wholes.ts';
import type { Need, RunService, Service, Severity, System } from '../model/system.ts';

/** How things stand; what is not named is taken as absent. */
export interface Live {
  readonly hosts: readonly { readonly name: string; readonly state: HostState }[];
  readonly services: readonly LiveService[];
  /** Without the store nobody takes over what holds a lease. */
  readonly storeReachable: boolean;
}

/** One service as it stands now. */
export interface LiveService {
  readonly name: string;
  /** Down as scheduled, finished or asked: nobody expects it, so nothing is lost with it. */
  readonly notExpected: boolean;
  /** An external's checks; null: it has none and is taken to work. */
  readonly externalOk: boolean | null;
  readonly instances: readonly LiveInstance[];
}

/** One instance as it runs now. */
export interface LiveInstance {
  readonly host: string;
  readonly phase: Phase;
  readonly severity: Severity;
  /** It may take over as far as its own state goes: not banned, not waiting after a failure, not too old. */
  readonly mayTakeOver: boolean;
}

/** What was tried, told apart by how it came out; `why` says of some what would be missed. */
export interface CanLose {
  /** `pricer@a`, those that run now; in the order of the description. */
  readonly instances: readonly string[];
  readonly hosts: readonly string[];
  readonly notInstances: readonly string[];
  readonly notHosts: readonly string[];
  readonly why: readonly WhyNot[];
}

/** What consumers would lose with the part (`pricer@a`, or a host's name). */
export interface WhyNot {
  readonly part: string;
  /** Of `serves`. */
  readonly service: string;
  /** What falls first; the service itself unless it falls for what it needs. */
  readonly first: string;
  readonly because: 'already-out' | 'runs-only-there' | 'nobody-able' | 'nobody-unasked' | 'too-few';
}

/** Tries each. */
export function whatCanBeLost(system: System, live: Live): CanLose {
  const trials = new Trials(system, live);
  const instances: string[] = [];
  const notInstances: string[] = [];
  const why: WhyNot[] = [];
  for (const service of system.services) {
    if (service.kind !== 'run') continue;
    for (const instance of trials.instancesOf(service.name)) {
      if (!runs(instance.phase)) continue;
      const part = `${service.name}@${instance.host}`;
      const lost = trials.without([[service, instance.host]], part);
      (lost === null ? instances : notInstances).push(part);
      if (lost !== null) why.push(lost);
    }
  }
  const hosts: string[] = [];
  const notHosts: string[] = [];
  for (const { name } of system.hosts) {
    if (!trials.isUp(name)) continue;
    const there = system.services.filter(
      (each): each is RunService => each.kind === 'run' && each.on.some((on) => on.host === name),
    );
    const lost = trials.without(
      there.map((service) => [service, name]),
      name,
    );
    (lost === null ? hosts : notHosts).push(name);
    if (lost !== null) why.push(lost);
  }
  return { instances, hosts, notInstances, notHosts, why };
}

/** The services of `serves` that cannot be used now. */
export function notUsable(system: System, live: Live): readonly string[] {
  return new Trials(system, live).out;
}

/** One present state, asked many times. */
class Trials {
  readonly #system: System;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #live: ReadonlyMap<string, LiveService>;
  readonly #up: ReadonlySet<string>;
  readonly #storeReachable: boolean;
  readonly #dependants: ReadonlyMap<string, readonly string[]>;
  /** What cannot be used now, before anything is lost. */
  readonly #down: ReadonlyMap<string, string>;
  /** Of `serves`. */
  readonly out: readonly string[];

  constructor(system: System, live: Live) {
    this.#system = system;
    this.#services = new Map(system.services.map((service) => [service.name, service]));
    this.#live = new Map(live.services.map((service) => [service.name, service]));
    this.#up = new Set(live.hosts.filter((host) => host.state === 'up').map((host) => host.name));
    this.#storeReachable = live.storeReachable;
    this.#dependants = dependants(system);
    // What no state could satisfy (a check of the description finds it) falls here too, so that the rest holds of any description.
    const fallen = system.services
      .filter((service) => !this.#stands(service, null) || !this.#couldStand(service))
      .map((service) => service.name);
    this.#down = this.#fall(fallen, new Map());
    this.out = system.serves.filter((name) => this.#down.has(name));
  }

  isUp(host: string): boolean {
    return this.#up.has(host);
  }

  instancesOf(service: string): readonly LiveInstance[] {
    return this.#live.get(service)?.instances ?? [];
  }

  /** What consumers would miss without these, or null when nothing. */
  without(lost: readonly (readonly [RunService, host: string])[], part: string): WhyNot | null {
    const out = this.out[0];
    if (out !== undefined) return { part, service: out, first: this.#down.get(out) ?? out, because: 'already-out' };
    const fallen = lost.filter(([service, host]) => !this.#down.has(service.name) && !this.#stands(service, host));
    if (fallen.length === 0) return null;
    const down = this.#fall(
      fallen.map(([service]) => service.name),
      this.#down,
    );
    const service = this.#system.serves.find((name) => down.has(name));
    if (service === undefined) return null;
    const first = down.get(service) ?? service;
    const culprit = lost.find(([each]) => each.name === first);
    return { part, service, first, because: culprit === undefined ? 'nobody-able' : this.#because(...culprit) };
  }

  /** Does it stand by itself, its needs aside, with nothing of it on the lost host? */
  #stands(service: Service, lostHost: string | null): boolean {
    const live = this.#live.get(service.name);
    if (live?.notExpected === true) return true;
    if (service.kind === 'external') return live?.externalOk !== false;
    const left = this.instancesOf(service.name).filter((each) => each.host !== lostHost && this.#up.has(each.host));
    const active = left.filter((each) => each.phase === 'active').length;
    if (active >= (service.policy === 'hot-active/hot-active' ? neededActive(service) : 1)) return true;
    return (
      isLeased(service) &&
      this.#storeReachable &&
      service.trigger !== 'manual' &&
      left.some((each) => isAble(each, service))
    );
  }

  #couldStand(service: Service): boolean {
    if (service.needs === null || this.#live.get(service.name)?.notExpected === true) return true;
    return isMet(service.needs, (name) => this.#services.has(name));
  }

  /** All that falls when these fall, each with what fell first; `down` is what lies already. */
  #fall(fallen: readonly string[], down: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const all = new Map(down);
    for (const name of fallen) all.set(name, name);
    const queue = [...fallen];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const name of this.#dependants.get(next) ?? []) {
        if (all.has(name) || this.#live.get(name)?.notExpected === true) continue;
        const needs = this.#services.get(name)?.needs ?? null;
        if (needs === null || isMet(needs, (each) => !all.has(each))) continue;
        all.set(name, all.get(next) ?? next);
        queue.push(name);
      }
    }
    return all;
  }

  #because(service: RunService, host: string): WhyNot['because'] {
    if (service.on.every((place) => place.host === host)) return 'runs-only-there';
    if (service.policy === 'hot-active/hot-active' && neededActive(service) > 1) return 'too-few';
    return service.trigger === 'manual' && isLeased(service) ? 'nobody-unasked' : 'nobody-able';
  }
}

/** It could be the next active one without anybody's help, and at once by its policy. */
function isAble(instance: LiveInstance, service: RunService): boolean {
  if (!instance.mayTakeOver || instance.severity === 1) return false;
  const { phase } = instance;
  if (phase === 'standby' || phase === 'passive') return true;
  return phase === 'down' && service.policy === 'hot-active/cold-passive';
}

function runs(phase: Phase): boolean {
  return phase === 'active' || phase === 'standby' || phase === 'passive';
}

/** Who names whom in its needs, the other way round. */
function dependants(system: System): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const service of system.services) {
    for (const name of service.needs === null ? [] : namesIn(service.needs)) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [service.name]);
      else if (list.at(-1) !== service.name) list.push(service.name);
    }
  }
  return found;
}

function namesIn(need: Need): readonly string[] {
  return need.kind === 'service' ? [need.name] : need.of.flatMap(namesIn);
}

/** Is the need met when these are usable? */
export function isMet(need: Need, usable: (name: string) => boolean): boolean {
  switch (need.kind) {
    case 'service':
      return usable(need.name);
    case 'all':
      return need.of.every((each) => isMet(each, usable));
    case 'anyOf':
      return need.of.some((each) => isMet(each, usable));
    case 'atLeast':
      return need.of.filter((each) => isMet(each, usable)).length >= need.k;
    default:
      return unreachable(need);
  }
}

function unreachable(value: never): never {
  throw new Error(`not a need: ${JSON.stringify(value)}`);
}
