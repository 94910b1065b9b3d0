// What /proc says of a process.
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second, as the kernel tells user space on every platform that we run on. */
const ticksPerSecond = 100;

/** Proportional set size in MiB: shared pages are counted in parts. */
export function pssMiB(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`no Pss of ${pid}`);
  return Number(kib) / 1024;
}

/** CPU time that the thread of this name has used so far, in ms. */
export function threadCpuMs(pid: number, name: string): number {
  const folder = `/proc/${pid}/task`;
  const thread = readdirSync(folder).find((each) => readFileSync(`${folder}/${each}/comm`, 'utf8').trim() === name);
  if (thread === undefined) throw new Error(`${pid} has no thread ${name}`);
  const stat = readFileSync(`${folder}/${thread}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user + system) * 1000) / ticksPerSecond;
}

/** CPU time used so far, in ms: user and system, with that of children that have ended. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 to 17 of proc(5); the cut-off text begins with field 3.
  return (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1000) / ticksPerSecond;
}
