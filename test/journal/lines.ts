// Entries for the journal's tests, and the processes that write them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { bytes, ms, wallMs } from '../../src/model/units.ts';
import type { JournalEntry } from '../../src/ports.ts';

/** An entry numbered `n`, at that millisecond. */
export function entry(n: number, more: Partial<JournalEntry> = {}): JournalEntry {
  const facts = { n };
  return { atMs: wallMs(n), kind: 'note', service: null, instance: null, term: null, rule: null, facts, ...more };
}

export const roomy = { maxAgeMs: ms(Number.MAX_SAFE_INTEGER), maxBytes: bytes(64 << 20) };

/** Fails a test that would otherwise wait for ever. */
export const problemsAreFailures = (problem: Error): never => {
  throw problem;
};

/** A process that appends numbered entries from `from` on and says on standard output which are on disk. */
export function startWriter(file: string, from: number): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), file, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Kills the writer once it has acknowledged `count` more; gives the last number that it acknowledged. */
export async function killAfter(writer: ReturnType<typeof startWriter>, count: number): Promise<number> {
  let last = 0;
  let heard = 0;
  const gone: Promise<unknown[]> = once(writer, 'exit');
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    heard += 1;
    if (heard === count) writer.kill('SIGKILL');
  }
  const [, signal] = await gone;
  assert.equal(signal, 'SIGKILL', 'the writer ended by itself');
  return last;
}
