// Arrays of mdadm, from /proc/mdstat (md(4), Documentation/admin-guide/md.rst), and folders that lie on one device without an array above it.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { mountOf, readMounts } from './mount-table.ts';
import type { Watch } from './watch.ts';

const everyMs = 60_000;

/** Opens the detector. */
export function openRaid(ground: Ground): Detector {
  return {
    name: 'raid',
    everyMs,
    look: (watch) => Promise.resolve({ seen: [...arraysSeen(ground), ...singleSeen(ground, watch)] }),
  };
}

interface MdArray {
  readonly name: string;
  readonly active: boolean;
  /** It holds the description of arrays that the firmware made (mdadm(8), external metadata), and is never active itself. */
  readonly isContainer: boolean;
  readonly faulty: readonly string[];
  readonly has: number | null;
  readonly wants: number | null;
  readonly rebuilds: string | null;
}

function arraysSeen(ground: Ground): Seen[] {
  return readArrays(ground.kernel('proc/mdstat') ?? '').flatMap((array): Seen[] => {
    const about = { mode: 'raid-degraded', subject: array.name, services: [] };
    if (!array.active && !array.isContainer)
      return [{ ...about, weight: 'fault', text: `array ${array.name} is inactive: its data cannot be reached` }];
    const degraded = array.has !== null && array.wants !== null && array.has < array.wants;
    if (!degraded && array.faulty.length === 0) return [];
    const devices = array.has === null ? '' : `: ${array.has} of ${array.wants ?? '?'} devices work`;
    const faulty = array.faulty.length === 0 ? '' : `, faulty: ${array.faulty.join(', ')}`;
    const rebuilds = array.rebuilds === null ? '' : `, rebuilt to ${array.rebuilds}`;
    return [{ ...about, weight: 'ahead', text: `array ${array.name} is degraded${devices}${faulty}${rebuilds}` }];
  });
}

/** `md0 : active raid1 sdb1[1](F) sda1[0]`, then `… [2/1] [U_]`, then perhaps `recovery = 12.6%`. */
function readArrays(text: string): readonly MdArray[] {
  const found: MdArray[] = [];
  for (const block of text.split(/\n(?=md)/)) {
    const head = /^(md\S+) : (active|inactive)(.*)$/m.exec(block);
    if (head === null) continue;
    const [, name = '', state, devices = ''] = head;
    const counts = /\[(\d+)\/(\d+)\]/.exec(block);
    found.push({
      name,
      active: state === 'active',
      isContainer: /super external:(imsm|ddf)/.test(block),
      faulty: [...devices.matchAll(/(\S+)\[\d+\]\(F\)/g)].map(([, device = '']) => device),
      wants: counts === null ? null : Number(counts[1]),
      has: counts === null ? null : Number(counts[2]),
      rebuilds: /(?:recovery|resync|reshape)\s*=\s*([\d.]+%)/.exec(block)?.[1] ?? null,
    });
  }
  return found;
}

/** Physical devices without an array: a partition of a disk of this machine. What a hypervisor gives has its array elsewhere. */
function singleSeen(ground: Ground, watch: Watch): Seen[] {
  const mounts = readMounts(ground.kernel('proc/self/mountinfo') ?? '');
  const seen = new Map<string, Seen>();
  for (const { path, services } of watch.folders) {
    const mount = mountOf(mounts, path);
    const device = /^\/dev\/((?:sd[a-z]+|nvme\d+n\d+))/.exec(mount?.source ?? '')?.[1];
    if (mount === null || device === undefined || seen.has(mount.at) || services.length === 0) continue;
    const vendor = (ground.kernel(`sys/block/${device}/device/vendor`) ?? '').trim();
    const virtual = /^(QEMU|VMware|Msft|Amazon|Google|Virtual|Xen)/i.test(vendor);
    if (virtual || ground.kernel(`sys/block/${device}/size`) === null) continue;
    seen.set(mount.at, {
      mode: 'storage-single-device',
      subject: mount.at,
      services,
      weight: 'pressure',
      text: `${mount.at} lies on one device, ${device}, without an array: when it is lost, so is all since the last snapshot`,
    });
  }
  return [...seen.values()];
}
