// When a system moves from the embedded store to an etcd, its terms go along: what services write to refuses older ones, so they must not begin anew.
// From one etcd to another they go by a snapshot of etcd's own (docs/store.md).

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { keys, type LeaseRecord } from '../decide/records.ts';
import { ms } from '../model/units.ts';
import type { Store } from '../ports.ts';
import { openEmbedded } from '../store/embedded.ts';
import { readRecord } from './records.ts';

const writeWithin = ms(5000);
/** etcd takes 128 operations in a transaction unless told otherwise, and each lease is compared and put. */
const atOnce = 50;

/** Takes the leases of the embedded store in `file` over, all of them free, and puts that store aside. Nothing to do when there is none. */
export async function carryTerms(file: string, to: Store): Promise<void> {
  if (to.kind === 'embedded' || !existsSync(file)) return;
  const leases = await leasesIn(file);
  for (let at = 0; at < leases.length; at += atOnce) {
    const some = leases.slice(at, at + atOnce);
    const answer = await to.txn(
      some.map(({ key }) => ({ key, revision: 0 })),
      some,
      writeWithin,
    );
    // Refused: they are there already, and are newer.
    if (answer.kind === 'unknown')
      throw new Error(`the terms of the former store could not be taken over: ${answer.why}`);
  }
  for (const end of ['-wal', '-shm', '']) if (existsSync(file + end)) await rename(file + end, `${file}.former${end}`);
}

async function leasesIn(file: string): Promise<{ key: string; value: string }[]> {
  const store = await openEmbedded({ file, prefix: '' });
  try {
    const { entries } = await store.read(keys.lease(''));
    return entries.flatMap((entry) => {
      const record = readRecord(entry);
      if (record?.kind !== 'lease' || record.value === null) return [];
      const free: LeaseRecord = { ...record.value, host: null, epoch: 0, instance: null, next: null, given: false, handed: null };
      return [{ key: entry.key, value: JSON.stringify(free) }];
    });
  } finally {
    await store.close();
  }
}
