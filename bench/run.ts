// npm run bench -- [row …] [--runs N] [--services N] [--save]
// Without rows: all of them. What it starts lives in folders of its own and is ended whatever happens.
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { type Many, startMany as startManyServices } from './many.ts';
import { type Measured, printed, save } from './report.ts';
import type { Context, Row } from './row.ts';
import { beatsUnderLoad } from './rows/beats-under-load.ts';
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
  pages,
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    services: { type: 'string', default: '500' },
    save: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0 || Number.isNaN(Number(options.runs ?? 1)) || Number.isNaN(Number(options.services))) {
  console.error(
    `usage: npm run bench -- [row …] [--runs N] [--services N] [--save]\nrows: ${rows.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

const shared: { many: Promise<Many> | null } = { many: null };
const context: Context = {
  runs: (usual) => (options.runs === undefined ? usual : Number(options.runs)),
  services: Number(options.services),
  many: () => (shared.many ??= startManyServices(Number(options.services))),
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
      console.error(`${row.name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  (await shared.many?.catch(() => null))?.close();
}
if (options.save && measured.length > 0) console.log(`saved in ${save(measured)}`);
const missed = measured.some(({ figures }) => figures.some(({ reached }) => reached === false));
process.exit(failed ? 3 : missed ? 1 : 0);
