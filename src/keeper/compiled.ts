// In a checkout Node strips the types at every start, and a process, or a thread of it, that did so keeps 12 to 25 MB for it. What Node compiled is
// kept, so that only the first one pays; that first one is never a program that lives for months, but one that ends at once.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { compiledCodeFolder } from '../layout.ts';

/** The folder for NODE_COMPILE_CACHE with `programs` compiled in it, by each's `--compile-only`; null when there is no place for it. Never fails: without it only memory is lost. */
export async function compiledFolder(programs: readonly string[]): Promise<string | null> {
  const folder = process.env['NODE_COMPILE_CACHE'] ?? compiledCodeFolder(process.env);
  if (folder === null || !programs.every((program) => program.endsWith('.ts'))) return folder;
  try {
    const marker = join(folder, `all-${await versionOf(programs)}`);
    if (await isThere(marker)) return folder;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await Promise.all(programs.map((program) => runOnce(program, folder)));
    await writeFile(marker, '');
  } catch {
    // no room: everybody strips for itself
  }
  return folder;
}

/** Other code, or another Node, is compiled anew. A change deeper in the code is not seen, and costs its processes the memory. */
async function versionOf(programs: readonly string[]): Promise<string> {
  const times = await Promise.all(programs.map(async (program) => (await stat(program)).mtimeMs));
  return createHash('sha256')
    .update(JSON.stringify([process.version, programs, times]))
    .digest('hex')
    .slice(0, 16);
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function runOnce(program: string, folder: string): Promise<void> {
  return new Promise((resolve) => {
    const once = spawn(process.execPath, [program, '--compile-only'], {
      stdio: 'ignore',
      cwd: '/',
      env: { ...process.env, NODE_COMPILE_CACHE: folder },
    });
    once.on('error', () => resolve());
    once.on('exit', () => resolve());
  });
}
