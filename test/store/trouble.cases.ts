// A store that does not answer, and one that is not the same any more.
import assert from 'node:assert/strict';
import { ms } from '../../src/model/units.ts';
import { StoreUnreachable } from '../../src/ports.ts';
import { enough, put } from './basic.cases.ts';
import type { Case } from './store.cases.ts';
import { watching } from './watching.ts';

export const troubleCases: readonly Case[] = [
  {
    name: 'no time to answer is unknown, and what is unknown is told truthfully by the watch',
    async run(bench, t) {
      const store = await bench.open();
      const told = watching(store, (await store.read('')).revision);
      const answers = new Map<string, string>();
      for (let n = 0; n < 300; n += 1) {
        const key = `k/${n}`;
        // From none at all to more than it takes.
        const answer = await store.txn([], [{ key, value: '1' }], ms((n % 10) / 4));
        answers.set(key, answer.kind);
      }
      const end = await put(store, { key: 'end', value: '1' });
      await told.until(({ changes }) => changes.some((change) => change.revision === end));
      // What was unknown may be applied after what was put later; it is told then.
      const keysThere = async (): Promise<Set<string>> =>
        new Set((await store.read('k/')).entries.map((entry) => entry.key));
      const there = await keysThere();
      const heard = (): Set<string> => new Set(told.changes.map((change) => change.key));
      await told.until(() => there.isSubsetOf(heard()));
      const said = heard();
      said.delete('end');
      assert.ok(said.isSubsetOf(await keysThere()), 'what is told is there');
      for (const [key, kind] of answers) if (kind === 'applied') assert.ok(there.has(key), `${key} was applied`);
      const unknown = [...answers].filter(([, kind]) => kind === 'unknown').map(([key]) => key);
      t.diagnostic(`${unknown.length} unknown, of them ${unknown.filter((key) => there.has(key)).length} applied`);
      assert.ok(unknown.includes('k/0'));
    },
  },
  {
    name: 'while nothing can be written a transaction is unknown in time, and later all works again',
    async run(bench) {
      const store = await bench.open();
      const told = watching(store, (await store.read('')).revision);
      await put(store, { key: 'before', value: '1' });
      const heal = await bench.faults.stall(bench.where);
      const answers = await Promise.all([
        store.txn([], [{ key: 'during', value: '1' }], ms(120)),
        store.txn([], [{ key: 'during', value: '2' }], ms(120)),
      ]);
      await heal();
      for (const answer of answers) {
        assert.equal(answer.kind, 'unknown');
        assert.ok(answer.kind === 'unknown' && answer.why.length > 10, 'it says why');
      }
      const after = await put(store, { key: 'after', value: '1' });
      await told.until(({ changes }) => changes.some((change) => change.revision === after));
      // What was unknown may have been applied meanwhile, also after what was put later: then it is there, and is told.
      const there = (await store.read('')).entries.map((entry) => entry.key);
      await told.until(({ changes }) => there.every((key) => changes.some((change) => change.key === key)));
      assert.ok(told.changes.every((change) => ['before', 'during', 'after'].includes(change.key)));
    },
  },
  {
    name: 'another store in its place is never used, and the right one is taken up again',
    async run(bench) {
      const store = await bench.open();
      const before = await put(store, { key: 'a', value: '1' });
      const told = watching(store, before);
      const putBack = await bench.faults.exchange(bench.where);
      await told.until(({ states }) => states.length > 0);
      assert.match(told.states[0]!, /^lost: another store/);
      const answer = await store.txn([{ key: 'a', revision: before }], [{ key: 'a', value: '2' }], enough);
      assert.equal(answer.kind, 'unknown');
      assert.match(answer.kind === 'unknown' ? answer.why : '', /another store/);
      await assert.rejects(store.read(''), StoreUnreachable);
      assert.deepEqual(told.changes, []);
      await putBack();
      await told.until(({ states }) => states.length > 1);
      assert.equal(told.states[1], 'back');
      const after = await put(store, { key: 'a', value: '2' });
      await told.until(({ changes }) => changes.length > 0);
      assert.deepEqual(told.changes, [{ key: 'a', value: '2', revision: after }]);
    },
  },
  {
    name: 'a watch from a revision that the store has not reached is lost, it went back',
    async run(bench) {
      const store = await bench.open();
      const revision = await put(store, { key: 'a', value: '1' });
      const told = watching(store, revision + 5);
      await told.until(({ states }) => states.length > 0);
      assert.match(told.states[0]!, /^lost: another store/);
    },
  },
];
