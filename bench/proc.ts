// What /proc says of a process.
import { readFileSync } from 'node:fs';

/** Clock ticks a second, as the kernel tells user space on every platform that we run on. */
const ticksPerSecond = 100;

/** Proportional set size in MiB: shared pages are counted in parts. */
export function pssMiB(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`no Pss of ${pid}`);
  return Number(kib) / 1024;
}

/** CPU time used so far, in ms: user and system, with that of children that have ended. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 to 17 of proc(5); the cut-off text begins with field 3.
  return (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1000) / ticksPerSecond;
}
