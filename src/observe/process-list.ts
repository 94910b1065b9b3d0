// Looks once a second whether the process list still holds what is observed: a process in state Z or X, or another one with
// the same pid (other start ticks), is gone. The keeper reports ends by event; this is for what it could not see.
// Synchronous small reads: /proc is memory, and a promise for each would cost ten times the look itself.

import { closeSync, openSync, readSync } from 'node:fs';

const everyMs = 1000;
/** So many looks, then others have their turn. */
const batch = 64;

export interface ProcessList {
  add(key: string, pid: number, startTicks: number): void;
  remove(key: string): void;
  close(): void;
}

/** Calls `gone` once for each that is found gone, and looks at it no more. */
export function openProcessList(gone: (key: string) => void): ProcessList {
  const watched = new Map<string, { pid: number; startTicks: number }>();
  let timer: NodeJS.Timeout | null = null;
  let pause: NodeJS.Immediate | null = null;

  const round = (keys: readonly string[], from: number): void => {
    pause = null;
    for (const key of keys.slice(from, from + batch)) {
      const process = watched.get(key);
      if (process === undefined || isAlive(process.pid, process.startTicks)) continue;
      watched.delete(key);
      gone(key);
    }
    if (from + batch < keys.length) pause = setImmediate(round, keys, from + batch);
  };
  return {
    add(key, pid, startTicks) {
      watched.set(key, { pid, startTicks });
      timer ??= setInterval(() => {
        if (pause === null) round([...watched.keys()], 0);
      }, everyMs);
    },
    remove(key) {
      watched.delete(key);
      if (watched.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    },
    close() {
      watched.clear();
      if (timer !== null) clearInterval(timer);
      if (pause !== null) clearImmediate(pause);
      timer = null;
    },
  };
}

const buffer = Buffer.allocUnsafe(1024);

/** True while this very process (pid and start ticks) runs, false once it is a zombie, gone, or replaced by another. */
export function isAlive(pid: number, startTicks: number): boolean {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
  } catch (error) {
    // Out of descriptors is our trouble, not its.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
  try {
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
    // The name in brackets may hold anything; behind it come state and, 19 fields on, the start.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
    return fields[0] !== 'Z' && fields[0] !== 'X' && Number(fields[19]) === startTicks;
  } catch {
    // ESRCH: it ended between the two calls.
    return false;
  } finally {
    closeSync(file);
  }
}
