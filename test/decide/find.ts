// Looks for a storm that breaks something: over the core as it is, or over one with a mistake (broken-core.ts).

import { errorWords } from '../../src/model/error-words.ts';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';
import { firstOf, shrink } from './world/shrink.ts';
import { drawPlan, textOf } from './world/trial.ts';

/** How a mistake shows itself. */
export interface Found {
  /** The first storm that was tried and breaks something. */
  readonly seed: number;
  /** What the referee says of the shrunk storm. */
  readonly found: string;
  /** The shrunk storm, and what is decided in it. */
  readonly text: string;
  readonly lines: readonly string[];
}

/** The first of these storms that breaks something; null: none does. */
export function firstSeed(seeds: Iterable<number>): number | null {
  for (const seed of seeds) if (firstOf(drawPlan(seed), 'safety') !== null) return seed;
  return null;
}

/** That storm shrunk to a trace. */
export function told(seed: number): Found {
  const least = shrink(drawPlan(seed), 'safety');
  const text = textOf(least);
  return { seed, found: firstOf(least, 'safety') ?? '', text, lines: linesOf(text) };
}

/** A core that throws tells no trace. */
function linesOf(text: string): readonly string[] {
  try {
    return traceOf(readScenario(text)).lines;
  } catch (error) {
    return [errorWords(error)];
  }
}
