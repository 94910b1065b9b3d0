// One stretch of simulated time from a cold start: faults drawn, the core let act, quiet stretches skipped, outages noted. Stretches
// are independent of one another, so that several cores can work, and the result does not hang on how many do.

import { initialState } from '../../decide/initial.ts';
import { step } from '../../decide/step.ts';
import { nextChange } from '../../model/schedule.ts';
import type { Schedule, System } from '../../model/system.ts';
import { isLeased } from '../../model/system.ts';
import type { Measured } from '../../model/timings.ts';
import { sessionTtl } from '../../model/timings.ts';
import { wallMs } from '../../model/units.ts';
import type { FiguresChosen } from '../figures.ts';
import { structureOf } from '../structure.ts';
import type { Outage, Turn } from './availability.ts';
import { Availability } from './availability.ts';
import { behaviourOf } from './behaviour.ts';
import type { External } from './externals.ts';
import { Externals } from './externals.ts';
import type { Fault } from './faults.ts';
import { Faults, isMomentary } from './faults.ts';
import { timeBegan } from './host.ts';
import type { Episode, Situation } from './memory.ts';
import { Memory } from './memory.ts';
import { nameOf, replaced } from './name-situation.ts';
import { Overlaps } from './overlap.ts';
import type { Picture } from './picture.ts';
import { pictureOf, restore } from './picture.ts';
import type { Recurrence } from './recurrence.ts';
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
  /** What was lived through before is remembered. */
  readonly remembers: boolean;
}

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
  readonly rulesFired: readonly (readonly [rule: number, times: number])[];
  /** How often the core was asked, and how much time was lived through without skipping. */
  readonly steps: number;
  readonly livedMs: number;
  /** Episodes that were remembered. */
  readonly remembered: number;
}

/** The core as it runs in production. */
export const productionCore: Core = { step, initialState };

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
/** Of what comes from outside within one episode. */
const mostEvents = 4;
const longestEpisodeMs = 3_600_000;
/** A system that never comes to rest is not lived through to the end: minutes of work for one stretch. */
const mostSteps = 10_000_000;
const mostFinishes = 1000;

/** Lives through one stretch. */
export function simulateChunk(options: ChunkOptions, core: Core = productionCore): ChunkResult {
  return new Chunk(options, core).live();
}

class Chunk {
  readonly #options: ChunkOptions;
  readonly #world: World;
  readonly #externals: Externals;
  readonly #topple: Topple;
  readonly #availability: Availability;
  readonly #overlaps: Overlaps;
  readonly #memory: Memory;
  readonly #periodMs: number;
  /** What happened longer ago than this is of no consequence. */
  readonly #settlesMs: number;
  readonly #from: number;
  readonly #fired = new Float64Array(1000);
  readonly #finishes = new Map<string, number>();
  readonly #holding = new WeakMap<Situation, boolean>();
  #failovers = 0;
  #drawn = 0;
  #livedMs = 0;
  /** The episode that is being lived and will be remembered. */
  #recording: Recording | null = null;

