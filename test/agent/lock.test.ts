// One agent for one state folder: what docs/safety.md rests on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeLock } from '../../src/keeper/lock.ts';

test('who has the lock keeps it until it ends, however it ends', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-lock-'));
  const file = join(folder, 'agent.lock');
  const lock = new URL('../../src/keeper/lock.ts', import.meta.url).href;
  const source = `const { takeLock } = await import(${JSON.stringify(lock)});
    console.log(JSON.stringify(takeLock(${JSON.stringify(file)}, 'agent'))); setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => {
    other.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const [said] = (await once(other.stdout.setEncoding('utf8'), 'data')) as [string];
  assert.equal(said.trim(), 'null', 'it is taken');
  assert.match(takeLock(file, 'agent')?.why ?? '', new RegExp(`another agent has .*pid ${other.pid}`));
  other.kill('SIGKILL');
  await once(other, 'exit');
  assert.equal(takeLock(file, 'agent'), null);
});
