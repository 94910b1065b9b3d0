// The journal as a writer: what it keeps, what it bounds, what it survives.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openJournal } from '../../src/journal/journal.ts';
import { readJournal } from '../../src/journal/query.ts';
import { bytes, ms, wallMs } from '../../src/model/units.ts';
import { folder } from '../store/places.ts';
import { entry, killAfter, problemsAreFailures, roomy, startWriter } from './lines.ts';

test('lines come back as they were told, in order, with their host', async (t) => {
  const file = join(folder(t), 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  const facts = { holder: 'b', silentMs: 2021, deep: { list: [1, null, 'ü', true] } };
  journal.append({
    atMs: wallMs(7),
    kind: 'rule',
    service: 'pricer',
    instance: 'pricer@a#1',
    term: 3,
    rule: 410,
    facts,
  });
  journal.append(entry(8));
  await journal.flush();
  const lines = readJournal([file], {}, problemsAreFailures);
  assert.deepEqual(lines[0], {
    seq: 1,
    host: 'a',
    atMs: 7,
    kind: 'rule',
    service: 'pricer',
    instance: 'pricer@a#1',
    term: 3,
    rule: 410,
    because: facts,
  });
  assert.deepEqual(lines[1]?.because, { n: 8 });
  assert.equal(journal.lost, 0);
  await journal.close();
  assert.equal(readJournal([file], {}, problemsAreFailures).length, 2);
});

test('facts are those of the moment of telling, whatever becomes of them', async (t) => {
  const file = join(folder(t), 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  const facts = { n: 1 };
  journal.append(entry(1, { facts }));
  facts.n = 2;
  await journal.close();
  assert.deepEqual(readJournal([file], {}, problemsAreFailures)[0]?.because, { n: 1 });
});

test('append never throws: facts that cannot be written say so, endless ones are cut', async (t) => {
  const file = join(folder(t), 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  const round: Record<string, never> = {};
  Object.assign(round, { round });
  journal.append(entry(1, { facts: round }));
  journal.append(entry(2, { facts: { text: 'x'.repeat(1 << 20) } }));
  await journal.close();
  const [first, second] = readJournal([file], {}, problemsAreFailures);
  assert.match(JSON.stringify(first?.because['notWritten']), /circular/);
  assert.ok(JSON.stringify(second).length < 4000);
  assert.equal(second?.because['cutFrom'], (1 << 20) + 11);
});

test('after closing, lines are counted as lost and nothing breaks', async (t) => {
  const file = join(folder(t), 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  await journal.close();
  journal.append(entry(1));
  await journal.flush();
  await journal.close();
  assert.equal(journal.lost, 1);
});

test('seq only grows, across restarts and after every line was removed for its age', async (t) => {
  const file = join(folder(t), 'journal.db');
  const first = await openJournal({ file, host: 'a', ...roomy });
  for (let n = 1; n <= 5; n += 1) first.append(entry(n));
  await first.close();
  // Ended at once: the first look for old lines comes before the journal is told to close.
  const second = await openJournal({ file, host: 'a', maxAgeMs: ms(1000), maxBytes: bytes(1 << 20) });
  await second.close();
  assert.deepEqual(readJournal([file], {}, problemsAreFailures), []);
  const third = await openJournal({ file, host: 'a', ...roomy });
  third.append(entry(6));
  await third.close();
  assert.equal(readJournal([file], {}, problemsAreFailures)[0]?.seq, 6);
});

test('lines that are too old go, younger ones stay', async (t) => {
  const file = join(folder(t), 'journal.db');
  const first = await openJournal({ file, host: 'a', ...roomy });
  const now = Date.now();
  for (let n = 0; n < 5000; n += 1) first.append(entry(n < 4000 ? now - 3_600_000 : now, { facts: { n } }));
  await first.close();
  const second = await openJournal({ file, host: 'a', maxAgeMs: ms(600_000), maxBytes: bytes(64 << 20) });
  // Tidying goes on in steps between writes; each of these is one.
  for (let step = 0; step < 10; step += 1) {
    second.append(entry(now, { facts: { n: 5000 + step } }));
    await second.flush();
  }
  await second.close();
  const lines = readJournal([file], {}, problemsAreFailures);
  assert.equal(lines[0]?.because['n'], 4000);
  assert.equal(lines.length, 1010);
});

test('the files stay within their bound under a flood, the newest lines are kept', async (t) => {
  const file = join(folder(t), 'journal.db');
  const maxBytes = 2 << 20;
  const journal = await openJournal({
    file,
    host: 'a',
    maxAgeMs: ms(Number.MAX_SAFE_INTEGER),
    maxBytes: bytes(maxBytes),
  });
  const size = (end: string): number => statSync(file + end, { throwIfNoEntry: false })?.size ?? 0;
  let most = 0;
  for (let n = 1; n <= 20_000; n += 1) {
    journal.append(entry(n, { facts: { n, text: 'x'.repeat(n % 1000) } }));
    if (n % 250 !== 0) continue;
    await journal.flush();
    most = Math.max(most, size('') + size('-wal'));
  }
  await journal.close();
  t.diagnostic(`at most ${most} bytes of ${maxBytes}`);
  assert.ok(most <= maxBytes, `${most} bytes`);
  assert.ok(size('') <= maxBytes);
  assert.equal(journal.lost, 0);
  const lines = readJournal([file], {}, problemsAreFailures);
  assert.ok(lines.length > 1000, `${lines.length} lines are left`);
  assert.deepEqual(
    lines.map((line) => line.because['n']),
    lines.map((_, index) => 20_001 - lines.length + index),
  );
});

test('a journal that was larger shrinks to a smaller bound', async (t) => {
  const file = join(folder(t), 'journal.db');
  const first = await openJournal({ file, host: 'a', ...roomy });
  for (let n = 1; n <= 8000; n += 1) first.append(entry(n, { facts: { n, text: 'x'.repeat(800) } }));
  await first.close();
  assert.ok(statSync(file).size > 6 << 20);
  const second = await openJournal({ file, host: 'a', maxAgeMs: roomy.maxAgeMs, maxBytes: bytes(2 << 20) });
  for (let step = 0; step < 60; step += 1) {
    second.append(entry(9000 + step));
    await second.flush();
  }
  await second.close();
  assert.ok(statSync(file).size <= 2 << 20, `${statSync(file).size} bytes`);
});

test('a flood that the disk cannot take is dropped, counted and said', async (t) => {
  const file = join(folder(t), 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  // All told in one go: the thread has had no turn, as on a disk that stalls.
  for (let n = 1; n <= 25_000; n += 1) journal.append(entry(n));
  assert.equal(journal.lost, 5000);
  await journal.flush();
  await journal.close();
  const lines = readJournal([file], {}, problemsAreFailures);
  const notes = lines.filter((line) => line.kind === 'journalLost');
  assert.equal(lines.length - notes.length, 20_000);
  assert.deepEqual(
    notes.map((line) => [line.because['lost'], line.because['fromMs'], line.because['toMs']]),
    [[5000, 20_001, 25_000]],
  );
});

test('20 SIGKILLs lose no line that was flushed, and what is there is without a hole', async (t) => {
  const file = join(folder(t), 'journal.db');
  let next = 1;
  for (let kill = 0; kill < 20; kill += 1) {
    const acknowledged = await killAfter(startWriter(file, next), 1 + ((kill * 7) % 23));
    const numbers = readJournal([file], {}, problemsAreFailures).map((line) => Number(line.because['n']));
    assert.ok(numbers.length >= acknowledged, `${numbers.length} lines, ${acknowledged} were flushed`);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    next = numbers.length + 1;
  }
  t.diagnostic(`${next - 1} lines`);
});

test('a WAL cut off anywhere leaves all lines before the cut', async (t) => {
  const home = folder(t);
  const source = join(home, 'journal.db');
  await killAfter(startWriter(source, 1), 15);
  const main = readFileSync(source);
  const wal = readFileSync(`${source}-wal`);
  const whole = readJournal([source], {}, problemsAreFailures).length;
  let longest = 0;
  // Every place within a frame comes up: frames are 24 + 4096 bytes, after a head of 32.
  const lengths = Array.from({ length: 60 }, (_, cut) => Math.floor((wal.length * cut) / 60) + ((cut * 331) % 4120));
  for (const [cut, length] of lengths.toSorted((one, other) => one - other).entries()) {
    const file = join(home, `cut-${cut}.db`);
    writeFileSync(file, main);
    writeFileSync(`${file}-wal`, wal.subarray(0, length));
    const journal = await openJournal({ file, host: 'a', ...roomy });
    journal.append(entry(1_000_000));
    await journal.close();
    assert.equal(journal.lost, 0);
    const lines = readJournal([file], {}, problemsAreFailures).filter((line) => line.kind === 'note');
    const numbers = lines.map((line) => line.because['n']);
    assert.equal(numbers.pop(), 1_000_000);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    assert.ok(numbers.length >= longest && numbers.length <= whole);
    longest = numbers.length;
  }
  assert.ok(longest > 0);
});

test('a database cut off anywhere opens, or is put aside whole and a new one is begun that says so', async (t) => {
  const home = folder(t);
  const source = join(home, 'source.db');
  const first = await openJournal({ file: source, host: 'a', ...roomy });
  for (let n = 1; n <= 400; n += 1) first.append(entry(n, { facts: { n, text: 'x'.repeat(300) } }));
  await first.close();
  const main = readFileSync(source);
  const lastSeq = 400;
  let aside = 0;
  for (let cut = 0; cut < 40; cut += 1) {
    const file = join(home, `cut-${cut}.db`);
    const length = cut < 4 ? cut * 40 : Math.floor((main.length * cut) / 40) + ((cut * 331) % 1000);
    writeFileSync(file, main);
    truncateSync(file, length);
    const journal = await openJournal({ file, host: 'a', ...roomy });
    journal.append(entry(1_000_000));
    await journal.close();
    const lines = readJournal([file], {}, problemsAreFailures).toSorted((one, other) => one.seq - other.seq);
    assert.equal(lines.at(-1)?.because['n'], 1_000_000);
    const moved = readdirSync(home).filter((name) => name.startsWith(`cut-${cut}.db.damaged-`));
    if (lines[0]?.kind !== 'journalMovedAside') {
      // Nothing was left of it, not even that it was one.
      assert.equal(length, 0);
      continue;
    }
    aside += 1;
    assert.deepEqual(
      moved.map((name) => join(home, name)),
      [lines[0].because['movedTo']],
    );
    assert.deepEqual(readFileSync(join(home, moved[0]!)), main.subarray(0, length));
    assert.ok(lines[0].seq > lastSeq, 'seq went back');
  }
  assert.ok(aside > 30, `${aside} were put aside`);
});

test('an emptied database beside its WAL is put aside with it', async (t) => {
  const home = folder(t);
  const file = join(home, 'journal.db');
  await killAfter(startWriter(file, 1), 5);
  const wal = readFileSync(`${file}-wal`);
  truncateSync(file, 0);
  const journal = await openJournal({ file, host: 'a', ...roomy });
  await journal.close();
  const [line] = readJournal([file], {}, problemsAreFailures);
  assert.equal(line?.kind, 'journalMovedAside');
  const aside = readdirSync(home).find((name) => name.endsWith('-wal') && name.includes('damaged'));
  assert.deepEqual(readFileSync(join(home, aside!)), wal);
});

test('a journal overwritten while in use is put aside, and the line at hand is kept', async (t) => {
  const home = folder(t);
  const file = join(home, 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  for (let n = 1; n <= 300; n += 1) journal.append(entry(n, { facts: { n, text: 'x'.repeat(2000) } }));
  await journal.close();
  const whole = readFileSync(file);
  const again = await openJournal({ file, host: 'a', ...roomy });
  writeFileSync(file, Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 0xa5)]), {
    flag: 'r+',
  });
  again.append(entry(Date.now() + 60_000));
  await again.flush();
  await again.close();
  const lines = readJournal([file], {}, problemsAreFailures);
  assert.deepEqual(
    lines.map((line) => line.kind),
    ['journalMovedAside', 'note'],
  );
});

test('a newer journal and a database of something else are left alone', async (t) => {
  const home = folder(t);
  const newer = join(home, 'newer.db');
  await (await openJournal({ file: newer, host: 'a', ...roomy })).close();
  const db = new DatabaseSync(newer);
  db.exec('PRAGMA user_version = 99');
  db.close();
  const other = join(home, 'other.db');
  const foreign = new DatabaseSync(other);
  foreign.exec('CREATE TABLE theirs (x)');
  foreign.close();
  const before = [newer, other].map((file) => readFileSync(file));
  await assert.rejects(openJournal({ file: newer, host: 'a', ...roomy }), {
    code: 'SF-524',
    message: /newer Standfast/,
  });
  await assert.rejects(openJournal({ file: other, host: 'a', ...roomy }), {
    code: 'SF-524',
    message: /something else/,
  });
  assert.deepEqual(
    [newer, other].map((file) => readFileSync(file)),
    before,
  );
});
