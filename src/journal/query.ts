// The record of several hosts, read as one.

import type { JournalLine } from '../api.ts';
import { JournalError } from './errors.ts';
import { readFile, stampOf, type FileLines, type FileQuery } from './read-file.ts';

/** What is asked of all files alike. */
export type JournalQuery = FileQuery;

/** Told of a file that could not be read; the others are read all the same. */
type OnProblem = (problem: JournalError) => void;

/** How often `followJournal` looks. */
const lookEveryMs = 100;
/** A file that changed so lately may change again without another time of change: clocks of file systems tick in steps. */
const settledAfterMs = 50;

/**
 * The lines of these journals that the query chooses, in order of `atMs`, then host, then `seq`; with `limit` the newest so many.
 * Works with agents running and without, makes no file and holds no agent up.
 */
export function readJournal(
  files: readonly string[],
  query: JournalQuery,
  onProblem: OnProblem,
): readonly JournalLine[] {
  const lines = files.flatMap((file) => readOne(file, query, onProblem)?.lines ?? []).toSorted(inOrder);
  return query.limit === undefined ? lines : newest(lines, query.limit);
}

/**
 * First what `readJournal` gives, then every further line that the query chooses as it comes, until `signal` aborts. Each problem is
 * told once, and again after the file could be read in between; a file that is missing is waited for.
 */
export async function* followJournal(
  files: readonly string[],
  query: JournalQuery & { readonly signal?: AbortSignal | undefined },
  onProblem: OnProblem,
): AsyncGenerator<JournalLine, void, undefined> {
  const followed = files.map((file) => followFile(file, query, onProblem));
  for (let limit = query.limit; query.signal?.aborted !== true; limit = undefined) {
    const lines = followed.flatMap((look) => look()).toSorted(inOrder);
    yield* limit === undefined ? lines : newest(lines, limit);
    await pause(lookEveryMs, query.signal);
  }
}

/** Gives, at each call, what has come since the last. */
function followFile(file: string, query: JournalQuery, onProblem: OnProblem): () => readonly JournalLine[] {
  let seen = '';
  let seq: number | null = null;
  let told = '';
  return () => {
    const stamp = stampOf(file);
    if (stamp.text === seen) return [];
    seen = Date.now() - stamp.changedAtMs > settledAfterMs ? stamp.text : '';
    const onceOnly = (problem: JournalError): void => {
      if (problem.message !== told) onProblem(problem);
      told = problem.message;
    };
    let found = readOne(file, seq === null ? query : { ...query, afterSeq: seq, limit: undefined }, onceOnly);
    // Somebody removed the journal, and the agent began another.
    if (found !== null && seq !== null && found.lastSeq < seq)
      found = readOne(file, { ...query, afterSeq: undefined, limit: undefined }, onceOnly);
    if (found === null) return [];
    told = '';
    seq = found.lastSeq;
    return found.lines;
  };
}

/** Null: it could not be read. */
function readOne(file: string, query: JournalQuery, onProblem: OnProblem): FileLines | null {
  try {
    return readFile(file, query);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    onProblem(error);
    return null;
  }
}

function newest(lines: readonly JournalLine[], limit: number): readonly JournalLine[] {
  return lines.slice(Math.max(0, lines.length - limit));
}

/** Resolves when `ms` are over or the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

function inOrder(one: JournalLine, other: JournalLine): number {
  return one.atMs - other.atMs || (one.host < other.host ? -1 : one.host > other.host ? 1 : one.seq - other.seq);
}
