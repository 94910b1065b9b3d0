// The keeper's own log: lines on its standard error. A full or stalled disk loses lines; it never stops or delays the keeper.

import { write } from 'node:fs';

import { wallNow } from './clock.ts';

/** Writes one line. Never throws, never waits. */
export type Log = (text: string) => void;

/** Lines under way at once; more are dropped and counted. */
const pendingLimit = 64;

/** A log on a file descriptor (2 in the keeper). */
export function logTo(fd: number): Log {
  let pending = 0;
  let dropped = 0;
  return (text) => {
    if (pending >= pendingLimit) {
      dropped++;
      return;
    }
    const lost = dropped === 0 ? '' : ` (${dropped} lines before this were lost)`;
    dropped = 0;
    pending++;
    write(fd, `${new Date(wallNow()).toISOString()} keeper: ${text}${lost}\n`, (error) => {
      pending--;
      if (error !== null) dropped++;
    });
  };
}
