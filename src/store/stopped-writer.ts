// Ends an agent that was stopped (SIGSTOP, a debugger, a frozen terminal) in the middle of its write: SQLite's lock of the one
// writer would stay with it for as long as it sleeps, and no other agent of this machine could take over anything. Killed, it
// loses the lock and its unfinished write (sqlite.org/wal.html, "Recovery"); its keeper begins a new one, services stay as they are.

import { readFileSync, statSync } from 'node:fs';
import { parseStat } from '../model/process-stat.ts';
import { monotonicMs } from './embedded-open.ts';

/** A shorter stop passes by itself. */
const patienceMs = 500;
/** SQLite's WAL_WRITE_LOCK, the byte of the -shm file that the one writer locks (sqlite.org/walformat.html, 2.3.1). */
const writeLockByte = 120;
const agentScript = /(^|\/)agent\.[jt]s$/;

/** Looks at who holds a store's file, each time that it is found held for too long. */
interface StoppedWriter {
  /** What was found, as a clause, or null when the holder is not known or runs. Ends it at the second look, `patienceMs` later. */
  look(): string | null;
}

/** Of the store in `file`. */
export function watchWriter(file: string): StoppedWriter {
  let seen: { readonly pid: number; readonly startTicks: number; readonly at: number } | null = null;
  return {
    look() {
      const pid = writerOf(`${file}-shm`);
      const found = pid === null || pid === process.pid ? null : stopped(pid);
      if (pid === null || found === null) {
        seen = null;
        return null;
      }
      const held = `process ${pid}, which is stopped, holds the file`;
      if (!found.agent) return `${held}: let it go on, or end it`;
      if (seen?.pid !== pid || seen.startTicks !== found.startTicks)
        seen = { pid, startTicks: found.startTicks, at: monotonicMs() };
      if (monotonicMs() - seen.at < patienceMs) return held;
      return end(pid) ? `${held}: it was an agent in the middle of its write, and was ended` : held;
    },
  };
}

/** /proc/locks: `1: POSIX  ADVISORY  WRITE 1341 fe:00:2294641 120 120`. Null when nobody of this PID namespace holds it. */
function writerOf(path: string): number | null {
  try {
    const { ino } = statSync(path, { bigint: true });
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      const [, kind, , mode, pid, where, from, to] = line.trim().split(/\s+/);
      if (kind !== 'POSIX' || mode !== 'WRITE' || where?.split(':')[2] !== String(ino)) continue;
      if (Number(from) <= writeLockByte && Number(to) >= writeLockByte) return Number(pid) > 0 ? Number(pid) : null;
    }
  } catch {
    // No /proc, or the file is gone: nothing is known.
  }
  return null;
}

/** Null when it runs or has ended. `startTicks` tells it from a later process of its number. */
function stopped(pid: number): { readonly startTicks: number; readonly agent: boolean } | null {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    if (stat?.state !== 'T' && stat?.state !== 't') return null;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return { startTicks: stat.startTicks, agent: words.some((word) => agentScript.test(word)) };
  } catch {
    return null;
  }
}

function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
