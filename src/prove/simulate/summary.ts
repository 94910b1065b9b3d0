// A simulation in few numbers.

import { rules } from '../../decide/rules.ts';
import type { Outage } from './availability.ts';

/** How outages are spread, in milliseconds; null of none. */
interface Spread {
  readonly count: number;
  readonly medianMs: number | null;
  readonly nineOfTenMs: number | null;
  readonly longestMs: number | null;
  readonly totalMs: number;
}

/** How long they last, in ms; what there is none of is null. */
export function spreadOf(outages: readonly Outage[]): Spread {
  const sorted = outages.map((each) => each.to - each.from).toSorted((a, b) => a - b);
  const at = (share: number): number | null =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return {
    count: sorted.length,
    medianMs: at(0.5),
    nineOfTenMs: at(0.9),
    longestMs: sorted.at(-1) ?? null,
    totalMs: sorted.reduce((all, each) => all + each, 0),
  };
}

/** What stands for a cause that is no part's failure. */
const noPart = 'no part';

/** How often each part was the cause, the most frequent first. */
export function causesOf(of: readonly { readonly cause: string | null }[]): [cause: string, times: number][] {
  const counts = new Map<string, number>();
  for (const { cause } of of) counts.set(cause ?? noPart, (counts.get(cause ?? noPart) ?? 0) + 1);
  return [...counts].toSorted(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1));
}

/** Outages by how long they lasted: each band up to its limit and above the one before. */
export function bandsOf(
  outages: readonly Outage[],
): { readonly upToMs: number; readonly count: number; readonly lostMs: number }[] {
  const limits = [1000, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 4 * 3_600_000, Infinity];
  const bands = limits.map((upToMs) => ({ upToMs, count: 0, lostMs: 0 }));
  for (const { from, to } of outages) {
    const band = bands.find((each) => to - from <= each.upToMs);
    if (band === undefined) continue;
    band.count += 1;
    band.lostMs += to - from;
  }
  return bands;
}

const names = new Map(rules.map((rule) => [rule.n, { name: rule.name, quiet: rule.quiet === true }]));

/** The name of a rule, and whether it says only that nothing need be done. */
export function ruleNamed(n: number): { readonly name: string; readonly quiet: boolean } {
  return names.get(n) ?? { name: 'unknown', quiet: true };
}
