// npm run testbed -- [row …] [--all] [--runs N] [--save [--anew]] [--tmpfs]
// Without rows: their names. What it starts lives in namespaces and folders of its own and is ended whatever happens.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demandKnown, numberOf, readWords } from '../scripts/words.ts';
import { Bed } from './bed.ts';
import { Campaign, type Plan } from './campaign.ts';
import { missed, type Measured } from './figures.ts';
import { KeptRows } from './kept.ts';
import { removeLeftovers } from './leftovers.ts';
import { failoverText, writePages } from './page.ts';
import { spanText } from './progress.ts';
import { rows } from './rows.ts';
import { missing } from './space.ts';

const usage = `usage: npm run testbed -- [row …] [--all] [--runs N] [--save [--anew]] [--tmpfs]

  --all     every row, as often as each is to be run
  --runs N  so often instead
  --save    keeps every run in testbed/results as it is made, and shows it in docs/failover.md and docs/safety.md;
            goes on where it was broken off
  --anew    forgets what is kept of these rows
  --tmpfs   state and etcd lie in memory: what of the figures is the disk's

rows, and how often each is to be run:
${rows.map(({ name, runs: often, what }) => `  ${name.padEnd(24)}${String(often).padStart(4)}  ${what}`).join('\n')}`;
const { values: options, positionals } = readWords(usage, {
  all: { type: 'boolean', default: false },
  runs: { type: 'string' },
  save: { type: 'boolean', default: false },
  anew: { type: 'boolean', default: false },
  tmpfs: { type: 'boolean', default: false },
});
demandKnown(
  positionals,
  rows.map(({ name }) => name),
  usage,
);
const runs = options.runs === undefined ? null : numberOf('--runs', options.runs, 1, usage);
if (positionals.length === 0 && !options.all) {
  console.log(usage);
  process.exit(0);
}
const cannot = missing();
if (cannot !== null) {
  console.error(`the testbed ${cannot}`);
  process.exit(3);
}

removeLeftovers();
const folder = options.save ? join(import.meta.dirname, 'results') : mkdtempSync(join(tmpdir(), 'standfast-testbed-'));
const kept = new KeptRows(folder);
const chosen = rows.filter(({ name }) => options.all || positionals.includes(name));
if (options.anew) for (const { name } of chosen) kept.forget(name);

for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    Bed.closeAll();
    if (options.save) console.error('\nBroken off. The same command goes on from here.');
    else rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });

const plans: Plan[] = chosen.map((row) => {
  const wanted = runs ?? row.runs;
  return { row, wanted, made: Math.min(wanted, kept.goesOn(row.name, wanted)?.runs.length ?? 0) };
});
const complete = plans.filter(({ wanted, made }) => made === wanted);
const open = plans.filter((plan) => !complete.includes(plan));
if (complete.length > 0)
  console.error(`Kept already, and left as it is (--anew: not): ${complete.map(({ row }) => row.name).join(', ')}.`);

const campaign = new Campaign(open, kept, options.tmpfs);
console.error(`${open.length} ${open.length === 1 ? 'row' : 'rows'} to measure, about ${spanText(campaign.leftMs)}.`);
await campaign.run(() => {
  if (options.save) writePages(all());
});

const results = all().filter(({ row }) => chosen.includes(row));
if (chosen.length > 1) console.log(failoverText(results));
if (!options.save) rmSync(folder, { recursive: true, force: true });
process.exit(results.some((each) => missed(each).length > 0) ? 1 : 0);

/** All that is kept, in the order of the table. */
function all(): Measured[] {
  return rows.flatMap((row) => {
    const of = kept.read(row.name);
    return of === null || of.runs.length === 0 ? [] : [{ ...of, row }];
  });
}
