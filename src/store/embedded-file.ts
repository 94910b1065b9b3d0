// The embedded store's one file: reads, transactions and changes, each in one SQLite transaction. Runs in the store's thread.
//
// Does not cover: a file that is replaced by a copy of itself between the look at its inode and the commit; what was committed
// then is answered as unknown, because the look is repeated after the commit.

import { statSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Compare, Put, StoreChanges, StoreEntry, TxnAnswer } from '../ports.ts';
import type { Known } from './embedded-messages.ts';
import { monotonicMs, openDatabase, patiently } from './embedded-open.ts';

/** The file that is there now is not the one that was in use. */
export class AnotherStore extends Error {
  override readonly name = 'AnotherStore';
}

/** How many tombstones are kept; beyond, the oldest go. A watch that fell further behind is told of a gap. */
const tombstonesKept = 4096;
/** Own commits after which the WAL is folded back into the file, about 1 MiB. */
const commitsPerCheckpoint = 64;
/** Readers wait for nobody in WAL mode, but for a moment after a process died in mid-write. */
const readWithinMs = 200;
/** Own deletions after which old tombstones are looked for. */
const deletionsPerSweep = 512;

/** The open file. Everything is synchronous and may take as long as the disk does. */
export interface EmbeddedFile {
  known(): Known;
  read(prefix: string): { readonly revision: number; readonly entries: readonly StoreEntry[] };
  /** Throws when it may not have been applied; what is known for certain is in the words. */
  txn(compares: readonly Compare[], puts: readonly Put[], deadline: number): TxnAnswer;
  revision(): number;
  /** Null: tombstones as old as that are gone, so deletions would be missed. */
  changesAfter(after: number): StoreChanges | null;
  /** Housekeeping between requests, when there is enough of it: `pause` says how much is enough. */
  tidy(pause: 'none' | 'some' | 'last'): void;
  close(): void;
}

interface Meta {
  readonly identity: string;
  readonly revision: number;
  readonly floor: number;
}

/** Opens `file`; with `known`, only if it continues from there. Keys are those below `prefix`, told without it. */
export function openEmbeddedFile(file: string, prefix: string, before: Known | null, deadline: number): EmbeddedFile {
  const { db, inode } = openSameFile(file, before, deadline);
  try {
    return operate(db, file, prefix, before, inode);
  } catch (error) {
    db.close();
    throw error;
  }
}

function openSameFile(file: string, before: Known | null, deadline: number): { db: DatabaseSync; inode: bigint } {
  for (;;) {
    const first = inodeOf(file);
    if (before !== null && first !== before.inode) throw new AnotherStore(replaced(file, first));
    const db = openDatabase(file, before === null, deadline);
    const inode = inodeOf(file);
    // Replaced while it was being opened: which of the two we have is not known.
    if (inode !== null && (inode === first || first === null)) return { db, inode };
    db.close();
    if (monotonicMs() >= deadline) throw new AnotherStore(replaced(file, inode));
  }
}

