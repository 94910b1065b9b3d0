// Asks after every event whether what must never be is so. It looks at processes, clocks and the store, never at what the core believes,
// and calls nothing of the core: who checks and who is checked share no mistake.

import type { Effect } from '../../../src/decide/effect.ts';
import type { SimHost } from './host.ts';
import type { Process } from './keeper.ts';
import type { Write } from './store.ts';
import type { World } from './world.ts';

interface WrittenLease {
  readonly term: number;
  readonly host: string | null;
  readonly epoch: number;
}

interface WrittenSession {
  readonly epoch: number;
  readonly dead: boolean;
}

export class Referee {
  readonly #world: World;
  readonly broken: string[] = [];
  /** By service: the highest term that was ever written, and under which something was ever made active. */
  readonly #terms = new Map<string, number>();
  readonly #activeTerms = new Map<string, { term: number; instance: string }>();
  /** Under which term it was active when it confirmed that it is not any more. */
  readonly #restedTerms = new WeakMap<Process, number>();
  /** Processes of leased services that may be active. */
  readonly #active = new Map<Process, SimHost>();
  /** By host and epoch: the boot in which that session was begun. One that was booted again since was off. */
  readonly #bootOf = new Map<string, number>();
  readonly #ticks = new Map<string, { second: number; count: number }>();
  /** Services whose address moves along. */
  readonly #routed: readonly string[];
  /** How often each service had an active instance that serves, for the liveness questions. */
  takeovers = 0;

  constructor(world: World) {
    this.#world = world;
    const services = [...world.system.services, ...(world.later?.services ?? [])];
    const routed = services.filter((each) => each.kind === 'run' && each.route !== null);
    this.#routed = [...new Set(routed.map((each) => each.name))];
  }

