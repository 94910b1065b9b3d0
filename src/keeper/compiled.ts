// In a checkout Node strips the types at every start, and a process that did so keeps 25 MB for it. What Node compiled is kept, so that only the
// first process pays; that first one is never the keeper, which lives for months, but one that ends at once.

import { spawn } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { compiledCodeFolder } from '../layout.ts';

/** The folder for NODE_COMPILE_CACHE with `program` compiled in it. Never fails: without it only memory is lost. */
export async function compiledFolder(program: string): Promise<string> {
  const folder = process.env['NODE_COMPILE_CACHE'] ?? compiledCodeFolder(process.env);
  if (!program.endsWith('.ts')) return folder;
  const marker = join(folder, `keeper-${process.version}`);
  if (
    await access(marker).then(
      () => true,
      () => false,
    )
  )
    return folder;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await new Promise<void>((resolve) => {
      const once = spawn(process.execPath, [program, '--compile-only'], {
        stdio: 'ignore',
        cwd: '/',
        env: { ...process.env, NODE_COMPILE_CACHE: folder },
      });
      once.on('error', () => resolve());
      once.on('exit', () => resolve());
    });
    await writeFile(marker, '');
  } catch {
    // no room, or no home: every keeper strips for itself
  }
  return folder;
}
