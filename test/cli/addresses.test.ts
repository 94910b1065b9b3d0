// Whether an address could move to this machine is said by `check` and, before anything starts, by `up`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const isRoot = process.getuid?.() === 0;
/** As root too: the right is taken out of what its programs may ever have. */
const without = isRoot ? ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin', '--'] : [];

test('without the right to change addresses, up refuses and starts nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-addresses-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const state = join(folder, 'state');
  writeFileSync(
    join(folder, 'standfast.yaml'),
    `system: routed
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  web: { run: sleep 600, policy: hot-active/warm-active, on: [a, b], route: { vip: 10.9.0.100/24 } }
`,
  );
  const run = (...words: string[]): { status: number | null; stdout: string; stderr: string } => {
    const [file = '', ...rest] = [...without, process.execPath, program, ...words];
    return spawnSync(file, rest, { encoding: 'utf8', env: { ...process.env, STANDFAST_STATE: state } });
  };
  const up = run('up', folder, '--detach');
  assert.deepEqual([up.status, up.stdout], [2, '']);
  assert.match(up.stderr, /SF-331 +an address moves with web, and this account may not put one on a device/);
  assert.ok(!existsSync(state), 'nothing was written');
  const check = run('check', folder);
  assert.equal(check.status, 0, 'the description is valid: it may be for another machine');
  assert.match(check.stdout, /On this machine: SF-331/);
});
