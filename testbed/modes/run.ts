// npm run modes -- [MODE…] [--way N] [--at-once N] [--together N] [--only-on | --only-off] [--explain] [--save]
// npm run modes -- --pages [PAGE…]: each page of docs/runbooks/modes against a fault that it is for.
// Makes every failure mode in two ways on the running product, with two harmless changes at the same time, once with all detectors and once with the one
// that finds it switched off. Exit status 1 when too few are named first, or something else is said for certain.

import { describeMachine } from '../../bench/machine.ts';
import { demandKnown, numberOf, readWords, refuse } from '../../scripts/words.ts';
import { errorWords } from '../../src/model/error-words.ts';
import { modeNamed } from '../../src/model/modes.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { runWays, type Job, type Told } from './measure.ts';
import { pageJobs, tryPage } from './pages.ts';
import { missing, Place } from './place.ts';
import { printed, resultsFile, save, totals, type Measured, type MeasuredWay } from './report.ts';

const usage = `usage: npm run modes -- [MODE…] [--way N] [--at-once N] [--together N] [--only-on | --only-off] [--explain] [--save]
       npm run modes -- --pages [PAGE…] [--at-once N]

  --way N       of each mode only its first or second way
  --at-once N   how many machines side by side (3)
  --together N  how many ways share a machine, of those that bear each other (8)
  --only-on     not with their detectors switched off; --only-off: only so
  --explain     shows what explain said
  --save        keeps what came of it in bench/results, as it comes
  --pages       tries pages of docs/runbooks/modes instead, each against a fault that it is for

modes, all of them when none is named: ${cases.map(({ mode }) => mode).join(', ')}`;
const { values: options, positionals } = readWords(usage, {
  way: { type: 'string' },
  'at-once': { type: 'string', default: '3' },
  together: { type: 'string', default: '8' },
  explain: { type: 'boolean', default: false },
  'only-on': { type: 'boolean', default: false },
  'only-off': { type: 'boolean', default: false },
  pages: { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
});
const known = options.pages ? [...new Set([...pageJobs(cases)].map(([page]) => page))] : cases.map(({ mode }) => mode);
demandKnown(positionals, known, usage);
const atOnce = numberOf('--at-once', options['at-once'], 1, usage);
const way = options.way === undefined ? null : numberOf('--way', options.way, 1, usage);
const together = numberOf('--together', options.together, 1, usage);
const cannot = missing();
if (cannot !== null) {
  console.error(`failure modes cannot be made here: it ${cannot}`);
  process.exit(3);
}
if (options.pages) process.exit(await tryPages(positionals));

const machine = describeMachine(import.meta.dirname);
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => void Place.closeAll().then(() => process.exit(130)));

interface Batch {
  readonly jobs: readonly Job[];
  /** The detector that is switched off. */
  readonly off: string | null;
}

const jobs: readonly Job[] = cases
  .filter(({ mode }) => positionals.length === 0 || positionals.includes(mode))
  .flatMap(({ mode, ways }: Case) => ways.map((each, n) => ({ mode, way: each, n })))
  .filter(({ n }) => way === null || n + 1 === way);
if (jobs.length === 0) refuse(`None of these modes has a way ${way}.`, usage);

/** Those that bear each other share a machine. */
function batched(of: readonly Job[], off: string | null): Batch[] {
  const alone = of.filter(
    ({ way }) => way.alone === true || way.more !== undefined || way.clock === true || way.fed === true,
  );
  const others = of.filter((job) => !alone.includes(job));
  const count = Math.ceil(others.length / together);
  return [
    // Dealt out in turn, so that the ways of one mode are on different machines.
    ...Array.from({ length: count }, (_, n) => ({ jobs: others.filter((_job, at) => at % count === n), off })),
    ...alone.map((job) => ({ jobs: [job], off })),
  ];
}

// What the core finds by itself cannot be switched off.
const detectors = [...new Set(jobs.map(({ mode }) => modeNamed(mode)?.detector ?? ''))].filter(
  (name) => name !== 'core',
);
const queue: Batch[] = [
  ...(options['only-off'] ? [] : batched(jobs, null)),
  ...(options['only-on']
    ? []
    : detectors.flatMap((name) =>
        batched(
          jobs.filter(({ mode }) => modeNamed(mode)?.detector === name),
          name,
        ),
      )),
];
const on = new Map<Job, Told | string>();
const without = new Map<Job, Told | string>();

async function work(): Promise<void> {
  for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
    const { jobs: of, off } = batch;
    const results = await runWays(of, off).catch((error: unknown) => {
      const why = errorWords(error);
      return new Map<Job, Told | string>(of.map((job) => [job, why]));
    });
    for (const [job, result] of results) {
      (off === null ? on : without).set(job, result);
      console.error(
        `  ${job.mode} ${job.n + 1}${off === null ? '' : ', its detector off'}: ${words(result)} — ${job.way.how}`,
      );
      if (options.explain && typeof result !== 'string') console.error(result.explained.replaceAll(/^/gm, '    '));
    }
    if (options.save) save(measuredYet(), machine);
  }
}

function words(result: Told | string): string {
  if (typeof result === 'string') return `could not be made: ${result}`;
  const { first, sure, afterMs, wrong } = result;
  const after = afterMs === null ? '' : ` after ${(afterMs / 1000).toFixed(0)} s`;
  return `${first ?? 'nothing'} (${sure ?? 'no incident'})${after}${wrong.length === 0 ? '' : `; also for certain: ${wrong.join(', ')}`}`;
}

/** What is known so far: a long run that is broken off has kept what it came to. */
function measuredYet(): Measured[] {
  return [...Map.groupBy(jobs, ({ mode }) => mode)]
    .map(([mode, of]) => ({
      mode,
      ways: of.map((job) => ({
        how: job.way.how,
        on: figuresOf(on.get(job) ?? null),
        off: figuresOf(without.get(job) ?? null),
      })),
    }))
    .filter(({ ways }) => ways.some((way) => way.on !== null || way.off !== null));
}

function figuresOf(result: Told | string | null): MeasuredWay['on'] {
  if (result === null || typeof result === 'string') return result;
  const { explained: _said, ...figures } = result;
  return figures;
}

await Promise.all(Array.from({ length: atOnce }, work));
const measured = measuredYet();
console.log(printed(measured));
if (options.save) console.log(`saved in ${resultsFile}`);
const { first, ways, certain } = totals(measured);
process.exit(first >= 0.9 * ways && certain === 0 ? 0 : 1);

/** Exit status 0: each fails while the fault stands, ends as done after, and none has rotted. */
async function tryPages(only: readonly string[]): Promise<number> {
  const left = [...pageJobs(cases)].filter(([page]) => only.length === 0 || only.includes(page));
  let bad = 0;
  const next = async (): Promise<void> => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      const [page, of] = job;
      try {
        const { failing, during, after, rotted } = await tryPage(page, of);
        // A page whose own steps mend the fault ends as done at once.
        const fits = failing.length > 0 && after === 'done' && rotted.length === 0;
        if (!fits) bad += 1;
        console.log(
          `${fits ? '✔' : '✖'} ${page}, by ${of.mode}: ${during} (${failing.join('; ') || 'no check failed'}), mended: ${after}${rotted.length === 0 ? '' : `, rotted: ${rotted.join('; ')}`}`,
        );
      } catch (error) {
        bad += 1;
        console.log(`✖ ${page}, by ${of.mode}: ${errorWords(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return bad === 0 ? 0 : 1;
}
