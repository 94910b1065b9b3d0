// The thread of the journal: SQLite blocks, and the record must never hold up an act.

import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { inWords, isDamage } from '../model/sqlite-words.ts';
import { JournalError } from './errors.ts';
import { beginAnew, openJournalFile, type JournalFile } from './journal-file.ts';
import type { Ask, JournalStart, Row, Tell } from './journal-messages.ts';

/** How often lines that have become too old are looked for. */
const tidyEveryMs = 60_000;

const port = parentPort;
// Without one it was loaded only to be compiled.
if (port !== null)
  serve(workerData as JournalStart, (tell) => {
    port.postMessage(tell);
  });

function serve(start: JournalStart, tell: (tell: Tell) => void): void {
  let journal: JournalFile | null = null;
  let tidying = false;
  const timer = setInterval(tidy, tidyEveryMs);
  port?.on('message', (ask: Ask) => {
    switch (ask.ask) {
      case 'write':
        return write(ask.rows);
      case 'close':
        return close();
      default:
        return ask satisfies never;
    }
  });
  try {
    journal = openJournalFile(start, Date.now());
    tell({ tell: 'ready', why: null });
    // As a rule agents are killed, not ended: what was compiled of this thread is kept now, if it is kept at all (half its memory).
    setImmediate(flushCompileCache);
    tidy();
  } catch (error) {
    if (error instanceof JournalError) {
      tell({ tell: 'refused', what: error.what, why: error.why, next: error.next });
      close();
    } else tell({ tell: 'ready', why: inWords(error) });
  }

  function write(rows: readonly Row[]): void {
    try {
      journal ??= openJournalFile(start, Date.now());
      journal.write(rows);
      tell({ tell: 'written', why: null });
    } catch (error) {
      if (journal !== null && isDamage(error)) return salvage(rows, inWords(error));
      tell({ tell: 'written', why: inWords(error) });
    }
    tidy();
  }

  /** Found damaged while in use: the rows at hand go into a new file. */
  function salvage(rows: readonly Row[], why: string): void {
    try {
      closeFile();
      journal = beginAnew(start, Date.now(), why);
      journal.write(rows);
      tell({ tell: 'written', why: null });
    } catch (error) {
      tell({ tell: 'written', why: inWords(error) });
    }
  }

  /** A step now, and further ones between what else is asked. */
  function tidy(): void {
    let more = false;
    try {
      more = journal?.tidy(Date.now()) === true;
    } catch {
      // A full disk, or another process in the way: tried again after the next write.
    }
    if (!more || tidying) return;
    tidying = true;
    setImmediate(() => {
      tidying = false;
      tidy();
    });
  }

  function close(): void {
    clearInterval(timer);
    closeFile();
    port?.close();
  }

  function closeFile(): void {
    const closing = journal;
    journal = null;
    try {
      closing?.close();
    } catch {
      // Nothing can be done about it, and what was written stays.
    }
  }
}
