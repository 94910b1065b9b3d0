// What a disk can do to the embedded store: full, frozen, file damaged, replaced or wiped.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openEmbedded } from '../../src/store/embedded.ts';
import { StoreError } from '../../src/store/errors.ts';
import { networkFileSystem } from '../../src/store/network-file-systems.ts';
import { ms } from '../../src/model/units.ts';
import { StoreUnreachable, type Store } from '../../src/ports.ts';
import { enough, put } from './basic.cases.ts';
import { afterwards, cannotFreeze, cannotMount, fill, folder, freezableDisk, smallDisk } from './places.ts';
import { watching } from './watching.ts';

const noMount = cannotMount();
const noFreezing = cannotFreeze();

async function opened(t: TestContext, file: string): Promise<Store> {
  const store = await openEmbedded({ file, prefix: 'system' });
  afterwards(t, () => store.close());
  return store;
}

test('a full disk is an unreachable store, which comes back with the space', { skip: noMount }, async (t) => {
  const disk = smallDisk(t, 1 << 20);
  const [store, other] = [await opened(t, join(disk, 'store.db')), await opened(t, join(disk, 'store.db'))];
  const revision = await put(store, { key: 'a', value: '1' });
  const told = watching(other, revision);
  const filler = join(disk, 'filler');
  fill(filler);
  let refused = 0;
  const applied: string[] = [];
  // What the WAL holds already is written over first, so a few may still find room.
  for (let n = 0; n < 40; n += 1) {
    const answer = await store.txn([], [{ key: `k/${n}`, value: JSON.stringify('x'.repeat(20_000)) }], enough);
    if (answer.kind === 'applied') applied.push(`k/${n}`);
    else {
      refused += 1;
      assert.deepEqual(answer, { kind: 'unknown', why: 'the disk is full' });
    }
  }
  assert.ok(refused > 20, `${refused} were refused`);
  // It can still be read, and what was refused is not there.
  assert.deepEqual((await other.read('k/')).entries.map((entry) => entry.key).toSorted(), applied.toSorted());
  rmSync(filler);
  const end = await put(store, { key: 'end', value: '1' });
  await told.until(({ changes }) => changes.at(-1)?.revision === end);
  assert.deepEqual(
    told.changes.map((change) => change.key),
    [...applied, 'end'],
  );
  assert.deepEqual(told.states, []);
});

test('a store cannot be made on a full disk, and can once there is space', { skip: noMount }, async (t) => {
  const disk = smallDisk(t, 256 << 10);
  const filler = join(disk, 'filler');
  fill(filler);
  await assert.rejects(openEmbedded({ file: join(disk, 'store.db'), prefix: '' }), (error: unknown) => {
    assert.ok(error instanceof StoreUnreachable);
    assert.match(error.message, /full/);
    return true;
  });
  rmSync(filler);
  await put(await opened(t, join(disk, 'store.db')), { key: 'a', value: '1' });
});

test(
  'a disk that stalls makes the store unknown and lost, and back when it moves again',
  { skip: noFreezing },
  async (t) => {
    const disk = freezableDisk(t);
    const store = await opened(t, join(disk.path, 'store.db'));
    const before = await put(store, { key: 'a', value: '1' });
    const told = watching(store, before);
    disk.freeze();
    const answer = await store.txn([], [{ key: 'late', value: '1' }], ms(200));
    assert.equal(answer.kind, 'unknown');
    assert.equal((await store.txn([], [{ key: 'never', value: '1' }], ms(100))).kind, 'unknown');
    const read = assert.rejects(store.read(''), StoreUnreachable);
    await told.until(({ states }) => states.length > 0);
    assert.match(told.states[0]!, /^lost: the disk has not answered/);
    await read;
    disk.thaw();
    await told.until(({ states }) => states.length > 1);
    assert.equal(told.states[1], 'back');
    const end = await put(store, { key: 'end', value: '1' });
    await told.until(({ changes }) => changes.at(-1)?.revision === end);
    // The first was under way when it was given up, and was applied in the end; the second had not begun and never did.
    const there = (await store.read('')).entries.map((entry) => entry.key);
    assert.deepEqual(there, ['a', 'end', 'late']);
    assert.deepEqual(
      told.changes.map((change) => change.key),
      ['late', 'end'],
    );
  },
);

