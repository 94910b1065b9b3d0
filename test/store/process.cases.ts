// Several processes at once, and the death of some.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { put } from './basic.cases.ts';
import { runChild, startChild } from './children.ts';
import type { Bench, Case } from './store.cases.ts';
import { watching } from './watching.ts';

export const processCases: readonly Case[] = [
  {
    name: 'four processes that count by compare-and-set lose no count',
    async run(bench) {
      const store = await bench.open();
      const before = (await store.read('')).revision;
      await Promise.all([1, 2, 3, 4].map(() => runChild(bench, 'count', 'counter', '100')));
      const { revision, entries } = await store.read('counter');
      assert.equal(entries[0]?.value, '400');
      assert.equal(revision, before + 400);
    },
  },
  {
    name: 'processes that open a new store at the same moment open the same one',
    async run(bench) {
      const opened = await Promise.all(Array.from({ length: 4 }, () => bench.open()));
      const identities = await Promise.all(opened.map((store) => store.identity()));
      assert.equal(new Set(identities).size, 1);
      await Promise.all(opened.map((store, index) => put(store, { key: `k/${index}`, value: '1' })));
      assert.equal((await opened[0]!.read('k/')).entries.length, 4);
    },
  },
  {
    name: '20 SIGKILLs of a writer in mid-write lose no acknowledged transaction and stop nobody else',
    async run(bench, t) {
      const store = await bench.open();
      const told = watching(store, (await store.read('')).revision);
      for (let kill = 0; kill < 20; kill += 1) {
        const acknowledged = await countAndDie(bench, 1 + ((kill * 13) % 40));
        const counted = Number((await store.read('counter')).entries[0]?.value);
        // One more may have been applied and its answer lost.
        assert.ok(counted >= acknowledged && counted <= acknowledged + 1, `${counted}, ${acknowledged} acknowledged`);
        await put(store, { key: 'survivor', value: String(kill) });
      }
      const last = (await store.read('counter')).entries[0]!;
      await told.until(({ changes }) => changes.some((change) => change.revision === last.revision));
      assert.deepEqual(told.states, []);
      t.diagnostic(`${last.value} transactions`);
    },
  },
];

/** A process counts aloud and is killed once it has counted that often; gives the last number that it said. */
async function countAndDie(bench: Bench, times: number): Promise<number> {
  const child = startChild(bench, 'count-aloud', 'counter');
  const gone: Promise<unknown[]> = once(child, 'exit');
  let said = 0;
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line);
    heard += 1;
    if (heard === times) child.kill('SIGKILL');
  }
  const [, signal] = await gone;
  assert.equal(signal, 'SIGKILL', 'the writer ended by itself');
  return said;
}
