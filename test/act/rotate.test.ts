// Rotation of real files under real writers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Rotated, type Rotator, openRotator } from '../../src/act/rotate.ts';
import { bytes } from '../../src/model/units.ts';
import { atEnd, folder, now, run } from '../observe/seen.ts';

interface Watched {
  readonly rotator: Rotator;
  readonly all: Rotated[];
  readonly next: () => Promise<Rotated>;
}

function open(t: TestContext): Watched {
  const all: Rotated[] = [];
  let told: () => void = () => {};
  let read = 0;
  const rotator = openRotator({
    now,
    onRotated: (rotated) => {
      all.push(rotated);
      told();
    },
  });
  atEnd(t, () => rotator.close());
  return {
    rotator,
    all,
    next: async () => {
      while (all.length <= read) await new Promise<void>((resolve) => (told = resolve));
      read += 1;
      return all[read - 1]!;
    },
  };
}

test('file, file.1, file.2: the newest first, the oldest gone', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out.log');
  const { rotator, next } = open(t);
  rotator.add(path, { maxSize: bytes(100), keep: 2 });
  for (const letter of ['a', 'b', 'c']) {
    appendFileSync(path, letter.repeat(150));
    const rotated = await next();
    assert.ok(rotated.kind === 'rotated' && rotated.lostBytes === 0, JSON.stringify(rotated));
    assert.equal(statSync(path).size, 0);
  }
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'c'.repeat(100));
  assert.equal(readFileSync(`${path}.2`, 'utf8'), 'b'.repeat(100));
  assert.equal(existsSync(`${path}.3`), false);
  rotator.remove(path);
});

test('a writer keeps its file and goes on in it', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out.log');
  writeFileSync(path, '');
  const { rotator, next } = open(t);
  rotator.add(path, { maxSize: bytes(20_000), keep: 3 });
  const child = run(
    t,
    ['sh', '-c', 'exec >> out.log; n=0; while [ $n -lt 5000 ]; do n=$((n+1)); echo "line $n"; done; exec sleep 1000'],
    dir,
  );
  await once(child, 'spawn');
  const first = await next();
  assert.ok(first.kind === 'rotated' && first.copiedBytes > 0);
  const kept = readFileSync(`${path}.1`, 'utf8');
  assert.match(kept, /^line \d+\n/m);
});

test('a flood of 100 MB/s fills no disk', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out.log');
  writeFileSync(path, '');
  const { rotator, all, next } = open(t);
  const maxSize = 4 << 20;
  rotator.add(path, { maxSize: bytes(maxSize), keep: 2 });
  run(t, ['sh', '-c', 'exec yes "a line that says the same again and again" >> out.log'], dir);
  let most = 0;
  for (let rotations = 0; rotations < 8; rotations++) {
    await next();
    const sum = [path, `${path}.1`, `${path}.2`, `${path}.part`].reduce(
      (total, each) => total + (statSync(each, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    if (rotations > 0) most = Math.max(most, sum);
  }
  t.diagnostic(
    `${(most / (1 << 20)).toFixed(0)} MiB on the disk at most, limit ${maxSize >> 20} MiB and 2 kept; ${all.map((each) => (each.kind === 'rotated' ? each.lostBytes : -1)).join(' ')} bytes lost`,
  );
  assert.ok(existsSync(`${path}.1`) && statSync(`${path}.1`).size <= 2 * maxSize + (1 << 20));
});

test(
  'a full disk: truncated without a copy, and said so',
  { skip: process.getuid?.() === 0 ? false : 'only root can mount' },
  async (t) => {
    const dir = folder(t);
    const disk = join(dir, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      t.skip('mounting is not permitted here');
      return;
    }
    atEnd(t, () => void execFileSync('umount', ['-l', disk]));
    const path = join(disk, 'out.log');
    writeFileSync(path, Buffer.alloc(700 * 1024, 'x'));
    const { rotator, next } = open(t);
    rotator.add(path, { maxSize: bytes(600 * 1024), keep: 2 });
    const rotated = await next();
    assert.deepEqual(rotated, { kind: 'truncated', path, lostBytes: 700 * 1024, why: 'the disk is full' });
    assert.equal(statSync(path).size, 0);
    assert.equal(existsSync(`${path}.part`), false);
  },
);

test('what cannot be rotated is said once', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'folder.log');
  mkdirSync(path);
  for (let number = 0; number < 200; number++) writeFileSync(join(path, `a long enough name ${number}`), '');
  const { rotator, all, next } = open(t);
  rotator.add(path, { maxSize: bytes(1), keep: 1 });
  const failed = await next();
  assert.equal(failed.kind, 'failed');
  const good = join(dir, 'good.log');
  rotator.add(good, { maxSize: bytes(1), keep: 1 });
  for (let number = 0; number < 3; number++) {
    writeFileSync(good, 'more');
    assert.equal((await next()).path, good);
  }
  assert.equal(all.filter((each) => each.path === path).length, 1);
});
