// What a recovery is predicted to take, part by part, and whether one took what was predicted. A surprise is not a fault of the
// service: it says that what `check`, `assess` and `simulate` reckon with no longer holds, so people are told that, at severity 3.
//
// With three measurements or more the range is the one that a further one falls into in 99 of 100 cases if they all come from one
// law, taken on logarithms since durations are skewed: mean ± t · s · √(1 + 1/n) (Hahn and Meeker, Statistical Intervals, 1991,
// chapter 4). With fewer it is what is declared or assumed. d is a promise and has no history: from 0 to what is left of z. Ranges
// are never narrower than what a busy machine does to a stopwatch: whoever is called wolf for 100 ms looks no more.

import type { RunService } from '../model/system.ts';
import type { History } from '../model/timings.ts';
import { timingsOf } from '../model/timings.ts';

/** In milliseconds, both ends within. */
export type Range = readonly [low: number, high: number];

/** The parts that are measured of a recovery; null: not measured, or no part of this one. */
export interface Parts<T> {
  readonly dMs: T | null;
  readonly switchMs: T | null;
  readonly bMs: T | null;
  readonly iMs: T | null;
  readonly zMs: T | null;
}

/** A part that took longer, or less, than predicted. */
export interface Surprise {
  readonly part: 'd' | 'b' | 'i' | 'z';
  readonly tookMs: number;
  readonly lowMs: number;
  readonly highMs: number;
}

const fewest = 3;
/** Student's t, two-sided 99 %, by degrees of freedom from 2. */
const students = [9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.25] as const;
/** The least spread that is believed, of logarithms. */
const leastSpread = Math.log(2);
/** The same quantile where the spread is not estimated but taken for granted. */
const normal = 2.576;
/** What no clock and no probe tells apart. */
const slackMs = 250;
/** What is assumed of a part may be wrong by so much. */
const assumedFactor = 10;

/** What a recovery of this service on one host should take by what that host measured before; `booted`: it has to be started first. */
export function predictionOf(service: RunService, history: History, booted: boolean): Parts<Range> {
  const { d, s, b, i } = timingsOf(service, { here: history }, undefined);
  // Nobody waits for one of several hot ones; that it is found is still due within z.
  const detect: Range = [
    0,
    slackMs + (service.policy === 'hot-active/hot-active' ? service.objective.recoverWithin : d),
  ];
  const boot = booted ? rangeOf(history.bMs, service.ready?.within ?? null, Math.max(b.counted, leastAssumedMs)) : null;
  const load = rangeOf(history.iMs, service.active?.within ?? null, Math.max(i.counted, leastAssumedMs));
  const own = rangeOf(history.switchMs, null, Math.max(s.counted, leastAssumedMs));
  const all = [detect, own, load, ...(boot === null ? [] : [boot])];
  const sum = (end: 0 | 1): number => all.reduce((made, range) => made + range[end], 0);
  return { dMs: detect, switchMs: own, bMs: boot, iMs: load, zMs: [sum(0), sum(1)] };
}

const leastAssumedMs = 100;

/** The part that is farthest off what was predicted; null: none is. s is Standfast's own and counts within z. */
export function surpriseIn(measured: Parts<number>, predicted: Parts<Range>): Surprise | null {
  const parts = [
    ['b', measured.bMs, predicted.bMs],
    ['i', measured.iMs, predicted.iMs],
    ['d', measured.dMs, predicted.dMs],
    ['z', measured.zMs, predicted.zMs],
  ] as const;
  let worst: Surprise | null = null;
  let most = 1;
  for (const [part, tookMs, range] of parts) {
    if (tookMs === null || range === null) continue;
    const [lowMs, highMs] = range;
    const off = tookMs > highMs ? tookMs / Math.max(1, highMs) : tookMs < lowMs ? lowMs / Math.max(1, tookMs) : 0;
    if (off <= most) continue;
    most = off;
    worst = { part, tookMs, lowMs, highMs };
  }
  return worst;
}

function rangeOf(seen: readonly number[], declared: number | null, assumed: number): Range {
  if (seen.length < fewest) {
    const otherwise = declared ?? assumedFactor * assumed;
    return [0, Math.round(Math.max(otherwise, 2 * Math.max(0, ...seen)) + slackMs)];
  }
  const logs = seen.map((each) => Math.log(Math.max(1, each)));
  const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
  const squares = logs.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const t = students[Math.min(logs.length - fewest, students.length - 1)] ?? normal;
  const quantile = Math.max(normal * leastSpread, t * Math.sqrt(squares / (logs.length - 1)));
  const width = quantile * Math.sqrt(1 + 1 / logs.length);
  return [
    Math.round(Math.max(0, Math.exp(mean - width) - slackMs)),
    Math.round(Math.min(Number.MAX_SAFE_INTEGER, Math.exp(mean + width) + slackMs)),
  ];
}
