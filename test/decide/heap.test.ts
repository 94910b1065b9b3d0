// A million steps keep nothing: the heap, once collected, is no larger afterwards. Three hosts and three services that beat, in a process of their own, since
// only there the collector can be called. `STEPS` of the environment asks for other than the share that a test run has time for.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('the heap is no larger after many steps', (context) => {
  const steps = process.env['STEPS'] ?? '100000';
  const run = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(new URL('heap.ts', import.meta.url)), steps], {
    encoding: 'utf8',
  });
  context.diagnostic(run.stdout.trim());
  assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
});
