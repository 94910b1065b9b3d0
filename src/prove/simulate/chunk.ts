// One stretch of simulated time from a cold start: faults drawn, the core let act, quiet stretches skipped, outages noted. Stretches
// are independent of one another, so that several cores can work, and the result does not hang on how many do.

import { initialState } from '../../decide/initial.ts';
import { step } from '../../decide/step.ts';
import { nextChange } from '../../model/schedule.ts';
import type { System } from '../../model/system.ts';
import type { Measured } from '../../model/timings.ts';
import { sessionTtl } from '../../model/timings.ts';
import { wallMs } from '../../model/units.ts';
import type { FiguresChosen } from '../figures.ts';
import { structureOf } from '../structure.ts';
import type { Outage } from './availability.ts';
import { Availability } from './availability.ts';
import { behaviourOf } from './behaviour.ts';
import type { Fault } from './faults.ts';
import { Faults } from './faults.ts';
import { timeBegan } from './host.ts';
import { Overlaps } from './overlap.ts';
import type { Picture } from './picture.ts';
import { pictureOf, restore } from './picture.ts';
import { movedOn, recursUntil } from './recurrence.ts';
import { Topple } from './topple.ts';
import type { Core } from './world.ts';
import { World } from './world.ts';

export interface ChunkOptions {
  readonly system: System;
  readonly figures: FiguresChosen;
  /** By service, what was measured of it. */
  readonly timings: Readonly<Record<string, Measured>>;
  readonly seed: string;
  /** Which stretch, from 0. */
  readonly index: number;
  readonly lengthMs: number;
  /** Quiet stretches are jumped over. */
  readonly skips: boolean;
}

export interface ChunkResult {
  readonly index: number;
  readonly lengthMs: number;
  readonly failovers: number;
  readonly faults: number;
  readonly overlaps: number;
  /** Of the system, and by service; moments count from the beginning of the stretch. */
  readonly outages: readonly Outage[];
  readonly services: readonly { readonly name: string; readonly outages: readonly Outage[] }[];
  readonly rulesFired: readonly (readonly [rule: number, times: number])[];
  /** How often the core was asked, and how much time was lived through without skipping. */
  readonly steps: number;
  readonly livedMs: number;
}

/** The core as it runs in production. */
export const productionCore: Core = { step, initialState };

/** Unix time at which every simulated stretch begins: a Monday, midnight UTC. */
const beganAtMs = Date.UTC(2029, 0, 1);
const warmUpMs = 600_000;

/** Lives through one stretch. */
export function simulateChunk(options: ChunkOptions, core: Core = productionCore): ChunkResult {
  return new Chunk(options, core).live();
}

class Chunk {
  readonly #options: ChunkOptions;
  readonly #world: World;
  readonly #faults: Faults;
  readonly #topple: Topple;
  readonly #availability: Availability;
  readonly #overlaps: Overlaps;
  readonly #periodMs: number;
  readonly #fired = new Float64Array(1000);
  #failovers = 0;
  #drawn = 0;
  #livedMs = 0;
  #planAt = Infinity;

