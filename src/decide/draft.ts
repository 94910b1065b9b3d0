// The working copy of one step: copies a map only when it is first written to, collects what is to be done and why, and remembers
// which services have to be looked at again.

import type { JsonValue } from '../model/json.ts';
import type { RunService, Service } from '../model/system.ts';
import { monoMs, type MonoMs, type Now } from '../model/units.ts';
import type { Effect } from './effect.ts';
import type { Held } from './held.ts';
import type { Instance, Slot } from './slot.ts';
import type { State } from './state.ts';

/** Which numbered rule fired on which facts, or what was noted without one. Goes to the journal as it is. */
export interface Because {
  readonly kind: string;
  readonly rule: number | null;
  readonly service: string | null;
  readonly instance: string | null;
  readonly term: number | null;
  readonly facts: Readonly<Record<string, JsonValue>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type WithoutId<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never;

/** What every phase of a step reads and writes. Lives for one step. */
export class Draft {
  readonly now: Now;
  /** Replace fields, never change what they hold. */
  readonly s: Mutable<State>;
  readonly effects: Effect[] = [];
  readonly because: Because[] = [];
  /** Every rule that matched, also those that say nothing. */
  readonly fired: number[] = [];
  readonly #touched = new Set<string>();
  readonly #owned = new Set<string>();
  /** Whose wake-up times are being worked out; null: what belongs to no service. */
  #subject: string | null = null;
  #wake: number | null = null;
  /** Something that the report tells has changed. */
  reportDirty = false;
  incidentsDirty = false;
  /** Hosts came or went: all that is needed here may be of use, or not, otherwise than before. */
  usableDirty = false;

  /** What is held under a lease, as of the last change of a slot; null: to be found out. */
  heldNow: readonly Held[] | null = null;

  constructor(state: State, now: Now) {
    this.s = { ...state };
    this.now = now;
  }

  get mono(): MonoMs {
    return this.now.mono;
  }

  /** Marks a service to be judged and decided in this step. */
  touch(service: string): void {
    this.#touched.add(service);
  }

  /** Also for those that run elsewhere it is looked at anew whether they are of use. */
  touchAll(): void {
    this.usableDirty = true;
    for (const service of this.s.slots.keys()) this.#touched.add(service);
  }

