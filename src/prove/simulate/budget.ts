// How often an objective was missed: more than x unavailable within any y.

import type { Outage } from './availability.ts';

/** One time that the objective was missed. */
export interface BudgetMiss {
  /** When the sum passed x, from the beginning. */
  readonly at: number;
  /** The cause of the outage that used up the rest. */
  readonly cause: string | null;
}

/** Every stretch of time during which the last y held more than x, once. Outages in order, as they began. */
export function budgetMisses(outages: readonly Outage[], x: number, y: number): BudgetMiss[] {
  const misses: BudgetMiss[] = [];
  let first = 0;
  let missedUntil = -Infinity;
  for (const [index, outage] of outages.entries()) {
    // What the last y holds is at its most at the end of an outage; it passes x somewhere within one.
    const usedAt = (moment: number): number => {
      let used = 0;
      for (let each = first; each <= index; each += 1) {
        const one = outages[each];
        if (one !== undefined) used += Math.max(0, Math.min(one.to, moment) - Math.max(one.from, moment - y));
      }
      return used;
    };
    while ((outages[first]?.to ?? Infinity) < outage.from - y) first += 1;
    if (usedAt(outage.from) > x) {
      missedUntil = outage.to;
      continue;
    }
    const at = passing(usedAt, outage, x);
    if (at === null) continue;
    // Still above since the last time: the same miss.
    if (at > missedUntil) misses.push({ at, cause: outage.cause });
    missedUntil = outage.to;
  }
  return misses;
}

function passing(usedAt: (moment: number) => number, outage: Outage, x: number): number | null {
  const last = outage.to;
  if (usedAt(last) <= x) return null;
  let [low, high] = [outage.from, last];
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (usedAt(middle) > x) high = middle;
    else low = middle;
  }
  return high;
}