  constructor(options: ChunkOptions, core: Core) {
    const { system } = options;
    this.#options = options;
    const ttl = sessionTtl(system);
    this.#periodMs = ttl / 4;
    const runs = system.services.flatMap((service) => (service.kind === 'run' ? [service] : []));
    this.#world = new World({
      system,
      core,
      behaviours: new Map(runs.map((service) => [service.name, behaviourOf(service, options.timings[service.name])])),
      began: beganAtMs,
      pulseMs: this.#periodMs / pulsesIn(this.#periodMs, runs.map((service) => service.detect.heartbeat?.every ?? Infinity)),
    });
    const { parts } = structureOf(system, options.figures);
    const grid = { failure: this.#periodMs / 4, repair: this.#periodMs };
    this.#faults = new Faults(parts, `${options.seed}/${options.index}`, grid);
    this.#topple = new Topple(this.#world, system, parts);
    this.#availability = new Availability(this.#world, system);
    this.#overlaps = new Overlaps(this.#world);
    this.#world.watcher = {
      changed: (service) => {
        this.#overlaps.look(service);
        this.#availability.look();
      },
      finished: (service) => this.#availability.finished(service),
      decided: (_, { fired, because }) => {
        for (const rule of fired) this.#fired[rule] = (this.#fired[rule] ?? 0) + 1;
        for (const each of because) {
          if (each.rule !== null && !fired.includes(each.rule)) this.#fired[each.rule] = (this.#fired[each.rule] ?? 0) + 1;
          if (each.kind === 'failover' && each.facts['planned'] === false) this.#failovers += 1;
        }
      },
    };
  }

  live(): ChunkResult {
    const world = this.#world;
    for (const name of world.hosts.keys()) world.hostUp(name);
    this.#lookAhead();
    // The first start is no failure of anybody's: what counts begins after it, and faults are drawn from there.
    const warmUp = Math.ceil(warmUpMs / this.#periodMs) * this.#periodMs;
    const from = timeBegan + warmUp;
    this.#until(from, () => Infinity);
    this.#fired.fill(0);
    this.#failovers = 0;
    this.#livedMs = 0;
    const stepsBefore = world.steps;
    this.#availability.begin();
    const end = from + this.#options.lengthMs;
    this.#until(end, () => this.#faults.nextAt + warmUp);
    this.#availability.end();
    const relative = (outages: readonly Outage[] | undefined): Outage[] => (outages ?? []).map((each) => ({ ...each, from: each.from - from, to: each.to - from }));
    return {
      index: this.#options.index,
      lengthMs: this.#options.lengthMs,
      failovers: this.#failovers,
      faults: this.#drawn,
      overlaps: this.#overlaps.count,
      outages: relative(this.#availability.outages.get('')),
      services: this.#options.system.services.map(({ name }) => ({ name, outages: relative(this.#availability.outages.get(name)) })),
      rulesFired: [...this.#fired].flatMap((times, rule) => (times > 0 ? [[rule, times] as const] : [])),
      steps: world.steps - stepsBefore,
      livedMs: this.#livedMs,
    };
  }

  /** Lives until that moment; `faultAt`: when the next fault is due. */
  #until(end: number, faultAt: () => number): void {
    const world = this.#world;
    let last: Picture | null = null;
    let firedThen: Float64Array | null = null;
    while (world.now < end) {
      const next = Math.min(faultAt(), this.#planAt, this.#availability.nextAt, end);
      if (next <= world.now) {
        this.#arrive(faultAt);
        last = null;
        continue;
      }
      const target = Math.min(world.now + this.#periodMs, next);
      this.#livedMs += target - world.now;
      const whole = target - world.now === this.#periodMs;
      world.run(target);
      if (!whole || !this.#options.skips) {
        last = null;
        continue;
      }
      const picture = pictureOf(world);
      if (last === null || firedThen === null || !this.#skip(last, picture, firedThen, Math.min(faultAt(), this.#planAt, this.#availability.nextAt, end))) {
        last = picture;
        firedThen = this.#fired.slice();
      } else last = null;
    }
  }

  /** Jumps over as many periods as the world repeats itself for. */
  #skip(then: Picture, now: Picture, firedThen: Float64Array, next: number): boolean {
    const period = this.#periodMs;
    const wall = beganAtMs + now.at - timeBegan;
    const until = recursUntil(then, now, period, { now: now.at, wall });
    if (until === null) return false;
    const periods = Math.ceil((Math.min(until, next) - now.at) / period) - 1;
    if (periods < 1) return false;
    restore(this.#world, movedOn(then, now, periods * period));
    for (let rule = 0; rule < this.#fired.length; rule += 1) {
      const times = this.#fired[rule] ?? 0;
      this.#fired[rule] = times + periods * (times - (firedThen[rule] ?? 0));
    }
    return true;
  }

  #arrive(faultAt: () => number): void {
    const { now } = this.#world;
    if (faultAt() <= now) {
      const fault = this.#faults.take();
      if (fault !== null) this.#befalls(fault);
    }
    if (this.#planAt <= now) {
      this.#lookAhead();
      this.#availability.planned();
    }
    if (this.#availability.nextAt <= now) this.#availability.look();
  }

  #befalls({ part, down }: Fault): void {
    if (down) this.#drawn += 1;
    const shared = part.kind === 'software' || part.kind === 'configuration';
    this.#availability.failed(part.name, shared ? part.owner : null, down);
    this.#topple.befalls(part, down);
    this.#availability.look();
  }

  /** The next moment at which a schedule changes what is wanted. */
  #lookAhead(): void {
    const wall = wallMs(beganAtMs + this.#world.now - timeBegan);
    let next = Infinity;
    for (const service of this.#world.services.values()) {
      if (service.schedule === null) continue;
      const at = nextChange(service.schedule, wall);
      next = Math.min(next, at - beganAtMs + timeBegan);
    }
    this.#planAt = next;
  }
}

/** Into how many pulses a period is divided, so that the quickest heartbeat is not missed. */
function pulsesIn(periodMs: number, everies: readonly number[]): number {
  const quickest = Math.min(...everies);
  let pulses = 1;
  while (periodMs / pulses > quickest && pulses < 64) pulses *= 2;
  return pulses;
}
