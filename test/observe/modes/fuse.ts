// A FUSE file system whose every file errs, served by a process of its own, as the testbed has it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { shQuietly } from './look.ts';

const server = join(import.meta.dirname, '..', '..', '..', 'testbed', 'services', 'fuse-erring.mjs');

/** Mounts it on a folder until the test is over. */
export async function mountErring(t: TestContext, at: string): Promise<void> {
  const child = spawn(process.execPath, [server, at], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => {
    shQuietly('umount -l "$1"', at);
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
}