test('opening on a disk that stalls is given up in time', { skip: noFreezing }, async (t) => {
  const disk = freezableDisk(t);
  const file = join(disk.path, 'store.db');
  await (await openEmbedded({ file, prefix: '' })).close();
  disk.freeze();
  await assert.rejects(openEmbedded({ file, prefix: '' }), StoreUnreachable);
  disk.thaw();
  await put(await opened(t, file), { key: 'a', value: '1' });
});

test('a damaged file is refused with what to do, and nothing of it is changed', async (t) => {
  const home = folder(t);
  const whole = join(home, 'whole.db');
  const store = await openEmbedded({ file: whole, prefix: '' });
  for (let n = 0; n < 50; n += 1) await put(store, { key: `k/${n}`, value: JSON.stringify('x'.repeat(3000)) });
  await store.close();
  const sound = readFileSync(whole);
  const damages: Readonly<Record<string, Buffer>> = {
    'cut off in the middle': sound.subarray(0, sound.length / 2),
    'cut off in its last page': sound.subarray(0, sound.length - 4000),
    'cut off in its head': sound.subarray(0, 60),
    'no database at all': Buffer.alloc(8192, 'Standfast '),
    'a page of noise': Buffer.concat([sound.subarray(0, 4096), Buffer.alloc(4096, 0xa5), sound.subarray(8192)]),
  };
  for (const [name, content] of Object.entries(damages)) {
    const file = join(home, `${name}.db`);
    writeFileSync(file, content);
    await assert.rejects(openEmbedded({ file, prefix: '' }), (error: unknown) => {
      assert.ok(error instanceof StoreError, `${name}: ${String(error)}`);
      assert.equal(error.code, 'SF-503');
      assert.match(error.message, /is damaged: .*Nothing was changed/s);
      return true;
    });
    assert.deepEqual(readFileSync(file), content, name);
  }
});

test('an emptied file beside its WAL is damaged, and the WAL stays', async (t) => {
  const file = join(folder(t), 'store.db');
  writeFileSync(file, '');
  writeFileSync(`${file}-wal`, 'all that is left');
  await assert.rejects(openEmbedded({ file, prefix: '' }), { code: 'SF-503' });
  assert.equal(readFileSync(`${file}-wal`, 'utf8'), 'all that is left');
});

test('a database of something else and a newer store are left as they are', async (t) => {
  const home = folder(t);
  const other = join(home, 'other.db');
  const foreign = new DatabaseSync(other);
  foreign.exec('CREATE TABLE theirs (x)');
  foreign.close();
  const newer = join(home, 'newer.db');
  await (await openEmbedded({ file: newer, prefix: '' })).close();
  const db = new DatabaseSync(newer);
  db.exec('PRAGMA user_version = 99');
  db.close();
  const before = [other, newer].map((file) => readFileSync(file));
  await assert.rejects(openEmbedded({ file: other, prefix: '' }), { code: 'SF-505' });
  await assert.rejects(openEmbedded({ file: newer, prefix: '' }), { code: 'SF-504', message: /newer Standfast/ });
  assert.deepEqual(
    [other, newer].map((file) => readFileSync(file)),
    before,
  );
});

test('a folder that is not there is said', async (t) => {
  await assert.rejects(openEmbedded({ file: join(folder(t), 'none', 'store.db'), prefix: '' }), {
    code: 'SF-501',
    message: /ENOENT.*Make the folder/,
  });
});

test('network file systems are known by their number, whatever its sign', () => {
  const types = { nfs: 0x6969, cifs: 0xff534d42 | 0, fuse: 0x65735546, '9p': 0x01021997 };
  for (const [name, type] of Object.entries(types)) assert.equal(networkFileSystem(type), name);
  for (const type of [0xef53, 0x01021994, 0x58465342, 0x9123683e, 0x794c7630])
    assert.equal(networkFileSystem(type), null);
});

