// Terms go on growing when a system begins in another store, or in one that was emptied.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { carryTerms } from '../../src/agent/carry-terms.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { bytes, ms, wallMs } from '../../src/model/units.ts';
import type { Store } from '../../src/ports.ts';
import { movePlace, openStore, readFormerPlace, type StorePlace } from '../../src/store/place.ts';
import { noEtcd, startCluster } from '../store/etcd-cluster.ts';

function storeFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sf-terms-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.db');
}

async function open(t: TestContext, place: StorePlace): Promise<Store> {
  const store = await openStore(place, true);
  t.after(() => store.close());
  return store;
}

const lease = (term: number, host: string | null): string =>
  JSON.stringify({ term, host, epoch: 1, instance: null, next: null, given: false, handed: null, returns: [] });

async function put(store: Store, entries: Readonly<Record<string, string>>): Promise<void> {
  const puts = Object.entries(entries).map(([key, value]) => ({ key, value }));
  assert.equal((await store.txn([], puts, ms(5000))).kind, 'applied');
}

async function termsIn(store: Store): Promise<Record<string, string>> {
  const { entries } = await store.read('lease/');
  return Object.fromEntries(
    entries.map(({ key, value }) => {
      const { term, host } = JSON.parse(value) as { term: number; host: string | null };
      return [key, `${term} ${host ?? 'free'}`];
    }),
  );
}

/** A host of this machine has activated each of these. */
async function activated(file: string, host: string, terms: Readonly<Record<string, number>>): Promise<void> {
  const journal = join(dirname(file), host, 'journal.db');
  mkdirSync(dirname(journal));
  const opened = await openJournal({ file: journal, host, maxAgeMs: ms(3_600_000), maxBytes: bytes(1 << 20) });
  for (const [service, term] of Object.entries(terms))
    opened.append({ atMs: wallMs(Date.now()), kind: 'active', service, instance: null, term, rule: null, facts: {} });
  await opened.close();
}

test('an emptied store begins with the terms that the journals tell of; one in use is left alone', async (t) => {
  const file = storeFile(t);
  await activated(file, 'a', { pricer: 4, risk: 2 });
  await activated(file, 'b', { pricer: 7 });
  const store = await open(t, { kind: 'embedded', file });
  await carryTerms(file, store);
  assert.deepEqual(await termsIn(store), { 'lease/pricer': '7 free', 'lease/risk': '2 free' });
  await put(store, { description: '{}', 'lease/risk': lease(1, 'a') });
  for (const host of ['a', 'b']) writeFileSync(join(dirname(file), host, 'memory.json'), '{}');
  await put(store, { 'lease/pricer': lease(5, null) });
  await carryTerms(file, store);
  assert.deepEqual(await termsIn(store), { 'lease/pricer': '5 free', 'lease/risk': '1 a' }, 'it is in use');
  // Put back from a backup, and taken for the right one by a person.
  rmSync(join(dirname(file), 'b', 'memory.json'));
  await carryTerms(file, store);
  assert.deepEqual(await termsIn(store), { 'lease/pricer': '7 free', 'lease/risk': '2 a' }, 'held by the same host');
});

test(
  'from one etcd to another terms go along, and what the former cannot be asked for is known from journals',
  { skip: noEtcd() },
  async (t) => {
    const file = storeFile(t);
    const [one, two] = [await startCluster(t, { members: 1 }), await startCluster(t, { members: 1 })];
    const place = (urls: readonly string[]): StorePlace => ({
      kind: 'etcd',
      system: 'terms',
      managed: null,
      access: { endpoints: urls, ca: null, cert: null, key: null, user: null, passwordFile: null },
    });
    movePlace(place(one.urls), file);
    await put(await open(t, place(one.urls)), {
      description: '{}',
      'lease/pricer': lease(9, 'a'),
      'lease/risk': lease(3, 'b'),
    });
    await activated(file, 'a', { pricer: 8, risk: 5 });

    movePlace(place(two.urls), file);
    const next = await open(t, place(two.urls));
    // Restored from a snapshot, say: older, and with what somebody holds already.
    await put(next, { description: '{}', 'lease/risk': lease(2, null), 'lease/held': lease(1, 'a') });
    await carryTerms(file, next);
    assert.deepEqual(await termsIn(next), { 'lease/held': '1 a', 'lease/pricer': '9 free', 'lease/risk': '5 free' });
    assert.equal(readFormerPlace(file), null, 'it is done once');

    await one.members[0]?.kill();
    movePlace(place(one.urls), file);
    movePlace({ kind: 'embedded', file }, file);
    const embedded = await open(t, { kind: 'embedded', file });
    await carryTerms(file, embedded);
    assert.deepEqual(await termsIn(embedded), { 'lease/pricer': '8 free', 'lease/risk': '5 free' });
  },
);
