// Containment by control groups: what an instance forks, however far away, stays in its group. One folder per instance below
// MOUNT/standfast/KEY, where KEY stands for the keeper's state. Needs write access there (usually root); else the mark in the environment serves.
//
// v1 is taken before v2 where both are mounted: a process moves itself into a v1 group by its `tasks` file in 0.2 ms, whereas v2 has only
// `cgroup.procs`, which waits for a grace period of the kernel (10 to 16 ms measured), and that is most of the time of a restart.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { wallNow } from './clock.ts';
import { isAlive, readStat, readStatLater } from './proc.ts';
import { shellQuoted } from '../model/shell-quote.ts';

/** `none`: by process group and mark alone. */
export type CgroupChoice = 'auto' | 'v1' | 'v2' | 'none';

/** Where groups can be made. */
export interface CgroupBase {
  readonly version: 'v1' | 'v2';
  readonly folder: string;
  /** Where groups with a memory limit can be made; null when nowhere. The same as `folder` under v2. */
  readonly memory: { readonly version: 'v1' | 'v2'; readonly folder: string } | null;
}

/** The group of one instance. */
export interface Cgroup {
  readonly folder: string;
  readonly version: 'v1' | 'v2';
  /** A second group that only limits memory, or null. */
  readonly memoryFolder: string | null;
}

/** The file into which a process writes 0 to enter. */
function joinFile(folder: string, version: 'v1' | 'v2'): string {
  return join(folder, version === 'v1' ? 'tasks' : 'cgroup.procs');
}

/** Looks for a hierarchy where groups can be made and entered; null when there is none or `choice` is `none`. `key` tells keepers apart. */
export async function findCgroupBase(choice: CgroupChoice, key: string): Promise<CgroupBase | null> {
  if (choice === 'none') return null;
  const hierarchies = await mountedHierarchies();
  const memoryV1 = hierarchies.find((each) => each.version === 'v1' && each.controllers.includes('memory'));
  for (const version of choice === 'auto' ? (['v1', 'v2'] as const) : [choice]) {
    for (const wanted of version === 'v1' ? ['freezer', 'pids'] : ['']) {
      const found = hierarchies.find(
        (each) => each.version === version && (wanted === '' || each.controllers.includes(wanted)),
      );
      const folder =
        found === undefined
          ? null
          : await firstThatWorks(found.version, [
              join(found.mount, 'standfast', key),
              join(found.mount, found.own, 'standfast', key),
            ]);
      if (found === undefined || folder === null) continue;
      return { version, folder, memory: await memoryBase(version, folder, found.mount, memoryV1, key) };
    }
  }
  return null;
}

/** Makes the group of an instance. Throws what the kernel said. */
export async function makeCgroup(base: CgroupBase, instance: string, memoryBytes: number | null): Promise<Cgroup> {
  const folder = join(base.folder, instance);
  await mkdir(folder, { recursive: true });
  if (memoryBytes === null || base.memory === null) return { folder, version: base.version, memoryFolder: null };
  const limited = join(base.memory.folder, instance);
  if (limited !== folder) await mkdir(limited, { recursive: true });
  await writeFile(
    join(limited, base.memory.version === 'v1' ? 'memory.limit_in_bytes' : 'memory.max'),
    String(memoryBytes),
  );
  return { folder, version: base.version, memoryFolder: limited === folder ? null : limited };
}

/** Takes the keeper's own folders away, and the emptied ones in them; one in which something lives refuses to go. */
export async function removeCgroupBase({ folder, memory }: CgroupBase): Promise<void> {
  for (const each of new Set([folder, memory?.folder ?? folder])) await removeEmpty(each, 0);
}

/** Groups that nobody removed, because their keeper was killed and never followed by another, go when they are this old. */
const staleAfterMs = 600_000;

/** Removes what dead keepers of other states left beside `base`. Never touches a group with a process in it, nor a new one. */
export async function removeStale({ folder, memory }: CgroupBase): Promise<void> {
  for (const each of new Set([folder, memory?.folder ?? folder])) {
    const all = join(each, '..');
    for (const other of await folders(all))
      if (join(all, other) !== each) await removeEmpty(join(all, other), staleAfterMs);
  }
}

async function removeEmpty(folder: string, olderThanMs: number): Promise<void> {
  for (const each of [...(await folders(folder)).map((name) => join(folder, name)), folder]) {
    const made = await stat(each).catch(() => null);
    if (made !== null && wallNow() - made.ctimeMs >= olderThanMs) await rmdir(each).catch(() => undefined);
  }
}

async function folders(folder: string): Promise<string[]> {
  const all = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return all.filter((each) => each.isDirectory()).map((each) => each.name);
}

/** The files that a process must write 0 into before it runs anything. */
export function joinFiles(cgroup: Cgroup): string[] {
  const files = [joinFile(cgroup.folder, cgroup.version)];
  if (cgroup.memoryFolder !== null) files.push(joinFile(cgroup.memoryFolder, 'v1'));
  return files;
}

/** Who is in the group and alive; null when it cannot be said. A read of the kernel's memory, some 10 µs. */
export function processesIn(cgroup: Cgroup): number[] | null {
  return read(join(cgroup.folder, 'cgroup.procs'));
}

/** Nothing runs in the group any more: the dead that nobody reaped do not count. False also when it cannot be said. */
export function isEmpty(cgroup: Cgroup): boolean {
  return read(membersFile(cgroup))?.length === 0;
}