function operate(db: DatabaseSync, file: string, prefix: string, before: Known | null, inode: bigint): EmbeddedFile {
  const begin = db.prepare('BEGIN');
  const beginImmediate = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const meta = db.prepare('SELECT identity, revision, floor FROM meta');
  const range = db.prepare('SELECT key, revision, value FROM entries WHERE key >= ? AND key < ? AND value IS NOT NULL');
  const one = db.prepare('SELECT key, revision, value FROM entries WHERE key = ? AND value IS NOT NULL');
  const since = db.prepare(
    'SELECT key, revision, value FROM entries WHERE revision > ? AND key >= ? AND key < ? ORDER BY revision, key',
  );
  const put = db.prepare('INSERT INTO entries VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET revision = ?2, value = ?3');
  const bury = db.prepare('UPDATE entries SET revision = ?2, value = NULL WHERE key = ?1 AND value IS NOT NULL');
  const advance = db.prepare('UPDATE meta SET revision = ?');

  let known: Known = before ?? { identity: identityIn(meta.get()), revision: 0, inode };
  let commits = 0;
  let deletions = deletionsPerSweep + 1;
  inSnapshot(() => checked());
  // The companions exist from the first read on and stay while anybody has the store open.
  const companions = [`${file}-wal`, `${file}-shm`].map((path) => ({ path, inode: inodeOf(path) }));

  return {
    known: () => known,

    read(below) {
      demandSameFiles();
      return inSnapshot(() => {
        const { revision } = checked();
        const entries = range.all(...between(prefix + below)).map((row) => entryOf(row));
        return { revision, entries };
      });
    },

    txn(compares, puts, deadline) {
      demandSameFiles();
      if (puts.length === 0)
        return inSnapshot(() => refusal(compares) ?? { kind: 'applied', revision: known.revision });
      patiently(deadline, () => beginImmediate.run());
      let answer: TxnAnswer;
      try {
        answer = inTransaction(compares, puts);
        commit.run();
      } catch (error) {
        rollBack();
        throw error;
      }
      demandSameFiles();
      if (answer.kind === 'applied') known = { ...known, revision: answer.revision };
      commits += 1;
      return answer;
    },

    revision() {
      demandSameFiles();
      return patiently(monotonicMs() + readWithinMs, checked).revision;
    },

    changesAfter(after) {
      return inSnapshot(() => {
        const { revision, floor } = checked();
        if (after < floor) return null;
        const changes = since.all(after, ...between(prefix)).map((row) => ({
          key: keyOf(row),
          value: typeof row['value'] === 'string' ? row['value'] : null,
          revision: Number(row['revision']),
        }));
        return { revision, changes };
      });
    },

    tidy(pause) {
      const enough = pause === 'none' ? 8 : pause === 'some' ? 1 : 0;
      if (deletions > deletionsPerSweep * enough) sweep();
      if (commits > commitsPerCheckpoint * enough) {
        // PASSIVE waits for nobody and makes nobody wait.
        db.exec('PRAGMA wal_checkpoint(PASSIVE)');
        commits = 0;
      }
    },

    close() {
      db.close();
    },
  };

  function inTransaction(compares: readonly Compare[], puts: readonly Put[]): TxnAnswer {
    const { revision } = checked();
    const refused = refusal(compares);
    if (refused !== null) return refused;
    const next = revision + 1;
    let changed = 0;
    for (const { key, value } of puts) {
      if (value === null) deletions += 1;
      const done = value === null ? bury.run(prefix + key, next) : put.run(prefix + key, next, value);
      changed += Number(done.changes);
    }
    if (changed === 0) return { kind: 'applied', revision };
    advance.run(next);
    return { kind: 'applied', revision: next };
  }

  function refusal(compares: readonly Compare[]): TxnAnswer | null {
    const { revision } = checked();
    const current = new Map<string, StoreEntry>();
    let differs = false;
    for (const compare of compares) {
      const row = one.get(prefix + compare.key);
      if (row !== undefined) current.set(compare.key, entryOf(row));
      if ((row === undefined ? 0 : Number(row['revision'])) !== compare.revision) differs = true;
    }
    return differs ? { kind: 'refused', revision, current: [...current.values()] } : null;
  }

  /** The head of the store, asserted to continue from what was seen before. Call it in a transaction. */
  function checked(): Meta {
    const row = meta.get();
    const identity = identityIn(row);
    const revision = Number(row?.['revision']);
    if (identity !== known.identity)
      throw new AnotherStore(`another store: ${file} now has the identity ${identity}, it was ${known.identity}`);
    if (revision < known.revision)
      throw new AnotherStore(`another store: ${file} went back to revision ${revision}, ${known.revision} was seen`);
    if (revision > known.revision) known = { ...known, revision };
    return { identity, revision, floor: Number(row?.['floor']) };
  }

  function demandSameFiles(): void {
    const now = inodeOf(file);
    if (now !== inode) throw new AnotherStore(replaced(file, now));
    for (const companion of companions) {
      const its = inodeOf(companion.path);
      // Whoever opens the store next makes new ones, and then two halves of it do not know of each other.
      if (its !== companion.inode) throw new AnotherStore(replaced(companion.path, its));
    }
  }

  function inSnapshot<T>(call: () => T): T {
    return patiently(monotonicMs() + readWithinMs, () => {
      begin.run();
      try {
        const value = call();
        commit.run();
        return value;
      } catch (error) {
        rollBack();
        throw error;
      }
    });
  }

  /** Leaves the connection usable: SQLite has rolled back by itself after some errors, and not after others. */
  function rollBack(): void {
    if (db.isTransaction) db.exec('ROLLBACK');
  }

  function sweep(): void {
    deletions = 0;
    const oldest = 'SELECT revision FROM entries WHERE value IS NULL ORDER BY revision DESC LIMIT 1 OFFSET ?';
    const row = db.prepare(oldest).get(tombstonesKept);
    if (row === undefined) return;
    const floor = Number(row['revision']);
    beginImmediate.run();
    try {
      db.prepare('DELETE FROM entries WHERE value IS NULL AND revision <= ?').run(floor);
      db.prepare('UPDATE meta SET floor = max(floor, ?)').run(floor);
      commit.run();
    } catch (error) {
      rollBack();
      throw error;
    }
  }

  function keyOf(row: Row): string {
    return String(row['key']).slice(prefix.length);
  }

  function entryOf(row: Row): StoreEntry {
    return { key: keyOf(row), value: String(row['value']), revision: Number(row['revision']) };
  }
}

type Row = Record<string, SQLOutputValue>;

function identityIn(row: Row | undefined): string {
  const identity = row?.['identity'];
  if (typeof identity !== 'string') throw new AnotherStore('another store: the file no longer says which store it is');
  return identity;
}

/** All texts that begin with `prefix`, in SQLite's order, which is that of UTF-8's bytes. */
function between(prefix: string): [string, string] {
  return [prefix, `${prefix}\u{10ffff}`];
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

function replaced(path: string, now: bigint | null): string {
  return now === null ? `another store: ${path} is gone` : `another store: ${path} was replaced while it was in use`;
}