  /**
   * Not covered by leases: a machine frozen whole emits nothing, and what its first moments after waking emit, until its keeper has killed what lapsed,
   * only the term tells apart.
   */
  #standsStill(host: SimHost, process: Process): boolean {
    if (host.frozen) return true;
    if (!process.dying) return false;
    const { killMs } = this.#world.programs.behaviour(process.service, host.name);
    return this.#world.now <= host.thawedAt + killMs + 0.01;
  }

  #say(text: string): void {
    if (this.broken.length < 20) this.broken.push(`at ${this.#world.now.toFixed(1)} ms: ${text}`);
  }

  /** Never two that may be active; none of them without a deadline that the keeper still has before it. */
  look(): void {
    const seen: Process[] = [];
    let two = false;
    for (const [process, host] of this.#active) {
      if (!process.mayBeActive || !process.alive) {
        this.#active.delete(process);
        continue;
      }
      if (this.#standsStill(host, process)) continue;
      two ||= seen.some(({ service }) => service === process.service);
      seen.push(process);
      if (process.deadline === null)
        this.#say(`${process.id} on ${host.name} may be active and no deadline stands over it`);
    }
    if (two)
      for (const [service, of] of Map.groupBy(seen, (process) => process.service))
        if (of.length > 1)
          this.#say(
            `two of ${service} may be active: ${of.map((each) => `${each.id} on ${this.#active.get(each)?.name ?? 'no host'}`).join(', ')}`,
          );
    for (const service of this.#routed) {
      const at: string[] = [];
      for (const host of this.#world.everyMachine())
        if (this.#world.addresses.answers(host, service)) at.push(host.name);
      if (at.length > 1) this.#say(`two answer for the address of ${service}: ${at.join(', ')}`);
    }
  }

  /** An agent that rings its own bell more than a hundred times in a second runs in circles. */
  ticked(host: SimHost): void {
    const second = Math.floor(this.#world.now / 1000);
    const known = this.#ticks.get(host.name);
    const count = known?.second === second ? known.count + 1 : 1;
    this.#ticks.set(host.name, { second, count });
    if (count === 100) this.#say(`${host.name} wakes itself again and again`);
  }

  started(host: SimHost, process: Process): void {
    if (!this.#world.isLeased(process.service)) return;
    if (process.role === 'active') this.#newActive(host, process);
  }

  activated(host: SimHost, process: Process): void {
    if (process.term <= (this.#restedTerms.get(process) ?? 0))
      this.#say(`${process.id} was made active again under term ${process.term}, after it had rested`);
    if (process.deadline === null) this.#say(`${process.id} was activated without a deadline`);
    this.#newActive(host, process);
  }

  called(host: SimHost, process: Process): void {
    if (this.#world.isLeased(process.service)) this.#active.set(process, host);
    if (process.deadline === null && this.#world.isLeased(process.service))
      this.#say(`${process.id} was called active with no deadline over it`);
    // A late call on one that has meanwhile rested makes it active again.
    process.mayBeActive = true;
  }

  rested(_: SimHost, process: Process): void {
    process.awaited = false;
    this.#restedTerms.set(process, process.term);
  }

  #newActive(host: SimHost, process: Process): void {
    this.#active.set(process, host);
    if (process.term <= 0) this.#say(`${process.id} was made active under no term`);
    if (process.deadline === null) this.#say(`${process.id} was made active without a deadline`);
    const known = this.#activeTerms.get(process.service);
    if (
      known !== undefined &&
      (process.term < known.term || (process.term === known.term && known.instance !== process.id))
    )
      this.#say(
        `${process.id} was made active on ${host.name} under term ${process.term} after ${known.instance} under ${known.term}`,
      );
    if (known === undefined || process.term > known.term) this.takeovers += 1;
    this.#activeTerms.set(process.service, { term: process.term, instance: process.id });
    const written = this.#terms.get(process.service) ?? 0;
    if (process.term > written)
      this.#say(`${process.id} is active under term ${process.term}, and the store has only ${written}`);
  }

  decided(host: SimHost, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (
        effect.kind === 'start' &&
        this.#world.isLeased(effect.service) &&
        (effect.role === 'active' || effect.term > 0)
      )
        if (effect.deadline === null || effect.term <= 0)
          this.#say(`${host.name} asks to start ${effect.instance} as active without deadline or term`);
      if (effect.kind === 'activate' && (effect.deadline <= host.mono(this.#world.now) - 1 || effect.term <= 0))
        this.#say(`${host.name} asks to activate ${effect.instance} with a deadline that is past`);
    }
  }

  /** The store has taken a write: terms only grow; what is given up, or taken from a dead session, is not active any more. */
  wrote(write: Write, before: ReadonlyMap<string, string | null>): void {
    for (const { key, value } of write.puts) {
      const was = before.get(key) ?? null;
      if (key.startsWith('lease/'))
        this.#leaseWritten(
          key.slice(6),
          was === null ? null : (JSON.parse(was) as WrittenLease),
          value === null ? null : (JSON.parse(value) as WrittenLease),
          write.by,
        );
      if (key.startsWith('session/'))
        this.#sessionWritten(
          key.slice(8),
          was === null ? null : (JSON.parse(was) as WrittenSession),
          value === null ? null : (JSON.parse(value) as WrittenSession),
        );
    }
  }

  #leaseWritten(service: string, was: WrittenLease | null, is: WrittenLease | null, by: string | null): void {
    if (is === null) return this.#say(`the lease of ${service} was deleted`);
    const highest = this.#terms.get(service) ?? 0;
    // A person's `up` knew of a higher term: it is held, or free, as before, and nobody may be active in that one.
    if (by === null && was !== null && is.host === was.host && is.epoch === was.epoch && is.term > highest)
      return void this.#terms.set(service, is.term);
    if (is.host === null) {
      if (is.term !== highest)
        this.#say(`the lease of ${service} was released at term ${is.term}, the highest being ${highest}`);
      if (was?.host !== null && was !== null) this.#nothingActive(was.host, service, `released`);
      return;
    }
    if (is.term <= highest) this.#say(`the term of ${service} did not grow: ${highest}, then ${is.term}`);
    this.#terms.set(service, Math.max(highest, is.term));
    if (was !== null && was.host !== null) {
      const session = this.#sessionOf(was.host);
      const lives = session !== null && !session.dead && session.epoch === was.epoch;
      // Who held it may give it away, deposed or not, once nothing of it runs there.
      const given = by === was.host && session?.epoch === was.epoch;
      if (was.host !== is.host && lives && !given)
        this.#say(`${is.host} took ${service} from ${was.host}, whose session lives`);
      this.#nothingActive(was.host, service, `taken by ${is.host}`);
      if (was.host !== is.host && !given) this.#isOff(was.host, was.epoch, service);
    }
  }

  /** Where a service demands it: off, back in a later session, or somebody's word in the store that it is off. */
  #isOff(host: string, epoch: number, service: string): void {
    // Under both descriptions, where there are two: agents come to another one after it is in force.
    const demands = [this.#world.system, this.#world.later ?? this.#world.system].every(({ services }) =>
      services.some((each) => each.name === service && each.kind === 'run' && each.fenceBeforeTakeover),
    );
    const off = !this.#world.host(host).up || this.#bootOf.get(`${host} ${epoch}`) !== this.#world.host(host).boot;
    if (!demands || off || (this.#sessionOf(host)?.epoch ?? 0) > epoch) return;
    const record = this.#world.store.entries.get(`fence/${host}`);
    if (record?.value.includes('"hand"') !== true) this.#say(`${service} was taken from ${host}, which is on`);
  }

  #sessionWritten(host: string, was: WrittenSession | null, is: WrittenSession | null): void {
    if (is !== null && !is.dead && is.epoch !== was?.epoch)
      this.#bootOf.set(`${host} ${is.epoch}`, this.#world.host(host).boot);
    if (is === null || was === null) return;
    if (is.epoch < was.epoch) this.#say(`the epoch of ${host} went back from ${was.epoch} to ${is.epoch}`);
    if (was.dead && !is.dead && is.epoch === was.epoch) this.#say(`${host} came back by renewing a dead session`);
    if (is.dead && !was.dead)
      for (const service of this.#world.system.services)
        if (this.#world.isLeased(service.name)) this.#nothingActive(host, service.name, 'deposed');
  }

  #sessionOf(host: string): WrittenSession | null {
    const entry = this.#world.store.entries.get(`session/${host}`);
    return entry === undefined ? null : (JSON.parse(entry.value) as WrittenSession);
  }

  /** On no machine of that name. */
  #nothingActive(name: string, service: string, what: string): void {
    for (const host of this.#world.everyMachine()) {
      if (host.name !== name) continue;
      if (this.#world.addresses.answers(host, service))
        this.#say(`${name} may still answer for the address of ${service} when its ${over(what)}`);
      for (const process of host.processes.values())
        if (process.service === service && process.alive && process.mayBeActive && !this.#standsStill(host, process))
          // Being killed takes a few milliseconds, which room stands for.
          this.#say(`${process.id} may still be active on ${name} when its ${over(what)}`);
    }
  }
}

function over(what: string): string {
  return what === 'deposed' ? 'session is deposed' : `lease is ${what}`;
}
