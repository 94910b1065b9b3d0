// The store of agents that share one machine: one SQLite file, opened by every agent in a thread of its own.
//
// Does not cover: a disk that says fsync is done when it is not (a loss of power may then take acknowledged transactions along);
// a key changed twice between two looks is told once, with its newest value. A full or stalled disk is an unreachable store:
// transactions are then `unknown`, reads reject, watches are told `lost`, and all works again when the disk does.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorWords } from '../model/error-words.ts';
import { StoreUnreachable, type Store, type StoreEntry, type TxnAnswer } from '../ports.ts';
import type { Ask, Known, Tell, WorkerStart } from './embedded-messages.ts';
import { StoreError } from './errors.ts';

/** For the thread to begin, which on a busy machine may take longer than any disk; then for the disk to answer. */
const beginWithinMs = 60_000;
const openWithinMs = 5000;
const readWithinMs = 2000;
/** The thread's pulse is felt this often; it beats every 250 ms. Two looks without a beat: the disk stalls. */
const pulseMs = 500;
/** A thread that ended is begun anew after the first, then twice as long each time, up to the second. */
const restartMs = { first: 250, longest: 4000 };
/** For the thread to fold the WAL back in; one stuck in the disk is left behind. */
const closeWithinMs = 2000;

type Watcher = Parameters<Store['watch']>[1];
type ReadAnswer = { readonly revision: number; readonly entries: readonly StoreEntry[] };

/**
 * Opens the store in `file` (in a folder that exists), and makes it when there is none. Keys are kept below `prefix`.
 * Rejects with `StoreError` when only a person can help (the file is damaged, is something else's, lies on a network file system),
 * and with `StoreUnreachable` when it is worth trying again (full, stalled or read-only disk).
 * Once open, the store object outlives every trouble of the disk. A file that was replaced or went back is `lost`, "another store",
 * until the right one is in its place again.
 * In the process that calls this, open the file in no other way: closing it would drop SQLite's locks.
 */
export async function openEmbedded(options: { readonly file: string; readonly prefix: string }): Promise<Store> {
  const prefix = options.prefix === '' || options.prefix.endsWith('/') ? options.prefix : `${options.prefix}/`;
  const store = connect(options.file, prefix);
  await store.opened;
  return store;
}

interface PendingRead {
  resolve(answer: ReadAnswer): void;
  reject(error: StoreUnreachable): void;
}

