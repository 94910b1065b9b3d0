// One keeper for a host folder, and one agent, and no more of either. The lock is the kernel's (flock), taken by the `flock` program on a
// descriptor that it shares with its owner: it stays as long as the owner has the descriptor open, and goes with it, however it ends.
// Turned down: a file with a pid in it (outlives its writer), a socket's address alone (a stale one looks like a taken one).

import { spawnSync } from 'node:child_process';
import { ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

import { errorWords } from '../model/error-words.ts';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** Takes the lock for as long as this process lives, as `who`. `null`: taken. Called once, before anything else happens. */
export function takeLock(path: string, who: 'keeper' | 'agent' = 'keeper'): Refusal | null {
  let fd: number;
  try {
    fd = openSync(path, 'a', 0o600);
  } catch (error) {
    return refuse('keeperStart', `${path} cannot be opened: ${errorWords(error)}`);
  }
  const { error, status } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd], cwd: '/' });
  if (error !== undefined)
    return refuse('keeperStart', `the program flock is needed (package util-linux): ${error.message}`);
  if (status !== 0) return refuse('otherKeeper', `another ${who} has ${path}: pid ${ownerOf(path)}`);
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
  } catch {
    // a full disk: the lock holds without the number in it
  }
  return null;
}

function ownerOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
