// Disk space and inodes on real tmpfs: full, nearly full, filling, and the sawtooth of a rotation that must alarm nobody.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDisk } from '../../../src/observe/modes/disk.ts';
import { folder, ground, look, needsRoot, said, sh, watchOn } from './look.ts';

const MiB = 2 ** 20;

function tmpfs(t: TestContext, options: string): { at: string; kept: string } {
  const kept = folder(t);
  const at = join(kept, 'data');
  mkdirSync(at);
  sh('mount -t tmpfs -o "$1" none "$2"', options, at);
  return { at, kept };
}

test('a full tmpfs is a full disk, and one with room again is none', { skip: needsRoot }, async (t) => {
  const { at, kept } = tmpfs(t, 'size=16m');
  const detector = openDisk(ground());
  // Mounted in another place, too, it is still one.
  const bound = join(kept, 'bound-elsewhere');
  mkdirSync(bound);
  sh('mount --bind "$1" "$2"', at, bound);
  const watch = watchOn(kept, {
    folders: [
      { path: bound, services: ['ledger'] },
      { path: join(at, 'sub'), services: ['pricer'] },
    ],
  });
  assert.deepEqual(said(await look(detector, watch)), []);
  writeFileSync(join(at, 'big'), Buffer.alloc(15.5 * MiB));
  assert.deepEqual(said(await look(detector, watch)), ['disk-space ahead']);
  sh('dd if=/dev/zero of="$1/more" bs=64k 2>/dev/null || true', at);
  const [full] = await look(detector, watch);
  assert.equal(full?.mode, 'disk-space');
  assert.equal(full.weight, 'fault');
  assert.deepEqual(full.services, ['ledger', 'pricer']);
  assert.match(full.text, /^the disk is full: .*\/data has 0 B of 16 MiB left$/);
  rmSync(join(at, 'big'));
  assert.deepEqual(said(await look(detector, watch)), []);
});

test('a file system without inodes has space and makes no file', { skip: needsRoot }, async (t) => {
  const { at, kept } = tmpfs(t, 'size=16m,nr_inodes=100');
  const detector = openDisk(ground());
  const watch = watchOn(kept, { folders: [{ path: at, services: [] }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  assert.throws(() => {
    for (let n = 0; n < 200; n += 1) writeFileSync(join(at, `file-${n}`), '');
  }, /ENOSPC/);
  assert.deepEqual(said(await look(detector, watch)), ['disk-inodes fault']);
});

test('a disk that fills is told of days ahead; one that is rotated is not', { skip: needsRoot }, async (t) => {
  const { at, kept } = tmpfs(t, 'size=4m');
  const file = join(at, 'log');
  const unit = MiB / 16; // a sixty-fourth of it
  let nowMs = 0;
  const watch = watchOn(kept, { folders: [{ path: at, services: [] }] });
  const hours = async (levelOf: (hour: number) => number, count: number): Promise<readonly string[]> => {
    const detector = openDisk(ground({ now: () => nowMs }));
    const told = new Set<string>();
    writeFileSync(file, '');
    for (let hour = 0; hour < count; hour += 1) {
      nowMs += 3_600_000;
      truncateSync(file, 0);
      writeFileSync(file, Buffer.alloc(levelOf(hour)));
      for (const each of said(await look(detector, watch))) told.add(each);
    }
    return [...told];
  };
  assert.deepEqual(await hours((hour) => (hour % 8) * 4 * unit, 40), [], 'a sawtooth to half of it');
  assert.deepEqual(await hours(() => 20 * unit, 20), [], 'steady');
  assert.deepEqual(await hours((hour) => 10 * unit + hour * unit, 40), ['disk-filling ahead'], 'a megabyte an hour');
  assert.deepEqual(
    await hours((hour) => hour * unit + (hour % 6) * unit, 40),
    ['disk-filling ahead'],
    'a sawtooth whose foot rises',
  );
});
