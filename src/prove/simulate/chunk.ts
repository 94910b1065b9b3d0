// One stretch of simulated time from a cold start: faults drawn, the core let act, quiet stretches skipped, outages noted. Stretches
// are independent of one another, so that several cores can work, and the result does not hang on how many do.

import type { System } from '../../model/system.ts';
import type { Measured } from '../../model/timings.ts';
import { sessionTtl } from '../../model/timings.ts';
import type { FiguresChosen } from '../figures.ts';
import { structureOf } from '../structure.ts';
import type { Outage } from './availability.ts';
import { Availability } from './availability.ts';
import { beginWorld, productionCore } from './begin-world.ts';
import { Episodes } from './episodes.ts';
import { Externals } from './externals.ts';
import type { Fault } from './faults.ts';
import { Faults, isMomentary } from './faults.ts';
import { timeBegan } from './host.ts';
import { Overlaps } from './overlap.ts';
import type { Picture } from './picture.ts';
import { pictureOf, restore } from './picture.ts';
import type { Recurrence } from './recurrence.ts';
import { movedOn, recursUntil } from './recurrence.ts';
import type { Fired } from './tally.ts';
import { Tally } from './tally.ts';
import { Topple } from './topple.ts';
import type { Core, World } from './world.ts';

/** All that a stretch depends on. */
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
  /** What was lived through before is remembered. */
  readonly remembers: boolean;
}

/** What happened in it. Durations and moments in ms. */
export interface ChunkResult {
  readonly index: number;
  /** Shorter than asked for when the system never came to rest. */
  readonly lengthMs: number;
  readonly failovers: number;
  readonly faults: number;
  readonly overlaps: number;
  /** Of the system, and by service; moments count from the beginning of the stretch. */
  readonly outages: readonly Outage[];
  readonly services: readonly { readonly name: string; readonly outages: readonly Outage[] }[];
  readonly rulesFired: Fired;
  /** How often the core was asked, and how much time was lived through without skipping. */
  readonly steps: number;
  readonly livedMs: number;
  /** Episodes that were remembered. */
  readonly remembered: number;
}

/** Unix time at which every simulated stretch begins: a Monday, midnight UTC. */
const beganAtMs = Date.UTC(2029, 0, 1);
const wallLessTime = beganAtMs - timeBegan;
const warmUpMs = 600_000;
/** While the store is away, renewals and promises come round together after 2 ttl: so many periods. */
const longPeriod = 8;
/** Longer than any rule but the back-off's looks back; that one's is added. */
const leastSettlesMs = 65_000;
/** Going back to a preferred host is damped by how often it was done in the last hour. */
const returnsSettleMs = 3_605_000;
/** A system that never comes to rest is not lived through to the end: minutes of work for one stretch. */
const mostSteps = 10_000_000;

/** Lives through one stretch. */
export function simulateChunk(options: ChunkOptions, core: Core = productionCore): ChunkResult {
  return new Chunk(options, core).live();
}

/** The world as it was, and what had fired by then. */
interface Seen {
  readonly picture: Picture;
  readonly fired: Float64Array;
}

class Chunk {
  readonly #options: ChunkOptions;
  readonly #world: World;
  readonly #externals: Externals;
  readonly #topple: Topple;
  readonly #availability: Availability;
  readonly #overlaps: Overlaps;
  readonly #episodes: Episodes;
  readonly #periodMs: number;
  /** What happened longer ago than this is of no consequence. */
  readonly #settlesMs: number;
  readonly #from: number;
  readonly #tally = new Tally();
  #livedMs = 0;

  constructor(options: ChunkOptions, core: Core) {
    const { system } = options;
    this.#options = options;
    this.#periodMs = sessionTtl(system) / 4;
    this.#settlesMs = settlesAfter(system);
    this.#world = beginWorld(system, options.timings, beganAtMs, core);
    const { parts } = structureOf(system, options.figures);
    const grid = { fine: this.#periodMs / 4, coarse: this.#periodMs };
    const warmUp = Math.ceil(warmUpMs / this.#periodMs) * this.#periodMs;
    this.#from = timeBegan + warmUp;
    this.#externals = new Externals(new Faults(parts, `${options.seed}/${options.index}`, grid), system, {
      now: timeBegan,
      later: warmUp,
      wallLessTime,
    });
    this.#topple = new Topple(this.#world, system, parts);
    this.#availability = new Availability(this.#world, system);
    this.#overlaps = new Overlaps(this.#world);
    const stage = {
      world: this.#world,
      externals: this.#externals,
      topple: this.#topple,
      availability: this.#availability,
      wallLessTime,
    };
    this.#episodes = new Episodes(stage, this.#tally, this.#overlaps);
    this.#availability.onTurn = (turn) => this.#episodes.turned(turn);
    this.#watch();
  }

