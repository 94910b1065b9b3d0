// Small readers of /proc. A process is known by boot, pid and start time; one in state Z or X is dead, whoever reaps it or not.
// /proc is memory: reading it waits for no disk. Environments may be of other users and then cannot be read (null).

import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';

import { parseStat } from '../model/process-stat.ts';
import type { Stat } from '../model/process-stat.ts';

/** The process as it is now, or null when there is none. A zombie is still told: see `isAlive`. */
export function readStat(pid: number): Stat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** As `readStat`, without holding up the caller. */
export async function readStatLater(pid: number): Promise<Stat | null> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** Neither absent, nor being taken away, nor a zombie whose last thread has ended. */
export function isAlive(stat: Stat | null): stat is Stat {
  return stat !== null && stat.state !== 'X' && (stat.state !== 'Z' || stat.threads > 1);
}

/** True when `pid` is alive and still the process that began at `startTicks`. */
export function isSame(pid: number, startTicks: number): boolean {
  const stat = readStat(pid);
  return isAlive(stat) && stat.startTicks === startTicks;
}

/** This boot's identity; what was written under another is void. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** Every process id there is, zombies included. */
export async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
}

/** The environment a process was started with, as far as it still stands in its memory; null when it cannot be read or is empty. */
export async function environmentOf(pid: number): Promise<ReadonlyMap<string, string> | null> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return null;
  }
  if (text === '') return null;
  const found = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0) found.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return found;
}
