// What the processes of each service may still take: file descriptors, threads and processes; and whether their memory only ever grows.
// /proc/PID/limits, fd, status, task/TID/children: proc(5). Read from the kernel, so nothing waits for a disk.
// Does not cover: processes that other threads than the first have started, and what left its parent.

import { untilFullMs, type Sample } from '../../model/trend.ts';
import type { Seen } from '../../model/mode.ts';
import type { Detector } from './detector.ts';
import type { Ground } from './ground.ts';
import { bytesWords, spanWords } from '../../model/amount-words.ts';
import type { WatchedProcess } from './watch.ts';

const everyMs = 10_000;
const nearLimit = 0.8;
const atLimit = 0.98;
const sampleEveryMs = 60_000;
const mostSamples = 720;
const watchedAtLeastMs = 3_600_000;
const warnWithinMs = 86_400_000;
const grownBy = 1.5;
/** Of one service; what a pool has in common shows in some of them. */
const mostProcesses = 64;

/** What hardly ever changes of a process is read this often, of each process at another look. */
const readAgainMs = 60_000;

/** Its status and its limits as last read. */
interface Known {
  readonly status: string;
  readonly limits: string;
  readonly readAtMs: number;
}

/** Opens the detector. */
export function openProcessLimits(ground: Ground): Detector {
  const memory = new Map<number, Sample[]>();
  const known = new Map<number, Known>();
  return {
    name: 'process-limits',
    everyMs,
    look: (watch) => {
      const total = kiB(ground.kernel('proc/meminfo') ?? '', 'MemTotal');
      const all = watch.processes.map((process) => ({ process, pids: withChildren(ground, process.pid) }));
      const mains = new Set(watch.processes.map(({ pid }) => pid));
      for (const pid of memory.keys()) if (!mains.has(pid)) memory.delete(pid);
      const alive = new Set(all.flatMap(({ pids }) => pids));
      for (const pid of known.keys()) if (!alive.has(pid)) known.delete(pid);
      const shared = sharedBy(ground);
      const seen = all.flatMap(({ process, pids }) => {
        const members = pids.map((pid) => ({ pid, ...readOf(ground, known, pid) }));
        return [
          ...filesSeen(ground, process, members),
          ...tasksSeen(ground, process, { members, shared }),
          ...leakSeen(process, sampled(memory, process.pid, memoryOf(members), ground.now()), total),
        ];
      });
      return Promise.resolve({ seen });
    },
  };
}

/** A process of a service, as last read. */
interface Member extends Known {
  readonly pid: number;
}

/** The process and all below it: a service may be a shell, a supervisor or a pool, whose children do the work. */
function withChildren(ground: Ground, main: number): readonly number[] {
  const pids = [main];
  for (let at = 0; at < pids.length && pids.length < mostProcesses; at += 1) {
    const children = ground.kernel(`proc/${pids[at]}/task/${pids[at]}/children`) ?? '';
    pids.push(
      ...children
        .split(' ')
        .filter((each) => each !== '')
        .map(Number),
    );
  }
  return pids.slice(0, mostProcesses);
}

function readOf(ground: Ground, known: Map<number, Known>, pid: number): Known {
  const before = known.get(pid);
  const now = ground.now();
  if (before !== undefined && now - before.readAtMs < readAgainMs) return before;
  const read = {
    status: ground.kernel(`proc/${pid}/status`) ?? '',
    limits: ground.kernel(`proc/${pid}/limits`) ?? '',
    readAtMs: before === undefined ? now - ((pid * everyMs) % readAgainMs) : now,
  };
  known.set(pid, read);
  return read;
}

function filesSeen(ground: Ground, { service, pid: main }: WatchedProcess, members: readonly Member[]): Seen[] {
  const [worst] = members
    .flatMap(({ pid, status, limits }) => {
      const limit = softLimit(limits, 'Max open files');
      return limit === null ? [] : [{ pid, status, limit, open: ground.count(`proc/${pid}/fd`) }];
    })
    .toSorted((a, b) => b.open / b.limit - a.open / a.limit);
  if (worst === undefined || worst.open < nearLimit * worst.limit) return [];
  const { pid, status, limit, open } = worst;
  const full = open >= atLimit * limit;
  const whose = pid === main ? '' : ` in its process ${pid} (${/^Name:\s+(.+)$/m.exec(status)?.[1] ?? '?'})`;
  return [
    {
      mode: 'fds-exhausted',
      subject: service,
      services: [service],
      weight: full ? 'fault' : 'ahead',
      text: `${service} has ${full ? 'no file descriptors left' : 'few file descriptors left'}: ${open} of ${limit} are open${whose}`,
    },
  ];
}

function tasksSeen(
  ground: Ground,
  { service, pid }: WatchedProcess,
  { members, shared }: { readonly members: readonly Member[]; readonly shared: Shared },
): Seen[] {
  const [worst] = [shared.group(groupOf(ground, pid)), shared.host(), ...members.map((each) => ofAccount(each, shared))]
    .filter((each) => each !== null)
    .toSorted((a, b) => b.used / b.limit - a.used / a.limit);
  if (worst === undefined || worst.used < nearLimit * worst.limit) return [];
  const full = worst.used >= atLimit * worst.limit;
  return [
    {
      mode: 'processes-exhausted',
      subject: service,
      services: [service],
      weight: full ? 'fault' : 'ahead',
      text: `${service} has ${full ? 'no' : 'few'} processes and threads left: ${worst.whose} has ${worst.used} of ${worst.limit}`,
    },
  ];
}

