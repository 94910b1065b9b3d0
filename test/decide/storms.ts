// Storms for as long as you like: `npm run storms -- [--first N] [--count N] [--workers N]`. Prints the seeds that broke something, each shrunk to the few
// lines that still break it; exit status 1 if any did. `--seed N` replays one, and prints what is decided in it.

import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { demandKnown, numberOf, readWords } from '../../scripts/words.ts';
import { readScenario } from './world/scenario.ts';
import { firstOf, shrink } from './world/shrink.ts';
import { traceOf } from './world/trace.ts';
import { drawPlan, textOf, tryOnce } from './world/trial.ts';

const usage = `usage: npm run storms -- [--first N] [--count N] [--workers N] | --seed N [--whole]

  --first N    the first seed (1)
  --count N    how many (2000)
  --workers N  how many at once (one for each core)
  --seed N     only this one, shrunk to what still breaks, with what is decided in it
  --whole      as it was drawn, whether anything breaks or not`;

/** What one worker has tried. */
interface Done {
  readonly seeds: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly cpuMs: number;
  readonly bad: readonly { readonly seed: number; readonly found: string }[];
}

if (isMainThread) await main();
else parentPort?.postMessage(tryAll(workerData as { first: number; count: number; every: number }));

/** Tries every so manieth seed of them. */
function tryAll({ first, count, every }: { first: number; count: number; every: number }): Done {
  const bad: { seed: number; found: string }[] = [];
  let [seeds, steps, simulatedMs] = [0, 0, 0];
  const began = process.threadCpuUsage();
  for (let seed = first; seed < first + count; seed += every) {
    seeds += 1;
    const { world, broken, unsettled } = tryOnce(seed);
    steps += world.steps;
    simulatedMs += world.now;
    if (broken.length + unsettled.length > 0)
      bad.push({ seed, found: [...broken.slice(0, 3), ...unsettled.slice(0, 3)].join('; ') });
  }
  const used = process.threadCpuUsage(began);
  return { seeds, steps, simulatedMs, cpuMs: (used.user + used.system) / 1000, bad };
}

async function main(): Promise<void> {
  const { values, positionals } = readWords(usage, {
    first: { type: 'string', default: '1' },
    count: { type: 'string', default: '2000' },
    workers: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    whole: { type: 'boolean', default: false },
  });
  demandKnown(positionals, [], usage);
  if (values.seed !== undefined) return replay(numberOf('--seed', values.seed, 0, usage), values.whole);
  const workers = numberOf('--workers', values.workers, 1, usage);
  const first = numberOf('--first', values.first, 0, usage);
  const count = numberOf('--count', values.count, 1, usage);
  const beganAt = performance.now();
  const done = await Promise.all(
    Array.from({ length: workers }, (_, index) =>
      inWorker({ first: first + index, count: count - index, every: workers }),
    ),
  );
  const sum = (of: (each: Done) => number): number => done.reduce((all, each) => all + of(each), 0);
  const bad = done.flatMap((each) => each.bad);
  for (const { seed, found } of bad) process.stdout.write(`seed ${seed}: ${found}\n`);
  for (const { seed } of bad.slice(0, 3)) replay(seed, false);
  process.stdout.write(
    `${sum((each) => each.seeds)} storms, ${sum((each) => each.steps)} steps, ${Math.round(sum((each) => each.simulatedMs) / 1000)} simulated seconds in ` +
      `${((performance.now() - beganAt) / 1000).toFixed(1)} s, ${Math.round(sum((each) => each.simulatedMs) / sum((each) => each.cpuMs))} a second of a core; ` +
      `${bad.length} with something wrong\n`,
  );
  process.exitCode = bad.length === 0 ? 0 : 1;
}

async function inWorker(data: { first: number; count: number; every: number }): Promise<Done> {
  const { promise, resolve, reject } = Promise.withResolvers<Done>();
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  worker.once('message', resolve);
  worker.once('error', reject);
  return promise;
}

/** What breaks in the storm of that seed, in as few lines as still break it, and what is decided meanwhile. */
function replay(seed: number, whole: boolean): void {
  const plan = drawPlan(seed);
  const found = firstOf(plan, 'all');
  process.exitCode = found === null ? 0 : 1;
  const shown = found === null || whole ? plan : shrink(plan, 'all');
  const text = textOf(shown);
  const { lines } = traceOf(readScenario(text));
  process.stdout.write(
    `${text}\n---\n${found === null && !whole ? '' : `${lines.join('\n')}\n`}--- ${(found === null ? null : firstOf(shown, 'all')) ?? 'nothing is wrong'}\n` +
      `repeat with: npm run storms -- --seed ${seed}\n`,
  );
}