/** What may befall a file in use; each must end its use at once. `wal` and `shm` are files of their own beside it. */
const replacements: Readonly<Record<string, (file: string) => void>> = {
  deleted: (file) => {
    rmSync(file);
  },
  'replaced by an older copy of itself': (file) => {
    copyFileSync(`${file}.copy`, `${file}.new`);
    renameSync(`${file}.new`, file);
  },
  'set back to an older revision': (file) => {
    edit(file, 'UPDATE meta SET revision = revision - 1');
  },
  'given another identity': (file) => {
    edit(file, "UPDATE meta SET identity = 'another'");
  },
  wiped: (file) => {
    edit(file, 'DELETE FROM meta; DELETE FROM entries');
  },
  'robbed of its WAL': (file) => {
    rmSync(`${file}-wal`);
  },
  'robbed of its shared memory': (file) => {
    rmSync(`${file}-shm`);
  },
};

for (const [name, replace] of Object.entries(replacements)) {
  test(`a file ${name} while in use is another store, and is not used`, async (t) => {
    const home = folder(t);
    const file = join(home, 'store.db');
    const first = await openEmbedded({ file, prefix: 'system' });
    await put(first, { key: 'a', value: '1' });
    await first.close();
    copyFileSync(file, `${file}.copy`);
    const store = await opened(t, file);
    const revision = await put(store, { key: 'a', value: '2' });
    const told = watching(store, revision);
    replace(file);
    const files = readdirSync(home).toSorted();
    const answer = await store.txn([], [{ key: 'a', value: '3' }], enough);
    assert.ok(answer.kind === 'unknown' && answer.why.startsWith('another store'), JSON.stringify(answer));
    await assert.rejects(store.read(''), { name: 'StoreUnreachable', message: /^another store/ });
    await told.until(({ states }) => states.length > 0);
    assert.match(told.states[0]!, /^lost: another store/);
    assert.deepEqual(told.changes, []);
    assert.deepEqual(readdirSync(home).toSorted(), files, 'it made or removed files');
  });
}

test('a thread that ran out of memory is replaced, and the watch goes on without a gap', async (t) => {
  const store = await opened(t, join(folder(t), 'store.db'));
  const value = JSON.stringify('x'.repeat(4 << 20));
  for (let n = 0; n < 40; n += 1) await put(store, { key: `big/${n}`, value });
  const before = (await store.read('none')).revision;
  const told = watching(store, before);
  await assert.rejects(store.read('big/'), StoreUnreachable);
  await told.until(({ states }) => states.includes('back'));
  // On a busy machine it is silent for so long first.
  assert.match(told.states[0]!, /^lost: (the store's thread|the disk has not answered)/);
  const after = await put(store, { key: 'end', value: '1' });
  await told.until(({ changes }) => changes.length > 0);
  assert.deepEqual(told.changes, [{ key: 'end', value: '1', revision: after }]);
});

test('the files do not grow with the number of transactions, nor with deletions', async (t) => {
  const file = join(folder(t), 'store.db');
  const store = await opened(t, file);
  const other = await opened(t, file);
  const value = JSON.stringify('x'.repeat(600));
  for (let n = 0; n < 3000; n += 1) await put(n % 2 === 0 ? store : other, { key: `session/${n % 4}`, value });
  // Deleted keys leave a mark each; the oldest marks go.
  for (let round = 0; round < 12; round += 1) {
    const keys = Array.from({ length: 1000 }, (_, index) => `intent/${round}-${index}`);
    await put(store, ...keys.map((key) => ({ key, value })));
    await put(store, ...keys.map((key) => ({ key, value: null })));
  }
  const { revision } = await store.read('none');
  await store.close();
  // A watch that begins where deletions are forgotten must not go on with a gap.
  const told = watching(other, revision - 20);
  await told.until(({ states }) => states.length > 0);
  assert.match(told.states[0]!, /read it again/);
  await other.close();
  assert.ok(statSync(file).size < 12 << 20, `${statSync(file).size} bytes`);
  assert.ok(!existsSync(`${file}-wal`));
});

function edit(file: string, sql: string): void {
  const db = new DatabaseSync(file, { timeout: 5000 });
  db.exec(sql);
  db.close();
}
