// The raw rows of the testbed: what was broken off goes on, what is only a trial gives way, and how long the rest may take.

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { Machine } from '../../bench/machine.ts';
import { KeptRows } from '../../testbed/kept.ts';
import { Progress, spanText } from '../../testbed/progress.ts';
import type { Run } from '../../testbed/row.ts';

const machine = (commit: string): Machine => {
  const [cpu, kernel, system, fileSystem, node] = ['x', '6', 'Debian', 'ext4', 'v24'];
  return { cpu, cores: 2, memoryGiB: 4, kernel, system, fileSystem, node, load: 0, commit, at: '2026-01-01T00:00:00Z' };
};

const run = (at: string): Run => {
  return { at, load: 0, services: {}, needless: 0, explained: [], notes: [], figures: [], lateShare: 0, tookMs: 1 };
};

test('what was broken off in the middle of a line goes on after the last whole one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-kept-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const kept = new KeptRows(folder);
  assert.equal(kept.begin('deaf', 3, machine('one')).runs.length, 0);
  kept.add('deaf', { run: run('first') });
  kept.add('deaf', { failed: 'no machine' });
  appendFileSync(join(folder, 'deaf.jsonl'), '{"run":{"at":"seco');

  const again = kept.begin('deaf', 3, machine('two'));
  assert.deepEqual(
    again.runs.map(({ at }) => at),
    ['first'],
  );
  kept.add('deaf', { run: run('second') });
  const all = kept.read('deaf');
  assert.deepEqual(
    [all?.runs.map(({ at }) => at), all?.failed, all?.machines.map(({ commit }) => commit), all?.wanted],
    [['first', 'second'], ['no machine'], ['one', 'two'], 3],
  );

  assert.equal(kept.goesOn('deaf', 2)?.runs.length, 2, 'fewer than are kept or were wanted: nothing is thrown away');
  assert.equal(kept.goesOn('deaf', 100), null, 'what was a trial of three gives way to a hundred');
  kept.forget('deaf');
  assert.equal(kept.read('deaf'), null);
});

test('the estimate goes by what runs took, and by the fault where none was made yet', () => {
  const progress = new Progress([
    { name: 'quick', left: 10, lastsMs: 1000, abreast: 1 },
    { name: 'long', left: 8, lastsMs: 60_000, abreast: 4 },
  ]);
  progress.bedMade(4000);
  progress.ran('quick', 1, 3000);
  assert.equal(progress.leftMs('quick'), 9 * 3000);
  assert.equal(progress.leftMs('long'), 4000 + 2 * (60_000 + 2000), 'two rounds of four, and what runs took beside');
  progress.over('quick');
  assert.equal(progress.leftMs(), progress.leftMs('long'));
  assert.deepEqual([40_000, 725_000, 11_100_000].map(spanText), ['40 s', '12 min', '3 h 05 min']);
});