  #watch(): void {
    this.#world.watcher = {
      changed: (service) => {
        this.#overlaps.look(service);
        this.#availability.look();
      },
      finished: (service) => this.#availability.finished(service),
      decided: (_, { fired, because }) => {
        for (const rule of fired) this.#tally.fire(rule);
        for (const each of because) {
          if (each.rule !== null && !fired.includes(each.rule)) this.#tally.fire(each.rule);
          if (each.kind === 'failover' && each.facts['planned'] === false) this.#tally.failovers += 1;
        }
      },
    };
  }

  live(): ChunkResult {
    const world = this.#world;
    for (const name of world.hosts.keys()) world.hostUp(name);
    // The first start is no failure of anybody's: what counts begins after it.
    this.#until(this.#from);
    this.#tally.clear();
    this.#livedMs = 0;
    const stepsBefore = world.steps;
    this.#availability.begin();
    this.#until(this.#from + this.#options.lengthMs);
    this.#availability.end();
    const lengthMs = this.#world.now - this.#from;
    const relative = (outages: readonly Outage[] | undefined): Outage[] =>
      (outages ?? []).map((each) => ({ ...each, from: each.from - this.#from, to: each.to - this.#from }));
    return {
      index: this.#options.index,
      lengthMs,
      failovers: this.#tally.failovers,
      faults: this.#tally.faults,
      overlaps: this.#overlaps.count,
      outages: relative(this.#availability.outages.get('')),
      services: this.#options.system.services.map(({ name }) => ({
        name,
        outages: relative(this.#availability.outages.get(name)),
      })),
      rulesFired: this.#tally.all(),
      steps: world.steps - stepsBefore,
      livedMs: this.#livedMs,
      remembered: this.#episodes.remembered,
    };
  }

  /** Lives until that moment. */
  #until(end: number): void {
    const world = this.#world;
    // The latest pictures, a period apart, the newest last.
    let lately: Seen[] = [];
    this.#episodes.forget();
    while (world.now < end && world.steps < mostSteps) {
      const next = Math.min(this.#externals.nextAt, this.#availability.nextAt, end);
      if (next <= world.now) {
        this.#arrive();
        lately = [];
        continue;
      }
      const target = Math.min(world.now + this.#periodMs, next);
      const whole = target - world.now === this.#periodMs;
      this.#livedMs += target - world.now;
      world.run(target);
      if (!whole || !this.#options.skips) {
        lately = [];
        continue;
      }
      const seen: Seen = { picture: pictureOf(world), fired: this.#tally.mark() };
      const gone = this.#recurs(lately, seen, end);
      lately = gone ? [] : [...lately.slice(1 - longPeriod), seen];
    }
  }

  /** Tries whether the world has come back to where it was a period ago, or a long one. */
  #recurs(lately: readonly Seen[], seen: Seen, end: number): boolean {
    for (const back of [1, longPeriod]) {
      const then = lately.at(-back);
      if (lately.length < back || then === undefined) continue;
      const period = back * this.#periodMs;
      const found = recursUntil(then.picture, seen.picture, period, {
        now: seen.picture.at,
        wall: seen.picture.at + wallLessTime,
      });
      if (found !== null && seen.picture.at - found.youngestWatched >= 6 * this.#periodMs)
        return this.#goOn(then, seen, period, found, end);
    }
    return false;
  }

  /** The world repeats itself: goes on where that ends. False: it does at once. */
  #goOn(
    { picture: then, fired: firedThen }: Seen,
    { picture: now, fired: firedNow }: Seen,
    period: number,
    { until, youngest }: Recurrence,
    end: number,
  ): boolean {
    const quiet = this.#tally.since(firedThen, firedNow);
    const next = Math.min(until, this.#externals.nextAt, this.#availability.nextAt, end);
    const most = Math.ceil((next - now.at) / period) - 1;
    const planAt = (this.#externals.nextPlanWall(now.at) ?? Infinity) - wallLessTime;
    const settles =
      this.#options.remembers && until >= planAt && this.#availability.nextAt === Infinity && now.at >= this.#from;
    const settlesIn = Math.max(0, Math.ceil((youngest + this.#settlesMs - now.at) / period));
    if (settles && settlesIn <= most) {
      const later = movedOn(then, now, settlesIn * period);
      const before = settlesIn === 0 ? then : movedOn(then, now, (settlesIn - 1) * period);
      const situation = this.#episodes.settled.situationOf(before, later, period, quiet);
      if (situation !== null) {
        this.#tally.repeat(quiet, settlesIn);
        this.#episodes.settle(situation, later.at, end);
        return true;
      }
    }
    if (settles && settlesIn <= most) this.#episodes.forget();
    if (most < 1) return false;
    restore(this.#world, movedOn(then, now, most * period));
    this.#tally.repeat(quiet, most);
    return true;
  }

  /** What comes from outside now. */
  #arrive(): void {
    const { now } = this.#world;
    if (this.#externals.nextAt <= now) {
      const event = this.#externals.take();
      if (event !== null) {
        this.#episodes.happened(event);
        if (event.kind === 'fault') this.#befalls(event.fault);
        else this.#availability.planned();
      }
    }
    if (this.#availability.nextAt <= now) this.#availability.look();
  }

  #befalls({ part, down }: Fault): void {
    if (down) this.#tally.faults += 1;
    const shared = part.kind === 'software' || part.kind === 'configuration';
    this.#availability.failed(part.name, shared ? part.owner : null, down, isMomentary(part));
    this.#topple.befalls(part, down);
    this.#availability.look();
  }
}

/** Milliseconds after which what happened decides nothing any more. */
function settlesAfter(system: System): number {
  const runs = system.services.flatMap((service) => (service.kind === 'run' ? [service] : []));
  return Math.max(
    runs.some((service) => service.failBack) ? returnsSettleMs : leastSettlesMs,
    ...runs.map((service) => 2 * service.backOff.upTo + leastSettlesMs / 2),
  );
}
