// What Standfast needs of the machine itself.

import { access, constants, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesWords } from '../../model/amount-words.ts';
import { errorWords } from '../../model/error-words.ts';
import { hostLayoutProblem } from './socket-path.ts';

/** One line of the table. `soso`: it works, and something is to be known. */
export interface Finding {
  readonly what: string;
  readonly verdict: 'good' | 'soso' | 'bad';
  readonly found: string;
  /** What to do; null when nothing. */
  readonly next: string | null;
}

/** Looks at node, the state folder, the disk, clock, cgroups (`cgroupVersion`: which can be made, null none) and limits. */
export async function machineFindings(
  state: string,
  uid: number,
  cgroupVersion: string | null,
): Promise<readonly Finding[]> {
  return [
    node(),
    await writable(state),
    await owner(state, uid),
    await space(state),
    hostLayoutProblem(state),
    await clock(),
    cgroups(cgroupVersion),
    await fileLimit(),
  ];
}

const leastFreeBytes = 512 * 2 ** 20;
/** With less nothing can be written soon. */
const noRoomBytes = 16 * 2 ** 20;
const leastFiles = 4096;

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    what: 'Node.js',
    verdict: major >= 24 ? 'good' : 'bad',
    found: process.versions.node,
    next: major >= 24 ? null : 'Standfast needs 24 or newer.',
  };
}

async function writable(state: string): Promise<Finding> {
  const what = 'state folder';
  const existing = await nearestExisting(state);
  if (existing !== state) {
    const can = await access(existing, constants.W_OK)
      .then(() => true)
      .catch(() => false);
    return can
      ? { what, verdict: 'good', found: `${state} is not there yet; up makes it`, next: null }
      : {
          what,
          verdict: 'bad',
          found: `${state} is not there, and ${existing} may not be written`,
          next: 'Give another: --state DIR or STANDFAST_STATE.',
        };
  }
  const probe = join(state, `.doctor-${process.pid}`);
  try {
    await writeFile(probe, 'x', { flag: 'wx', flush: true });
    await rm(probe);
    return { what, verdict: 'good', found: `${state} can be written`, next: null };
  } catch (error) {
    return {
      what,
      verdict: 'bad',
      found: `${state} can't be written: ${errorWords(error)}`,
      next: 'Services go on; leases are kept by promises between hosts. Make room, or mount it for writing.',
    };
  }
}

async function owner(state: string, uid: number): Promise<Finding> {
  const what = 'who may enter';
  const found = await stat(state).catch(() => null);
  if (found === null) return { what, verdict: 'good', found: 'only you, once it is made', next: null };
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  if (found.uid !== uid)
    return {
      what,
      verdict: 'bad',
      found: `${state} belongs to user ${found.uid}; you are ${uid}`,
      next: 'Run as that user, or give your own --state DIR.',
    };
  if ((found.mode & 0o022) !== 0)
    return {
      what,
      verdict: 'bad',
      found: `others may write there (mode ${mode}), so they could command your services`,
      next: `chmod 711 ${state}`,
    };
  return (found.mode & 0o044) === 0
    ? { what, verdict: 'good', found: `only you (mode ${mode})`, next: null }
    : {
        what,
        verdict: 'soso',
        found: `others may see the names of what runs (mode ${mode}), and do nothing`,
        next: `To keep them to yourself: chmod 711 ${state}`,
      };
}

async function space(state: string): Promise<Finding> {
  const { bavail, bsize, files, ffree } = await statfs(await nearestExisting(state));
  const free = bavail * bsize;
  const noInodes = files > 0 && ffree < 1000;
  const enough = free >= leastFreeBytes && !noInodes;
  return {
    what: 'free space',
    verdict: enough ? 'good' : free < noRoomBytes || noInodes ? 'bad' : 'soso',
    found: noInodes ? `${bytesWords(free)}, but only ${ffree} files more` : bytesWords(free),
    next: enough ? null : 'Make room: a full disk is an unreachable store, and nothing can take over then.',
  };
}

/** Wall time against the monotonic clock over a moment: a clock that is being set jumps. And whether anybody disciplines it. */
async function clock(): Promise<Finding> {
  const what = 'clock';
  const year = new Date().getUTCFullYear();
  if (year < 2025)
    return {
      what,
      verdict: 'bad',
      found: `it says ${year}`,
      next: 'Set it: times in the journal and schedules are wrong.',
    };
  const disciplined = await stat('/run/systemd/timesync/synchronized')
    .then(() => true)
    .catch(() => false);
  const chrony = await stat('/run/chrony')
    .then(() => true)
    .catch(() => false);
  return disciplined || chrony
    ? { what, verdict: 'good', found: 'kept by a time service', next: null }
    : {
        what,
        verdict: 'soso',
        found: 'no time service seen',
        next: 'Leases do not depend on it; schedules and the times that people read do.',
      };
}

function cgroups(version: string | null): Finding {
  const what = 'cgroups';
  return version !== null
    ? {
        what,
        verdict: 'good',
        found: `can be made here (${version}): what forks away is found by its group`,
        next: null,
      }
    : {
        what,
        verdict: 'soso',
        found: "can't be made here: what forks away is found by the mark in its environment",
        next: 'For groups: run under systemd with Delegate=yes (standfast unit), or as root.',
      };
}

async function fileLimit(): Promise<Finding> {
  const what = 'open files';
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits)?.[2] ?? '?';
  const enough = hard === 'unlimited' || Number(hard) >= leastFiles;
  return {
    what,
    verdict: enough ? 'good' : 'soso',
    found: `at most ${hard}`,
    next: enough
      ? null
      : `Allow ${leastFiles} or more: ulimit -n, or LimitNOFILE in the unit. 500 services need about 2,000.`,
  };
}

async function nearestExisting(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if ((await stat(at).catch(() => null)) !== null || at === dirname(at)) return at;
  }
}
