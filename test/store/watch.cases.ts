// Changes are told: all of them, once, in order.
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { put } from './basic.cases.ts';
import { runChild } from './children.ts';
import type { Case } from './store.cases.ts';
import { watching } from './watching.ts';

export const watchCases: readonly Case[] = [
  {
    name: 'a watch tells own changes, those of others, and deletions',
    async run(bench) {
      const [one, other] = [await bench.open(), await bench.open()];
      const { revision } = await one.read('');
      const told = watching(one, revision);
      const first = await put(one, { key: 'a', value: '1' });
      await told.until(({ changes }) => changes.length === 1);
      const second = await put(other, { key: 'b', value: '2' });
      await told.until(({ changes }) => changes.length === 2);
      const third = await put(other, { key: 'a', value: null }, { key: 'c', value: '3' });
      await told.until(({ changes }) => changes.length === 4);
      assert.deepEqual(told.changes, [
        { key: 'a', value: '1', revision: first },
        { key: 'b', value: '2', revision: second },
        { key: 'a', value: null, revision: third },
        { key: 'c', value: '3', revision: third },
      ]);
      assert.deepEqual(told.revisions, [first, second, third]);
    },
  },
  {
    name: 'a watch from an old revision tells what came since, one from now tells nothing old',
    async run(bench) {
      const store = await bench.open();
      const first = await put(store, { key: 'a', value: '1' }, { key: 'gone', value: '1' });
      const second = await put(store, { key: 'b', value: '1' });
      const third = await put(store, { key: 'gone', value: null });
      const old = watching(store, first);
      const fresh = watching(store, third);
      const all = watching(store, 0);
      await old.until(({ changes }) => changes.length >= 2);
      assert.deepEqual(old.changes, [
        { key: 'b', value: '1', revision: second },
        { key: 'gone', value: null, revision: third },
      ]);
      await all.until(({ changes }) => changes.some((change) => change.revision === third));
      const fourth = await put(store, { key: 'c', value: '1' });
      await fresh.until(({ changes }) => changes.length > 0);
      assert.deepEqual(fresh.changes, [{ key: 'c', value: '1', revision: fourth }]);
    },
  },
  {
    name: "a watch does not tell another system's changes",
    async run(bench) {
      const [one, other] = [await bench.open('pricing'), await bench.open('pricing2')];
      const told = watching(one, (await one.read('')).revision);
      await put(other, { key: 'a', value: '1' });
      const mine = await put(one, { key: 'b', value: '1' });
      await told.until(({ changes }) => changes.length > 0);
      assert.deepEqual(told.changes, [{ key: 'b', value: '1', revision: mine }]);
    },
  },
  {
    name: 'a nudge is answered with what is new, and with nothing when nothing is',
    async run(bench) {
      const [one, other] = [await bench.open(), await bench.open()];
      const told = watching(one, (await one.read('')).revision);
      told.nudge();
      const revision = await put(other, { key: 'a', value: '1' });
      told.nudge();
      await told.until(({ changes }) => changes.length > 0);
      told.nudge();
      // An answer to a later question: whatever the nudge brought has been told by then.
      await one.read('');
      assert.deepEqual(told.changes, [{ key: 'a', value: '1', revision }]);
    },
  },
  {
    name: 'a stopped watch is silent',
    async run(bench) {
      const store = await bench.open();
      const { revision } = await store.read('');
      const [stopped, other] = [watching(store, revision), watching(store, revision)];
      stopped.stop();
      stopped.stop();
      await put(store, { key: 'a', value: '1' });
      await other.until(({ changes }) => changes.length > 0);
      await setImmediate();
      assert.deepEqual([stopped.changes, stopped.states], [[], []]);
    },
  },
  {
    name: 'under writers in three processes a watch has no gap and no repeat',
    async run(bench) {
      const store = await bench.open();
      const told = watching(store, (await store.read('')).revision);
      const writers = ['a', 'b', 'c'].map((name) => runChild(bench, 'write', name, '150'));
      // Some are begun in the middle of it.
      await told.until(({ changes }) => changes.length > 100);
      const late = watching(store, told.changes[50]!.revision);
      await Promise.all(writers);
      const { revision, entries } = await store.read('');
      assert.equal(entries.length, 450);
      for (const watch of [told, late]) await watch.until(({ changes }) => changes.at(-1)?.revision === revision);
      const ofAll = told.changes.map((change) => change.revision);
      assert.deepEqual(
        ofAll,
        ofAll.map((_, index) => revision - 449 + index),
      );
      assert.equal(new Set(told.changes.map((change) => change.key)).size, 450);
      assert.deepEqual(late.changes, told.changes.slice(51));
    },
  },
];
