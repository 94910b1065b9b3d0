// The agent's own way to end an instance when its keeper does not: the keeper may be stopped or starved, and what is leased must not outlive the lease.
// Does not cover: what left the process group. Only the keeper, which knows control groups and marks, finds that.

import { readStat } from '../keeper/proc.ts';

export interface MainProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: a number that was given out again is another process. */
  readonly startTicks: number;
}

/** SIGKILL to the whole process group, if its leader is still the process we know. */
export function killGroup(main: MainProcess | null): void {
  if (main === null) return;
  const stat = readStat(main.pid);
  if (stat === null || stat.startTicks !== main.startTicks || stat.pgid !== main.pid) return;
  try {
    process.kill(-main.pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal, or is not ours to signal: then the keeper's is the only way.
  }
}
