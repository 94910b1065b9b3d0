// Looks once a second whether the process list still holds what is observed: a process in state Z or X, or another one with
// the same pid (other start ticks), is gone. The keeper reports ends by event; this is for what it could not see.
// Synchronous small reads: /proc is memory, and a promise for each would cost ten times the look itself. The file of each process is held open, which
// saves two thirds of the look: it goes on naming that very process, whoever is given its number later.

import { closeSync, openSync, readSync } from 'node:fs';

const everyMs = 1000;
/** So many looks, then others have their turn. */
const batch = 64;
/** Half of what a process may open where little is allowed. Of more processes than this the file is opened at each look. */
const mostHeld = 512;

/** Processes by a key of the caller's. `startTicks`: field 22 of /proc/PID/stat. */
export interface ProcessList {
  add(key: string, pid: number, startTicks: number): void;
  remove(key: string): void;
  close(): void;
}

/** Calls `gone` once for each that is found gone, and looks at it no more. */
export function openProcessList(gone: (key: string) => void): ProcessList {
  const watched = new Map<string, Looked>();
  let held = 0;
  let timer: NodeJS.Timeout | null = null;
  let pause: NodeJS.Immediate | null = null;

  const round = (keys: readonly string[], from: number): void => {
    pause = null;
    for (const key of keys.slice(from, from + batch)) {
      const process = watched.get(key);
      if (process === undefined || lives(process)) continue;
      forget(key);
      gone(key);
    }
    if (from + batch < keys.length) pause = setImmediate(round, keys, from + batch);
  };
  const lives = (process: Looked): boolean => {
    if (process.file !== null) return runs(process.file);
    if (held >= mostHeld) return isAlive(process.pid, process.startTicks);
    const file = opened(process.pid);
    if (typeof file === 'string') return file === 'cannot be opened';
    if (!isItself(file, process.startTicks)) {
      closeSync(file);
      return false;
    }
    process.file = file;
    held += 1;
    return true;
  };
  const forget = (key: string): void => {
    const file = watched.get(key)?.file ?? null;
    watched.delete(key);
    if (file === null) return;
    held -= 1;
    closeSync(file);
  };
  return {
    add(key, pid, startTicks) {
      forget(key);
      watched.set(key, { pid, startTicks, file: null });
      timer ??= setInterval(() => {
        if (pause === null) round([...watched.keys()], 0);
      }, everyMs);
    },
    remove(key) {
      forget(key);
      if (watched.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    },
    close() {
      for (const key of watched.keys()) forget(key);
      if (timer !== null) clearInterval(timer);
      if (pause !== null) clearImmediate(pause);
      timer = null;
    },
  };
}

interface Looked {
  readonly pid: number;
  readonly startTicks: number;
  /** Its open /proc/PID/stat; null: not opened yet, or too many are. */
  file: number | null;
}

const buffer = Buffer.allocUnsafe(1024);

/** True while this very process (pid and start ticks) runs, false once it is a zombie, gone, or replaced by another. */
export function isAlive(pid: number, startTicks: number): boolean {
  const file = opened(pid);
  if (typeof file === 'string') return file === 'cannot be opened';
  try {
    return isItself(file, startTicks);
  } finally {
    closeSync(file);
  }
}

/** Its /proc/PID/stat. Out of descriptors is our trouble, not its. */
function opened(pid: number): number | 'gone' | 'cannot be opened' {
  try {
    return openSync(`/proc/${pid}/stat`, 'r');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'gone' : 'cannot be opened';
  }
}

/** It runs, and is the process that began then. */
function isItself(file: number, startTicks: number): boolean {
  const line = read(file);
  // Behind the name come state and, 19 fields on, the start.
  return line !== null && isRunning(line) && Number(line.toString('latin1').split(' ', 20)[19]) === startTicks;
}

function runs(file: number): boolean {
  const line = read(file);
  return line !== null && isRunning(line);
}

/** Z or X as one letter. */
function isRunning(line: Buffer): boolean {
  return line[0] !== 0x5a && line[0] !== 0x58;
}

/** What follows the name, which stands in brackets and may hold anything; null: the process ended (ESRCH). */
function read(file: number): Buffer | null {
  try {
    const line = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, 0));
    return line.subarray(line.lastIndexOf(')') + 2);
  } catch {
    return null;
  }
}
