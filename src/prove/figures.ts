// How often each part fails: what was stated counts before what was measured, and that before what is assumed.

import type { Reliability } from '../model/system.ts';
import { ms } from '../model/units.ts';
import { assumedRate, assumedRepair } from './assumptions.ts';
import type { Figure } from './part.ts';

/** What was measured of parts, by their names. */
export type MeasuredParts = Readonly<
  Record<string, { readonly mtbfMs: number; readonly mttrMs: number; readonly source: string }>
>;

/** Which figures count. */
export interface FiguresChosen {
  /** Nothing assumed or measured counts; a part without a stated figure never fails. */
  readonly stated: boolean;
  readonly measured: MeasuredParts;
}

/** The figure of a part, or null when it never fails. `place` names the line that states it; `assumed` null: it has no failure of its own. */
export function figureFor(
  part: string,
  reliability: Reliability | null,
  assumed: (() => Figure) | null,
  chosen: FiguresChosen,
): Figure | null {
  const stated = reliability === null ? null : statedFigure(reliability);
  if (stated !== null) return stated.unavailability > 0 ? stated : null;
  if (chosen.stated) return null;
  const seen = Object.hasOwn(chosen.measured, part) ? chosen.measured[part] : undefined;
  if (seen !== undefined && seen.mtbfMs > 0 && seen.mttrMs > 0)
    return {
      unavailability: seen.mttrMs / (seen.mtbfMs + seen.mttrMs),
      mtbf: ms(seen.mtbfMs),
      mttr: ms(seen.mttrMs),
      from: 'measured',
      source: seen.source,
    };
  return (reliability === null ? null : half(reliability)) ?? assumed?.() ?? null;
}

/** Contract: `unavailability`, or `mtbf` and `mttr`, or `mtbf` and `recoverWithin`. */
function statedFigure({ unavailability, mtbf, mttr, recoverWithin }: Reliability): Figure | null {
  if (unavailability !== null)
    return { unavailability, mtbf: null, mttr: null, from: 'stated', source: 'unavailability' };
  const repair = mttr ?? recoverWithin;
  if (mtbf === null || repair === null) return null;
  return {
    unavailability: repair / (mtbf + repair),
    mtbf,
    mttr: repair,
    from: 'stated',
    source: mttr === null ? 'mtbf and recoverWithin' : 'mtbf and mttr',
  };
}

/** Only one of a rate and a repair time is stated: the other half is assumed, and so the whole is. */
function half({ mtbf, mttr, recoverWithin }: Reliability): Figure | null {
  const repair = mttr ?? recoverWithin;
  if (mtbf === null && repair === null) return null;
  const between = mtbf ?? assumedRate;
  const mend = repair ?? assumedRepair;
  return {
    unavailability: mend / (between + mend),
    mtbf: between,
    mttr: mend,
    from: 'assumed',
    source:
      repair === null
        ? 'mtbf is stated; repair within 4 h is assumed'
        : 'the repair is stated; one failure a year is assumed',
  };
}
