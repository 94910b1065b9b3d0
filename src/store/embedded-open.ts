// Opens the embedded store's file: finds out whether it may be used at all, makes it when there is none, never repairs or deletes.
// Runs in the store's thread, as every call here blocks.

import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { errorWords } from '../model/error-words.ts';
import { StoreError } from './errors.ts';
import { networkFileSystem } from './network-file-systems.ts';
import { inWords, isBusy, isDamage } from '../model/sqlite-words.ts';

/** "Stfs": tells our files from those of other programs (PRAGMA application_id). */
const applicationId = 0x53746673;
/** Grows when an older Standfast could not read what is written. */
const schemaVersion = 1;

/**
 * `entries` holds one row a key: its newest value, null when it was deleted (a tombstone, so that watches see it).
 * `floor` is the newest revision of which tombstones were cleared away: a watch that begins below it could miss deletions.
 */
const schema = `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    identity TEXT NOT NULL,
    revision INTEGER NOT NULL,
    floor INTEGER NOT NULL
  );
  CREATE TABLE entries (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value TEXT) WITHOUT ROWID;
  CREATE INDEX by_revision ON entries (revision);
  CREATE INDEX tombstones ON entries (revision) WHERE value IS NULL;
`;

/** Milliseconds of CLOCK_MONOTONIC: the same in every thread of the process, unlike `performance.now()`. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls again and again while another process is in the way, until `deadline`. SQLite's own busy handler sleeps 1, 2, 5, 10 … ms;
 * a write here takes a fraction of a millisecond, so asking oftener keeps two agents out of each other's way.
 */
export function patiently<T>(deadline: number, call: () => T): T {
  for (let waitMs = 0.2; ; waitMs = Math.min(waitMs * 1.3, 4)) {
    try {
      return call();
    } catch (error) {
      if (!isBusy(error) || monotonicMs() + waitMs >= deadline) throw error;
    }
    Atomics.wait(pause, 0, 0, waitMs);
  }
}

const noSharedMemory = 'the file system has no shared memory between processes (SQLite refuses its WAL mode)';

/** Opens the file, and makes it when `make`. Throws `StoreError` when only a person can help, else whatever SQLite says. */
export function openDatabase(file: string, make: boolean, deadline: number): DatabaseSync {
  demandLocalDisk(file);
  demandAccess(file);
  // SQLite takes an empty file beside a WAL for a new database, and deletes the WAL.
  if (sizeOf(file) === 0 && sizeOf(`${file}-wal`) > 0) throw damaged(file, 'it is empty, and its -wal file is not');
  const url = pathToFileURL(file);
  url.searchParams.set('mode', make ? 'rwc' : 'rw');
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(url, { timeout: 0, enableForeignKeyConstraints: false });
    const opened = db;
    patiently(deadline, () => {
      prepare(opened, file, make, deadline);
    });
    return opened;
  } catch (error) {
    db?.close();
    throw isDamage(error) ? damaged(file, inWords(error), error) : error;
  }
}

function demandLocalDisk(file: string): void {
  const folder = dirname(file);
  let type: number;
  try {
    type = statfsSync(folder).type;
  } catch (error) {
    throw unusable(folder, errorWords(error), 'Make the folder, or name another one with --state', error);
  }
  const name = networkFileSystem(type);
  if (name !== null) {
    throw new StoreError({
      code: 'SF-502',
      what: `the store cannot be kept in ${folder}`,
      why: `it lies on ${name}, where locks and shared memory do not hold between processes`,
      next: 'Name a folder on a local disk with --state; for hosts on several machines use etcd',
    });
  }
}

function demandAccess(file: string): void {
  const folder = dirname(file);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    // A disk that is read-only just now is one that does not answer just now.
    if (error instanceof Error && 'code' in error && error.code === 'EACCES')
      throw unusable(folder, errorWords(error), 'Run every agent of this system as the same user', error);
  }
}

function prepare(db: DatabaseSync, file: string, make: boolean, deadline: number): void {
  // Asked before anything is set, so that another program's database is left as it is.
  const empty = number(db, 'SELECT count(*) AS n FROM sqlite_schema') === 0;
  const application = number(db, 'PRAGMA application_id');
  if (application !== applicationId && !(empty && application === 0)) throw foreign(file);
  const version = number(db, 'PRAGMA user_version');
  if (version > schemaVersion) throw newer(file, version);
  if (empty && !make) throw damaged(file, 'it is empty, though it was in use');
  const mode = db.prepare('PRAGMA journal_mode = WAL').get();
  if (mode?.['journal_mode'] !== 'wal')
    throw unusable(dirname(file), noSharedMemory, 'Name a folder on a local disk with --state');
  // FULL: an answer of `applied` outlives a loss of power, as far as the disk keeps what it promised to SQLite's fsync.
  // Checkpoints are made between requests (`tidy`); the automatic one is far off, for when there is never a pause.
  db.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 4194304;
    PRAGMA cache_size = -1024;
    PRAGMA temp_store = MEMORY;
  `);
  if (empty) create(db, deadline);
  // Only a checkpoint that was interrupted may leave the file too short, and then the WAL has the rest.
  const length = 4096 * number(db, 'PRAGMA page_count');
  if (sizeOf(file) < length && sizeOf(`${file}-wal`) === 0) throw damaged(file, 'it is cut off');
  const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found !== 'ok') throw damaged(file, String(found));
}

function create(db: DatabaseSync, deadline: number): void {
  patiently(deadline, () => {
    db.exec('BEGIN IMMEDIATE');
  });
  try {
    // Another agent may have been first.
    if (number(db, 'SELECT count(*) AS n FROM sqlite_schema') === 0) {
      db.exec(`${schema} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`);
      db.prepare('INSERT INTO meta VALUES (1, ?, 1, 0)').run(randomUUID());
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The first column of the first row, as a number. */
function number(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}

function foreign(file: string): StoreError {
  return new StoreError({
    code: 'SF-505',
    what: `${file} cannot be used as the store`,
    why: 'it is a database of something else',
    next: 'Move it away, or name another folder with --state',
  });
}

function newer(file: string, version: number): StoreError {
  return new StoreError({
    code: 'SF-504',
    what: `${file} cannot be used as the store`,
    why: `a newer Standfast made it (its format is ${version}, this one knows ${schemaVersion})`,
    next: 'Run the newer Standfast on every host of this system',
  });
}

function unusable(folder: string, why: string, next: string, cause?: unknown): StoreError {
  const words = { code: 'SF-501', what: `the store cannot be kept in ${folder}`, why, next } as const;
  return new StoreError(words, cause === undefined ? undefined : { cause });
}

function damaged(file: string, why: string, cause?: unknown): StoreError {
  return new StoreError(
    { code: 'SF-503', what: `the store ${file} is damaged`, why, next: restore(file) },
    cause === undefined ? undefined : { cause },
  );
}

function restore(file: string): string {
  const wal = existsSync(`${file}-wal`) ? ' together with its -wal file' : '';
  return `Nothing was changed. With all agents stopped, move it away${wal}; the next \`up\` then begins a new one`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
