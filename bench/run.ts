// npm run bench -- [row …] [--runs N] [--services N] [--save]
// Without rows: all of them. What it starts lives in folders of its own and is ended whatever happens.
import { demandKnown, numberOf, readWords } from '../scripts/words.ts';
import { errorWords } from '../src/model/error-words.ts';
import { describeMachine } from './machine.ts';
import { type Many, startMany as startManyServices } from './many.ts';
import { type Measured, printed, save } from './report.ts';
import type { Context, Row } from './row.ts';
import { beatsUnderLoad } from './rows/beats-under-load.ts';
import { detectors } from './rows/detectors.ts';
import { failoverRows } from './rows/failover.ts';
import { hostLost } from './rows/host-lost.ts';
import { idleCpu } from './rows/idle-cpu.ts';
import { killToReplacement } from './rows/kill-to-replacement.ts';
import { memory } from './rows/memory.ts';
import { pages } from './rows/pages.ts';
import { plannedSwitch } from './rows/planned-switch.ts';
import { startMany } from './rows/start-many.ts';
import { statusShell } from './rows/status-shell.ts';
import { stuck } from './rows/stuck.ts';

const rows: readonly Row[] = [
  killToReplacement,
  startMany,
  memory,
  idleCpu,
  statusShell,
  ...failoverRows,
  plannedSwitch,
  hostLost,
  beatsUnderLoad,
  stuck,
  detectors,
  pages,
];

const usage = `usage: npm run bench -- [row …] [--runs N] [--services N] [--save]

  --runs N      so often instead of as often as each row usually is
  --services N  how many services the rows about many have (500)
  --save        keeps the figures in bench/results

rows, all of them when none is named:
${rows.map(({ name, what }) => `  ${name.padEnd(22)}${what}`).join('\n')}`;
const { values: options, positionals } = readWords(usage, {
  runs: { type: 'string' },
  services: { type: 'string', default: '500' },
  save: { type: 'boolean', default: false },
});
demandKnown(
  positionals,
  rows.map(({ name }) => name),
  usage,
);
const runs = options.runs === undefined ? null : numberOf('--runs', options.runs, 1, usage);
const services = numberOf('--services', options.services, 1, usage);

const shared: { many: Promise<Many> | null } = { many: null };
const context: Context = {
  runs: (usual) => runs ?? usual,
  services,
  many: () => (shared.many ??= startManyServices(services)),
  note: (text) => console.error(`  ${text}`),
};

const measured: Measured[] = [];
let failed = false;
try {
  for (const row of rows) {
    if (positionals.length > 0 && !positionals.includes(row.name)) continue;
    console.error(`${row.name} …`);
    const machine = describeMachine(import.meta.dirname);
    try {
      const result = { name: row.name, what: row.what, machine, figures: await row.measure(context) };
      measured.push(result);
      console.log(printed(result));
    } catch (error) {
      failed = true;
      console.error(`${row.name} could not be measured: ${errorWords(error)}`);
    }
  }
} finally {
  (await shared.many?.catch(() => null))?.close();
}
if (options.save && measured.length > 0) console.log(`saved in ${save(measured)}`);
const missed = measured.some(({ figures }) => figures.some(({ reached }) => reached === false));
process.exit(failed ? 3 : missed ? 1 : 0);
