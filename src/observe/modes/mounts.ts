// The file systems under what is watched: read-only now, hanging or stale, erring, slow, or not mounted at all. The table of mounts is the kernel's; whatever
// touches a file system is a process of our own, one of each file system at a time, so that one that hangs is found by its silence.

import { setTimeout as pause } from 'node:timers/promises';
import type { FindingWeight, Seen } from '../../model/mode.ts';
import { isHostSlow } from './busy.ts';
import type { Detector } from './detector.ts';
import type { Asked, Ground } from './ground.ts';
import { isRemote } from './disk.ts';
import { mountOf, readMounts, unescape, type Mount } from './mount-table.ts';
import { listOf, openSinceBoot, type SinceBoot } from './since-boot.ts';
import type { Watch, WatchedFolder, WatchedPath } from './watch.ts';

const everyMs = 15_000;
/** Longer than a busy disk takes, shorter than people wait. */
const answerWithinMs = 5000;
const slowMs = 1000;
/** What takes longer may have come amid a halt: how long one lasts shows the next write. */
const oddMs = 200;
/** Between both: right after a halt all goes quickly. */
const againAfterMs = 500;
/** That one look starts: a shell, what writes, what reads its words, what removes the file, what looks at the folder. */
const programs = 5;
/** These hold no files of anybody. */
const ofTheKernel = /^(proc|sysfs|devtmpfs|devpts|cgroup2?|securityfs|debugfs|tracefs|bpf|mqueue|pstore|hugetlbfs)$/;

/** Opens the detector. */
export function openMounts(ground: Ground): Detector {
  let since: SinceBoot | null = null;
  let first: readonly First[] | null = null;
  /** Those that did not answer at the last look. */
  const silent = new Set<string>();
  return {
    name: 'mounts',
    everyMs,
    async look(watch) {
      const mounts = readMounts(ground.kernel('proc/self/mountinfo') ?? '');
      const kept = (since ??= openSinceBoot(ground, `${watch.kept}/mounts.json`));
      first ??= firstMounts(kept, mounts);
      const seen = [...missingSeen(ground, watch, mounts, first), ...readOnlySeen(watch, mounts, first)];
      const asked = await Promise.all(
        usedBy(watch, mounts).map(async (place) => [
          ...countedErrors(ground, place, kept),
          ...(await touchedSeen(ground, place, silent)),
        ]),
      );
      return { seen: [...seen, ...asked.flat()] };
    },
  };
}

interface First {
  readonly at: string;
  readonly readOnly: boolean;
}

/** Those of the first look since the boot. What was mounted later is not among them. */
function firstMounts(since: SinceBoot, mounts: readonly Mount[]): readonly First[] {
  const now = JSON.stringify(
    mounts.filter(({ type }) => !ofTheKernel.test(type)).map(({ at, readOnly }) => [at, readOnly]),
  );
  const read: unknown = JSON.parse(since.first('mounts', now));
  return listOf(read).flatMap((each): First[] => {
    const [at, readOnly] = listOf(each);
    return typeof at === 'string' && typeof readOnly === 'boolean' ? [{ at, readOnly }] : [];
  });
}

interface Place extends WatchedPath {
  readonly mount: Mount;
  readonly rank: number;
}

/** The file systems that watched folders lie on, with one folder of each. */
function usedBy(watch: Watch, mounts: readonly Mount[]): readonly Place[] {
  const places = new Map<string, Place>();
  const folders: readonly WatchedFolder[] = [...watch.folders, ...watch.mounts];
  for (const { path, services, isWritten = false } of folders) {
    const mount = mountOf(mounts, path);
    if (mount === null || ofTheKernel.test(mount.type)) continue;
    const known = places.get(mount.at);
    const all = services.length === 0 || known?.services.length === 0;
    // Best where files come and go anyway: who watches a folder of settings is not to be woken. The root of a file system often may not be written to.
    const rank = isWritten ? 2 : services.length > 0 ? 1 : 0;
    const best = known === undefined || rank > known.rank ? { path, rank } : { path: known.path, rank: known.rank };
    places.set(mount.at, {
      ...best,
      mount,
      services: all ? [] : [...new Set([...(known?.services ?? []), ...services])].toSorted(),
    });
  }
  return [...places.values()];
}

/** Services with a folder there; none: it is of the whole host. */
function usersOf(watch: Watch, at: string): readonly string[] {
  const within = watch.folders.filter(({ path }) => path === at || path.startsWith(`${at}/`));
  return [...new Set(within.flatMap(({ services }) => services))];
}

function missingSeen(ground: Ground, watch: Watch, mounts: readonly Mount[], first: readonly First[]): Seen[] {
  const mounted = new Set(mounts.map(({ at }) => at));
  const missing: (WatchedPath & { readonly weight: FindingWeight })[] = watch.mounts
    .filter(({ path }) => !mounted.has(path))
    .map(({ path, services }) => ({ path, services, weight: 'fault' }));
  const table = (ground.kernel('etc/fstab') ?? '')
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .map((line) => line.trim().split(/\s+/))
    // What is mounted only when somebody wants it comes and goes.
    .filter(([, , , options = '']) => !options.split(',').includes('noauto'))
    .map(([, at = '']) => unescape(at));
  // There may be ten thousand of them.
  for (const at of new Set(first.map((each) => each.at)).difference(mounted)) {
    const services = usersOf(watch, at);
    const isMeant = table.includes(at);
    if (missing.some(({ path }) => path === at) || (!isMeant && services.length === 0)) continue;
    // What nobody wrote down may have been taken away for good; what autofs mounts comes back when it is used.
    if (isMeant || mountOf(mounts, at)?.type !== 'autofs')
      missing.push({ path: at, services, weight: isMeant ? 'fault' : 'change' });
  }
  return missing.map(({ path, services, weight }) => ({
    mode: 'mount-missing',
    subject: path,
    services,
    weight,
    text: `nothing is mounted on ${path}${weight === 'change' ? ' any more' : ''}: what is written there goes to ${mountOf(mounts, path)?.at ?? 'the root file system'}`,
  }));
}

