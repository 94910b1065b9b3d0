// Terms never go back, since what services write to refuses older ones: when a system begins in another store, or in one that was emptied, each lease begins
// with the highest term that is known. That is what the former store says, as far as it can still be asked, and what the journals of this machine tell of
// activations. A lease that somebody holds keeps its holder, and its term is raised all the same: who holds it under the lower one ends what is active and
// takes a higher term (rule 200), so that nobody else can be active meanwhile. A backup of a system that ran is full of such leases.
//
// Does not cover: terms that only a machine knows on which `up` is not run, where the former store cannot be asked.

import { existsSync, readdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keys, unwrittenLease, type LeaseRecord } from '../decide/records.ts';
import { ms } from '../model/units.ts';
import type { Store } from '../ports.ts';
import { formerPlaceFile, openStore, readFormerPlace } from '../store/place.ts';
import { readRecord } from './records.ts';

const writeWithin = ms(5000);
/** etcd takes 128 operations in a transaction unless told otherwise, and each lease is compared and put. */
const atOnce = 50;

/**
 * Raises the leases of the store to what is known of their terms, and puts aside what says where the store was before. `file`: where the embedded
 * store is, or was. Nothing is done in a store that is in use and that the hosts of this machine remember.
 */
export async function carryTerms(file: string, to: Store): Promise<void> {
  const moved = (to.kind !== 'embedded' && existsSync(file)) || existsSync(formerPlaceFile(file));
  const { entries } = await to.read('');
  const folders = hostFolders(file);
  if (!moved && !isForgotten(folders) && entries.some(({ key }) => key === keys.description)) return;
  const terms = new Map<string, number>();
  const know = (service: string, term: number): void => {
    terms.set(service, Math.max(term, terms.get(service) ?? 0));
  };
  for (const { service, term } of await activations(folders)) know(service, term);
  if (moved) for (const { service, term } of await formerLeases(file, to)) know(service, term);
  await raise(to, terms);
  if (to.kind !== 'embedded')
    for (const end of ['-wal', '-shm', ''])
      if (existsSync(file + end)) await rename(file + end, `${file}.former${end}`);
  const place = formerPlaceFile(file);
  if (existsSync(place)) await rename(place, `${place}.done`);
}

/** What agents do meanwhile refuses a write; each reads anew, and terms only grow. */
const mostTries = 10;

/** No lease of the store is below these terms afterwards. Rejects when that could not be done. */
async function raise(to: Store, terms: ReadonlyMap<string, number>): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const puts = await tooLow(to, terms);
    let refused = false;
    for (let at = 0; at < puts.length; at += atOnce) {
      const some = puts.slice(at, at + atOnce);
      const answer = await to.txn(
        some.map(({ key, revision }) => ({ key, revision })),
        some.map(({ key, value }) => ({ key, value })),
        writeWithin,
      );
      if (answer.kind === 'unknown') throw new Error(`the terms known so far could not be taken over: ${answer.why}`);
      refused ||= answer.kind === 'refused';
    }
    if (!refused) return;
  }
  throw new Error('the terms known so far could not be taken over: its leases are being written again and again');
}

async function tooLow(
  to: Store,
  terms: ReadonlyMap<string, number>,
): Promise<{ key: string; revision: number; value: string }[]> {
  const { entries } = await to.read(keys.lease(''));
  const now = new Map<string, { readonly lease: LeaseRecord; readonly revision: number }>();
  for (const entry of entries) {
    const record = readRecord(entry);
    if (record?.kind === 'lease' && record.value !== null)
      now.set(record.service, { lease: record.value, revision: entry.revision });
  }
  return [...terms].flatMap(([service, term]) => {
    const { lease, revision } = now.get(service) ?? { lease: unwrittenLease, revision: 0 };
    if (lease.term >= term) return [];
    // Not given by anybody: in this term nothing may be active.
    const raised: LeaseRecord = { ...lease, term, given: false };
    return [{ key: keys.lease(service), revision, value: JSON.stringify(raised) }];
  });
}

/** What the store before this one says; nothing when it cannot be asked any more, or is the same. */
async function formerLeases(file: string, to: Store): Promise<{ service: string; term: number }[]> {
  const place = readFormerPlace(file);
  if (place === null) return [];
  const store = await openStore(place, false).catch(() => null);
  if (store === null) return [];
  try {
    if ((await store.identity()) === (await to.identity())) return [];
    const { entries } = await store.read(keys.lease(''));
    return entries.flatMap((entry) => {
      const record = readRecord(entry);
      return record?.kind === 'lease' && record.value !== null
        ? [{ service: record.service, term: record.value.term }]
        : [];
    });
  } catch {
    return [];
  } finally {
    await store.close();
  }
}

/** Terms of activations, as the hosts of this machine have written them down. */
async function activations(folders: readonly string[]): Promise<{ service: string; term: number }[]> {
  const journals = folders.map((folder) => join(folder, 'journal.db')).filter((journal) => existsSync(journal));
  if (journals.length === 0) return [];
  const { readJournal } = await import('../journal/query.ts');
  // One that cannot be read says nothing here; whoever reads journals says so.
  return readJournal(journals, { kinds: ['active'] }, () => undefined).flatMap(({ service, term }) =>
    service !== null && term !== null && term > 0 ? [{ service, term }] : [],
  );
}

/** Of the hosts of this machine. */
function hostFolders(file: string): string[] {
  const folder = dirname(file);
  return readdirSync(folder, { withFileTypes: true })
    .filter((each) => each.isDirectory() && !each.name.startsWith('.'))
    .map((each) => join(folder, each.name));
}

/** A person had a host forget the store that it knew, so as to have it take one that was put back. */
function isForgotten(folders: readonly string[]): boolean {
  return folders.some((folder) => existsSync(join(folder, 'journal.db')) && !existsSync(join(folder, 'memory.json')));
}
