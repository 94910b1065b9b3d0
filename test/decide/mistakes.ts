// Planted mistakes: each is made in a copy of the core, and the world must find it. `npm run mistakes` (some minutes) writes docs/mistakes.md; with a
// part of a name it tries those alone, and prints them. Exit status 1 if one stays unfound, or if the text that it changes is no longer there.

import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { readWords, refuse } from '../../scripts/words.ts';
import { withMistake } from './broken-core.ts';
import type { Found } from './find.ts';
import { pageOf, rememberedIn, sectionOf } from './mistakes-page.ts';
import { mistakes, type Mistake } from './planted.ts';

const usage = `usage: npm run mistakes -- [PART OF A NAME]

Makes each planted mistake in a copy of the core and lets storms blow until one shows it; writes docs/mistakes.md.
With a part of a name: only those, printed and not written.`;
const mostStorms = 10_000;
const page = new URL('../../docs/mistakes.md', import.meta.url);

if (isMainThread) await main();
else parentPort?.on('message', (name: string) => void tryMistake(name).then((one) => parentPort?.postMessage(one)));

async function main(): Promise<void> {
  const [only, ...more] = readWords(usage, {}).positionals;
  const wanted = mistakes.filter(({ name }) => only === undefined || name.includes(only));
  if (more.length > 0) refuse('One part of a name, in quotes if it has spaces.', usage);
  if (wanted.length === 0) refuse(`No mistake has ${only} in its name.`, usage);
  const waiting = [...wanted];
  const found = new Map<string, Found | null>();
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: availableParallelism() }, () => tryInTurn(waiting, found)));
  const shown = wanted.flatMap((mistake): [Mistake, Found][] => {
    const one = found.get(mistake.name) ?? null;
    return one === null ? [] : [[mistake, one]];
  });
  process.stdout.write(
    `${shown.length} of ${wanted.length} mistakes found in ${((performance.now() - beganAt) / 1000).toFixed(0)} s\n`,
  );
  process.exitCode = shown.length === wanted.length ? 0 : 1;
  if (only !== undefined) process.stdout.write(shown.map(([mistake, one]) => sectionOf(mistake, one)).join('\n'));
  // A page without one of them would forget where it was found.
  else if (shown.length === wanted.length) writeFileSync(page, pageOf(shown));
}

async function tryInTurn(waiting: Mistake[], found: Map<string, Found | null>): Promise<void> {
  const worker = new Worker(new URL(import.meta.url));
  for (let mistake = waiting.shift(); mistake !== undefined; mistake = waiting.shift()) {
    worker.postMessage(mistake.name);
    // Rejects when the worker throws instead.
    const [one] = (await once(worker, 'message')) as [Found | null];
    found.set(mistake.name, one);
    process.stdout.write(
      `${one === null ? 'NOT FOUND' : 'found    '}  ${mistake.name}${one === null ? '' : `  (storm ${one.seed}: ${one.found})`}\n`,
    );
  }
  await worker.terminate();
}

/** Makes the mistake and lets the storms blow, the one that showed it last first, until one shows it. Null: none does. */
async function tryMistake(name: string): Promise<Found | null> {
  const mistake = mistakes.find((each) => each.name === name);
  if (mistake === undefined) throw new Error(`no mistake "${name}"`);
  const known = existsSync(page) ? rememberedIn(readFileSync(page, 'utf8')).get(name) : undefined;
  const { firstSeed, told } = await withMistake(mistake);
  const seed = firstSeed(seedsFrom(known, mostStorms));
  return seed === null ? null : told(seed);
}

function* seedsFrom(known: number | undefined, most: number): Generator<number> {
  if (known !== undefined) yield known;
  for (let seed = 1; seed <= most; seed += 1) if (seed !== known) yield seed;
}