/** Everything alive in the group, by numbers that can be signalled; null when it cannot be said. */
export async function livingIn(cgroup: Cgroup): Promise<number[] | null> {
  try {
    const pids = numbersIn(await readFile(membersFile(cgroup), 'latin1'));
    const stats = await Promise.all(pids.map((pid) => readStatLater(pid)));
    return pids.filter((_, index) => isAlive(stats[index] ?? null));
  } catch (error) {
    return isAbsence(error) ? [] : null;
  }
}

/** Kills all that is in the group and below it (v2 since Linux 5.14); false when the kernel has no such file. */
export async function killCgroup(cgroup: Cgroup): Promise<boolean> {
  if (cgroup.version === 'v1') return false;
  try {
    await writeFile(join(cgroup.folder, 'cgroup.kill'), '1');
    return true;
  } catch {
    return false;
  }
}

/** The detector of OOM kills (`observe/modes/cgroup.ts`) looks every 5 s, and nothing but its group tells of a process that the kernel killed. */
const tellsForMs = 15_000;

/** Takes the emptied group away. A group that will not go (a zombie still in it) is left for the next keeper. */
export async function removeCgroup(cgroup: Cgroup): Promise<void> {
  for (const folder of [cgroup.folder, cgroup.memoryFolder])
    if (folder !== null && (await killedForMemory(folder)))
      setTimeout(() => void rmdir(folder).catch(() => undefined), tellsForMs).unref();
    else if (folder !== null) await rmdir(folder).catch(() => undefined);
}

/** `memory.events` is of version 2, `memory.oom_control` of version 1; a group that counts no memory has neither. */
async function killedForMemory(folder: string): Promise<boolean> {
  for (const file of ['memory.events', 'memory.oom_control']) {
    const text = await readFile(join(folder, file), 'latin1').catch(() => '');
    if (/^oom_kill [1-9]/m.test(text)) return true;
  }
  return false;
}

/** v2 leaves a process out of `cgroup.procs` when its last thread begins to end, before its files are closed; `cgroup.threads` does not. */
function membersFile(cgroup: Cgroup): string {
  return join(cgroup.folder, cgroup.version === 'v1' ? 'cgroup.procs' : 'cgroup.threads');
}

function read(path: string): number[] | null {
  try {
    return numbersIn(readFileSync(path, 'latin1')).filter((pid) => isAlive(readStat(pid)));
  } catch (error) {
    return isAbsence(error) ? [] : null;
  }
}

function numbersIn(text: string): number[] {
  return text === '' ? [] : text.trimEnd().split('\n').map(Number);
}

/** The group was taken away, before the file was opened or after. */
function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV');
}

/** A tree of control groups that is mounted here. */
export interface Hierarchy {
  readonly version: 'v1' | 'v2';
  readonly mount: string;
  /** None under v2. */
  readonly controllers: readonly string[];
  /** The keeper's own group below the mount. */
  readonly own: string;
}

/** Those of this machine, as this process sees them; none when that cannot be read. */
export async function mountedHierarchies(): Promise<Hierarchy[]> {
  const [mounts, own] = await Promise.all([
    readFile('/proc/self/mountinfo', 'utf8'),
    readFile('/proc/self/cgroup', 'utf8'),
  ]).catch(() => ['', '']);
  const found: Hierarchy[] = [];
  for (const line of (mounts ?? '').split('\n')) {
    const [left, right] = line.split(' - ');
    const mount = left?.split(' ')[4];
    const [kind, , options] = right?.split(' ') ?? [];
    if (mount === undefined || (kind !== 'cgroup' && kind !== 'cgroup2')) continue;
    const version = kind === 'cgroup' ? 'v1' : 'v2';
    const controllers = version === 'v1' ? (options ?? '').split(',') : [];
    const mine = (own ?? '')
      .split('\n')
      .map((each) => each.split(':'))
      .find(([, names]) =>
        version === 'v2'
          ? names === ''
          : (names ?? '').split(',').some((name) => controllers.includes(name) && name !== ''),
      );
    found.push({ version, mount, controllers, own: mine?.[2] ?? '/' });
  }
  return found;
}

/** The first folder in which a group can be made and a process can enter it. */
async function firstThatWorks(version: 'v1' | 'v2', folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const probe = join(folder, `probe-${process.pid}`);
    try {
      await mkdir(probe, { recursive: true });
      const entered = await runs(`echo 0 >${shellQuoted(joinFile(probe, version))}`);
      await rmdir(probe).catch(() => undefined);
      if (entered) return folder;
    } catch {
      // not here: the next one
    }
  }
  return null;
}

async function memoryBase(
  version: 'v1' | 'v2',
  folder: string,
  mount: string,
  memoryV1: Hierarchy | undefined,
  key: string,
): Promise<CgroupBase['memory']> {
  if (memoryV1 !== undefined) {
    // below the keeper's own group, so that a limit on the whole goes on holding
    const limited = await firstThatWorks('v1', [
      join(memoryV1.mount, memoryV1.own, 'standfast', key),
      join(memoryV1.mount, 'standfast', key),
    ]);
    return limited === null ? null : { version: 'v1', folder: limited };
  }
  if (version === 'v1') return null;
  for (const parent of [mount, join(folder, '..'), folder])
    try {
      await writeFile(join(parent, 'cgroup.subtree_control'), '+memory');
    } catch {
      return null;
    }
  return { version: 'v2', folder };
}

async function runs(line: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', line], { stdio: 'ignore', cwd: '/' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}
