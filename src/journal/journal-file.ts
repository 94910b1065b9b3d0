// The journal's one file: appends, keeps it within its age and size, puts a damaged one aside. Runs in the journal's thread.
//
// Survives: the death of the process at any point (a transaction is written whole or not at all) and a WAL cut off anywhere (what
// came before the cut is kept). A database cut off or overwritten is put aside, never deleted, and a new one is begun.
// A loss of power: rests on what SQLite promises for WAL with synchronous NORMAL, that the file stays whole and the last moments
// may be missing. FULL would keep those too, for an fsync with every batch on the disk that the store's fsyncs need.

import { renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { errorWords } from '../model/error-words.ts';
import { isDamage } from '../model/sqlite-words.ts';
import { notOurs } from './errors.ts';
import type { JournalStart, Row } from './journal-messages.ts';
import { applicationId, schema, schemaVersion } from './schema.ts';

/** Another writer is an agent that is about to end; SQLite waits for it that long. */
const busyMs = 2000;
/** Lines that one step of tidying removes at most. */
const linesPerStep = 1024;
/** Pages that one step gives back to the disk at most. */
const pagesPerStep = 64;

/** The open file. Everything is synchronous and may take as long as the disk does. */
export interface JournalFile {
  /** All or none. */
  write(rows: readonly Row[]): void;
  /** One small step towards the bounds of age and size; true when more is to do. */
  tidy(nowMs: number): boolean;
  close(): void;
}

/** Opens the journal, and begins one when there is none or it is damaged. Throws `JournalError`, or what SQLite says. */
export function openJournalFile(start: JournalStart, nowMs: number): JournalFile {
  const trouble = remains(start.file);
  if (trouble !== null) return beginAnew(start, nowMs, trouble);
  try {
    return operate(open(start, null), start);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return beginAnew(start, nowMs, errorWords(error));
  }
}

/** Puts the file aside and begins a new one, whose first line says so. */
export function beginAnew(start: JournalStart, nowMs: number, why: string): JournalFile {
  const aside = `${start.file}.damaged-${new Date(nowMs).toISOString().replaceAll(':', '')}`;
  // Together with its WAL, under names that still belong together: SQLite's tools can recover lines from the pair.
  for (const end of ['-wal', '-shm', ''])
    if (sizeOf(start.file + end) !== null) renameSync(start.file + end, aside + end);
  // The old numbers are not known. No journal gets a thousand lines a second for ever, so the clock's is above them.
  const journal = operate(open(start, nowMs), start);
  const facts = JSON.stringify({ code: 'SF-523', why, movedTo: aside });
  journal.write([[nowMs, 'journalMovedAside', null, null, null, null, facts]]);
  return journal;
}

/** SQLite takes an empty database beside a full WAL for a new one and deletes the WAL: that is looked for before it is opened. */
function remains(file: string): string | null {
  const main = sizeOf(file) ?? 0;
  return main === 0 && (sizeOf(`${file}-wal`) ?? 0) > 0 ? 'the file is empty or gone, and its -wal is not' : null;
}

function open(start: JournalStart, firstSeq: number | null): DatabaseSync {
  const crashed = (sizeOf(`${start.file}-wal`) ?? 0) > 0;
  const db = new DatabaseSync(pathToFileURL(start.file), { timeout: busyMs, enableForeignKeyConstraints: false });
  try {
    const empty = number(db, 'SELECT count(*) FROM sqlite_schema') === 0;
    const application = number(db, 'PRAGMA application_id');
    const version = number(db, 'PRAGMA user_version');
    const ours = application === applicationId || (empty && application === 0);
    if (!ours || version > schemaVersion) throw notOurs(start.file, ours ? version : 0, schemaVersion);
    // Takes effect only before the first table, and would write to a file that is yet to be checked.
    if (empty) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${walPages(start.maxBytes)};
      PRAGMA journal_size_limit = ${walPages(start.maxBytes) * 4096};
      PRAGMA cache_size = -512;
      PRAGMA temp_store = MEMORY;
    `);
    const length = 4096 * number(db, 'PRAGMA page_count');
    // Only a checkpoint that was interrupted may leave the file too short, and then the WAL has the rest.
    if (!empty && !crashed && (sizeOf(start.file) ?? 0) < length) throw new Damage('the file is cut off');
    if (empty) create(db, firstSeq);
    // A file that was closed in order is not read through: a large one would take its time.
    const found = crashed ? String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']) : 'ok';
    if (found !== 'ok') throw new Damage(found);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** As SQLite would say it (SQLITE_CORRUPT), for what only its check finds. */
class Damage extends Error {
  readonly errcode = 11;
}

function create(db: DatabaseSync, firstSeq: number | null): void {
  db.exec(`BEGIN IMMEDIATE; ${schema}`);
  if (firstSeq !== null) db.prepare("INSERT INTO sqlite_sequence VALUES ('entries', ?)").run(firstSeq);
  db.exec('COMMIT');
}

/** The WAL is folded back in at a sixteenth of the room, 1 MiB at most; a transaction or a reader may let it grow further. */
function walPages(maxBytes: number): number {
  return Math.max(8, Math.min(256, Math.floor(maxBytes / 16 / 4096)));
}

function operate(db: DatabaseSync, start: JournalStart): JournalFile {
  const { host, maxAgeMs } = start;
  const insert = db.prepare(
    'INSERT INTO entries (atMs, host, kind, service, instance, term, rule, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const oldest = db.prepare('SELECT seq, atMs FROM entries ORDER BY seq LIMIT 1');
  const newest = db.prepare('SELECT max(seq) AS seq FROM entries');
  const removeBelow = db.prepare('DELETE FROM entries WHERE seq < ?');
  const removeOld = db.prepare('DELETE FROM entries WHERE seq < ? AND atMs < ?');
  // What is left of the room is for the WAL and for what comes in before the next step.
  const pagesAllowed = Math.floor((start.maxBytes - Math.min(start.maxBytes / 4, 8 << 20)) / 4096);

  return {
    write(rows) {
      inTransaction(() => {
        for (const [atMs, kind, service, instance, term, rule, facts] of rows)
          insert.run(atMs, host, kind, service, instance, term, rule, facts);
      });
    },

    tidy(nowMs) {
      const pages = number(db, 'PRAGMA page_count');
      const free = number(db, 'PRAGMA freelist_count');
      const first = oldest.get();
      if (pages - free > pagesAllowed && first !== undefined) return shrink(Number(first['seq']), pages - free);
      const cutoff = nowMs - maxAgeMs;
      if (first !== undefined && Number(first['atMs']) < cutoff) {
        removeOld.run(Number(first['seq']) + linesPerStep, cutoff);
        return true;
      }
      if (pages <= pagesAllowed || free === 0) return false;
      db.exec(`PRAGMA incremental_vacuum(${pagesPerStep})`);
      return true;
    },

    close() {
      db.close();
    },
  };

  /** Removes about as many of the oldest lines as the pages over the bound hold, and always leaves the newest. */
  function shrink(first: number, used: number): boolean {
    const last = Number(newest.get()?.['seq']);
    const share = Math.ceil(((used - pagesAllowed) / used) * (last - first + 1));
    const below = Math.min(first + Math.min(Math.max(share, 1), linesPerStep), last);
    return Number(removeBelow.run(below).changes) > 0;
  }

  function inTransaction(call: () => void): void {
    db.exec('BEGIN IMMEDIATE');
    try {
      call();
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** The first column of the first row, as a number. */
function number(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