function connect(file: string, prefix: string): Store & { readonly opened: Promise<void> } {
  const pulse = new SharedArrayBuffer(4);
  const beats = new Int32Array(pulse);
  const opened = Promise.withResolvers<void>();
  const txns = new Map<number, (answer: TxnAnswer) => void>();
  const reads = new Map<number, PendingRead>();
  const watches = new Map<number, { after: number; on: Watcher }>();
  /** Why nothing is heard, by who says so; empty when all is well. */
  const troubles = new Map<'disk' | 'stall' | 'thread', string>();
  let known: Known | null = null;
  let lastId = 0;
  let closed = false;
  let worker = begin();
  let restart: NodeJS.Timeout | null = null;
  let restartAfterMs = restartMs.first;
  let seenBeats = -1;
  let stillFor = 0;

  const openLate = (why: string): void => {
    opened.reject(new StoreUnreachable(why));
    void close();
  };
  let begun = false;
  let openTimer = setTimeout(
    openLate,
    beginWithinMs,
    `the thread that opens ${file} has not begun within ${beginWithinMs} ms`,
  );
  const pulseTimer = setInterval(feelPulse, pulseMs);
  pulseTimer.unref();

  return {
    kind: 'embedded',
    opened: opened.promise,

    identity() {
      return known === null
        ? Promise.reject(new StoreUnreachable('the store is not open'))
        : Promise.resolve(known.identity);
    },

    read(below) {
      if (closed) return Promise.reject(new StoreUnreachable('the store is closed'));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const timer = afterward(readWithinMs, () => {
          settle(`no answer from the disk within ${readWithinMs} ms`);
        });
        const settle = (answer: ReadAnswer | string): void => {
          if (!reads.delete(id)) return;
          clearTimeout(timer);
          if (typeof answer === 'string') reject(new StoreUnreachable(answer));
          else resolve(answer);
        };
        reads.set(id, {
          resolve: settle,
          reject: (error) => {
            settle(error.message);
          },
        });
        ask({ ask: 'read', id, prefix: below });
      });
    },

    txn(compares, puts, timeoutMs) {
      if (closed) return Promise.resolve({ kind: 'unknown', why: 'the store is closed' });
      const id = ++lastId;
      return new Promise((resolve) => {
        const timer = afterward(timeoutMs, () => {
          settle({ kind: 'unknown', why: `no answer from the disk within ${timeoutMs} ms` });
        });
        const settle = (answer: TxnAnswer): void => {
          if (!txns.delete(id)) return;
          clearTimeout(timer);
          resolve(answer);
        };
        txns.set(id, settle);
        // The thread gives up a little sooner, so that its answer, which knows more, comes first.
        const deadline = Number(process.hrtime.bigint()) / 1e6 + timeoutMs - Math.min(10, timeoutMs / 10);
        ask({ ask: 'txn', id, compares, puts, deadline });
      });
    },

    watch(revision, on) {
      const id = ++lastId;
      watches.set(id, { after: revision, on });
      const [trouble] = troubles.values();
      if (trouble !== undefined) {
        queueMicrotask(() => {
          if (watches.has(id)) on.lost(trouble);
        });
      }
      ask({ ask: 'watch', id, after: revision });
      return {
        stop() {
          if (watches.delete(id)) ask({ ask: 'unwatch', id });
        },
        nudge() {
          ask({ ask: 'look' });
        },
      };
    },

    close,
  };

  function ask(question: Ask): void {
    if (!closed) worker.postMessage(question);
  }

  function begin(): Worker {
    // The thread is the source beside this one: `.ts` in a checkout, `.js` when built.
    const source = new URL(`./embedded-worker${extname(import.meta.filename)}`, import.meta.url);
    const workerData: WorkerStart = { file, prefix, known, pulse };
    const made = new Worker(source, {
      workerData,
      name: 'store',
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 },
    });
    made.on('message', hear);
    made.on('error', (error) => {
      ended(`the store's thread failed: ${errorWords(error)}`);
    });
    made.on('exit', () => {
      ended("the store's thread ended");
    });
    return made;
  }

  function hear(tell: Tell): void {
    stillFor = 0;
    trouble('stall', null);
    switch (tell.tell) {
      case 'begun':
        // Of the first thread only: the others begin when the first could not open it, or later.
        if (begun || closed) return;
        begun = true;
        clearTimeout(openTimer);
        openTimer = setTimeout(
          openLate,
          openWithinMs,
          `the disk under ${file} has not answered for ${openWithinMs} ms`,
        );
        return;
      case 'opened':
        known = tell.known;
        restartAfterMs = restartMs.first;
        clearTimeout(openTimer);
        opened.resolve();
        trouble('thread', null);
        return;
      case 'cannotOpen':
        return cannotOpen(tell);
      case 'read':
        return reads.get(tell.id)?.resolve({ revision: tell.revision, entries: tell.entries });
      case 'readFailed':
        return reads.get(tell.id)?.reject(new StoreUnreachable(tell.why));
      case 'txn':
        if (tell.answer.kind !== 'unknown') sawRevision(tell.answer.revision);
        return txns.get(tell.id)?.(tell.answer);
      case 'changes': {
        sawRevision(tell.changes.revision);
        const watch = watches.get(tell.id);
        if (watch === undefined) return;
        watch.after = tell.changes.revision;
        return watch.on.changes(tell.changes);
      }
      case 'gap': {
        const watch = watches.get(tell.id);
        watches.delete(tell.id);
        return watch?.on.lost(tell.why);
      }
      case 'lost':
        return trouble('disk', tell.why);
      case 'back':
        return trouble('disk', null);
      default:
        return tell satisfies never;
    }
  }

  /** Kept here too, so that a new thread after a crash of the old one does not accept an older store. */
  function sawRevision(revision: number): void {
    if (known !== null && revision > known.revision) known = { ...known, revision };
  }

  function cannotOpen(tell: Tell & { tell: 'cannotOpen' }): void {
    const error =
      tell.code === null
        ? new StoreUnreachable(`the store ${file}: ${tell.why}`)
        : new StoreError({ ...tell, code: tell.code });
    // A thread begun anew is tried again; the first one is the opener's business.
    trouble('thread', error.message);
    if (known !== null) return;
    opened.reject(error);
    void close();
  }

  function ended(why: string): void {
    if (closed || restart !== null) return;
    for (const settle of txns.values()) settle({ kind: 'unknown', why });
    for (const read of reads.values()) read.reject(new StoreUnreachable(why));
    if (!troubles.has('thread')) trouble('thread', why);
    if (known === null) {
      opened.reject(new StoreUnreachable(why));
      void close();
      return;
    }
    restart = setTimeout(() => {
      restart = null;
      troubles.delete('disk');
      worker = begin();
      for (const [id, { after }] of watches) ask({ ask: 'watch', id, after });
    }, restartAfterMs);
    restartAfterMs = Math.min(restartAfterMs * 2, restartMs.longest);
  }

  function feelPulse(): void {
    const now = Atomics.load(beats, 0);
    // Looks are counted, not time: after a sleep of the whole process the thread has had no time either.
    stillFor = now === seenBeats ? stillFor + 1 : 0;
    seenBeats = now;
    trouble('stall', stillFor >= 2 ? `the disk has not answered for ${(stillFor * pulseMs) / 1000} s` : null);
  }

  function trouble(who: 'disk' | 'stall' | 'thread', why: string | null): void {
    const before = troubles.size > 0;
    if (why === null) troubles.delete(who);
    else troubles.set(who, why);
    const now = troubles.size > 0;
    if (before === now || closed) return;
    for (const { on } of watches.values().toArray()) {
      if (now) on.lost(why ?? '');
      else on.back();
    }
  }

  async function close(): Promise<void> {
    if (closed) return;
    worker.postMessage({ ask: 'close' } satisfies Ask);
    closed = true;
    clearTimeout(openTimer);
    clearInterval(pulseTimer);
    watches.clear();
    if (restart !== null) {
      clearTimeout(restart);
      return;
    }
    const closing = worker;
    const gone = new Promise<void>((resolve) => {
      closing.once('exit', () => {
        resolve();
      });
      const timer = setTimeout(() => {
        // Stuck in the disk. It must not keep the process, and cannot be ended before the disk lets it go.
        closing.unref();
        void closing.terminate();
        resolve();
      }, closeWithinMs);
      closing.once('exit', () => {
        clearTimeout(timer);
      });
    });
    await gone;
    for (const settle of txns.values()) settle({ kind: 'unknown', why: 'the store was closed' });
    for (const read of reads.values()) read.reject(new StoreUnreachable('the store was closed'));
  }
}

/** Calls after `ms`, and after what lay in the queue by then: a busy thread's answers that came in time count as in time. */
function afterward(ms: number, call: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(call), ms);
}