  constructor(options: ChunkOptions, core: Core) {
    const { system } = options;
    this.#options = options;
    this.#memory = new Memory();
    this.#periodMs = sessionTtl(system) / 4;
    const runs = system.services.flatMap((service) => (service.kind === 'run' ? [service] : []));
    this.#settlesMs = Math.max(
      runs.some((service) => service.failBack) ? returnsSettleMs : leastSettlesMs,
      ...runs.map((service) => 2 * service.backOff.upTo + leastSettlesMs / 2),
    );
    this.#world = new World({
      system,
      core,
      behaviours: new Map(runs.map((service) => [service.name, behaviourOf(service, options.timings[service.name])])),
      began: beganAtMs,
      pulseMs:
        this.#periodMs /
        pulsesIn(
          this.#periodMs,
          runs.map((service) => service.detect.heartbeat?.every ?? Infinity),
        ),
    });
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
    this.#availability.onTurn = (turn) => this.#recording?.turns.push({ ...turn, at: turn.at - this.#recording.at });
    this.#world.watcher = {
      changed: (service) => {
        this.#overlaps.look(service);
        this.#availability.look();
      },
      finished: (service) => this.#availability.finished(service),
      decided: (_, { fired, because }) => {
        for (const rule of fired) this.#fired[rule] = (this.#fired[rule] ?? 0) + 1;
        for (const each of because) {
          if (each.rule !== null && !fired.includes(each.rule))
            this.#fired[each.rule] = (this.#fired[each.rule] ?? 0) + 1;
          if (each.kind === 'failover' && each.facts['planned'] === false) this.#failovers += 1;
        }
      },
    };
  }

  live(): ChunkResult {
    const world = this.#world;
    for (const name of world.hosts.keys()) world.hostUp(name);
    // The first start is no failure of anybody's: what counts begins after it.
    this.#until(this.#from);
    this.#fired.fill(0);
    this.#failovers = 0;
    this.#drawn = 0;
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
      failovers: this.#failovers,
      faults: this.#drawn,
      overlaps: this.#overlaps.count,
      outages: relative(this.#availability.outages.get('')),
      services: this.#options.system.services.map(({ name }) => ({
        name,
        outages: relative(this.#availability.outages.get(name)),
      })),
      rulesFired: [...this.#fired].flatMap((times, rule) => (times > 0 ? [[rule, times] as const] : [])),
      steps: world.steps - stepsBefore,
      livedMs: this.#livedMs,
      remembered: this.#memory.remembered,
    };
  }

  /** Lives until that moment. */
  #until(end: number): void {
    const world = this.#world;
    // The latest pictures, a period apart, the newest last.
    let lately: Seen[] = [];
    this.#recording = null;
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
      const seen: Seen = { picture: pictureOf(world), fired: this.#fired.slice() };
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
    { picture: now }: Seen,
    period: number,
    { until, youngest }: Recurrence,
    end: number,
  ): boolean {
    const quiet = deltas(firedThen, this.#fired);
    const next = Math.min(until, this.#externals.nextAt, this.#availability.nextAt, end);
    const most = Math.ceil((next - now.at) / period) - 1;
    const planAt = (this.#externals.nextPlanWall(now.at) ?? Infinity) - wallLessTime;
    const settles =
      this.#options.remembers && until >= planAt && this.#availability.nextAt === Infinity && now.at >= this.#from;
    const settlesIn = Math.max(0, Math.ceil((youngest + this.#settlesMs - now.at) / period));
    if (settles && settlesIn <= most) {
      const later = movedOn(then, now, settlesIn * period);
      const situation = this.#situationOf(
        settlesIn === 0 ? then : movedOn(then, now, (settlesIn - 1) * period),
        later,
        period,
        quiet,
      );
      if (situation !== null) {
        this.#repeat(quiet, settlesIn);
        if (this.#recording !== null) this.#keep(this.#recording, situation, later.at);
        this.#recording = null;
        return this.#recallFrom(situation, later.at, end);
      }
    }
    this.#recording = settles && settlesIn <= most ? null : this.#recording;
    if (most < 1) return false;
    restore(this.#world, movedOn(then, now, most * period));
    this.#repeat(quiet, most);
    return true;
  }

  // ---------------------------------------------------------------- what was lived through before

  #situationOf(then: Picture, now: Picture, periodMs: number, quiet: Situation['quiet']): Situation | null {
    const wall = now.at + wallLessTime;
    const finished = (service: string, atMs: number): boolean => {
      const schedule = this.#world.services.get(service)?.schedule ?? null;
      return schedule === null || this.#finishedUntil(schedule, atMs) > wall;
    };
    const leased = (service: string): boolean => {
      const found = this.#world.services.get(service);
      return found !== undefined && isLeased(found);
    };
    const naming = { now: now.at, wall, finished, leased };
    const name = [
      String(periodMs),
      nameOf(then, now, naming),
      this.#externals.plans(now.at),
      leaseWords(now),
      this.#topple.down.join(' '),
      nameOf(null, this.#availability.picture(), naming),
    ].join('|');
    return this.#memory.situation(name, (id) => ({
      id,
      periodMs,
      before: then,
      now,
      quiet,
      availability: this.#availability.picture(),
      down: this.#topple.down,
    }));
  }

  /** From a settled situation over what is remembered, until something is not; the world is then put there. */
  #recallFrom(begin: Situation, beginAt: number, end: number): boolean {
    let situation = begin;
    let at = beginAt;
    for (;;) {
      const next = Math.min(this.#externals.nextAt, end);
      const periods = Math.max(0, Math.ceil((next - at) / situation.periodMs) - 1);
      this.#repeat(situation.quiet, periods);
      at += periods * situation.periodMs;
      const found = this.#recalled(situation, at, end);
      if (found === null) break;
      const { episode, events } = found;
      for (let event = 0; event < events; event += 1) {
        const taken = this.#externals.take();
        if (taken?.kind === 'fault' && taken.fault.down) this.#drawn += 1;
      }
      this.#failovers += episode.failovers;
      this.#overlaps.count += episode.overlaps;
      this.#repeat(episode.fired, 1);
      this.#availability.replay(episode.turns, at);
      this.#memory.remembered += 1;
      at += episode.lastsMs;
      situation = episode.to;
    }
    this.#put(situation, at);
    if (this.#externals.nextAt < end)
      this.#recording = {
        situation,
        at,
        events: [],
        turns: [],
        fired: this.#fired.slice(),
        failovers: this.#failovers,
        overlaps: this.#overlaps.count,
      };
    return true;
  }

  /** An episode that begins so and is over before anything else comes. */
  #recalled(
    situation: Situation,
    at: number,
    end: number,
  ): { readonly episode: Episode; readonly events: number } | null {
    const events: string[] = [];
    for (let place = 0; place < mostEvents; place += 1) {
      const event = this.#externals.peek(place);
      if (event === null || event.at - at > longestEpisodeMs) return null;
      events.push(eventWords(event, at));
      const episode = this.#memory.recall(situation, events.join('|'));
      if (episode === null) continue;
      const over = at + episode.lastsMs;
      if (over <= end && over < (this.#externals.peek(place + 1)?.at ?? Infinity))
        return { episode, events: events.length };
    }
    return null;
  }

  #keep(recording: Recording, to: Situation, at: number): void {
    if (recording.events.length === 0 || recording.events.length > mostEvents || at - recording.at > longestEpisodeMs)
      return;
    this.#memory.keep(recording.situation, recording.events.join('|'), {
      to,
      lastsMs: at - recording.at,
      failovers: this.#failovers - recording.failovers,
      overlaps: this.#overlaps.count - recording.overlaps,
      fired: deltas(recording.fired, this.#fired),
      turns: recording.turns,
    });
  }

  /** Makes the world what the situation is, at that moment. */
  #put(situation: Situation, at: number): void {
    const { before, now } = situation;
    const plan = this.#externals.nextPlanWall(at);
    const picture = withPlan(movedOn(before, now, at - now.at), plan);
    // What was finished still is: in this window as it was in that.
    const kept = this.#holdsFinished(situation)
      ? replaced(picture, (key, service, value) =>
          key === 'finishedAtMs' && this.#isFinished(service, value, now.at) ? at + wallLessTime - 1 : value,
        )
      : picture;
    restore(this.#world, { ...kept, at });
    this.#availability.restore(situation.availability);
    this.#topple.down = situation.down;
  }

  /** Something in the situation has finished, and its window is open still. Looked up once. */
  #holdsFinished(situation: Situation): boolean {
    const known = this.#holding.get(situation);
    if (known !== undefined) return known;
    let holds = false;
    replaced(situation.now, (key, service, value) => {
      holds ||= key === 'finishedAtMs' && this.#isFinished(service, value, situation.now.at);
      return value;
    });
    this.#holding.set(situation, holds);
    return holds;
  }

  /** Whether what finished at that Unix time is finished still at that true moment. */
  #isFinished(service: string, finishedAtMs: number, at: number): boolean {
    const schedule = this.#world.services.get(service)?.schedule ?? null;
    return schedule !== null && this.#finishedUntil(schedule, finishedAtMs) > at + wallLessTime;
  }

  /** When the window ends in which something finished at that Unix time; asked again and again of the same few. */
  #finishedUntil(schedule: Schedule, finishedAtMs: number): number {
    const key = `${schedule.text} ${finishedAtMs}`;
    const known = this.#finishes.get(key);
    if (known !== undefined) return known;
    if (this.#finishes.size >= mostFinishes) this.#finishes.clear();
    const until: number = nextChange(schedule, wallMs(finishedAtMs));
    this.#finishes.set(key, until);
    return until;
  }

  #repeat(fired: Situation['quiet'], times: number): void {
    if (times > 0) for (const [rule, each] of fired) this.#fired[rule] = (this.#fired[rule] ?? 0) + each * times;
  }

  // ---------------------------------------------------------------- what comes from outside

  #arrive(): void {
    const { now } = this.#world;
    if (this.#externals.nextAt <= now) {
      const event = this.#externals.take();
      if (event !== null) {
        this.#recording?.events.push(eventWords(event, this.#recording.at));
        if (event.kind === 'fault') this.#befalls(event.fault);
        else this.#availability.planned();
      }
    }
    if (this.#availability.nextAt <= now) this.#availability.look();
  }

  #befalls({ part, down }: Fault): void {
    if (down) this.#drawn += 1;
    const shared = part.kind === 'software' || part.kind === 'configuration';
    this.#availability.failed(part.name, shared ? part.owner : null, down, isMomentary(part));
    this.#topple.befalls(part, down);
    this.#availability.look();
  }
}

