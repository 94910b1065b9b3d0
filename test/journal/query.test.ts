// Reading journals: several hosts' as one, while they are written and while they are not, old ones, missing ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JournalLine } from '../../src/api.ts';
import type { JournalError } from '../../src/journal/errors.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { followJournal, readJournal, type JournalQuery } from '../../src/journal/query.ts';
import { ms, wallMs } from '../../src/model/units.ts';
import { folder } from '../store/places.ts';
import { entry, killAfter, problemsAreFailures, roomy, startWriter } from './lines.ts';

const recorded = join(import.meta.dirname, '..', 'journals', '0.1', 'journal.db');

/** A copy, so that reading cannot touch what is kept. */
function recordedIn(home: string): string {
  const file = join(home, 'recorded.db');
  copyFileSync(recorded, file);
  return file;
}

test('a journal of version 0.1 still reads', (t) => {
  const lines = readJournal([recordedIn(folder(t))], {}, problemsAreFailures);
  assert.equal(lines.length, 6);
  assert.deepEqual(lines[1], {
    seq: 2,
    host: 'a',
    atMs: 1_795_000_000_120,
    kind: 'rule',
    service: 'pricer',
    instance: 'pricer@a#k3f9',
    term: 3,
    rule: 410,
    because: { holder: 'b', silentMs: 2021, ttlMs: 1000 },
  });
  assert.deepEqual(lines[4]?.because, {
    from: 'b',
    to: 'a',
    dMs: 3.25,
    switchMs: 8,
    bMs: null,
    iMs: 12,
    zMs: 23.25,
    planned: false,
  });
});

test('a journal of version 0.1 is written on', async (t) => {
  const file = recordedIn(folder(t));
  const journal = await openJournal({ file, host: 'a', ...roomy });
  journal.append(entry(1_795_000_009_000));
  await journal.close();
  assert.deepEqual(
    readJournal([file], {}, problemsAreFailures).map((line) => line.seq),
    [1, 2, 3, 4, 5, 6, 7],
  );
});

test('a query chooses by time, service, instance, kind, incident, seq and number', (t) => {
  const file = recordedIn(folder(t));
  const cases: readonly (readonly [JournalQuery, readonly number[]])[] = [
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ sinceMs: 1_795_000_000_125 }, [3, 4, 5, 6]],
    [{ service: 'pricer' }, [2, 3, 5, 6]],
    [{ service: 'price' }, []],
    [{ instance: 'pricer@a#k3f9' }, [2, 5]],
    [{ kinds: ['rule', 'failover'] }, [2, 5]],
    [{ kinds: [] }, []],
    [{ incident: 'i-7' }, [3, 4, 6]],
    [{ incident: 'i-' }, []],
    [{ incident: '%' }, []],
    [{ incident: `'"` }, []],
    [{ afterSeq: 4 }, [5, 6]],
    [{ limit: 2 }, [5, 6]],
    [{ limit: 0 }, []],
    [{ service: 'pricer', limit: 1, kinds: ['incident'] }, [6]],
    [{ service: 'pricer', sinceMs: 1_795_000_000_121, incident: 'i-7', afterSeq: 3 }, [6]],
  ];
  for (const [query, seqs] of cases) {
    const found = readJournal([file], query, problemsAreFailures).map((line) => line.seq);
    assert.deepEqual(found, seqs, JSON.stringify(query));
  }
});

test("several hosts' journals are merged by time, then host, then seq", async (t) => {
  const home = folder(t);
  const files = ['b', 'a'].map((host) => join(home, `${host}.db`));
  for (const [index, file] of files.entries()) {
    const journal = await openJournal({ file, host: index === 0 ? 'b' : 'a', ...roomy });
    for (const at of index === 0 ? [10, 20, 20, 40] : [20, 15, 40]) journal.append(entry(at));
    await journal.close();
  }
  const merged = readJournal(files, {}, problemsAreFailures);
  const names = (lines: readonly JournalLine[]): string[] => lines.map((line) => `${line.host}${line.seq}`);
  assert.deepEqual(names(merged), ['b1', 'a2', 'a1', 'b2', 'b3', 'a3', 'b4']);
  assert.deepEqual(names(readJournal(files, { limit: 3 }, problemsAreFailures)), ['b3', 'a3', 'b4']);
});

test('reading makes no file and changes none, be the agent gone in order or killed', async (t) => {
  const home = folder(t);
  const quiet = recordedIn(home);
  const killed = join(home, 'killed.db');
  const last = await killAfter(startWriter(killed, 1), 5);
  const contents = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(home)
        .filter((name) => !name.endsWith('-shm'))
        .map((name) => [name, readFileSync(join(home, name)).toString('base64')]),
    );
  const before = contents();
  const names = readdirSync(home);
  assert.equal(readJournal([quiet], {}, problemsAreFailures).length, 6);
  assert.ok(readJournal([killed], {}, problemsAreFailures).length >= last);
  assert.deepEqual(contents(), before);
  assert.deepEqual(readdirSync(home), names);
});

test('reading while it is written neither fails nor holds the writer up, and sees whole batches', async (t) => {
  const file = join(folder(t), 'journal.db');
  const journal = await openJournal({ file, host: 'a', ...roomy });
  let written = 0;
  let read = 0;
  for (let round = 0; round < 200; round += 1) {
    for (let n = 0; n < 10; n += 1) journal.append(entry((written += 1)));
    if (round % 3 === 0) await journal.flush();
    const lines = readJournal([file], {}, problemsAreFailures);
    assert.equal(lines.length % 10, 0);
    assert.ok(lines.length >= read);
    read = lines.length;
  }
  await journal.close();
  assert.equal(journal.lost, 0);
  assert.equal(readJournal([file], {}, problemsAreFailures).length, 2000);
});

