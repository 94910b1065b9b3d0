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
  readonly toMs: WallMs | null;
}

/** At most this many are kept of one service. */
const mostPerService = 1000;

/** Takes an outage in, or a later end of one; overlapping and touching ones of a service become one. Sorted by service, then time. */
export function addOutage(outages: readonly Outage[], outage: Outage): readonly Outage[] {
  const others = outages.filter((each) => each.service !== outage.service);
  const own = outages.filter((each) => each.service === outage.service && !sameBeginning(each, outage));
  const merged = atMost(mostPerService, union([...own, outage].map(interval)));
  const made = merged.map(([from, to]): Outage => ({
    service: outage.service,
    fromMs: wallMs(from),
    toMs: to === Infinity ? null : wallMs(to),
  }));
  return [...others, ...made].toSorted((a, b) => compareText(a.service, b.service) || a.fromMs - b.fromMs);
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

/** What is left of the allowance in the running period; negative when it is overdrawn. */
export function budgetLeft(
  objective: { readonly unavailable: Ms; readonly per: Ms },
  outages: readonly Outage[],
  nowMs: WallMs,
): Ms {
  return ms(objective.unavailable - usedIn(objective, outages, nowMs));
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

/** Joins the two that lie closest until few enough are left: rather a little too much counted than an outage forgotten. */
function atMost(limit: number, intervals: readonly Interval[]): readonly Interval[] {
  const left = [...intervals];
  while (left.length > limit) {
    let closest = 0;
    for (let index = 1; index + 1 < left.length; index += 1)
      if (gapAfter(left, index) < gapAfter(left, closest)) closest = index;
    const [first, second] = left.slice(closest, closest + 2);
    if (first === undefined || second === undefined) break;
    left.splice(closest, 2, [first[0], second[1]]);
  }
  return left;
}

function gapAfter(intervals: readonly Interval[], index: number): number {
  return (intervals[index + 1]?.[0] ?? Infinity) - (intervals[index]?.[1] ?? 0);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
