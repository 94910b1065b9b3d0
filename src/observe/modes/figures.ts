// What the host has and uses, for people to look at: processors, memory, pressure, the main process of each instance. Files of the kernel alone, so
// that a look costs a millisecond and hangs on nothing. What is wrong is said by the other detectors; this one sees nothing.
// Formats: proc(5), Documentation/accounting/psi.rst of Linux.

import type { HostFigures, MemoryFigures, ProcessFigures, ProcessorFigures, WaitFigures } from '../../model/figures.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import type { WatchedProcess } from './watch.ts';

const everyMs = 5000;
/** Clock ticks a second, as the kernel tells user space on every platform that we run on. */
const ticksPerSecond = 100;
/** With more instances than this their processes are not looked at: each is a file to read. */
const mostProcesses = 1000;

/** Opens the detector. */
export function openFigures(ground: Ground): Detector {
  /** Some processors have larger pages. */
  const page = 1024 * Number(/^KernelPageSize:\s+(\d+) kB$/m.exec(ground.kernel('proc/self/smaps') ?? '')?.[1] ?? 4);
  let ticks: Ticks | null = null;
  let before = new Map<string, { readonly ticks: number; readonly atMs: number }>();
  return {
    name: 'figures',
    everyMs,
    look(watch) {
      const now = ticksOf(ground.kernel('proc/stat') ?? '');
      const processors = processorsOf(now, ticks, ground.kernel('proc/loadavg') ?? '');
      ticks = now;
      const atMs = ground.mono();
      const seen = watch.processes.slice(0, mostProcesses).flatMap((each) => {
        const found = processOf(ground, each, page);
        return found === null ? [] : [found];
      });
      const processes = seen.map(({ ticks: used, start, ...figures }): ProcessFigures => {
        const earlier = before.get(`${figures.pid} ${start}`);
        const seconds = earlier === undefined ? 0 : (atMs - earlier.atMs) / 1000;
        const share = earlier === undefined || seconds <= 0 ? null : (used - earlier.ticks) / ticksPerSecond / seconds;
        return { ...figures, used: share };
      });
      before = new Map(seen.map((each) => [`${each.pid} ${each.start}`, { ticks: each.ticks, atMs }]));
      const memory = memoryOf(ground.kernel('proc/meminfo') ?? '');
      const figures: HostFigures = {
        ...(processors === null ? {} : { processors }),
        ...(memory === null ? {} : { memory }),
        waits: waitsOf(ground),
        processes,
      };
      return Promise.resolve({ seen: [], figures });
    },
  };
}

interface Ticks {
  readonly count: number;
  readonly busy: number;
  readonly all: number;
}

/** Of the first line of /proc/stat: user nice system idle iowait irq softirq steal; guest time is in user already. */
function ticksOf(text: string): Ticks | null {
  const line = /^cpu +(.+)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const values = line.split(' ').map(Number).slice(0, 8);
  const all = values.reduce((sum, each) => sum + each, 0);
  const idle = (values[3] ?? 0) + (values[4] ?? 0);
  return { count: text.match(/^cpu\d+ /gm)?.length ?? 1, busy: all - idle, all };
}

function processorsOf(now: Ticks | null, before: Ticks | null, loadavg: string): ProcessorFigures | null {
  if (now === null) return null;
  const passed = before === null ? 0 : now.all - before.all;
  const [one, five, fifteen] = loadavg.split(' ').map(Number);
  const known = one !== undefined && five !== undefined && fifteen !== undefined && !Number.isNaN(one + five + fifteen);
  return {
    count: now.count,
    used: before === null || passed <= 0 ? null : Math.min(1, Math.max(0, (now.busy - before.busy) / passed)),
    load: known ? [one, five, fifteen] : null,
  };
}

function memoryOf(text: string): MemoryFigures | null {
  const bytes = (name: string): number | null => {
    const found = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1];
    return found === undefined ? null : Number(found) * 1024;
  };
  const total = bytes('MemTotal');
  const available = bytes('MemAvailable');
  if (total === null || available === null) return null;
  return { total, available, swapTotal: bytes('SwapTotal') ?? 0, swapFree: bytes('SwapFree') ?? 0 };
}

function waitsOf(ground: Ground): WaitFigures {
  const share = (resource: string, which: 'some' | 'full'): number | null => {
    const text = ground.kernel(`proc/pressure/${resource}`) ?? '';
    const found = new RegExp(`^${which} .*avg60=([0-9.]+)`, 'm').exec(text)?.[1];
    return found === undefined ? null : Number(found) / 100;
  };
  return {
    processors: share('cpu', 'some'),
    memory: share('memory', 'some'),
    memoryAll: share('memory', 'full'),
    disks: share('io', 'some'),
    disksAll: share('io', 'full'),
  };
}

interface Process extends Omit<ProcessFigures, 'used'> {
  readonly ticks: number;
  readonly start: string;
}

/** Null: it is gone. Fields 14 and 15 (time used), 22 (start) and 24 (resident pages) of proc(5); what is cut off ends with the name, field 2. */
function processOf(ground: Ground, { service, pid }: WatchedProcess, page: number): Process | null {
  const text = ground.kernel(`proc/${pid}/stat`);
  const fields = text === null ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, start, pages] = [fields[11], fields[12], fields[19], fields[21]];
  if (user === undefined || system === undefined || start === undefined || pages === undefined) return null;
  return { service, pid, memory: Number(pages) * page, ticks: Number(user) + Number(system), start };
}
