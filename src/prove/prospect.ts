// What the objective's numbers mean for this system (mission row HA4): ε = x / z, the chance of more failures than that in y, the
// chance to lose more than x in y, and the downtime of a year as a range.

import type { System } from '../model/system.ts';
import type { Analysis } from './analysis.ts';
import { chanceOfMore, chanceOfMoreThan, countIn, lostWithChance } from './downtime.ts';
import type { Failovers, OutageKind } from './outages.ts';
import { outagesOf } from './outages.ts';

/** A year of 365.25 days. */
export const yearMs = 365.25 * 86_400_000;

/** Probabilities and shares of time from 0 to 1, counts in the mean. */
export interface Prospect {
  /** Structure and failovers together; the upper end when the structure is only bounded. */
  readonly unavailability: number;
  readonly structural: number;
  readonly failovers: number;
  /** How many recoveries of z the budget x bears in any y. */
  readonly epsilon: number;
  /** Outages and failovers expected in a year. */
  readonly perYear: number;
  readonly failoversPerYear: number;
  /** In one given stretch y. */
  readonly moreThanEpsilon: number;
  readonly moreThanX: number;
  /** That some stretch y in a year loses more than x: between these. */
  readonly missInYear: readonly [number, number];
  /** Downtime of a year: expected; and the range that nine years of ten fall into. */
  readonly yearlyMs: number;
  readonly yearlyRangeMs: readonly [number, number];
  /** The share of the time lost to parts whose rate nobody states: in `yearlyMs`, not in the chances. */
  readonly withoutRate: number;
  /** Every kind of outage, what costs most first. */
  readonly kinds: readonly OutageKind[];
  /** Not more than x in y on average, more likely than not in every y of a year, and every takeover within z. */
  readonly met: boolean;
  /** Why not. */
  readonly missed: readonly string[];
}

/** The prospect of an analysed system; `late`: services whose recovery takes longer than their objective allows. */
export function prospectOf(
  system: System,
  analysis: Analysis,
  failovers: Failovers,
  late: readonly string[],
): Prospect {
  const { unavailable: x, per: y, recoverWithin: z } = system.objective;
  const structural = analysis.whole.unavailability;
  const outages = outagesOf(analysis.cutSets);
  const passing = failovers.ofSystem.reduce((sum, each) => sum + each.rate * each.durationMs, 0);
  const listed = analysis.cutSets.reduce((sum, each) => sum + each.probability, 0);
  const rated = outages.reduce((sum, each) => sum + each.rate * each.durationMs, 0);
  // Listed sets overlap, and are not all there are: their rates are scaled to what is exact.
  const scale = listed > 0 ? structural / listed : 1;
  const kinds = [...failovers.ofSystem, ...outages.map((each) => ({ ...each, rate: each.rate * scale }))].toSorted(
    (a, b) => b.rate * b.durationMs - a.rate * a.durationMs,
  );
  const unavailability = Math.min(1, structural + passing);
  const moreThanX = chanceOfMore(kinds, y, x);
  const stretches = yearMs / y;
  // Stretches beside each other are independent; any stretch lies inside two that are beside each other.
  const missInYear = [
    -Math.expm1(stretches * Math.log1p(-Math.min(moreThanX, 1 - 1e-16))),
    Math.min(1, stretches * chanceOfMore(kinds, 2 * y, x)),
  ] as const;
  const missed = [
    ...(unavailability > x / y ? ['on average it is unavailable for longer than x in y'] : []),
    ...(missInYear[0] >= 0.5 ? ['in some y of a year it is likelier than not to lose more than x'] : []),
    ...(late.length > 0 ? [`${late.join(', ')} cannot be back within z`] : []),
  ];
  return {
    unavailability,
    structural,
    failovers: passing,
    epsilon: x / z,
    perYear: countIn(kinds, yearMs),
    failoversPerYear: countIn(failovers.ofSystem, yearMs),
    moreThanEpsilon: chanceOfMoreThan(x / z, countIn(kinds, y)),
    moreThanX,
    missInYear,
    yearlyMs: unavailability * yearMs,
    yearlyRangeMs: yearlyRange(kinds),
    withoutRate: Math.max(0, structural - rated * scale),
    kinds,
    met: missed.length === 0,
    missed,
  };
}

function yearlyRange(kinds: readonly OutageKind[]): readonly [number, number] {
  // Outages are counted as if they never met: of a system that hardly ever stands the sum may pass the year.
  const within = (chance: number): number => Math.min(yearMs, lostWithChance(kinds, yearMs, chance));
  return [within(0.05), within(0.95)];
}
