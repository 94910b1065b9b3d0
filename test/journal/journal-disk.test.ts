// The journal on a disk that is full or does not move: the agent is never held up, what is missing is counted and said.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from '../../src/journal/journal.ts';
import { followJournal, readJournal } from '../../src/journal/query.ts';
import { cannotFreeze, cannotMount, fill, folder, freezableDisk, smallDisk } from '../store/places.ts';
import { entry, problemsAreFailures, roomy } from './lines.ts';

const text = 'x'.repeat(4000);

test(
  'on a full disk lines are dropped and counted, and a line says so when there is space',
  { skip: cannotMount() },
  async (t) => {
    const disk = smallDisk(t, 1 << 20);
    const file = join(disk, 'journal.db');
    const journal = await openJournal({ file, host: 'a', ...roomy });
    journal.append(entry(1));
    await journal.flush();
    fill(join(disk, 'filler'));
    for (let n = 2; n <= 200; n += 1) {
      journal.append(entry(n, { facts: { n, text } }));
      await journal.flush();
    }
    const lost = journal.lost;
    assert.ok(lost > 100, `${lost} were lost`);
    assert.equal(journal.trouble, 'the disk is full');
    rmSync(join(disk, 'filler'));
    // Without a further line: what was lost is written down as soon as it can be.
    const stop = new AbortController();
    for await (const line of followJournal(
      [file],
      { kinds: ['journalLost'], signal: stop.signal },
      problemsAreFailures,
    )) {
      assert.equal(line.because['lost'], lost);
      assert.equal(line.because['toMs'], 200);
      assert.equal(line.because['why'], 'the disk is full');
      stop.abort();
    }
    journal.append(entry(201));
    await journal.close();
    const lines = readJournal([file], {}, problemsAreFailures);
    assert.equal(lines.filter((line) => line.kind === 'note').length, 201 - lost);
    assert.equal(lines.filter((line) => line.kind === 'journalLost').length, 1);
    assert.deepEqual([journal.lost, journal.trouble], [lost, null]);
  },
);

test('a journal opened on a full disk begins once there is space', { skip: cannotMount() }, async (t) => {
  const disk = smallDisk(t, 256 << 10);
  fill(join(disk, 'filler'));
  const file = join(disk, 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  journal.append(entry(1));
  await journal.flush();
  assert.equal(journal.lost, 1);
  rmSync(join(disk, 'filler'));
  journal.append(entry(2));
  await journal.close();
  assert.deepEqual(
    readJournal([file], {}, problemsAreFailures).map((line) => [line.kind, line.because['lost'] ?? line.because['n']]),
    [
      ['journalLost', 1],
      ['note', 2],
    ],
  );
});

test(
  'while the disk stalls nothing waits, and what was told is written when it moves again',
  { skip: cannotFreeze() },
  async (t) => {
    const disk = freezableDisk(t);
    const file = join(disk.path, 'journal.db');
    const journal = await openJournal({ file, host: 'a', ...roomy });
    disk.freeze();
    for (let n = 1; n <= 21_000; n += 1) journal.append(entry(n));
    assert.ok(journal.lost > 0 && journal.lost <= 1000, `${journal.lost} were lost`);
    const lost = journal.lost;
    disk.thaw();
    await journal.flush();
    await journal.close();
    const lines = readJournal([file], {}, problemsAreFailures);
    assert.equal(lines.filter((line) => line.kind === 'note').length, 21_000 - lost);
    assert.equal(lines.find((line) => line.kind === 'journalLost')?.because['lost'], lost);
  },
);

test('closing on a disk that stalls ends all the same', { skip: cannotFreeze() }, async (t) => {
  const disk = freezableDisk(t);
  const file = join(disk.path, 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  disk.freeze();
  journal.append(entry(1));
  await journal.close();
  disk.thaw();
  assert.ok(statSync(file).size > 0);
});

test('a folder that is not there yet costs lines, not the agent', async (t) => {
  const file = join(folder(t), 'none', 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  journal.append(entry(1));
  await journal.flush();
  assert.equal(journal.lost, 1);
  await journal.close();
});