/** The picture with another next change of a schedule: a moment that does not move along. */
function withPlan(picture: Picture, plan: number | null): Picture {
  if (plan === null) return picture;
  const hosts = picture.hosts.map((host) => {
    const { agent } = host;
    return agent === null || agent.state.nextPlanChangeMs === null
      ? host
      : { ...host, agent: { ...agent, state: { ...agent.state, nextPlanChangeMs: plan } } };
  });
  return { ...picture, hosts };
}

interface Seen {
  readonly picture: Picture;
  readonly fired: Float64Array;
}

interface Recording {
  readonly situation: Situation;
  readonly at: number;
  readonly events: string[];
  readonly turns: Turn[];
  readonly fired: Float64Array;
  readonly failovers: number;
  readonly overlaps: number;
}

function eventWords(event: External, from: number): string {
  return `${event.at - from} ${event.words}`;
}

function deltas(from: Float64Array, to: Float64Array): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (const [rule, times] of to.entries()) if (times !== from[rule]) found.push([rule, times - (from[rule] ?? 0)]);
  return found;
}

/** Which leases are good: terms and epochs are left out of a situation's name, what they mean is not. */
function leaseWords({ entries }: Picture): string {
  return [...entries.values()]
    .flatMap(({ change }) => {
      if (change?.kind !== 'lease' || change.value === null) return [];
      const { host, epoch, handed, next } = change.value;
      const session = host === null ? undefined : entries.get(`session/${host}`)?.change;
      const good =
        session?.kind === 'session' && session.value !== null && !session.value.dead && session.value.epoch === epoch;
      return [`${change.service} ${host} ${good} ${handed === null ? null : handed.planned} ${next}`];
    })
    .join(',');
}

/** Into how many pulses a period is divided, so that the quickest heartbeat is not missed. */
export function pulsesIn(periodMs: number, everies: readonly number[]): number {
  const quickest = Math.min(...everies);
  let pulses = 1;
  while (periodMs / pulses > quickest && pulses < 64) pulses *= 2;
  return pulses;
}
