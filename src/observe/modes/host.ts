// The host itself: was it started again, does its clock keep time, are its snapshots young enough.

import type { FindingWeight, Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import { isDenied, type Ground } from './ground.ts';
import { keep, readKept } from './kept.ts';
import type { Watch } from './watch.ts';
import { spanWords } from '../../model/amount-words.ts';

const everyMs = 10_000;
const jumpMs = 2000;
const peerAheadMs = 5000;
/** A clock that jumped is told of for this long: what it upset shows later. */
const tellsForMs = 600_000;
/** In the first minutes of a machine its clock is set by others: some have none that goes on while they are off. */
const startsForMs = 120_000;
const snapshotsEveryMs = 60_000;
const askWithinMs = 5000;

/** Opens the detector. */
export function openHost(ground: Ground): Detector {
  let last: { readonly wall: number; readonly mono: number } | null = null;
  let jumped: { readonly text: string; readonly weight: FindingWeight; readonly untilMs: number } | null = null;
  let bootSaid = false;
  let snapshots: { readonly at: number; readonly seen: readonly Seen[] } | null = null;
  return {
    name: 'host',
    everyMs,
    async look(watch) {
      const seen: Seen[] = [];
      if (!bootSaid) seen.push(...bootSeen(ground, watch));
      bootSaid = true;
      const now = { wall: ground.now(), mono: sinceBootMs(ground) ?? ground.mono() };
      const offMs = last === null ? 0 : now.wall - last.wall - (now.mono - last.mono);
      last = now;
      if (Math.abs(offMs) > jumpMs)
        jumped = {
          // Soon after the boot it is set right.
          weight: now.mono < startsForMs ? 'change' : 'ahead',
          untilMs: now.mono + tellsForMs,
          text: `the clock was set ${offMs > 0 ? 'forward' : 'back'} by ${secondsWords(Math.abs(offMs))}`,
        };
      if (jumped !== null && jumped.untilMs > now.mono)
        seen.push({ ...clock('own clock', jumped.text), weight: jumped.weight });
      for (const { host, clockAheadMs } of watch.peers)
        if (clockAheadMs > peerAheadMs)
          seen.push(
            clock(
              `clock of ${host}`,
              `the clock of ${host} is ${secondsWords(clockAheadMs)} ahead of the one here: one of them is wrong`,
            ),
          );
      if (snapshots === null || now.mono - snapshots.at >= snapshotsEveryMs)
        snapshots = { at: now.mono, seen: await snapshotsSeen(ground, watch) };
      return { seen: [...seen, ...snapshots.seen] };
    },
  };
}

/** Goes on while the machine sleeps, as the time of day does; Node's own monotonic clock stands still. Null: the kernel does not say. */
function sinceBootMs(ground: Ground): number | null {
  const text = ground.kernel('proc/uptime');
  const seconds = Number(text?.split(' ', 1)[0] ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}

function clock(subject: string, text: string): Seen {
  return { mode: 'clock-off', subject, services: [], weight: 'ahead', text };
}

function secondsWords(spanMs: number): string {
  return spanMs < 120_000 ? `${Math.round(spanMs / 1000)} s` : spanWords(spanMs);
}

/** Compared with what was kept: the agent may have been started again without the machine. */
function bootSeen(ground: Ground, watch: Watch): Seen[] {
  const boot = (ground.kernel('proc/sys/kernel/random/boot_id') ?? '').trim();
  if (boot === '') return [];
  const path = `${watch.kept}/boot.json`;
  const before = readKept(path);
  if (before === boot) return [];
  keep(path, boot);
  if (before === null) return [];
  const upMs = sinceBootMs(ground);
  const since = upMs === null ? '' : ` ${spanWords(upMs)} ago`;
  return [
    {
      mode: 'host-rebooted',
      subject: 'boot',
      services: [],
      weight: 'change',
      text: `the host was started again${since}: everything on it ended, and what was only in memory is gone`,
    },
  ];
}

async function snapshotsSeen(ground: Ground, watch: Watch): Promise<readonly Seen[]> {
  const all = await Promise.all(
    watch.snapshots.map(async ({ path, withinMs, services }): Promise<Seen[]> => {
      // The newest file below it, whatever its name and however many they are: seconds since 1970.
      const newest = `find -H "$1" -maxdepth 5 -type f -printf '%T@\\n' | sort -rn | head -n 1`;
      const asked = await ground.ask(['sh', '-c', newest, 'snapshots', path], {
        on: `snapshots ${path}`,
        within: askWithinMs,
      });
      if (asked.kind !== 'ended') return [];
      const about = { mode: 'snapshot-old', subject: path, services, weight: 'ahead' } as const;
      // What we may not look into may hold any.
      if (asked.output === '' && isDenied.test(asked.errors)) return [];
      if (asked.output === '') return [{ ...about, text: `there is no snapshot in ${path}` }];
      const ageMs = ground.now() - Number(asked.output) * 1000;
      if (ageMs <= withinMs) return [];
      return [
        {
          ...about,
          text: `the newest snapshot in ${path} is ${spanWords(ageMs)} old, ${spanWords(withinMs)} may be lost`,
        },
      ];
    }),
  );
  return all.flat();
}
