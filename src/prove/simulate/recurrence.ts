// How a quiet stretch is known, and skipped. Two pictures of the whole world are taken a period apart: every agent's state, every
// process, the store, all that is on its way. When they differ in nothing but moments that have moved by exactly the period,
// counters, revisions and nonces, the world has come back to where it was: it is deterministic, so it will do the same again and
// again until something comes from outside, or until a moment arrives that did not move along. So the stretch may be jumped
// over by as many periods as end before the next drawn fault and before any such moment held anywhere in the picture: the end
// of a back-off, a schedule's change, an intent's end. Moments that moved are moved further; those that stood still stay, so that
// ages stay true.
//
// Nobody lists what is a moment and what is not: what moved by the period is one. A new field of the core that moves otherwise
// makes nothing wrong; it only keeps the stretch from being skipped.

/** Numbers that count, and mean something only beside others of the same picture. */
const counters = new Set([
  'counter',
  'id',
  'revision',
  'inFlight',
  'effect',
  'starting',
  'closing',
  'ask',
  'writing',
  'deposing',
  'heardUpTo',
]);
/** Texts that name a life's next count. */
const nonces = new Set(['nonce']);
/** Of which only the worst counts: a list of equal ones may grow to its full length, and no judgement changes. */
const worstCounts = new Set(['gaps']);
/** The description never changes, and its durations are no moments. */
const fixed = new Set(['system']);

/**
 * Parts of an agent's state whose age may bring something about without a moment to come standing anywhere: the core works it out
 * anew at every step (a session's silence, promises). While one of these is younger than a session lasts, nothing is known.
 */
const watched = new Set(['sessions', 'own', 'ask', 'keeper', 'store']);

/** Moments of true time lie above every count and duration, wall clocks above them. */
export const leastMoment = 1e9;

/** A number in a picture from here up to `mostWall` is Unix ms; from `leastMoment` up to here, true time. */
export const leastWall = 1.8e12;

/** See `leastWall`. */
export const mostWall = 1e15;

/** True time, and what the clocks of the hosts show (Unix ms), at the same moment. */
export interface Clock {
  readonly now: number;
  readonly wall: number;
}

/**
 * Until when the world repeats itself with this period; null when it does not. `then` and `now` are pictures
 * a period apart, `clock` that of `now`.
 */
export function recursUntil(then: unknown, now: unknown, period: number, clock: Clock): Recurrence | null {
  const search: Search = {
    period,
    clock,
    until: Infinity,
    youngest: -Infinity,
    youngestWatched: -Infinity,
    inWatched: false,
  };
  return same(then, now, '', search) ? search : null;
}

/** How far a world that repeats itself may be put ahead. True time in ms. */
export interface Recurrence {
  /** The world repeats itself before this true moment. */
  readonly until: number;
  /** The latest moment in it that is past and stands still. */
  readonly youngest: number;
  /** The same of what is watched for its age. */
  readonly youngestWatched: number;
}

/** The picture of so many milliseconds later, a whole number of periods. Only of pictures that `recursUntil` was asked of. */
export function movedOn<T>(then: T, now: T, by: number): T;
export function movedOn(then: unknown, now: unknown, by: number): unknown {
  if (then === now || now === null || typeof now === 'string') return now;
  // Counters of one picture stay as they are beside one another.
  if (typeof now === 'number') return now;
  if (now instanceof Map) {
    if (!(then instanceof Map)) return now;
    return new Map([...now].map(([key, value]) => [key, moved(then.get(key), value, String(key), by)]));
  }
  if (now instanceof Set) return now;
  if (isList(now)) {
    if (!isList(then) || then.length !== now.length) return now;
    return now.map((value, index) => moved(then[index], value, '', by));
  }
  if (!isPlain(now) || !isPlain(then)) return now;
  const made: Record<string, unknown> = {};
  for (const key in now) made[key] = moved(then[key], now[key], key, by);
  return made;
}

function moved(then: unknown, now: unknown, key: string, by: number): unknown {
  if (typeof now === 'number') return then === now || counters.has(key) ? now : now + by;
  return movedOn(then, now, by);
}

interface Search {
  readonly period: number;
  readonly clock: Clock;
  until: number;
  youngest: number;
  youngestWatched: number;
  inWatched: boolean;
}

function same(then: unknown, now: unknown, key: string, search: Search): boolean {
  if (search.inWatched || !watched.has(key)) return sameValue(then, now, key, search);
  search.inWatched = true;
  const found = sameValue(then, now, key, search);
  search.inWatched = false;
  return found;
}

function sameValue(then: unknown, now: unknown, key: string, search: Search): boolean {
  if (then === now) {
    if (typeof now === 'number') stands(now, search);
    else if (typeof now === 'object' && now !== null && !fixed.has(key))
      for (const moment of momentsIn(now)) stands(moment, search);
    return true;
  }
  if (typeof now === 'number') return typeof then === 'number' && (counters.has(key) || now - then === search.period);
  if (typeof now === 'string') return typeof then === 'string' && nonces.has(key);
  if (typeof now !== 'object' || typeof then !== 'object' || now === null || then === null) return false;
  if (now instanceof Map) {
    if (!(then instanceof Map) || then.size !== now.size) return false;
    for (const [name, value] of now)
      if (!then.has(name) || !same(then.get(name), value, String(name), search)) return false;
    return true;
  }
  if (now instanceof Set)
    return then instanceof Set && then.size === now.size && [...now].every((value) => then.has(value));
  if (Array.isArray(now)) {
    if (!Array.isArray(then)) return false;
    if (worstCounts.has(key))
      return allEqual(now, now[0]) && allEqual(then, now[0]) && now.length >= then.length && then.length > 0;
    if (then.length !== now.length) return false;
    for (let index = 0; index < now.length; index += 1) if (!same(then[index], now[index], '', search)) return false;
    return true;
  }
  if (!isPlain(now) || !isPlain(then)) return false;
  for (const name in now) if (!same(then[name], now[name], name, search)) return false;
  for (const name in then) if (!(name in now)) return false;
  return true;
}

function allEqual(list: readonly unknown[], value: unknown): boolean {
  return list.every((each) => each === value);
}

/** A number that stood still: when it is a moment to come, nothing is skipped past it. */
function stands(value: number, search: Search): void {
  const { now, wall } = search.clock;
  if (value < leastMoment || value >= mostWall) return;
  const at = value >= leastWall ? now + value - wall : value;
  if (at > now) search.until = Math.min(search.until, at);
  else {
    search.youngest = Math.max(search.youngest, at);
    if (search.inWatched) search.youngestWatched = Math.max(search.youngestWatched, at);
  }
}

/** Every number in an unchanging value that may be a moment; worked out once, since the core replaces what it changes. */
function momentsIn(value: object): readonly number[] {
  const known = moments.get(value);
  if (known !== undefined) return known;
  const found: number[] = [];
  const add = (inner: unknown, key: string): void => {
    if (typeof inner === 'number') {
      if (inner >= leastMoment && inner < mostWall) found.push(inner);
    } else if (typeof inner === 'object' && inner !== null && !fixed.has(key)) found.push(...momentsIn(inner));
  };
  if (value instanceof Map) for (const [key, inner] of value) add(inner, String(key));
  else if (value instanceof Set || Array.isArray(value)) for (const inner of value) add(inner, '');
  else if (isPlain(value)) for (const key in value) add(value[key], key);
  moments.set(value, found);
  return found;
}

const moments = new WeakMap<object, readonly number[]>();

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
