// What the cgroup of each service says: memory near its limit, OOM kills, throttled periods. Version 2 (memory.max, memory.events, cpu.stat) and version 1
// (memory.limit_in_bytes, memory.oom_control, cpu.stat): Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of Linux.
// Does not cover: a limit further up that others share; its OOM kill is counted there and shows as the end of the process alone.

import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { bytesWords, counted } from '../../model/amount-words.ts';

const everyMs = 5000;
const nearLimit = 0.9;
const atLimit = 0.97;
const throttledShare = 0.5;
const fewestPeriods = 20;
/** An OOM kill is told of for this long: the process is gone, and nothing else shows it. */
const tellsForMs = 120_000;
/** Where a process belongs changes by hand alone: it is read again only at every so many looks, of each process at another one. */
const placedAgain = 12;
/** Version 1 writes "no limit" as a number near 2^63. */
const unlimited = 2 ** 60;

interface Before {
  readonly kills: number;
  readonly refused: number;
  readonly periods: number;
  readonly throttled: number;
}

/** What a cgroup knows now; null where it does not. */
interface Group extends Before {
  readonly used: number | null;
  readonly limit: number | null;
}

/** Opens the detector. */
export function openCgroup(ground: Ground): Detector {
  /** By cgroup. */
  const before = new Map<string, Before>();
  const killed = new Map<string, Seen & { readonly untilMs: number }>();
  /** The cgroup of a service outlives its process: the kill is read after it. */
  const lastPaths = new Map<string, Paths>();
  const placed = new Map<string, number>();
  /** Kills that were told of, by cgroup, in those that the keeper leaves for a while. */
  const toldOf = new Map<string, number>();
  let looks = 0;
  return {
    name: 'cgroup',
    everyMs,
    look: (watch) => {
      looks += 1;
      const tellKills = (services: readonly string[], now: Group, earlier: Before): void => {
        if (now.kills <= earlier.kills) return;
        const { subject } = about(services);
        killed.set(subject, {
          mode: 'oom-kill',
          ...about(services),
          weight: 'fault',
          untilMs: ground.now() + tellsForMs,
          text: `the kernel killed ${counted(now.kills - earlier.kills, 'process')} of ${subject} for lack of memory${now.limit === null ? '' : ` (its limit is ${bytesWords(now.limit)})`}`,
        });
      };
      for (const { service, pid } of watch.processes) {
        if (placed.get(service) === pid && (looks + pid) % placedAgain !== 0) continue;
        const paths = pathsOf(ground, pid);
        if (paths === null) continue;
        const former = lastPaths.get(service);
        const counts = former === undefined ? undefined : before.get(nameOf(former));
        // What ran until now ended in its own group, whose counts go with it.
        if (former !== undefined && counts !== undefined && nameOf(former) !== nameOf(paths))
          tellKills([service], read(ground, former), counts);
        lastPaths.set(service, paths);
        placed.set(service, pid);
      }
      const running = new Set(watch.processes.map(({ service }) => service));
      const groups = Map.groupBy(lastPaths, ([, paths]) => nameOf(paths));
      for (const name of before.keys()) if (!groups.has(name)) before.delete(name);
      const seen: Seen[] = [];
      // Many services may be in one: what it tells is of all of them.
      for (const [name, members] of groups) {
        const [first] = members;
        if (first === undefined) continue;
        const services = members.map(([service]) => service);
        const now = read(ground, first[1]);
        const earlier = before.get(name) ?? now;
        before.set(name, now);
        if (services.some((service) => running.has(service))) seen.push(...memorySeen(services, now, earlier));
        seen.push(...throttledSeen(services, now, earlier));
        tellKills(services, now, earlier);
      }
      const left = leftBehind(ground, watch.host, lastPaths);
      for (const name of toldOf.keys()) if (!left.some(({ paths }) => nameOf(paths) === name)) toldOf.delete(name);
      for (const { service, paths } of left) {
        const name = nameOf(paths);
        const now = read(ground, paths);
        const told = toldOf.get(name) ?? 0;
        toldOf.set(name, now.kills);
        if (!groups.has(name)) tellKills([service], now, { ...now, kills: told });
      }
      for (const [subject, { untilMs, ...kill }] of killed) {
        if (untilMs < ground.now()) killed.delete(subject);
        else seen.push(kill);
      }
      return Promise.resolve({ seen });
    },
  };
}

/** All services of one cgroup, in a few words. */
function about(services: readonly string[]): { readonly subject: string; readonly services: readonly string[] } {
  const [first = '', second] = services;
  const rest = services.length - 1;
  return {
    subject: second === undefined ? first : rest === 1 ? `${first} and ${second}` : `${first} and ${rest} others`,
    services,
  };
}

/**
 * Instances of services here that have a cgroup, by the names that the keeper gives: one that is killed soon after its start, again and again, has mostly
 * come and gone between two looks, and its cgroup stays for a few of them (keeper/cgroup.ts).
 */
