// Who is served: asked of processes, parts and needs in true time, not of what the core believes. The system is unavailable while a
// service that consumers use is; a service while none of its instances serves, or while it shares a failed part, or what it
// needs is unavailable. Outside its schedule, and once it has finished, nobody waits for it.

import type { Need, RunService, Service, System } from '../../model/system.ts';
import { isScheduled } from '../../model/schedule.ts';
import { wallMs } from '../../model/units.ts';
import { timeBegan } from './host.ts';
import type { World } from './world.ts';

/** A stretch without service; true time in ms. */
export interface Outage {
  readonly from: number;
  readonly to: number;
  /** The part whose failure brought it; null: none had failed. */
  readonly cause: string | null;
}

/** A service, or under the empty text the system, became available or unavailable. */
export interface Turn {
  readonly name: string;
  readonly up: boolean;
  readonly at: number;
  readonly cause: string | null;
}

/** What is carried on from one settled situation to the next. */
export interface AvailabilityPicture {
  readonly up: ReadonlyMap<string, boolean>;
  readonly serving: ReadonlyMap<string, number>;
  readonly shared: ReadonlyMap<string, number>;
  readonly down: readonly string[];
  readonly windows: readonly {
    readonly name: string;
    readonly open: boolean;
    readonly served: boolean;
    readonly finished: boolean;
  }[];
}

interface Open {
  readonly from: number;
  readonly cause: string | null;
}

/** How long after its end a failure still counts as the cause of what goes down. */
const causeMs = 60_000;

/** Notes outages as they come and go, of each service and of the system. */
export class Availability {
  readonly #world: World;
  readonly #system: System;
  readonly #order: readonly Service[];
  readonly #up = new Map<string, boolean>();
  readonly #open = new Map<string, Open>();
  /** By service, and under the empty text for the system. */
  readonly outages = new Map<string, Outage[]>();
  /** How many shared parts of a service are away: software and configuration. */
  readonly #shared = new Map<string, number>();
  /** Until when a balancer sends consumers to an instance that is gone. */
  readonly #gaps = new Map<string, number>();
  readonly #serving = new Map<string, number>();
  readonly #windows = new Map<string, { opened: number; served: boolean; finished: boolean }>();
  #down: readonly string[] = [];
  #last: { readonly part: string; readonly at: number } | null = null;
  /** Nothing counts before. */
  #counting = false;
  onTurn: ((turn: Turn) => void) | null = null;

