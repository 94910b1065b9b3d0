// The thread of the embedded store: SQLite blocks, and a disk may stall, so neither may happen in the agent's own thread.
// It answers one request after the other and looks for changes four times a second, and whenever it is told to.

import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Ask, Tell, WorkerStart } from './embedded-messages.ts';
import { AnotherStore, openEmbeddedFile, type EmbeddedFile } from './embedded-file.ts';
import { monotonicMs } from './embedded-open.ts';
import { StoreError } from './errors.ts';
import { watchWriter } from './stopped-writer.ts';
import { inWords, isBusy } from '../model/sqlite-words.ts';

const pollMs = 250;
/** For opening, while other agents open the same file. */
const openWithinMs = 4000;
/** Failed looks in a row after which the file is opened afresh: a disk that was away may have left this opening useless. */
const looksBeforeReopening = 8;

const port = parentPort;
// Without one it was loaded only to be compiled.
if (port !== null)
  serve(workerData as WorkerStart, (tell) => {
    port.postMessage(tell);
  });

function serve(start: WorkerStart, tell: (tell: Tell) => void): void {
  const pulse = new Int32Array(start.pulse);
  const watches = new Map<number, number>();
  const writer = watchWriter(start.file);
  let store: EmbeddedFile;
  let lostSince = 0;
  let busyUntil = 0;
  tell({ tell: 'begun' });
  try {
    store = openEmbeddedFile(start.file, start.prefix, start.known, monotonicMs() + openWithinMs);
  } catch (error) {
    tell(cannotOpen(error));
    port?.close();
    return;
  }
  tell({ tell: 'opened', known: store.known() });
  // Agents are as a rule killed, not ended: what was compiled of this thread is kept now, if it is kept at all (half its memory).
  setImmediate(flushCompileCache);
  const timer = setInterval(poll, pollMs);
  port?.on('message', (ask: Ask) => {
    answer(ask);
  });

  function answer(ask: Ask): void {
    switch (ask.ask) {
      case 'read':
        return read(ask);
      case 'txn':
        return txn(ask);
      case 'watch':
        watches.set(ask.id, ask.after);
        return look();
      case 'unwatch':
        watches.delete(ask.id);
        return;
      case 'look':
        return look();
      case 'close':
        return close();
      default:
        return ask satisfies never;
    }
  }

  function read(ask: Ask & { ask: 'read' }): void {
    try {
      tell({ tell: 'read', id: ask.id, ...store.read(ask.prefix) });
    } catch (error) {
      tell({ tell: 'readFailed', id: ask.id, why: inWords(error) });
    }
  }

  function txn(ask: Ask & { ask: 'txn' }): void {
    // Its asker has been told `unknown`: what has not begun by now is better not done at all.
    if (monotonicMs() >= ask.deadline) return;
    try {
      tell({ tell: 'txn', id: ask.id, answer: store.txn(ask.compares, ask.puts, ask.deadline) });
    } catch (error) {
      const why = (isBusy(error) ? writer.look() : null) ?? inWords(error);
      tell({ tell: 'txn', id: ask.id, answer: { kind: 'unknown', why } });
    }
    busyUntil = monotonicMs() + pollMs / 10;
    look();
  }

  function poll(): void {
    Atomics.add(pulse, 0, 1);
    look();
    if (lostSince > 0) return;
    try {
      // A request that comes meanwhile waits for the housekeeping: when one was just here, only what cannot be put off.
      store.tidy(monotonicMs() < busyUntil ? 'none' : 'some');
    } catch {
      // Tried again at the next poll; a full disk or another writer is no reason to say anything.
    }
  }

  function look(): void {
    try {
      const revision = store.revision();
      if (lostSince > 0) {
        lostSince = 0;
        tell({ tell: 'back' });
      }
      for (const [id, after] of watches) if (after !== revision) lookFor(id, after, revision);
    } catch (error) {
      if (lostSince === 0) tell({ tell: 'lost', why: inWords(error) });
      lostSince += 1;
      if (lostSince % looksBeforeReopening === 0 && !(error instanceof AnotherStore)) reopen();
    }
  }

  function lookFor(id: number, after: number, revision: number): void {
    const found = after > revision ? null : store.changesAfter(after);
    if (found === null) {
      watches.delete(id);
      const why =
        after > revision
          ? `another store: it is at revision ${revision}, ${after} was seen`
          : `revision ${after} is older than what the store remembers of deletions: read it again`;
      tell({ tell: 'gap', id, why });
      return;
    }
    watches.set(id, found.revision);
    if (found.changes.length > 0) tell({ tell: 'changes', id, changes: found });
  }

  function reopen(): void {
    try {
      const fresh = openEmbeddedFile(start.file, start.prefix, store.known(), monotonicMs() + pollMs);
      const old = store;
      store = fresh;
      old.close();
    } catch {
      // Still away; the next failed looks try again.
    }
  }

  function close(): void {
    clearInterval(timer);
    try {
      store.tidy('last');
      store.close();
    } finally {
      port?.close();
    }
  }
}

function cannotOpen(error: unknown): Tell {
  if (error instanceof StoreError)
    return { tell: 'cannotOpen', code: error.code, what: error.what, why: error.why, next: error.next };
  return { tell: 'cannotOpen', code: null, what: '', why: inWords(error), next: '' };
}
