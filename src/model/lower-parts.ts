// Objectives and how often something fails.

import { durationText } from './duration.ts';
import { defined } from './lower-probe.ts';
import type { Path } from './problem.ts';
import { missing, type Reading } from './reading.ts';
import type { ReliabilityShape } from './shape-parts.ts';
import type { ObjectiveShape } from './shape-detect.ts';
import type { Objective, Reliability } from './system.ts';
import { ms, type Ms } from './units.ts';

/** Stands where none could be read, so that the rest can still be checked. */
export const usualObjective: Objective = {
  unavailable: ms(600_000),
  per: ms(3_600_000),
  recoverWithin: ms(120_000),
};

/** The objective; `above` is the system's, which fills in what a service leaves out and may not be exceeded. */
export function lowerObjective(
  reading: Reading,
  shape: ObjectiveShape,
  path: Path,
  above: Objective | null,
): Objective {
  const examples = { unavailable: '10m', per: '60m', recoverWithin: '2m' };
  const of = (key: keyof Objective): Ms => {
    const given = shape[key];
    if (given !== undefined) return given;
    if (above !== null) return above[key];
    missing(reading, path, key, `Add it, for example ${key}: ${examples[key]}.`);
    return usualObjective[key];
  };
  const objective: Objective = { unavailable: of('unavailable'), per: of('per'), recoverWithin: of('recoverWithin') };
  const { unavailable, per, recoverWithin } = objective;
  if (unavailable > per && ('unavailable' in shape || 'per' in shape))
    reading.findings.add(
      'SF-171',
      [...path, 'unavailable' in shape ? 'unavailable' : 'per'],
      `${durationText(unavailable)} in any ${durationText(per)} cannot be`,
      'Make `unavailable` shorter than `per`.',
    );
  if (above === null) return objective;
  if (recoverWithin > above.recoverWithin)
    reading.findings.add(
      'SF-172',
      [...path, 'recoverWithin'],
      `${durationText(recoverWithin)} is looser than the system's ${durationText(above.recoverWithin)}, and on a service it may only be stricter`,
      `Write ${durationText(above.recoverWithin)} or less, or loosen the system's.`,
    );
  if (unavailable >= above.unavailable && per <= above.per && unavailable / per > above.unavailable / above.per)
    reading.findings.add(
      'SF-172',
      [...path, 'unavailable' in shape ? 'unavailable' : 'per'],
      `${durationText(unavailable)} in any ${durationText(per)} is looser than the system's ${durationText(above.unavailable)} in any ${durationText(above.per)}, and on a service it may only be stricter`,
      "Allow less, or loosen the system's.",
    );
  return objective;
}

/** What was stated of how often a part fails. */
export function lowerReliability(reading: Reading, shape: ReliabilityShape, path: Path): Reliability {
  const given = defined({
    unavailability: shape.unavailability,
    mtbf: shape.mtbf,
    mttr: shape.mttr,
    recoverWithin: shape.recoverWithin,
  });
  const rates = (['mtbf', 'mttr', 'recoverWithin'] as const).filter((key) => key in given);
  const [first] = rates;
  if ('unavailability' in given && first !== undefined)
    reading.findings.add(
      'SF-173',
      [...path, first],
      `${first} and unavailability say the same in two ways`,
      'Keep unavailability alone, or mtbf with mttr.',
      { atKey: true },
    );
  if ('mttr' in given && 'recoverWithin' in given)
    reading.findings.add(
      'SF-173',
      [...path, 'recoverWithin'],
      'recoverWithin and mttr say the same in two ways',
      'Keep one of the two beside mtbf.',
      { atKey: true },
    );
  const time = (value: number | undefined): Ms | null => (value === undefined ? null : ms(value));
  return {
    unavailability: shape.unavailability ?? null,
    mtbf: time(shape.mtbf),
    mttr: time(shape.mttr),
    recoverWithin: time(shape.recoverWithin),
  };
}
