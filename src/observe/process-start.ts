// When a process began, from its start ticks: field 22 of /proc/PID/stat counts since boot, in hundredths of a second on
// every platform that Node runs on (the kernel's USER_HZ, not its HZ).

import { uptime } from 'node:os';

const tickMs = 10;

/** How long ago the process began, in ms; right to about 20 ms. */
export function ageMs(startTicks: number): number {
  return Math.max(0, uptime() * 1000 - startTicks * tickMs);
}

/**
 * Unix ms of a start so long ago by the present wall clock, at the earliest end of what is not known exactly (the uptime, the
 * ticks and file times are each cut to whole ticks): a file written since is never older than this.
 */
export function startedNotBefore(ageNowMs: number): number {
  return Date.now() - ageNowMs - 2 * tickMs;
}
