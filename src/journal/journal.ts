// The agent's record, written by a thread of its own in the order in which it was told. It is never before an act: `append` neither
// waits nor fails; what the disk refuses is counted, and a line says how much is missing as soon as one can be written again.
//
// Does not cover: a loss of power takes the last moments along (journal-file.ts says what SQLite promises).

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorWords } from '../model/error-words.ts';
import type { Bytes, Ms } from '../model/units.ts';
import type { JsonValue } from '../model/json.ts';
import type { Journal, JournalEntry } from '../ports.ts';
import { JournalError } from './errors.ts';
import type { Ask, JournalStart, Row, Tell } from './journal-messages.ts';

/** What may wait for the disk; what comes on top is dropped and counted. */
const queueLimit = { rows: 20_000, bytes: 16 << 20 };
/** What one transaction takes; in bytes also no more than a thirty-second of the whole journal. */
const batchLimit = { rows: 512, bytes: 512 << 10 };
/** Longer facts are cut: a line is read by people. */
const factsLimit = 64 << 10;
/** So long lines are gathered into one transaction. What follows on a decision is under way by then, and the disk is not in its way. */
const gatherMs = 5;
const openWithinMs = 2000;
const flushWithinMs = 5000;
const closeWithinMs = 2000;
/** How soon after a refusal it is tried to write down what was lost, and after its end to begin the thread anew. */
const retryMs = 1000;

interface JournalOptions {
  readonly file: string;
  /** Whose record it is; told with each line. */
  readonly host: string;
  readonly maxAgeMs: Ms;
  /** Of the file and its WAL together. At least 1 MiB, or the bound is not kept. */
  readonly maxBytes: Bytes;
}

/**
 * Opens the journal, begins one when there is none, and puts a damaged one aside (its first line then says where).
 * Rejects with `JournalError` only when the file is something else's or of a newer Standfast. With a disk that is full or does not
 * answer it resolves all the same, and lines are dropped and counted until the disk is well.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const journal = begin(options);
  await journal.ready;
  return journal;
}

/** Lines that are missing. */
interface Gap {
  readonly lost: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly why: string;
}

