// Disk space and inodes, now and when they will be gone. One process asks for all local file systems; each remote or FUSE one gets its own, so that
// one that hangs hides nothing but itself (mounts.ts finds that).

import type { DiskFigures } from '../../model/figures.ts';
import { untilFullMs, type Sample } from '../../model/trend.ts';
import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { mountOf, readMounts, type Mount } from './mount-table.ts';
import { bytesWords, spanWords } from '../../model/amount-words.ts';
import type { Watch, WatchedPath } from './watch.ts';

const everyMs = 5000;
const askWithinMs = 4000;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
/** Samples of the trend: a week of them; the median of slopes thins them itself. */
const sampleEveryMs = 300_000;
const mostSamples = 2016;
const watchedAtLeastMs = 600_000;
const warnWithinMs = 3 * 86_400_000;

interface Space {
  readonly size: number;
  readonly free: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** Opens the detector. */
export function openDisk(ground: Ground): Detector {
  const history = new Map<string, Sample[]>();
  return {
    name: 'disk',
    everyMs,
    async look(watch) {
      const mounts = readMounts(ground.kernel('proc/self/mountinfo') ?? '');
      const places = [...placesOf(watch, mounts).values()];
      const found = saidOnce(places, await askAll(ground, places));
      const seen = found.flatMap(({ place, space }) => [
        ...spaceSeen(place, space),
        ...fillingSeen(place, space, sampled(history, place, space, ground.now())),
      ]);
      const disks = found.map(({ place, space }): DiskFigures => ({ at: place.path, ...space }));
      return { seen, figures: { disks } };
    },
  };
}

interface Place extends WatchedPath {
  readonly mount: Mount;
}

/** One of each file system, with all services that use it; those of the whole host make it a matter of all. */
function placesOf(watch: Watch, mounts: readonly Mount[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const { path, services } of watch.folders) {
    const mount = mountOf(mounts, path);
    if (mount === null || mount.readOnly) continue;
    const key = `${mount.device} ${mount.at}`;
    const known = places.get(key);
    const all = services.length === 0 || known?.services.length === 0;
    places.set(key, {
      path: mount.at,
      mount,
      services: all ? [] : [...new Set([...(known?.services ?? []), ...services])].toSorted(),
    });
  }
  return places;
}

/**
 * What is mounted in several places (bind mounts, subvolumes) is one disk, named by the shortest of them. Another size on the same device is that of a quota.
 */
function saidOnce(
  places: readonly Place[],
  found: ReadonlyMap<string, Space>,
): readonly { readonly place: Place; readonly space: Space }[] {
  const known = places.flatMap((place) => {
    const space = found.get(place.path);
    return space === undefined ? [] : [{ place, space }];
  });
  const disks = Map.groupBy(known, ({ place: { mount }, space }) =>
    [mount.source.startsWith('/dev/') ? mount.source : mount.device, space.size].join(' '),
  );
  return [...disks.values()].flatMap((same) => {
    const [first] = same.toSorted((a, b) => a.place.path.length - b.place.path.length);
    if (first === undefined) return [];
    const all = same.some(({ place }) => place.services.length === 0);
    const services = all ? [] : [...new Set(same.flatMap(({ place }) => place.services))].toSorted();
    return [{ place: { ...first.place, services }, space: first.space }];
  });
}

async function askAll(ground: Ground, places: readonly Place[]): Promise<ReadonlyMap<string, Space>> {
  const groups = new Map<string, string[]>();
  for (const { path, mount } of places) {
    const group = isRemote(mount) ? mount.at : 'local';
    groups.set(group, [...(groups.get(group) ?? []), path]);
  }
  const found = new Map<string, Space>();
  await Promise.all(
    [...groups].map(async ([group, paths]) => {
      // Of one that is gone meanwhile stat says so and tells of the others all the same.
      const asked = await ground.ask(['stat', '-f', '-c', '%S %b %a %c %d %n', ...paths], {
        on: `statfs ${group}`,
        within: askWithinMs,
      });
      if (asked.kind !== 'ended') return;
      for (const line of asked.output.split('\n')) {
        const [, unit, blocks, free, inodes, inodesFree, path] =
          /^(\d+) (\d+) (\d+) (\d+) (\d+) (.+)$/.exec(line) ?? [];
        if (path === undefined) continue;
        const size = Number(unit);
        found.set(path, {
          size: size * Number(blocks),
          free: size * Number(free),
          inodes: Number(inodes),
          inodesFree: Number(inodesFree),
        });
      }
    }),
  );
  return found;
}

/** What answers from elsewhere, or through a program: it may hang. */
export function isRemote(mount: Mount): boolean {
  return /^(nfs|cifs|smb|ceph|glusterfs|9p|afs|fuse|lustre|gpfs|davfs|autofs)/.test(mount.type);
}

function spaceSeen(place: Place, space: Space): Seen[] {
  const { size, free, inodes, inodesFree } = space;
  const seen: Seen[] = [];
  const about = { subject: place.path, services: place.services };
  if (size > 0) {
    const text = `${place.path} has ${bytesWords(free)} of ${bytesWords(size)} left`;
    if (free < 0.02 * size && free < 64 * MiB)
      seen.push({ mode: 'disk-space', ...about, weight: 'fault', text: `the disk is full: ${text}` });
    else if (free < 0.05 * size && free < 2 * GiB)
      seen.push({ mode: 'disk-space', ...about, weight: 'ahead', text: `the disk is nearly full: ${text}` });
  }
  if (inodes > 0) {
    const text = `${place.path} has ${inodesFree} of ${inodes} inodes left`;
    if (inodesFree < 0.01 * inodes && inodesFree < 1000)
      seen.push({ mode: 'disk-inodes', ...about, weight: 'fault', text: `no more files can be made: ${text}` });
    else if (inodesFree < 0.05 * inodes && inodesFree < 10_000)
      seen.push({
        mode: 'disk-inodes',
        ...about,
        weight: 'ahead',
        text: `the file system runs out of inodes: ${text}`,
      });
  }
  return seen;
}

function sampled(history: Map<string, Sample[]>, place: Place, space: Space, atMs: number): readonly Sample[] {
  const key = place.mount.at;
  const samples = history.get(key) ?? [];
  history.set(key, samples);
  // After a clock that was set back far nothing is known of how fast it went.
  if (atMs < (samples.at(-1)?.atMs ?? atMs) - sampleEveryMs) samples.length = 0;
  const last = samples.at(-1);
  if (last === undefined || atMs - last.atMs >= sampleEveryMs) samples.push({ atMs, level: space.size - space.free });
  if (samples.length > mostSamples) samples.shift();
  return samples;
}

function fillingSeen(place: Place, space: Space, samples: readonly Sample[]): Seen[] {
  const untilMs = untilFullMs(samples, space.size, watchedAtLeastMs);
  if (untilMs === null || untilMs > warnWithinMs || space.size <= 0) return [];
  return [
    {
      mode: 'disk-filling',
      subject: place.path,
      services: place.services,
      weight: 'ahead',
      text: `${place.path} is full in about ${spanWords(untilMs)} if it goes on like this: ${bytesWords(space.free)} of ${bytesWords(space.size)} left`,
    },
  ];
}