  constructor(world: World, system: System) {
    this.#world = world;
    this.#system = system;
    this.#order = inOrderOfNeeds(system);
    for (const name of ['', ...system.services.map((service) => service.name)]) this.outages.set(name, []);
    for (const service of system.services) {
      if (service.kind === 'run')
        this.#windows.set(service.name, {
          opened: this.#opens(service) ? world.now : Infinity,
          served: false,
          finished: false,
        });
    }
  }

  /** When to look again though nothing changes. */
  get nextAt(): number {
    let next = Infinity;
    for (const at of this.#gaps.values()) next = Math.min(next, at);
    for (const [name, window] of this.#windows) {
      const service = this.#world.services.get(name);
      if (service !== undefined && !window.served && window.opened < Infinity) {
        const due = window.opened + service.objective.recoverWithin;
        if (due > this.#world.now) next = Math.min(next, due);
      }
    }
    return next;
  }

  /** From here on outages count. */
  begin(): void {
    this.#counting = true;
    for (const window of this.#windows.values()) if (window.opened < Infinity) window.served = true;
    this.#open.clear();
    this.#up.clear();
    this.look();
  }

  end(): void {
    for (const [name, open] of this.#open) this.outages.get(name)?.push({ ...open, to: this.#world.now });
    this.#open.clear();
  }

  /** A part has failed or was mended. */
  failed(part: string, service: string | null, down: boolean, momentary: boolean): void {
    if (down) {
      if (!momentary) this.#down = [...this.#down, part];
      this.#last = { part, at: this.#world.now };
    } else this.#down = this.#down.filter((each) => each !== part);
    if (service === null) return;
    const away = (this.#shared.get(service) ?? 0) + (down ? 1 : -1);
    // A nought left behind would be another situation than none.
    if (away === 0) this.#shared.delete(service);
    else this.#shared.set(service, away);
  }

  finished(service: string): void {
    const window = this.#windows.get(service);
    if (window !== undefined) window.finished = true;
  }

  /** A schedule may have changed what is wanted. */
  planned(): void {
    for (const [name, window] of this.#windows) {
      const service = this.#world.services.get(name);
      if (service?.schedule === null || service === undefined) continue;
      const open = this.#opens(service);
      if (open && window.opened === Infinity)
        this.#windows.set(name, { opened: this.#world.now, served: false, finished: false });
      if (!open) window.opened = Infinity;
    }
    this.look();
  }

  /** Works out anew who is served. */
  look(): void {
    const { now } = this.#world;
    for (const [service, until] of this.#gaps) if (until <= now) this.#gaps.delete(service);
    for (const service of this.#order) this.#set(service.name, this.#isUp(service));
    this.#set(
      '',
      this.#system.serves.every((name) => this.#up.get(name) ?? true),
    );
  }

  #set(name: string, up: boolean): void {
    if (this.#up.get(name) === up) return;
    this.#up.set(name, up);
    if (!this.#counting) return;
    this.onTurn?.({ name, up, at: this.#world.now, cause: up ? null : this.#cause() });
    this.#turn(name, up, this.#world.now, up ? null : this.#cause());
  }

  /** It became available, or not any more. */
  #turn(name: string, up: boolean, at: number, cause: string | null): void {
    const open = this.#open.get(name);
    if (up && open !== undefined) {
      this.#open.delete(name);
      if (at > open.from) this.outages.get(name)?.push({ ...open, to: at });
    }
    if (!up && open === undefined) this.#open.set(name, { from: at, cause });
  }

  /** What turned the last time that the world went this way turns again. */
  replay(turns: readonly Turn[], from: number): void {
    for (const { name, up, at, cause } of turns) this.#turn(name, up, from + at, cause);
  }

  /** All that is known beside the outages, as it stands when nothing is about to change. */
  picture(): AvailabilityPicture {
    return {
      up: new Map(this.#up),
      serving: new Map(this.#serving),
      shared: new Map(this.#shared),
      down: this.#down,
      windows: [...this.#windows].map(([name, { opened, served, finished }]) => ({
        name,
        open: opened < Infinity,
        served,
        finished,
      })),
    };
  }

  restore(picture: AvailabilityPicture): void {
    refill(this.#up, picture.up);
    refill(this.#serving, picture.serving);
    refill(this.#shared, picture.shared);
    this.#down = picture.down;
    this.#last = null;
    this.#gaps.clear();
    for (const { name, open, served, finished } of picture.windows)
      this.#windows.set(name, { opened: open ? 0 : Infinity, served, finished });
  }

  /** What failed last, when it is away still or failed just now. */
  #cause(): string | null {
    if (this.#last === null) return null;
    if (this.#down.includes(this.#last.part) || this.#world.now - this.#last.at < causeMs) return this.#last.part;
    return this.#down.at(-1) ?? null;
  }

  #isUp(service: Service): boolean {
    if (service.kind === 'external') return !this.#world.away.has(service.name) && this.#met(service.needs);
    const serving = this.#servingOf(service);
    const before = this.#serving.get(service.name) ?? 0;
    this.#serving.set(service.name, serving);
    if (
      serving < before &&
      serving > 0 &&
      service.policy === 'hot-active/hot-active' &&
      service.consumers?.kind === 'balancer'
    )
      this.#gaps.set(service.name, this.#world.now + service.consumers.detectsWithin);
    const window = this.#windows.get(service.name);
    if (window !== undefined) {
      if (serving > 0) window.served = true;
      const waited = window.served || this.#world.now >= window.opened + service.objective.recoverWithin;
      if (window.opened === Infinity || window.finished || !waited) return true;
    }
    return (
      serving > 0 &&
      (this.#shared.get(service.name) ?? 0) === 0 &&
      !this.#gaps.has(service.name) &&
      this.#met(service.needs)
    );
  }

  #servingOf(service: RunService): number {
    let serving = 0;
    for (const host of this.#world.hosts.values())
      for (const running of host.processes) if (running.service === service.name && running.serves) serving += 1;
    return serving;
  }

  #met(need: Need | null): boolean {
    if (need === null) return true;
    switch (need.kind) {
      case 'service':
        return this.#up.get(need.name) ?? true;
      case 'all':
        return need.of.every((each) => this.#met(each));
      case 'anyOf':
        return need.of.some((each) => this.#met(each));
      case 'atLeast':
        return need.of.filter((each) => this.#met(each)).length >= need.k;
      default:
        return need satisfies never;
    }
  }

  #opens(service: RunService): boolean {
    return (
      service.schedule === null ||
      isScheduled(service.schedule, wallMs(this.#world.options.began + this.#world.now - timeBegan))
    );
  }
}

function refill<K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of from) map.set(key, value);
}

/** What is needed before what needs it. */
function inOrderOfNeeds(system: System): Service[] {
  const byName = new Map(system.services.map((service) => [service.name, service]));
  const order: Service[] = [];
  const done = new Set<string>();
  const open: { readonly service: Service; readonly needed: boolean }[] = system.services
    .map((service) => ({ service, needed: false }))
    .toReversed();
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { service } = one;
    if (done.has(service.name)) continue;
    if (one.needed) {
      done.add(service.name);
      order.push(service);
      continue;
    }
    open.push({ service, needed: true });
    for (const name of namesIn(service.needs)) {
      const needed = byName.get(name);
      if (needed !== undefined && !done.has(name)) open.push({ service: needed, needed: false });
    }
  }
  return order;
}

function namesIn(need: Need | null): string[] {
  if (need === null) return [];
  return need.kind === 'service' ? [need.name] : need.of.flatMap(namesIn);
}
