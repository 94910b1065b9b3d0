// npm run modes -- [MODE…] [--way N] [--at-once N] [--explain] [--save]
// Makes every failure mode in two ways on the running product, with two harmless changes at the same time, once with all detectors and once with the one
// that finds it switched off. Exit status 1 when too few are named first, or something else is said for certain.

import { parseArgs } from 'node:util';
import { describeMachine } from '../../bench/machine.ts';
import { modeNamed } from '../../src/model/modes.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { runWays, type Job, type Told } from './measure.ts';
import { missing } from './place.ts';
import { printed, save, totals, type Measured, type MeasuredWay } from './report.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    way: { type: 'string' },
    'at-once': { type: 'string', default: '3' },
    together: { type: 'string', default: '8' },
    explain: { type: 'boolean', default: false },
    'only-on': { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((mode) => !cases.some((each) => each.mode === mode));
if (unknown.length > 0) {
  console.error(`no such mode: ${unknown.join(', ')}; known: ${cases.map(({ mode }) => mode).join(', ')}`);
  process.exit(2);
}
const cannot = missing();
if (cannot !== null) {
  console.error(`failure modes cannot be made here: it ${cannot}`);
  process.exit(3);
}

interface Batch {
  readonly jobs: readonly Job[];
  /** The detector that is switched off. */
  readonly off: string | null;
}

const jobs: readonly Job[] = cases
  .filter(({ mode }) => positionals.length === 0 || positionals.includes(mode))
  .flatMap(({ mode, ways }: Case) => ways.map((way, n) => ({ mode, way, n })))
  .filter(({ n }) => options.way === undefined || String(n + 1) === options.way);

/** Those that bear each other share a machine. */
function batched(of: readonly Job[], off: string | null): Batch[] {
  const alone = of.filter(({ way }) => way.alone === true || way.more !== undefined || way.clock === true);
  const together = of.filter((job) => !alone.includes(job));
  const size = Number(options['together']);
  const count = Math.ceil(together.length / size);
  return [
    // Dealt out in turn, so that the ways of one mode are on different machines.
    ...Array.from({ length: count }, (_, n) => ({ jobs: together.filter((_job, at) => at % count === n), off })),
    ...alone.map((job) => ({ jobs: [job], off })),
  ];
}

// What the core finds by itself cannot be switched off.
const detectors = [...new Set(jobs.map(({ mode }) => modeNamed(mode)?.detector ?? ''))].filter(
  (name) => name !== 'core',
);
const queue: Batch[] = [
  ...batched(jobs, null),
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
      const why = error instanceof Error ? error.message : String(error);
      return new Map<Job, Told | string>(of.map((job) => [job, why]));
    });
    for (const [job, result] of results) {
      (off === null ? on : without).set(job, result);
      console.error(
        `  ${job.mode} ${job.n + 1}${off === null ? '' : ', its detector off'}: ${words(result)} — ${job.way.how}`,
      );
      if (options.explain && typeof result !== 'string') console.error(result.explained.replaceAll(/^/gm, '    '));
    }
  }
}

function words(result: Told | string): string {
  if (typeof result === 'string') return `could not be made: ${result}`;
  const { first, sure, afterMs, wrong } = result;
  const after = afterMs === null ? '' : ` after ${(afterMs / 1000).toFixed(0)} s`;
  return `${first ?? 'nothing'} (${sure ?? 'no incident'})${after}${wrong.length === 0 ? '' : `; also for certain: ${wrong.join(', ')}`}`;
}

const machine = describeMachine(import.meta.dirname);
await Promise.all(Array.from({ length: Number(options['at-once']) }, work));

const measured: Measured[] = [...Map.groupBy(jobs, ({ mode }) => mode)].map(([mode, of]) => ({
  mode,
  ways: of.map((job): MeasuredWay => ({
    how: job.way.how,
    on: figuresOf(on.get(job) ?? null),
    off: figuresOf(without.get(job) ?? null),
  })),
}));

function figuresOf(result: Told | string | null): MeasuredWay['on'] {
  if (result === null || typeof result === 'string') return result;
  const { explained: _said, ...figures } = result;
  return figures;
}

console.log(printed(measured));
if (options.save) console.log(`saved in ${save(measured, machine)}`);
const { first, ways, certain } = totals(measured);
process.exit(first >= 0.9 * ways && certain === 0 ? 0 : 1);