function readOnlySeen(watch: Watch, mounts: readonly Mount[], first: readonly First[]): Seen[] {
  return usedBy(watch, mounts)
    .filter(({ mount }) => mount.readOnly)
    .filter(
      ({ mount }) =>
        first.some((each) => each.at === mount.at && !each.readOnly) ||
        watch.folders.some(({ path, isWritten }) => isWritten === true && mountOf(mounts, path)?.at === mount.at),
    )
    .map(({ mount, services }) => ({
      mode: 'storage-read-only',
      subject: mount.at,
      services,
      weight: 'fault',
      text: `${mount.at} is read-only (${mount.source}, ${mount.type})`,
    }));
}

/** What ext4 counts by itself, since it was made or last checked. */
function countedErrors(ground: Ground, { mount, services }: Place, since: SinceBoot): Seen[] {
  const name = mount.source.startsWith('/dev/') ? mount.source.slice('/dev/'.length) : '';
  const text = name === '' ? null : ground.kernel(`sys/fs/ext4/${name}/errors_count`);
  if (text === null) return [];
  const count = Number(text);
  const known = Number(since.first(`errors of ${name} at ${mount.at}`, String(count)));
  // It was checked, and counts anew.
  if (count < known) since.replace(`errors of ${name} at ${mount.at}`, String(count));
  if (!(count > known)) return [];
  return [
    {
      mode: 'storage-errors',
      subject: mount.at,
      services,
      weight: 'fault',
      text: `the file system of ${mount.at} counts ${count - known} new errors (${mount.source})`,
    },
  ];
}

/** A small write and its sync where we may write, else a look at the folder. */
async function touchedSeen(ground: Ground, place: Place, silent: Set<string>): Promise<Seen[]> {
  const { path, mount, services } = place;
  const about = { subject: mount.at, services };
  const asked = await askTwiceIfOdd(ground, place);
  const wasSilent = silent.delete(mount.at);
  const where = `${mount.at} (${mount.type}${isRemote(mount) ? `, ${mount.source}` : ''})`;
  switch (asked.kind) {
    case 'stuck':
      silent.add(mount.at);
      // Once is a disk that is busy: a sync behind gigabytes that a backup writes.
      if (!wasSilent || (await isHostSlow(ground, answerWithinMs, programs))) return [];
      return [
        { mode: 'mount-stuck', ...about, weight: 'fault', text: `${where} does not answer: whoever touches it waits` },
      ];
    case 'notAsked':
      return [];
    case 'ended': {
      if (/stale|not connected|host is down|connection timed out/i.test(asked.errors))
        return [
          { mode: 'mount-stuck', ...about, weight: 'fault', text: `${where} is stale: ${firstLine(asked.errors)}` },
        ];
      if (/input\/output error|structure needs cleaning/i.test(asked.errors))
        return [
          { mode: 'storage-errors', ...about, weight: 'fault', text: `${where} errs: ${firstLine(asked.errors)}` },
        ];
      if (asked.code !== 0 || mount.readOnly || asked.tookMs <= slowMs) return [];
      if (await isHostSlow(ground, asked.tookMs, programs)) return [];
      return [
        {
          mode: 'storage-slow',
          ...about,
          weight: 'ahead',
          text: `${where} is slow: a write of 4 KiB in ${path} and its sync took ${(asked.tookMs / 1000).toFixed(1)} s`,
        },
      ];
    }
    default:
      return asked satisfies never;
  }
}

/** A device that halts again and again answers as quickly as chance has it: an odd one is followed by another, and the slower counts. */
async function askTwiceIfOdd(ground: Ground, place: Place): Promise<Asked> {
  const asked = await ask(ground, place);
  if (asked.kind !== 'ended' || asked.code !== 0 || asked.tookMs <= oddMs || asked.tookMs > slowMs) return asked;
  await pause(againAfterMs);
  const again = await ask(ground, place);
  return again.kind === 'notAsked' || again.tookMs < asked.tookMs ? asked : again;
}

async function ask(ground: Ground, { path, mount }: Place): Promise<Asked> {
  const how = { on: `touch ${mount.at}`, within: answerWithinMs };
  if (mount.readOnly) return await ground.ask(['ls', '-d', path], how);
  // Removed in any case, what a former one had to leave too; a disk that is full or a folder that is not ours says so, and that is no error of the device.
  const script =
    'f="$1/.standfast-probe"; dd if=/dev/zero of="$f" bs=4096 count=1 conv=fsync 2>&1 >/dev/null | grep -v -e records -e bytes >&2; rm -f "$f"; ls -d "$1" >/dev/null';
  return await ground.ask(['sh', '-c', script, 'probe', path], how);
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 160);
}
