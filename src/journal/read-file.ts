// Reads one journal's file while its agent writes to it, or with no agent there: makes nothing, changes nothing, holds nobody up.

import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { JournalLine } from '../api.ts';
import { inWords, isDamage, sqliteCode } from '../model/sqlite-words.ts';
import type { JsonValue } from '../model/json.ts';
import { JournalError, notOurs } from './errors.ts';
import { applicationId, schemaVersion } from './schema.ts';

/** Which lines; what is absent does not choose. */
export interface FileQuery {
  readonly sinceMs?: number | undefined;
  /** That moment belongs to it. */
  readonly untilMs?: number | undefined;
  readonly service?: string | undefined;
  readonly instance?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** Lines about this incident. */
  readonly incident?: string | undefined;
  readonly afterSeq?: number | undefined;
  /** The newest so many. */
  readonly limit?: number | undefined;
}

/** What is in a file, and up to where it was read. */
export interface FileLines {
  /** In order of `seq`. */
  readonly lines: readonly JournalLine[];
  /** The newest in the file, chosen or not; 0 when there is none. */
  readonly lastSeq: number;
}

interface Stamp {
  /** Another text: the file may have changed. Inode, size and time of change of the database and its WAL. */
  readonly text: string;
  /** The later time of change, Unix ms. */
  readonly changedAtMs: number;
}

/** Costs two calls to stat; never throws. */
export function stampOf(file: string): Stamp {
  const stats = ['', '-wal'].map((end) => {
    try {
      return statSync(file + end, { throwIfNoEntry: false });
    } catch {
      // Why not is said by who opens it.
      return undefined;
    }
  });
  return {
    text: stats.map((stat) => (stat === undefined ? '-' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`)).join(' '),
    changedAtMs: Math.max(...stats.map((stat) => stat?.mtimeMs ?? 0)),
  };
}

/** Throws `JournalError`. */
export function readFile(file: string, query: FileQuery): FileLines {
  for (let tries = 0; ; tries += 1) {
    const before = stampOf(file).text;
    const changed = (): boolean => stampOf(file).text !== before;
    try {
      const quiet = !isInUse(file);
      const found = readOnce(file, query, quiet);
      // Read without locks, as nobody was writing; somebody may have begun meanwhile.
      if (!quiet || tries >= 3 || !changed()) return found;
    } catch (error) {
      if (error instanceof JournalError) throw error;
      if (tries >= 3 || !changed()) throw unreadable(file, error);
    }
  }
}

/** An agent that writes, or one that was killed, leaves lines in the WAL. */
function isInUse(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function readOnce(file: string, query: FileQuery, quiet: boolean): FileLines {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw absent(file);
  // SQLite would take it for a new database beside a stray WAL, and delete the WAL.
  if (size === 0) throw unreadable(file, new JournalEmpty('the file is empty'));
  const url = pathToFileURL(file);
  url.searchParams.set('mode', 'ro');
  // Opened the usual way, SQLite would make the WAL and its index even to read.
  if (quiet) url.searchParams.set('immutable', '1');
  const db = new DatabaseSync(url, { readOnly: true, timeout: 1000 });
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    const ours = db.prepare('PRAGMA application_id').get()?.['application_id'] === applicationId;
    if (!ours || version > schemaVersion) throw notOurs(file, ours ? version : 0, schemaVersion);
    const lastSeq = Number(db.prepare('SELECT max(seq) AS seq FROM entries').get()?.['seq'] ?? 0);
    const { sql, values } = select(query, lastSeq);
    const rows = db.prepare(sql).all(...values);
    return { lines: rows.map((row) => lineOf(row)).toReversed(), lastSeq };
  } finally {
    db.close();
  }
}

/** Shows in `isDamage` as what it is. */
class JournalEmpty extends Error {
  readonly errcode = 26;
}

function select(query: FileQuery, lastSeq: number): { sql: string; values: SQLInputValue[] } {
  const conditions = ['seq <= ?'];
  const values: SQLInputValue[] = [lastSeq];
  const demand = (condition: string, ...its: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...its);
  };
  if (query.afterSeq !== undefined) demand('seq > ?', query.afterSeq);
  if (query.sinceMs !== undefined) demand('atMs >= ?', query.sinceMs);
  if (query.untilMs !== undefined) demand('atMs <= ?', query.untilMs);
  if (query.service !== undefined) demand('service = ?', query.service);
  if (query.instance !== undefined) demand('instance = ?', query.instance);
  if (query.kinds !== undefined) demand(`kind IN (${query.kinds.map(() => '?').join(', ')})`, ...query.kinds);
  if (query.incident !== undefined)
    // The first part is quick and spares taking apart the facts of every line.
    demand(
      "instr(facts, ?) > 0 AND (facts ->> '$.incident' = ? OR (kind = 'incident' AND facts ->> '$.id' = ?))",
      JSON.stringify(query.incident).slice(1, -1),
      query.incident,
      query.incident,
    );
  values.push(query.limit ?? -1);
  const columns = 'seq, atMs, host, kind, service, instance, term, rule, facts';
  return { sql: `SELECT ${columns} FROM entries WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`, values };
}

function lineOf(row: Record<string, SQLOutputValue>): JournalLine {
  return {
    seq: Number(row['seq']),
    host: String(row['host']),
    atMs: Number(row['atMs']),
    kind: String(row['kind']),
    service: textOf(row['service']),
    instance: textOf(row['instance']),
    term: numberOf(row['term']),
    rule: numberOf(row['rule']),
    because: factsOf(row['facts']),
  };
}

function textOf(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: SQLOutputValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function factsOf(value: SQLOutputValue | undefined): Readonly<Record<string, JsonValue>> {
  if (typeof value !== 'string') return {};
  try {
    const facts: unknown = JSON.parse(value);
    return isFacts(facts) ? facts : { text: value };
  } catch {
    return { text: value };
  }
}

/** Whatever JSON.parse makes of an object is made of JSON values. */
function isFacts(value: unknown): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function absent(file: string): JournalError {
  return new JournalError({
    code: 'SF-521',
    what: `there is no journal ${file}`,
    why: 'the file does not exist',
    next: 'An agent begins it when it starts: see `up`; another state folder is named with --state',
  });
}

function unreadable(file: string, error: unknown): JournalError {
  const why = inWords(error);
  if (isDamage(error)) {
    return new JournalError(
      {
        code: 'SF-523',
        what: `the journal ${file} is damaged`,
        why,
        next: 'The agent puts it aside when it next starts and begins a new one; `sqlite3 FILE .recover` shows what is left of the old one',
      },
      { cause: error },
    );
  }
  const code = sqliteCode(error);
  // SQLITE_CANTOPEN, SQLITE_READONLY, or no right to look into the folder.
  const denied = code === null || (code & 0xff) === 14 || (code & 0xff) === 8;
  return new JournalError(
    {
      code: 'SF-522',
      what: `the journal ${file} cannot be read`,
      why,
      next: denied ? 'Read it as the user who runs the agent' : 'Look at the disk, and try again',
    },
    { cause: error },
  );
}
