// npm run testbed -- [row …] [--runs N] [--all] [--tmpfs] [--save]
// Without rows: their names. `--tmpfs`: state and etcd lie in memory, which shows what of the figures is the disk's. `--all`: every row, as often as each is to be run. What it starts lives in namespaces and folders of its own and is ended
// whatever happens.
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { Bed } from './bed.ts';
import { missed, printed, save, type Measured } from './report.ts';
import { runOnce, type Row, type Run } from './row.ts';
import { rows } from './rows.ts';
import { missing } from './space.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    all: { type: 'boolean', default: false },
    tmpfs: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
const runs = options.runs === undefined ? null : Number(options.runs);
if (unknown.length > 0 || (runs !== null && !(runs >= 1)) || (positionals.length === 0 && !options.all)) {
  const names = rows.map(({ name, what }) => `  ${name.padEnd(24)}${what}`).join('\n');
  console.error(`usage: npm run testbed -- [row …] [--runs N] [--all] [--tmpfs] [--save]\nrows:\n${names}`);
  process.exit(2);
}
const cannot = missing();
if (cannot !== null) {
  console.error(`the testbed ${cannot}`);
  process.exit(3);
}

let bed: Bed | null = null;
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    Bed.closeAll();
    process.exit(130);
  });

/** After so many runs that could not be made in a row the rest is left out. */
const mostFailures = 3;

async function measure(row: Row): Promise<Measured> {
  const made: Run[] = [];
  const failed: string[] = [];
  const machine = describeMachine(options.tmpfs ? '/dev/shm' : import.meta.dirname);
  const wanted = runs ?? row.runs;
  try {
    for (let run = 0; run < wanted && failed.length < mostFailures; run++) {
      try {
        bed ??= await Bed.make({ ...row.bed, inMemory: options.tmpfs });
        made.push(await runOnce(row, bed));
      } catch (error) {
        failed.push(error instanceof Error ? error.message : String(error));
        console.error(`  run ${run + 1}: ${failed.at(-1)}`);
        bed?.close();
        bed = null;
      }
      if ((run + 1) % 10 === 0) console.error(`  ${run + 1} of ${wanted}`);
    }
  } finally {
    bed?.close();
    bed = null;
  }
  const { name, what, subject, gapP99Ms = null, lost = null } = row;
  const { recoverWithin } = row.bed;
  return { name, what, subject, recoverWithin, gapP99Ms, lost, machine, runs: made, failed };
}

let short = false;
for (const row of rows) {
  if (positionals.length > 0 && !positionals.includes(row.name)) continue;
  console.error(`${row.name} …`);
  const measured = await measure(row);
  short ||= missed(measured).length > 0;
  console.log(printed(measured));
  if (options.save)
    save(
      measured,
      rows.map((each) => each.name),
    );
}
process.exit(short ? 1 : 0);
