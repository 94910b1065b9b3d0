// The thread that asks SQLite files. It only reads, waits for no lock longer than 100 ms, and keeps what it has opened.

import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { errorWords } from '../model/error-words.ts';

interface Question {
  readonly id: number;
  readonly path: string;
  /** Null: the file is no longer asked. */
  readonly query: string | null;
}

const open = new Map<string, { readonly database: DatabaseSync; readonly inode: number }>();

parentPort?.on('message', (question: Question) => {
  if (question.query === null) {
    forget(question.path);
    return;
  }
  try {
    const value = ask(question.path, question.query);
    parentPort?.postMessage({ id: question.id, value, error: null });
  } catch (error) {
    forget(question.path);
    parentPort?.postMessage({
      id: question.id,
      value: null,
      error: errorWords(error),
    });
  }
});
parentPort?.postMessage({ id: 0, value: null, error: null });

function ask(path: string, query: string): string | null {
  const inode = statSync(path).ino;
  // A file that was replaced would go on giving the old one's value.
  if (open.get(path)?.inode !== inode) forget(path);
  const { database } = open.get(path) ?? { database: new DatabaseSync(path, { readOnly: true, timeout: 100 }) };
  open.set(path, { database, inode });
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  const [value] = Object.values(statement.get() ?? {});
  if (value === undefined || value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

function forget(path: string): void {
  open.get(path)?.database.close();
  open.delete(path);
}
