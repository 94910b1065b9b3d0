// Settled situations of a simulated world: which two are the same, and how the world is put into one again.

import { nextChange } from '../../model/schedule.ts';
import type { Schedule } from '../../model/system.ts';
import { isLeased } from '../../model/system.ts';
import { wallMs } from '../../model/units.ts';
import type { Availability } from './availability.ts';
import type { Externals } from './externals.ts';
import type { Memory, Situation } from './memory.ts';
import { nameOf, replaced } from './name-situation.ts';
import type { Picture } from './picture.ts';
import { restore } from './picture.ts';
import { movedOn } from './recurrence.ts';
import type { Topple } from './topple.ts';
import type { World } from './world.ts';

/** What a situation is taken from and put into. */
export interface Stage {
  readonly world: World;
  readonly externals: Externals;
  readonly topple: Topple;
  readonly availability: Availability;
  /** Unix time is true time and this. */
  readonly wallLessTime: number;
}

const mostFinishes = 1000;

/** Takes pictures of settled situations and puts the world back into one. */
export class Settled {
  readonly #stage: Stage;
  readonly #memory: Memory;
  readonly #finishes = new Map<string, number>();
  readonly #holding = new WeakMap<Situation, boolean>();

  constructor(stage: Stage, memory: Memory) {
    this.#stage = stage;
    this.#memory = memory;
  }

  /** The situation of a world that was `then` a period ago and is `now`; null: too many are kept. */
  situationOf(then: Picture, now: Picture, periodMs: number, quiet: Situation['quiet']): Situation | null {
    const { world, externals, topple, availability, wallLessTime } = this.#stage;
    const wall = now.at + wallLessTime;
    const finished = (service: string, atMs: number): boolean => {
      const schedule = world.services.get(service)?.schedule ?? null;
      return schedule === null || this.#finishedUntil(schedule, atMs) > wall;
    };
    const leased = (service: string): boolean => {
      const found = world.services.get(service);
      return found !== undefined && isLeased(found);
    };
    const naming = { now: now.at, wall, finished, leased };
    const name = [
      String(periodMs),
      nameOf(then, now, naming),
      externals.plans(now.at),
      leaseWords(now),
      topple.down.join(' '),
      nameOf(null, availability.picture(), naming),
    ].join('|');
    return this.#memory.situation(name, (id) => ({
      id,
      periodMs,
      before: then,
      now,
      quiet,
      availability: availability.picture(),
      down: topple.down,
    }));
  }

  /** Makes the world what the situation is, at that moment. */
  put(situation: Situation, at: number): void {
    const { world, externals, topple, availability, wallLessTime } = this.#stage;
    const { before, now } = situation;
    const picture = withPlan(movedOn(before, now, at - now.at), externals.nextPlanWall(at));
    // What was finished still is: in this window as it was in that.
    const kept = this.#holdsFinished(situation)
      ? replaced(picture, (key, service, value) =>
          key === 'finishedAtMs' && this.#isFinished(service, value, now.at) ? at + wallLessTime - 1 : value,
        )
      : picture;
    restore(world, { ...kept, at });
    availability.restore(situation.availability);
    topple.down = situation.down;
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
    const { world, wallLessTime } = this.#stage;
    const schedule = world.services.get(service)?.schedule ?? null;
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