function leftBehind(
  ground: Ground,
  host: string,
  known: ReadonlyMap<string, Paths>,
): readonly { readonly service: string; readonly paths: Paths }[] {
  const own = [...known].flatMap(([service, paths]) => {
    const at = paths.memory.lastIndexOf('/');
    return paths.memory.startsWith(`/${service}@${host}#`, at)
      ? [{ service, paths, folder: paths.memory.slice(0, at) }]
      : [];
  });
  return [...Map.groupBy(own, ({ folder }) => folder)].flatMap(([folder, of]) => {
    const names = ground.names(folder);
    return of.flatMap(({ service, paths: { version } }) =>
      names
        .filter((name) => name.startsWith(`${service}@${host}#`))
        .map((name) => ({ service, paths: { version, memory: `${folder}/${name}`, cpu: `${folder}/${name}` } })),
    );
  });
}

function memorySeen(services: readonly string[], now: Group, earlier: Before): Seen[] {
  if (now.used === null || now.limit === null) return [];
  const share = now.used / now.limit;
  const { subject } = about(services);
  const text = `the cgroup of ${subject} uses ${bytesWords(now.used)} of the ${bytesWords(now.limit)} of memory that it may`;
  const mode = { mode: 'memory-limit', ...about(services) };
  if (share > atLimit && now.refused > earlier.refused)
    return [{ ...mode, weight: 'fault', text: `${text}, and was refused more` }];
  return share > nearLimit ? [{ ...mode, weight: 'ahead', text }] : [];
}

function throttledSeen(services: readonly string[], now: Group, earlier: Before): Seen[] {
  const periods = now.periods - earlier.periods;
  const throttled = now.throttled - earlier.throttled;
  if (periods < fewestPeriods || throttled < throttledShare * periods) return [];
  const { subject } = about(services);
  return [
    {
      mode: 'cpu-throttled',
      ...about(services),
      weight: 'ahead',
      text: `the cgroup of ${subject} was held back in ${Math.round((100 * throttled) / periods)} % of its periods by its quota`,
    },
  ];
}

interface Paths {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly cpu: string;
}

function nameOf({ memory, cpu }: Paths): string {
  return `${memory} ${cpu}`;
}

/** Where the files of the process's cgroup lie; null: it is gone, or in none of its own. */
function pathsOf(ground: Ground, pid: number): Paths | null {
  const text = ground.kernel(`proc/${pid}/cgroup`);
  if (text === null) return null;
  const at = new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [, controllers = '', ...path] = line.split(':');
        return [controllers, path.join(':')] as const;
      }),
  );
  const find = (name: string): string | undefined =>
    [...at].find(([controllers]) => controllers.split(',').includes(name))?.[1];
  const memory = find('memory');
  const cpu = find('cpu');
  if (memory !== undefined)
    return { version: 1, memory: `sys/fs/cgroup/memory${memory}`, cpu: `sys/fs/cgroup/cpu${cpu ?? memory}` };
  const unified = at.get('');
  return unified === undefined || unified === '/'
    ? null
    : { version: 2, memory: `sys/fs/cgroup${unified}`, cpu: `sys/fs/cgroup${unified}` };
}

function read(ground: Ground, paths: Paths): Group {
  const cpu = ground.kernel(`${paths.cpu}/cpu.stat`) ?? '';
  const common = { periods: valueIn(cpu, 'nr_periods') ?? 0, throttled: valueIn(cpu, 'nr_throttled') ?? 0 };
  if (paths.version === 2) {
    const events = ground.kernel(`${paths.memory}/memory.events`) ?? '';
    const stat = ground.kernel(`${paths.memory}/memory.stat`) ?? '';
    return {
      ...common,
      used: less(
        number(ground.kernel(`${paths.memory}/memory.current`)),
        cacheIn(stat, '') + (valueIn(stat, 'slab_reclaimable') ?? 0),
      ),
      limit: number(ground.kernel(`${paths.memory}/memory.max`)),
      kills: valueIn(events, 'oom_kill') ?? 0,
      refused: valueIn(events, 'max') ?? 0,
    };
  }
  const stat = ground.kernel(`${paths.memory}/memory.stat`) ?? '';
  const limit = number(ground.kernel(`${paths.memory}/memory.limit_in_bytes`));
  return {
    ...common,
    used: less(number(ground.kernel(`${paths.memory}/memory.usage_in_bytes`)), cacheIn(stat, 'total_')),
    limit: limit === null || limit > unlimited ? null : limit,
    kills: valueIn(ground.kernel(`${paths.memory}/memory.oom_control`) ?? '', 'oom_kill') ?? 0,
    refused: number(ground.kernel(`${paths.memory}/memory.failcnt`)) ?? 0,
  };
}

/** Pages of files, of which the kernel can read or write all again; what lies in a tmpfs counts as anonymous there. */
function cacheIn(stat: string, prefix: '' | 'total_'): number {
  return (valueIn(stat, `${prefix}inactive_file`) ?? 0) + (valueIn(stat, `${prefix}active_file`) ?? 0);
}

function less(used: number | null, droppable: number): number | null {
  return used === null ? null : Math.max(0, used - droppable);
}

function number(text: string | null): number | null {
  const value = Number((text ?? '').trim());
  return text === null || text.trim() === '' || Number.isNaN(value) ? null : value;
}

function valueIn(text: string, name: string): number | null {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