test('a file that is missing, empty, cut off or something else is said with its code, the others are read', (t) => {
  const home = folder(t);
  const good = recordedIn(home);
  const file = (name: string, content: Buffer | string): string => {
    writeFileSync(join(home, name), content);
    return join(home, name);
  };
  const whole = readFileSync(recorded);
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [join(home, 'none.db'), 'SF-521', /there is no journal/],
    [join(home, 'no', 'folder.db'), 'SF-521', /there is no journal/],
    [file('empty.db', ''), 'SF-523', /is damaged/],
    [file('noise.db', Buffer.alloc(9000, 0x5a)), 'SF-523', /is damaged/],
    [file('cut.db', whole.subarray(0, 5000)), 'SF-523', /is damaged/],
    [home, 'SF-522', /cannot be read/],
  ];
  for (const [path, code, words] of cases) {
    const problems: JournalError[] = [];
    const lines = readJournal([path, good], {}, (problem) => problems.push(problem));
    assert.equal(lines.length, 6, path);
    assert.deepEqual(
      problems.map((problem) => problem.code),
      [code],
      `${path}: ${problems[0]?.message}`,
    );
    assert.match(problems[0]!.message, words);
    assert.ok(problems[0]!.next.length > 10 && problems[0]!.why.length > 5);
  }
});

test('a stray WAL beside an empty journal is not deleted by reading', (t) => {
  const file = join(folder(t), 'journal.db');
  writeFileSync(file, '');
  writeFileSync(`${file}-wal`, 'all that is left');
  assert.deepEqual(
    readJournal([file], {}, () => undefined),
    [],
  );
  assert.equal(readFileSync(`${file}-wal`, 'utf8'), 'all that is left');
});

test(
  'one who may not read it is told whose it is',
  { skip: process.getuid?.() !== 0 && 'needs root to be somebody else' },
  (t) => {
    const home = folder(t);
    const file = recordedIn(home);
    chmodSync(home, 0o700);
    const program = `
    import { readJournal } from ${JSON.stringify(join(import.meta.dirname, '../../src/journal/query.ts'))};
    process.setgid(65534); process.setuid(65534);
    readJournal([${JSON.stringify(file)}], {}, (problem) => console.log(problem.message));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    assert.match(run.stdout, /^SF-522 .*cannot be read: .*Read it as the user who runs the agent/, run.stderr);
  },
);

test('following gives what is there, then what comes, of every host, until it is told to stop', async (t) => {
  const home = folder(t);
  const [a, b] = [join(home, 'a.db'), join(home, 'b.db')];
  const journal = await openJournal({ file: a, host: 'a', ...roomy });
  for (let n = 1; n <= 5; n += 1) journal.append(entry(n));
  await journal.flush();
  const stop = new AbortController();
  const problems: string[] = [];
  const seen: string[] = [];
  const query = { limit: 2, kinds: ['note'], signal: stop.signal };
  for await (const line of followJournal([a, b], query, (problem) => problems.push(problem.code))) {
    seen.push(`${line.host}${line.seq}`);
    // Each line seen brings about the next.
    if (seen.length === 2) journal.append(entry(6));
    if (seen.length === 3) await oneEntry(b, 'b');
    if (seen.length === 4) {
      journal.append(entry(7, { kind: 'other' }));
      journal.append(entry(8));
    }
    if (seen.length === 5) {
      await journal.close();
      await oneEntry(a, 'a');
    }
    if (seen.length === 6) {
      // Removed by somebody, and begun anew.
      rmSync(a);
      await oneEntry(a, 'a');
    }
    if (seen.length === 7) stop.abort();
  }
  assert.deepEqual(seen, ['a4', 'a5', 'a6', 'b1', 'a8', 'a9', 'a1']);
  assert.deepEqual(problems, ['SF-521']);
});

test('following ends at once when it is told to, also while it waits', async (t) => {
  const stop = new AbortController();
  const lines = followJournal([join(folder(t), 'none.db')], { signal: stop.signal }, () => {
    setImmediate(() => {
      stop.abort();
    });
  });
  assert.deepEqual(await lines.next(), { done: true, value: undefined });
});

test('following says a problem once, and again after it was over', async (t) => {
  const home = folder(t);
  const file = join(home, 'journal.db');
  mkdirSync(home, { recursive: true });
  await oneEntry(file, 'a');
  const stop = new AbortController();
  const problems: string[] = [];
  let seen = 0;
  const onProblem = (problem: JournalError): void => {
    problems.push(problem.code);
    if (problem.code === 'SF-521') copyFileSync(recorded, file);
    else stop.abort();
  };
  for await (const line of followJournal([file], { signal: stop.signal }, onProblem)) {
    seen += 1;
    if (seen === 1) rmSync(file);
    if (line.seq === 6) truncateSync(file, 5000);
  }
  assert.deepEqual(problems, ['SF-521', 'SF-523']);
  assert.equal(seen, 6);
});

async function oneEntry(file: string, host: string): Promise<void> {
  const journal = await openJournal({ file, host, maxAgeMs: ms(Number.MAX_SAFE_INTEGER), maxBytes: roomy.maxBytes });
  journal.append({ ...entry(1), atMs: wallMs(Date.now()) });
  await journal.close();
}
