// Other processes that use the store of a test.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Bench } from './store.cases.ts';

/** What the first of them compiled: the others begin in half the time. */
const compiled = process.env['NODE_COMPILE_CACHE'] ?? mkdtempSync(join(tmpdir(), 'standfast-compiled-'));
if (process.env['NODE_COMPILE_CACHE'] === undefined)
  process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));

export function startChild(bench: Bench, ...job: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), bench.module, bench.where, ...job], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  });
}

/** Resolves when it ended well, with what it said. */
export async function runChild(bench: Bench, ...job: readonly string[]): Promise<string> {
  const child = startChild(bench, ...job);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`${job.join(' ')} ended with ${code ?? signal}`);
  return said;
}
