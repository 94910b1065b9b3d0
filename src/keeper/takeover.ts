// What a new keeper finds: records, marks and control groups of an earlier one in the same boot. It adopts what runs and is under no lease, and
// kills the rest, what was leased first of all: nobody kept its deadline meanwhile. A record that a full disk refused loses no process.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Cgroup } from './cgroup.ts';
import { livingIn } from './cgroup.ts';
import { monoNow, wallNow } from './clock.ts';
import type { FoundRecord, RoleFile } from './files.ts';
import { newGuard } from './ground.ts';
import type { Ground } from './ground.ts';
import { fresh } from './instance.ts';
import type { Owned } from './instance.ts';
import type { Marked } from './marks.ts';
import { isAlive, isSame, readStat } from './proc.ts';
import { monoMs, wallMs } from '../model/units.ts';
import type { InstanceId } from '../ports.ts';

/** Fields 22 of /proc count hundredths of a second on every Linux that Node runs on. */
const tickMs = 10;

/** Puts all that is found under `ground`; what had to be killed is awaited, but not longer than `waitMs`. `adopted` is told of each that lives on. */
export async function takeOver(ground: Ground, waitMs: number, adopted: (owned: Owned) => void): Promise<void> {
  const found = await findAll(ground);
  const dying: Owned[] = [];
  for (const each of found) {
    const owned = ownedOf(each);
    ground.instances.set(owned.instance, owned);
    if (each.role !== null)
      ground.terms.set(owned.service, Math.max(each.role.term, ground.terms.get(owned.service) ?? 0));
    if (each.main !== null && !each.leased) {
      ground.log(`${owned.instance}: adopted, pid ${owned.pid}`);
      if (each.leasable) {
        owned.guard = newGuard(ground, owned.instance, owned.cgroup);
        owned.guard.watchGroup(owned.pid);
        void owned.guard.say('free');
      }
      adopted(owned);
      continue;
    }
    owned.endingBy = 'keeper-lost';
    dying.push(owned);
    if (each.main === null) {
      ground.log(`${owned.instance}: its process ended while no keeper watched`);
      ground.reaper.mainEnded(owned, null, null);
    } else {
      ground.log(`${owned.instance}: was leased and nobody kept its deadline: killed, pid ${owned.pid}`);
      ground.reaper.kill(owned, 'keeper-lost');
    }
  }
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, waitMs);
  await Promise.race([Promise.all(dying.map((owned) => owned.gone.promise)), late.promise]);
  clearTimeout(timer);
}

interface Found {
  readonly instance: InstanceId;
  readonly record: FoundRecord | null;
  readonly cgroup: Cgroup | null;
  readonly role: RoleFile | null;
  readonly env: ReadonlyMap<string, string> | null;
  /** The main process, when it lives. */
  readonly main: { readonly pid: number; readonly startTicks: number } | null;
  readonly anyPid: number;
  readonly leased: boolean;
  readonly leasable: boolean;
}

async function findAll(ground: Ground): Promise<Found[]> {
  const [folders, marked, groups] = await Promise.all([
    ground.files.known(),
    ground.marks.all(),
    ground.cgroups === null ? [] : readdir(ground.cgroups.folder, { withFileTypes: true }).catch(() => []),
  ]);
  const names = new Set([
    ...folders,
    ...marked.map((each) => each.instance),
    ...groups.filter((each) => each.isDirectory() && each.name.includes('@')).map((each) => each.name),
  ]);
  const found = await Promise.all(
    [...names].map((name) =>
      find(
        ground,
        name,
        marked.filter((each) => each.instance === name),
      ),
    ),
  );
  return found.filter((each) => each !== null);
}

/** Null when nothing of it lives and nobody needs to hear of its end: another boot's, or never started. */
async function find(ground: Ground, instance: InstanceId, marked: readonly Marked[]): Promise<Found | null> {
  const [written, role, markedLeased] = await Promise.all([
    ground.files.readRecord(instance),
    ground.files.readRole(instance),
    ground.files.isMarkedLeased(instance),
  ]);
  const record = written?.boot === ground.boot ? written : null;
  const cgroup = cgroupOf(ground, instance, record);
  const members = (cgroup === null ? null : await livingIn(cgroup)) ?? [];
  const pids = [...new Set([...members, ...marked.map((each) => each.pid)])];
  if (record === null && pids.length === 0) {
    await ground.files.forget(instance).catch(() => undefined);
    return null;
  }
  const env = marked[0]?.env ?? null;
  const now = role ?? roleIn(env);
  return {
    instance,
    record,
    cgroup,
    role: now,
    env,
    main: record !== null && isSame(record.pid, record.startTicks) ? record : record === null ? leaderOf(pids) : null,
    anyPid: record?.pid ?? pids[0] ?? 0,
    // what cannot be known is taken for leased
    leased: now === null || (now.role === 'active' && now.term > 0) || markedLeased,
    leasable: record?.leasable ?? now?.role !== 'active',
  };
}

function cgroupOf(ground: Ground, instance: InstanceId, record: FoundRecord | null): Cgroup | null {
  if (record !== null)
    return record.cgroup === null ? null : { folder: record.cgroup, version: record.cgroupVersion, memoryFolder: null };
  if (ground.cgroups === null) return null;
  return { folder: join(ground.cgroups.folder, instance), version: ground.cgroups.version, memoryFolder: null };
}

/** Every instance begins as the leader of a session of its own. */
function leaderOf(pids: readonly number[]): Found['main'] {
  const leaders = pids.flatMap((pid) => {
    const stat = readStat(pid);
    return isAlive(stat) && stat.session === pid && stat.pgid === pid ? [{ pid, startTicks: stat.startTicks }] : [];
  });
  return leaders.sort((a, b) => a.startTicks - b.startTicks)[0] ?? null;
}

function roleIn(env: ReadonlyMap<string, string> | null): RoleFile | null {
  const role = env?.get('STANDFAST_ROLE');
  const term = Number(env?.get('STANDFAST_TERM') ?? Number.NaN);
  return (role === 'active' || role === 'standby' || role === 'passive') && term >= 0 ? { role, term } : null;
}

function ownedOf(found: Found): Owned {
  const { record, env, main, role } = found;
  const startTicks = main?.startTicks ?? record?.startTicks ?? 0;
  const startedAt = monoMs(record?.startedAt ?? startTicks * tickMs);
  return {
    ...fresh(),
    instance: found.instance,
    service: record?.service ?? env?.get('STANDFAST_SERVICE') ?? found.instance.replace(/@.*$/, ''),
    host: record?.host ?? env?.get('STANDFAST_HOST') ?? found.instance.replace(/^[^@]*@|#.*$/g, ''),
    pid: main?.pid ?? found.anyPid,
    startTicks,
    startedAt,
    startedAtMs: wallMs(record?.startedAtMs ?? wallNow() - (monoNow() - startedAt)),
    adopted: true,
    launch: 'runs',
    cgroup: found.cgroup,
    role: role?.role ?? 'active',
    term: role?.term ?? 0,
    // its deadline is not known any more, and nobody kept it
    deadline: found.leased ? monoNow() : null,
  };
}
