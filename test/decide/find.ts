// Looks for what breaks, in scenarios and in storms, until something does. Exit status 1 and what it was, or 0. Run by mistakes.ts on a copy of the core.

import { readdirSync, readFileSync } from 'node:fs';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';
import { tryOnce } from './world/trial.ts';

const mostStorms = 10_000;

process.exitCode = look();

function look(): 0 | 1 {
  const traces = new URL('../traces/', import.meta.url);
  for (const file of readdirSync(traces)) {
    const scenario = readScenario(readFileSync(new URL(file, traces), 'utf8'));
    if (scenario.notCovered !== null) continue;
    const broken = tried(() => traceOf(scenario).world.referee.broken);
    if (broken.length > 0) return say(`${file}: ${broken[0] ?? ''}`);
  }
  for (let seed = 1; seed <= mostStorms; seed += 1) {
    const broken = tried(() => tryOnce(seed, 25_000, 'safety').broken);
    if (broken.length > 0) return say(`storm ${seed}: ${broken[0] ?? ''}`);
  }
  return 0;
}

/** A core that throws has shown its mistake too. */
function tried(run: () => readonly string[]): readonly string[] {
  try {
    return run();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function say(text: string): 1 {
  process.stdout.write(`${text}\n`);
  return 1;
}
