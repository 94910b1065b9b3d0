// npm run calm -- [--minutes N] [--save] [PACK]
// Cries wolf? A healthy rehearsal of a pack runs while the machine is kept busy: processors in bursts beyond what there are, a disk that is written to and
// synced. Every incident that opens is a false alarm, since nothing is broken. Exit status 1 when one did.

import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeMachine } from '../../bench/machine.ts';
import { endMarked } from '../../scripts/marked.ts';
import { numberOf, readWords, refuse } from '../../scripts/words.ts';
import type { IncidentView, StatusView } from '../../src/api.ts';
import { errorWords } from '../../src/model/error-words.ts';
import { calmFile } from './report.ts';

const repository = join(import.meta.dirname, '..', '..');

const usage = `usage: npm run calm -- [--minutes N] [--save] [PACK]

  --minutes N  how long the load lasts (60)
  --save       keeps what came of it in bench/results
  PACK         a folder with a description and its rehearsal (packs/deephaven)`;
const { values: options, positionals } = readWords(usage, {
  minutes: { type: 'string', default: '60' },
  save: { type: 'boolean', default: false },
});
const minutes = numberOf('--minutes', options.minutes, 1, usage);
const pack = positionals[0] ?? join(repository, 'packs', 'deephaven');
if (!existsSync(pack)) refuse(`There is no pack ${pack}.`, usage);

const machine = describeMachine(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'sf-calm-'));
const env = { ...process.env, STANDFAST_STATE: join(folder, 'state') };
const children = new Set<ChildProcess>();

function standfast(...words: readonly string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const child = spawn(join(repository, 'standfast'), words, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, errors })));
}

async function status(): Promise<StatusView | null> {
  const { out } = await standfast('status', '--json');
  return out.startsWith('{') ? (JSON.parse(out) as StatusView) : null;
}

/** Half of the time: two processes for each processor, and a file that is written anew and synced. */
function load(): void {
  const burst = 'while :; do timeout 25 sh -c "while :; do :; done"; sleep 25; done';
  const writes =
    'while :; do dd if=/dev/zero of="$1/load" bs=1M count=64 conv=fsync 2>/dev/null; rm -f "$1/load"; sleep 3; done';
  const lines = [...cpus().flatMap(() => [burst, burst]), writes];
  for (const line of lines) children.add(spawn('sh', ['-c', line, 'load', folder], { env, stdio: 'ignore' }));
}

function end(): void {
  for (const child of children) child.kill('SIGKILL');
  endMarked(folder);
  rmSync(folder, { recursive: true, force: true });
}
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    end();
    process.exit(130);
  });

let beganAtMs = 0;
const alarms = new Map<string, IncidentView>();
let looks = 0;
let failed: string | null = null;
try {
  cpSync(pack, join(folder, basename(pack)), { recursive: true });
  const words = ['--rehearsal', '--folder', join(folder, 'r'), '--detach', '--timeout', '300s'];
  const up = await standfast('up', join(folder, basename(pack)), ...words);
  if (up.code !== 0) throw new Error(up.errors + up.out);
  for (let tries = 0; ((await status())?.severity ?? 1) !== 0; tries += 1) {
    if (tries > 120) throw new Error(`it did not come to stand:\n${(await standfast('status')).out}`);
    await pause(1000);
  }
  console.log(`all stands; ${minutes} min under load begin`);
  load();
  beganAtMs = Date.now();
  for (const until = performance.now() + minutes * 60_000; performance.now() < until; await pause(5000)) {
    const view = await status();
    looks += view === null ? 0 : 1;
    for (const each of view?.incidents ?? []) {
      if (alarms.has(each.id)) continue;
      alarms.set(each.id, each);
      const explained = (await standfast('explain', each.id)).out;
      console.log(
        `${new Date().toISOString()} ${each.severity} ${each.cause} (${each.mode ?? 'no mode'})\n${explained}`,
      );
    }
  }
  // What came and went between two looks stands in the list of incidents.
  const { out } = await standfast('incidents', '--json');
  if (out.startsWith('['))
    for (const each of JSON.parse(out) as IncidentView[]) if (each.sinceMs >= beganAtMs) alarms.set(each.id, each);
} catch (error) {
  failed = errorWords(error);
} finally {
  await standfast('down');
  end();
}
if (failed !== null) {
  console.error(`could not be measured: ${failed}`);
  process.exit(3);
}
if (options.save)
  writeFileSync(
    calmFile,
    `${JSON.stringify({ machine, pack: basename(pack), minutes, looks, falseAlarms: alarms.size }, null, 1)}\n`,
  );
console.log(`${alarms.size} false alarms in ${minutes} min under load (${looks} looks)`);
process.exit(alarms.size === 0 ? 0 : 1);
