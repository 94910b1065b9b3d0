// Looks for what breaks, in scenarios and in storms, until something does. Exit status 1 and what it was, with the first storm that shows it shrunk to
// a trace; or 0. Run by mistakes.ts on a copy of the core.

import { readdirSync, readFileSync } from 'node:fs';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';
import { firstOf, shrink } from './world/shrink.ts';
import { drawPlan, textOf } from './world/trial.ts';

/** How a mistake shows itself. */
export interface Found {
  /** The first storm that breaks something; null: none was met. */
  readonly seed: number | null;
  /** The first golden trace that breaks something; null: none does. */
  readonly trace: string | null;
  /** What the referee says of the shrunk storm. */
  readonly found: string;
  /** The shrunk storm, and what is decided in it. */
  readonly text: string;
  readonly lines: readonly string[];
}

const mostStorms = 10_000;
/** What a golden trace shows anyway need not be met by a storm for so long. */
const mostStormsBesideTrace = 250;

process.exitCode = look();

function look(): 0 | 1 {
  const inTrace = firstTrace();
  const most = inTrace === null ? mostStorms : mostStormsBesideTrace;
  for (let seed = 1; seed <= most; seed += 1) {
    const plan = drawPlan(seed);
    if (firstOf(plan, 'safety') === null) continue;
    const least = shrink(plan, 'safety');
    return say({
      seed,
      trace: inTrace,
      found: firstOf(least, 'safety') ?? '',
      text: textOf(least),
      lines: linesOf(textOf(least)),
    });
  }
  return inTrace === null ? 0 : say({ seed: null, trace: inTrace, found: '', text: '', lines: [] });
}

/** The first golden trace in which it shows; null: in none. */
function firstTrace(): string | null {
  const traces = new URL('../traces/', import.meta.url);
  for (const file of readdirSync(traces)) {
    const scenario = readScenario(readFileSync(new URL(file, traces), 'utf8'));
    if (scenario.notCovered !== null) continue;
    try {
      if (traceOf(scenario).world.referee.broken.length > 0) return file;
    } catch {
      // A core that throws has shown its mistake too.
      return file;
    }
  }
  return null;
}

/** A core that throws tells no trace. */
function linesOf(text: string): readonly string[] {
  try {
    return traceOf(readScenario(text)).lines;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function say(found: Found): 1 {
  process.stdout.write(JSON.stringify(found));
  return 1;
}