  /** The services to look at, each once; new ones may be touched meanwhile. */
  takeTouched(): string[] {
    const taken = [...this.#touched];
    this.#touched.clear();
    return taken;
  }

  /** A copy of the map that belongs to this step, made at the first write. */
  own<K, V>(
    field:
      | 'slots'
      | 'sessions'
      | 'leases'
      | 'reports'
      | 'intents'
      | 'externals'
      | 'usable'
      | 'wakes'
      | 'carriedOut'
      | 'reported'
      | 'retired',
    map: ReadonlyMap<K, V>,
  ): Map<K, V> {
    if (this.#owned.has(field) && isChangeable(map)) return map;
    this.#owned.add(field);
    return copyOf(map);
  }

  /** Notes something of an intent as done; what is noted of intents that are over is forgotten. */
  carriedOut(mark: string, intent: string): void {
    const done = this.own('carriedOut', this.s.carriedOut);
    if (done.size > 0 && !this.s.intents.has(done.values().next().value ?? ''))
      for (const [each, id] of done) if (!this.s.intents.has(id)) done.delete(each);
    done.set(mark, intent);
    this.s.carriedOut = done;
  }

  /** True once this step has a copy of its own of that map. */
  hasOwn(field: 'slots'): boolean {
    return this.#owned.has(field);
  }

  slot(service: string): Slot | undefined {
    return this.s.slots.get(service);
  }

  setSlot(service: string, change: Partial<Slot>): void {
    if (!this.s.slots.has(service)) return;
    this.setQuietly(service, change);
    this.touch(service);
    this.reportDirty = true;
  }

  /** What neither decides anything nor is reported: nobody looks again because of it. */
  setQuietly(service: string, change: Partial<Slot>): void {
    const slot = this.s.slots.get(service);
    if (slot === undefined) return;
    const slots = this.own('slots', this.s.slots);
    slots.set(service, { ...slot, ...change });
    this.s.slots = slots;
    this.heldNow = null;
  }

  setInstance(service: string, change: Partial<Instance>): void {
    const now = this.slot(service)?.now;
    if (now !== undefined && now !== null) this.setSlot(service, { now: { ...now, ...change } });
  }

  /** The slot whose present instance has this id. */
  slotOf(instance: string): Slot | undefined {
    const at = instance.indexOf('@');
    const slot = this.s.slots.get(at < 0 ? instance : instance.slice(0, at));
    return slot?.now?.id === instance ? slot : undefined;
  }

  /** Adds an effect that comes back as an outcome; returns its id. */
  ask(effect: WithoutId<Effect>): number {
    this.s.counter += 1;
    const id = this.s.counter;
    this.effects.push({ ...effect, id } as Effect);
    return id;
  }

  tell(effect: Exclude<Effect, { readonly id: number }>): void {
    this.effects.push(effect);
  }

  note(because: {
    kind: string;
    rule?: number;
    service?: string | null;
    instance?: string | null;
    term?: number | null;
    facts?: Because['facts'];
  }): void {
    this.because.push({
      kind: because.kind,
      rule: because.rule ?? null,
      service: because.service ?? null,
      instance: because.instance ?? null,
      term: because.term ?? null,
      facts: because.facts ?? {},
    });
  }

  /** From here on, moments to look again belong to this service; what it asked for before is forgotten. */
  about(service: string | null): void {
    this.#subject = service;
    if (service === null || !this.s.wakes.has(service)) return;
    const wakes = this.own('wakes', this.s.wakes);
    wakes.delete(service);
    this.s.wakes = wakes;
  }

  /** Look again at this moment at the latest. What was due by now has been decided in this step, so a moment that is past means in a little while. */
  wakeBy(moment: number | null): void {
    if (moment === null) return;
    const at = moment > this.mono ? moment : this.mono + lookAgainMs;
    if (this.#subject === null) {
      if (this.#wake === null || at < this.#wake) this.#wake = at;
      return;
    }
    const known = this.s.wakes.get(this.#subject);
    if (known !== undefined && known <= at) return;
    const wakes = this.own('wakes', this.s.wakes);
    wakes.set(this.#subject, monoMs(at));
    this.s.wakes = wakes;
  }

  /** The earliest moment to look again; null: only with an input. */
  get wake(): MonoMs | null {
    let earliest = this.#wake;
    for (const at of this.s.wakes.values()) if (earliest === null || at < earliest) earliest = at;
    return earliest === null ? null : monoMs(earliest);
  }

  service(name: string): Service | undefined {
    return this.s.system === null ? undefined : serviceByName(this.s.system.services, name);
  }

  /** As it is to run, or as it last did where it is to run no more. */
  runService(name: string): RunService | undefined {
    const retired = this.s.retired.get(name);
    if (retired !== undefined) return retired;
    const service = this.service(name);
    return service?.kind === 'run' ? service : undefined;
  }
}

/** As `new Map(map)`, which makes an entry of two for each key on the way: with hundreds of services that was most of what a step left to be collected. */
function copyOf<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  const copy = new Map<K, V>();
  map.forEach((value, key) => copy.set(key, value));
  return copy;
}

/** A map that this step made is a plain one. */
function isChangeable<K, V>(map: ReadonlyMap<K, V>): map is Map<K, V> {
  return map instanceof Map;
}

/** How soon what is overdue, and cannot be helped now, is looked at again. */
const lookAgainMs = 50;

const indexes = new WeakMap<readonly Service[], Map<string, Service>>();

/** The service of that name; an index is kept for each list, since every step asks. */
export function serviceByName(services: readonly Service[], name: string): Service | undefined {
  let index = indexes.get(services);
  if (index === undefined) {
    index = new Map(services.map((service) => [service.name, service]));
    indexes.set(services, index);
  }
  return index.get(name);
}
