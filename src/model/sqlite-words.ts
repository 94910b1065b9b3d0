// SQLite's result codes in the words of people.

import { errorWords } from './error-words.ts';

/** SQLite's extended result code of an error, or null when it is none of SQLite's. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}

/** Another connection holds what is needed; trying again helps. SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL. */
export function isBusy(error: unknown): boolean {
  const code = primary(error);
  return code === 5 || code === 6 || code === 15;
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
export function isDamage(error: unknown): boolean {
  const code = primary(error);
  return code === 11 || code === 26;
}

/** Why the disk or SQLite refused, as a clause. */
export function inWords(error: unknown): string {
  const said = errorWords(error);
  switch (primary(error)) {
    case 5:
    case 6:
    case 15:
      return 'another process has held the file for too long';
    case 8:
      return `the file or its disk is read-only (${said})`;
    case 10:
      return `the disk gave an error (${said}, SQLite ${sqliteCode(error)})`;
    case 11:
    case 26:
      return `the file is damaged (${said})`;
    case 13:
      return 'the disk is full';
    case 14:
      return `the file cannot be opened (${said})`;
    default:
      return said;
  }
}

/** The low byte is the kind, the rest the detail (sqlite.org/rescode.html). */
function primary(error: unknown): number | null {
  const code = sqliteCode(error);
  return code === null ? null : code & 0xff;
}
