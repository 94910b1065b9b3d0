// Keys, values, revisions, compare-and-put.
import assert from 'node:assert/strict';
import { ms } from '../../src/model/units.ts';
import { StoreUnreachable, type Put, type Store, type TxnAnswer } from '../../src/ports.ts';
import type { Case } from './store.cases.ts';

export const enough = ms(10_000);

/** Puts without conditions; the revision at which they were applied. */
export async function put(store: Store, ...puts: readonly Put[]): Promise<number> {
  return appliedAt(await store.txn([], puts, enough));
}

export function appliedAt(answer: TxnAnswer): number {
  assert.equal(answer.kind, 'applied', JSON.stringify(answer));
  return answer.kind === 'applied' ? answer.revision : 0;
}

export const basicCases: readonly Case[] = [
  {
    name: 'a key is made only where there is none',
    async run(bench) {
      const store = await bench.open();
      const first = await store.txn([{ key: 'lease/x', revision: 0 }], [{ key: 'lease/x', value: '"one"' }], enough);
      const revision = appliedAt(first);
      const second = await store.txn([{ key: 'lease/x', revision: 0 }], [{ key: 'lease/x', value: '"two"' }], enough);
      assert.deepEqual(second, { kind: 'refused', revision, current: [{ key: 'lease/x', value: '"one"', revision }] });
      assert.deepEqual((await store.read('')).entries, [{ key: 'lease/x', value: '"one"', revision }]);
    },
  },
  {
    name: 'a key is changed only at the revision named',
    async run(bench) {
      const store = await bench.open();
      const first = await put(store, { key: 'a', value: '1' });
      const second = appliedAt(await store.txn([{ key: 'a', revision: first }], [{ key: 'a', value: '2' }], enough));
      const late = await store.txn([{ key: 'a', revision: first }], [{ key: 'a', value: '3' }], enough);
      assert.deepEqual(late, {
        kind: 'refused',
        revision: second,
        current: [{ key: 'a', value: '2', revision: second }],
      });
      const absent = await store.txn([{ key: 'b', revision: first }], [{ key: 'a', value: '3' }], enough);
      assert.deepEqual(absent, { kind: 'refused', revision: second, current: [] });
    },
  },
  {
    name: 'all compares must hold, else no put is done',
    async run(bench) {
      const store = await bench.open();
      const a = await put(store, { key: 'a', value: '1' });
      const b = await put(store, { key: 'b', value: '1' });
      const answer = await store.txn(
        [
          { key: 'a', revision: a },
          { key: 'b', revision: a },
        ],
        [
          { key: 'a', value: '2' },
          { key: 'c', value: '2' },
        ],
        enough,
      );
      assert.deepEqual(answer, {
        kind: 'refused',
        revision: b,
        current: [
          { key: 'a', value: '1', revision: a },
          { key: 'b', value: '1', revision: b },
        ],
      });
      assert.deepEqual(
        (await store.read('')).entries.map((entry) => entry.key),
        ['a', 'b'],
      );
    },
  },
  {
    name: 'the puts of one transaction share one revision, the next has the next',
    async run(bench) {
      const store = await bench.open();
      const first = await put(store, { key: 'a', value: '1' }, { key: 'b', value: '1' });
      const second = await put(store, { key: 'b', value: '2' });
      assert.equal(second, first + 1);
      assert.deepEqual(await store.read(''), {
        revision: second,
        entries: [
          { key: 'a', value: '1', revision: first },
          { key: 'b', value: '2', revision: second },
        ],
      });
    },
  },
  {
    name: 'a transaction without puts compares and changes nothing',
    async run(bench) {
      const store = await bench.open();
      const revision = await put(store, { key: 'a', value: '1' });
      assert.deepEqual(await store.txn([{ key: 'a', revision }], [], enough), { kind: 'applied', revision });
      assert.equal((await store.txn([{ key: 'a', revision: 0 }], [], enough)).kind, 'refused');
      assert.equal((await store.read('')).revision, revision);
    },
  },
  {
    name: 'a deleted key is absent and can be made again',
    async run(bench) {
      const store = await bench.open();
      const made = await put(store, { key: 'a', value: '1' });
      const deleted = appliedAt(await store.txn([{ key: 'a', revision: made }], [{ key: 'a', value: null }], enough));
      assert.equal(deleted, made + 1);
      assert.deepEqual(await store.read(''), { revision: deleted, entries: [] });
      const stale = await store.txn([{ key: 'a', revision: deleted }], [{ key: 'a', value: '2' }], enough);
      assert.deepEqual(stale, { kind: 'refused', revision: deleted, current: [] });
      const again = appliedAt(await store.txn([{ key: 'a', revision: 0 }], [{ key: 'a', value: '2' }], enough));
      assert.equal(again, deleted + 1);
    },
  },
  {
    name: 'reading gives what is below the prefix and nothing else',
    async run(bench) {
      const store = await bench.open();
      await put(
        store,
        ...['session/a', 'session/ü', 'session/', 'sessions', 'report/a'].map((key) => ({ key, value: '0' })),
      );
      const keys = async (prefix: string): Promise<string[]> =>
        (await store.read(prefix)).entries.map((entry) => entry.key).toSorted();
      assert.deepEqual(await keys('session/'), ['session/', 'session/a', 'session/ü']);
      assert.deepEqual(await keys('session/a'), ['session/a']);
      assert.equal((await keys('')).length, 5);
      assert.deepEqual(await keys('%'), []);
    },
  },
  {
    name: 'systems in one store do not meet, even when one name begins with the other',
    async run(bench) {
      const one = await bench.open('pricing');
      const other = await bench.open('pricing2');
      await put(one, { key: 'a', value: '1' });
      await put(other, { key: 'a', value: '2' }, { key: 'b', value: '2' });
      assert.deepEqual(
        (await one.read('')).entries.map(({ key, value }) => ({ key, value })),
        [{ key: 'a', value: '1' }],
      );
      assert.equal((await other.read('')).entries.length, 2);
    },
  },
  {
    name: 'values come back as they were put: any letters, quotes, 512 KiB',
    async run(bench) {
      const store = await bench.open();
      const values = [
        '""',
        JSON.stringify("'; DROP TABLE entries; -- ü 漢 🚀 \\ \n"),
        JSON.stringify('x'.repeat(512 << 10)),
      ];
      for (const [index, value] of values.entries()) await put(store, { key: `v/${index}`, value });
      assert.deepEqual(
        (await store.read('v/')).entries.map((entry) => entry.value),
        values,
      );
    },
  },
  {
    name: 'the identity is written once and is the same for all who open the store',
    async run(bench) {
      const [one, two] = await Promise.all([bench.open(), bench.open('another system')]);
      const identity = await one.identity();
      assert.match(identity, /\S{8,}/);
      assert.equal(await two.identity(), identity);
      await one.close();
      assert.equal(await (await bench.open()).identity(), identity);
    },
  },
  {
    name: 'a closed store answers unknown, rejects and falls silent',
    async run(bench) {
      const store = await bench.open();
      const revision = await put(store, { key: 'a', value: '1' });
      await store.close();
      await store.close();
      assert.equal((await store.txn([], [{ key: 'a', value: '2' }], enough)).kind, 'unknown');
      await assert.rejects(store.read(''), StoreUnreachable);
      const again = await bench.open();
      assert.equal((await again.read('')).revision, revision);
    },
  },
];
