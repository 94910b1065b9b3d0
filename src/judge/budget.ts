// The outage budget: "not unavailable more than x in any y" (mission row HA4), counted from what consumers could not use and not
// from what was restarting. Two services that are out together are one outage, so the union of the intervals counts.
//
// Wall time, because people read it and it outlives boots. A clock that is set back makes an outage end before it began; such an
// interval counts as nothing.

import { ms, wallMs } from '../model/units.ts';
import type { Ms, WallMs } from '../model/units.ts';

/** One service of `serves` could not be used. `toMs` null: it still can't. */
export interface Outage {
  readonly service: string;
  readonly fromMs: WallMs;
  /** Null: it goes on. */
  readonly toMs: WallMs | null;
}

/** They go with the report of a host, which is written anew whenever one is added. */
const mostKept = 200;
/** Two with no more between them may be told as one, where there are too many. */
const closeMs = 60_000;

/** Takes an outage in, or a later end of one; overlapping and touching ones of a service become one. Sorted by service, then time; at most 200. */
export function addOutage(outages: readonly Outage[], outage: Outage): readonly Outage[] {
  const others = outages.filter((each) => each.service !== outage.service);
  const own = outages.filter((each) => each.service === outage.service && !sameBeginning(each, outage));
  const merged = union([...own, outage].map(interval));
  const made = merged.map(([from, to]): Outage => ({
    service: outage.service,
    fromMs: wallMs(from),
    toMs: to === Infinity ? null : wallMs(to),
  }));
  return bounded([...others, ...made].toSorted((a, b) => compareText(a.service, b.service) || a.fromMs - b.fromMs));
}

/** Forgets what ended before `beforeMs`. */
export function pruneOutages(outages: readonly Outage[], beforeMs: WallMs): readonly Outage[] {
  return outages.filter((each) => each.toMs === null || each.toMs >= beforeMs);
}

/** How long in the last `per`, up to `nowMs`, consumers went without at least one of the services. */
export function usedIn(objective: { readonly per: Ms }, outages: readonly Outage[], nowMs: WallMs): Ms {
  const since = nowMs - objective.per;
  let used = 0;
  for (const [from, to] of union(outages.map(interval)))
    used += Math.max(0, Math.min(to, nowMs) - Math.max(from, since));
  return ms(used);
}

type Interval = readonly [from: number, to: number];

function interval(outage: Outage): Interval {
  return [outage.fromMs, outage.toMs ?? Infinity];
}

/** The same outage, told again with another end. */
function sameBeginning(a: Outage, b: Outage): boolean {
  return a.fromMs === b.fromMs && a.toMs === null;
}

/** Sorted, without overlap, without what ends before it begins. */
function union(intervals: readonly Interval[]): readonly Interval[] {
  const made: [number, number][] = [];
  for (const [from, to] of intervals.filter(([a, b]) => b > a).toSorted((a, b) => a[0] - b[0])) {
    const last = made.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else made.push([from, to]);
  }
  return made;
}

/** Of a service that flaps the two that lie closest become one, as long as both were, so that none is forgotten for it; where none lie close, the oldest goes. */
function bounded(outages: readonly Outage[]): readonly Outage[] {
  const left = [...outages];
  while (left.length > mostKept) {
    const close = closestOf(left);
    if (close === null) left.splice(oldestOf(left), 1);
    else left.splice(close.index, 2, close.both);
  }
  return left;
}

/** The two of one service that have the least between them, as one, and where they stand; null: none are close. */
function closestOf(outages: readonly Outage[]): { readonly index: number; readonly both: Outage } | null {
  let found: { readonly index: number; readonly both: Outage } | null = null;
  let least = Infinity;
  for (const [index, { service, fromMs, toMs }] of outages.entries()) {
    const next = outages[index + 1];
    if (next?.service !== service || toMs === null) continue;
    const gap = next.fromMs - toMs;
    // Of equals the oldest: they are the first that nobody looks back to.
    if (gap > closeMs || (found !== null && gap >= least)) continue;
    least = gap;
    found = { index, both: { ...next, fromMs: wallMs(next.fromMs - (toMs - fromMs)) } };
  }
  return found;
}

function oldestOf(outages: readonly Outage[]): number {
  const ends = outages.map((each) => each.toMs ?? Infinity);
  return ends.indexOf(Math.min(...ends));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
