// One recorded incident again: its faults befall the described system at the same moments, and the production core acts. Nothing is
// drawn. What was active then is active before the first fault, as far as the description allows it, so that what was lost is lost again.

import type { System } from '../../model/system.ts';
import { isLeased } from '../../model/system.ts';
import type { MeasuredTimings } from '../outages.ts';
import type { Outage } from './availability.ts';
import { Availability } from './availability.ts';
import { beginWorld, productionCore } from './begin-world.ts';
import { timeBegan } from './host.ts';
import { Overlaps } from './overlap.ts';
import type { Core, World } from './world.ts';

/** Something that befell the system from outside; moments in Unix ms. */
export interface RecordedFault {
  readonly atMs: number;
  /** When it was over; null: within its own moment, or never heard of again. */
  readonly untilMs: number | null;
  readonly what:
    /** An instance ended, or was found unfit. `wasActive`: the active one is meant, wherever it is now. */
    | { readonly kind: 'instance'; readonly service: string; readonly host: string; readonly wasActive: boolean }
    | { readonly kind: 'host'; readonly host: string }
    | { readonly kind: 'store' }
    | { readonly kind: 'external'; readonly service: string };
}

interface ReplayOptions {
  readonly system: System;
  readonly timings: MeasuredTimings;
  readonly faults: readonly RecordedFault[];
  /** By service, the host on which it was active when it began. */
  readonly activeOn: Readonly<Record<string, string>>;
  /** Until when it is watched, Unix ms. */
  readonly untilMs: number;
}

/** What came of it this time. */
export interface Replayed {
  readonly services: readonly ReplayedService[];
  /** How long consumers of the whole system went without, in ms. */
  readonly systemGapMs: number;
  readonly rulesFired: ReadonlyMap<number, number>;
  readonly overlaps: number;
  /** Faults that this description has no place for, in words. */
  readonly missed: readonly string[];
}

interface ReplayedService {
  readonly name: string;
  /** How long consumers went without it, in ms. */
  readonly gapMs: number;
  /** It was not back when the watch ended. */
  readonly lasting: boolean;
  readonly activeOn: readonly string[];
}

/** Long enough for every first start; the wall clock is put back by it, so that schedules stand as they stood. */
const warmUpMs = 600_000;

/** Lets the faults befall the system and tells what came of it. */
export function replay(options: ReplayOptions, core: Core = productionCore): Replayed {
  const { faults, timings, activeOn, untilMs } = options;
  const beganAtMs = Math.min(untilMs, ...faults.map((fault) => fault.atMs)) - warmUpMs;
  const system = preferring(options.system, activeOn);
  const world = beginWorld(system, timings, beganAtMs, core);
  const availability = new Availability(world, system);
  const overlaps = new Overlaps(world);
  const fired = new Map<number, number>();
  let counting = false;
  world.watcher = {
    changed: (service) => {
      overlaps.look(service);
      availability.look();
    },
    finished: (service) => availability.finished(service),
    decided: (_, decided) => {
      if (!counting) return;
      for (const rule of decided.fired) fired.set(rule, (fired.get(rule) ?? 0) + 1);
    },
  };
  const trueTime = (atMs: number): number => timeBegan + atMs - beganAtMs;
  const runUntil = (end: number): void => {
    while (world.now < end) {
      world.run(Math.min(end, Math.max(world.now + 1, availability.nextAt)));
      availability.look();
    }
  };
  for (const name of world.hosts.keys()) world.hostUp(name);
  runUntil(trueTime(beganAtMs + warmUpMs) - 1);
  availability.begin();
  counting = true;
  const missed: string[] = [];
  const happenings = faults
    .flatMap((fault) => [
      { atMs: fault.atMs, fault, down: true },
      ...(fault.untilMs === null ? [] : [{ atMs: fault.untilMs, fault, down: false }]),
    ])
    .toSorted((a, b) => a.atMs - b.atMs);
  for (const { atMs, fault, down } of happenings) {
    runUntil(trueTime(Math.min(atMs, untilMs)));
    const without = befall(world, availability, fault, down);
    if (without !== null && down) missed.push(without);
    availability.look();
  }
  runUntil(trueTime(untilMs));
  const open = world.now;
  availability.end();
  return {
    services: system.services.map(({ name }) => {
      const outages = availability.outages.get(name) ?? [];
      return {
        name,
        gapMs: lost(outages),
        lasting: outages.some((each) => each.to >= open),
        activeOn: [...world.hosts.values()].flatMap((host) =>
          host.processes.some((running) => running.service === name && running.serves) ? [host.name] : [],
        ),
      };
    }),
    systemGapMs: lost(availability.outages.get('') ?? []),
    rulesFired: new Map([...fired].toSorted(([a], [b]) => a - b)),
    overlaps: overlaps.count,
    missed,
  };
}

function lost(outages: readonly Outage[]): number {
  return outages.reduce((sum, each) => sum + each.to - each.from, 0);
}

/** Begins or ends a fault. Answers in words what there is no place for; null: it befell. */
function befall(world: World, availability: Availability, { what }: RecordedFault, down: boolean): string | null {
  switch (what.kind) {
    case 'instance': {
      if (!down) return null;
      const on = [...world.hosts.values()].flatMap((host) =>
        host.processes
          .filter((running) => running.service === what.service)
          .map((running) => ({ host: host.name, serves: running.serves })),
      );
      const hit = what.wasActive
        ? (on.find((each) => each.serves && each.host === what.host) ?? on.find((each) => each.serves))
        : (on.find((each) => !each.serves && each.host === what.host) ?? on.find((each) => !each.serves));
      const role = what.wasActive ? 'active' : 'standby';
      if (hit === undefined) return `${what.service}@${what.host} (${role} then): no ${role} one runs at that moment`;
      availability.failed(`${what.service}@${hit.host}`, null, true, true);
      world.crash(what.service, hit.host, false);
      return null;
    }
    case 'host':
      if (!world.hosts.has(what.host)) return `host ${what.host}: not described`;
      availability.failed(`host:${what.host}`, null, down, false);
      if (down) world.hostDown(what.host);
      else world.hostUp(what.host);
      return null;
    case 'store':
      availability.failed('store', null, down, false);
      if (down) world.storeDown();
      else world.storeBack();
      return null;
    case 'external':
      if (!world.described.services.some((service) => service.name === what.service))
        return `${what.service}: not described`;
      availability.failed(what.service, null, down, false);
      world.externalIs(what.service, down);
      return null;
    default:
      return what satisfies never;
  }
}

/** The same system, its leases begun where they were. Who is failed back to stays as described. */
function preferring(system: System, activeOn: Readonly<Record<string, string>>): System {
  return {
    ...system,
    services: system.services.map((service) => {
      const host = Object.hasOwn(activeOn, service.name) ? activeOn[service.name] : undefined;
      return host !== undefined &&
        isLeased(service) &&
        !service.failBack &&
        service.on.some((place) => place.host === host)
        ? { ...service, prefer: host }
        : service;
    }),
  };
}
