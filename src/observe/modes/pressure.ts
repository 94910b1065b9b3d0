// Pressure stall information of the whole host: how much of the last minute tasks waited for memory or a processor.
// Format: Documentation/accounting/psi.rst of Linux. Where the kernel has none, what is available says a little.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { bytesWords } from '../../model/amount-words.ts';

const everyMs = 10_000;
const memoryFullPercent = 10;
const availableShare = 0.03;
const cpuSomePercent = 60;

/** Opens the detector. */
export function openPressure(ground: Ground): Detector {
  return {
    name: 'pressure',
    everyMs,
    look: () => Promise.resolve({ seen: [...memorySeen(ground), ...cpuSeen(ground)] }),
  };
}

function memorySeen(ground: Ground): Seen[] {
  const about = { mode: 'memory-pressure', subject: 'memory', services: [], weight: 'ahead' } as const;
  const info = ground.kernel('proc/meminfo') ?? '';
  const known = kiB(info, 'MemAvailable');
  const available = known === null ? null : known + zfsCache(ground);
  // What is set aside as huge pages is not for others to be short of.
  const total = (kiB(info, 'MemTotal') ?? 0) - (kiB(info, 'Hugetlb') ?? 0);
  const left = available === null ? '' : `, ${bytesWords(available)} available`;
  const full = average(ground.kernel('proc/pressure/memory'), 'full');
  if (full !== null && full > memoryFullPercent)
    return [
      { ...about, text: `memory is short: everything waited for it ${Math.round(full)} % of the last minute${left}` },
    ];
  const swapFree = kiB(info, 'SwapFree') ?? 0;
  const swap = kiB(info, 'SwapTotal') ?? 0;
  if (available !== null && available < availableShare * total && swapFree <= 0.1 * swap)
    return [{ ...about, text: `memory is short${left} of ${bytesWords(total)}` }];
  return [];
}

function cpuSeen(ground: Ground): Seen[] {
  const some = average(ground.kernel('proc/pressure/cpu'), 'some');
  const [, , , running = ''] = (ground.kernel('proc/loadavg') ?? '').split(' ');
  const processors = (ground.kernel('proc/cpuinfo') ?? '').match(/^processor\s*:/gm)?.length ?? 1;
  const runs = Number(running.split('/')[0]);
  if (some === null || some <= cpuSomePercent || !(runs > processors)) return [];
  return [
    {
      mode: 'cpu-starved',
      subject: 'processors',
      services: [],
      weight: 'pressure',
      text: `processors are short: some task waited for one ${Math.round(some)} % of the last minute, ${runs} run on ${processors}`,
    },
  ];
}

/** The average over a minute of a line of /proc/pressure; null: the kernel does not say. */
function average(text: string | null, which: 'some' | 'full'): number | null {
  const found = new RegExp(`^${which} .*avg60=([0-9.]+)`, 'm').exec(text ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** What ZFS keeps in memory and gives back when it is wanted, which the kernel does not count as available (arcstats: `size`, `c_min`); bytes. */
function zfsCache(ground: Ground): number {
  const stats = ground.kernel('proc/spl/kstat/zfs/arcstats') ?? '';
  const value = (name: string): number => Number(new RegExp(`^${name}\\s+\\d+\\s+(\\d+)$`, 'm').exec(stats)?.[1] ?? 0);
  return Math.max(0, value('size') - value('c_min'));
}

function kiB(text: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}
