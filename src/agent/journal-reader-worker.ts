// The thread that reads journals for people of other hosts: they may be long, and the loop must not wait for them.

import { parentPort, workerData } from 'node:worker_threads';
import { readJournal, type JournalQuery } from '../journal/query.ts';

/** Which files, and what of them. */
export interface JournalWish {
  readonly files: readonly string[];
  readonly query: JournalQuery;
}

const port = parentPort;
if (port === null) throw new Error('journal-reader-worker.ts runs as a thread of peer-answers.ts');
const { files, query } = workerData as JournalWish;
port.postMessage(readJournal(files, query, () => undefined));