/** Null: no limit, or far from it. The kernel holds root to none of its account. */
function ofAccount({ status, limits }: Known, shared: Shared): Tasks | null {
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? '0');
  const limit = uid === 0 ? null : softLimit(limits, 'Max processes');
  const all = shared.host();
  // Whose threads are whose is read of every process there is: only where all of them together would be many for this account.
  if (limit === null || (all !== null && all.used < nearLimit * limit)) return null;
  return { used: shared.ofAccount(uid), limit, whose: 'its account' };
}

/** What is their own: what they share, as a pool does its buffers, grows in each of them and is there once. Null: they are gone. */
function memoryOf(members: readonly Member[]): number | null {
  const own = members.flatMap(({ status }, index) => {
    const resident = kiB(status, 'RssAnon') ?? kiB(status, 'VmRSS');
    return resident === null
      ? []
      : [resident + (kiB(status, 'VmSwap') ?? 0) + (index === 0 ? (kiB(status, 'RssShmem') ?? 0) : 0)];
  });
  return own.length === 0 ? null : own.reduce((sum, each) => sum + each, 0);
}

interface Tasks {
  readonly used: number;
  readonly limit: number;
  readonly whose: string;
}

/** What many processes have in common, each read at most once in a look. */
interface Shared {
  /** The cgroup whose folder it is. */
  group(path: string): Tasks | null;
  host(): Tasks | null;
  /** All threads of an account: what its limit counts. */
  ofAccount(uid: number): number;
}

function sharedBy(ground: Ground): Shared {
  const groups = new Map<string, Tasks | null>();
  let host: Tasks | null | undefined;
  let accounts: ReadonlyMap<number, number> | null = null;
  return {
    group(path) {
      let tasks = groups.get(path);
      if (tasks === undefined) groups.set(path, (tasks = pidsGroup(ground, path)));
      return tasks;
    },
    host: () => (host === undefined ? (host = kernelTasks(ground)) : host),
    ofAccount: (uid) => (accounts ??= tasksOfAll(ground)).get(uid) ?? 0,
  };
}

/** The folder of the cgroup that the process is in, of either version, where its tasks are counted. */
function groupOf(ground: Ground, pid: number): string {
  const lines = (ground.kernel(`proc/${pid}/cgroup`) ?? '').split('\n').map((line) => line.split(':'));
  const one = lines.find(([, controllers = '']) => controllers.split(',').includes('pids'));
  const two = lines.find(([, controllers]) => controllers === '');
  return one === undefined ? `sys/fs/cgroup${two?.[2] ?? ''}` : `sys/fs/cgroup/pids${one[2] ?? ''}`;
}

function pidsGroup(ground: Ground, path: string): Tasks | null {
  const used = Number(ground.kernel(`${path}/pids.current`) ?? Number.NaN);
  const limit = Number(ground.kernel(`${path}/pids.max`) ?? Number.NaN);
  return Number.isFinite(used) && limit > 0 ? { used, limit, whose: 'its cgroup' } : null;
}

function kernelTasks(ground: Ground): Tasks | null {
  const used = Number(/^\S+ \S+ \S+ \d+\/(\d+)/.exec(ground.kernel('proc/loadavg') ?? '')?.[1] ?? Number.NaN);
  const limit = Math.min(
    Number(ground.kernel('proc/sys/kernel/threads-max') ?? Number.NaN),
    Number(ground.kernel('proc/sys/kernel/pid_max') ?? Number.NaN),
  );
  return Number.isFinite(used) && limit > 0 ? { used, limit, whose: 'the host' } : null;
}

/** Threads by account. */
function tasksOfAll(ground: Ground): ReadonlyMap<number, number> {
  const tasks = new Map<number, number>();
  for (const name of ground.names('proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = ground.kernel(`proc/${name}/status`) ?? '';
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN);
    tasks.set(uid, (tasks.get(uid) ?? 0) + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0));
  }
  return tasks;
}

function sampled(memory: Map<number, Sample[]>, pid: number, level: number | null, atMs: number): readonly Sample[] {
  const samples = memory.get(pid) ?? [];
  memory.set(pid, samples);
  // After a clock that was set back far nothing is known of how fast it went.
  if (atMs < (samples.at(-1)?.atMs ?? atMs) - sampleEveryMs) samples.length = 0;
  const last = samples.at(-1);
  if (level !== null && (last === undefined || atMs - last.atMs >= sampleEveryMs)) samples.push({ atMs, level });
  if (samples.length > mostSamples) samples.shift();
  return samples;
}

function leakSeen(process: WatchedProcess, samples: readonly Sample[], total: number | null): Seen[] {
  const first = samples[0];
  const last = samples.at(-1);
  const limit = process.memoryLimit ?? total;
  if (first === undefined || last === undefined || limit === null || last.level < grownBy * first.level) return [];
  const untilMs = untilFullMs(samples, limit, watchedAtLeastMs);
  if (untilMs === null || untilMs > warnWithinMs) return [];
  const { service } = process;
  return [
    {
      mode: 'memory-leak',
      subject: service,
      services: [service],
      weight: 'ahead',
      text: `${service} takes ever more memory: ${bytesWords(first.level)} then, ${bytesWords(last.level)} now, at ${bytesWords(limit)} in about ${spanWords(untilMs)}`,
    },
  ];
}

/** The soft limit of a row of /proc/PID/limits; null: none, or not known. */
function softLimit(limits: string, name: string): number | null {
  const found = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)?.[1];
  return found === undefined ? null : Number(found);
}

function kiB(text: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}