function begin(options: JournalOptions): Journal & { readonly ready: Promise<void> } {
  const batchBytes = Math.min(batchLimit.bytes, options.maxBytes / 32);
  const ready = Promise.withResolvers<void>();
  let queue: Row[] = [];
  let queuedBytes = 0;
  /** What the thread is writing: `rows` as they were told, before them the line about `gap`, if there is one. */
  let underWay: { readonly rows: readonly Row[]; readonly gap: Gap | null } | null = null;
  let gap: Gap | null = null;
  let lost = 0;
  /** Each with how many of the rows that it waits for are still to be written or dropped. */
  let flushes: { left: number; done(): void }[] = [];
  let thread: Worker | null = null;
  let startedAt = 0;
  let gone: Promise<void> = Promise.resolve();
  let state: 'open' | 'closing' | 'closed' = 'open';
  let scheduled = false;
  const openTimer = setTimeout(ready.resolve, openWithinMs);
  const retryTimer = setInterval(() => {
    if (gap !== null) schedule();
  }, retryMs);
  retryTimer.unref();
  startThread();

  return {
    ready: ready.promise,

    get lost() {
      return lost;
    },

    get trouble() {
      return (gap ?? underWay?.gap)?.why ?? null;
    },

    append(entry) {
      if (state !== 'open') return drop(entry.atMs, 'the journal is closed');
      const row = rowOf(entry);
      if (queue.length >= queueLimit.rows || queuedBytes >= queueLimit.bytes)
        return drop(entry.atMs, 'the disk does not keep up');
      queue.push(row);
      queuedBytes += sizeOf(row);
      schedule();
    },

    flush: () => flush(flushWithinMs),

    async close() {
      if (state !== 'open') return gone;
      state = 'closing';
      await flush(closeWithinMs);
      state = 'closed';
      clearInterval(retryTimer);
      clearTimeout(openTimer);
      const closing = thread;
      if (closing === null) return;
      post(closing, { ask: 'close' });
      await within(closeWithinMs, (done) => void gone.then(done));
      // Stuck in the disk: it must not keep the process.
      closing.unref();
    },
  };

  function flush(withinMs: number): Promise<void> {
    return within(withinMs, (done) => {
      const left = queue.length + (underWay?.rows.length ?? 0);
      if (left === 0) done();
      else flushes.push({ left, done });
    });
  }

  function startThread(): void {
    startedAt = performance.now();
    const source = new URL(`./journal-worker${extname(import.meta.filename)}`, import.meta.url);
    const workerData: JournalStart = { ...options };
    const made = new Worker(source, {
      workerData,
      name: 'journal',
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 },
    });
    thread = made;
    let failure = "the journal's thread ended";
    made.on('message', hear);
    made.on('error', (error) => {
      failure = `the journal's thread failed: ${errorWords(error)}`;
    });
    gone = new Promise((resolve) => {
      made.on('exit', () => {
        thread = null;
        resolve();
        ready.resolve();
        if (underWay !== null) written(failure);
      });
    });
  }

  function hear(tell: Tell): void {
    switch (tell.tell) {
      case 'ready':
        clearTimeout(openTimer);
        return ready.resolve();
      case 'refused':
        clearTimeout(openTimer);
        clearInterval(retryTimer);
        state = 'closed';
        return ready.reject(new JournalError({ ...tell, code: 'SF-524' }));
      case 'written':
        return written(tell.why);
      default:
        return tell satisfies never;
    }
  }

  /** Gathers what is told in one go into one transaction. */
  function schedule(): void {
    if (scheduled || underWay !== null) return;
    scheduled = true;
    setTimeout(() => {
      scheduled = false;
      writeNext();
    }, gatherMs);
  }

  function writeNext(): void {
    if (underWay !== null || state === 'closed' || (queue.length === 0 && gap === null)) return;
    let bytes = 0;
    let count = 0;
    for (const row of queue) {
      if (count >= batchLimit.rows || bytes >= batchBytes) break;
      bytes += sizeOf(row);
      count += 1;
    }
    const rows = queue.slice(0, count);
    queue = queue.slice(count);
    queuedBytes -= bytes;
    underWay = { rows, gap };
    gap = null;
    const told = underWay.gap === null ? rows : [lineOf(underWay.gap), ...rows];
    if (thread === null && performance.now() - startedAt > retryMs) startThread();
    if (thread === null) written("the journal's thread has ended");
    else post(thread, { ask: 'write', rows: told });
  }

  function written(why: string | null): void {
    if (underWay === null) return;
    const { rows, gap: told } = underWay;
    underWay = null;
    if (why !== null) {
      if (told !== null) gap = gap === null ? told : { ...gap, fromMs: told.fromMs, lost: gap.lost + told.lost };
      for (const [atMs] of rows) drop(atMs, why);
    }
    for (const flush of flushes) {
      flush.left -= rows.length;
      if (flush.left <= 0) flush.done();
    }
    flushes = flushes.filter((flush) => flush.left > 0);
    // After a refusal of nothing but the line about the gap, the timer tries again.
    if (queue.length > 0 || (why === null && gap !== null)) schedule();
  }

  function drop(atMs: number, why: string): void {
    lost += 1;
    if (gap === null) gap = { lost: 1, fromMs: atMs, toMs: atMs, why };
    else gap = { ...gap, lost: gap.lost + 1, toMs: atMs, why };
  }
}

function post(thread: Worker, ask: Ask): void {
  thread.postMessage(ask);
}

/** Resolves when `done` is called, at the latest after `ms`. */
function within(ms: number, begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    begin(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function lineOf(gap: Gap): Row {
  const { lost, fromMs, toMs, why } = gap;
  return [toMs, 'journalLost', null, null, null, null, JSON.stringify({ lost, fromMs, toMs, why })];
}

function rowOf(entry: JournalEntry): Row {
  const { atMs, kind, service, instance, term, rule } = entry;
  return [Math.round(atMs), kind, service, instance, term, rule, textOf(entry.facts)];
}

/** As it stands now: what is told may be changed later. */
function textOf(facts: Readonly<Record<string, JsonValue>>): string {
  let text: string;
  try {
    text = JSON.stringify(facts);
  } catch (error) {
    return JSON.stringify({ notWritten: errorWords(error) });
  }
  if (text.length <= factsLimit) return text;
  return JSON.stringify({ cutFrom: text.length, begins: text.slice(0, 2000) });
}

function sizeOf(row: Row): number {
  return row[6].length + 100;
}
