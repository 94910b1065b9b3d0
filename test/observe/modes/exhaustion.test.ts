// Memory, processor, files, processes and connections that run out: real cgroups (of this kernel's version), real processes and sockets; what would
// hurt the whole machine (its memory, its processors) is fed from recorded files.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openCgroup } from '../../../src/observe/modes/cgroup.ts';
import { openPressure } from '../../../src/observe/modes/pressure.ts';
import { openProcessLimits } from '../../../src/observe/modes/process-limits.ts';
import { openSockets } from '../../../src/observe/modes/sockets.ts';
import type { WatchedProcess } from '../../../src/observe/modes/watch.ts';
import { folder, ground, look, needs, needsRoot, said, watchOn } from './look.ts';

const isV1 = existsSync('/sys/fs/cgroup/memory');

/** A cgroup with one controller, of whichever version is here. */
function cgroup(t: TestContext, controller: 'memory' | 'cpu' | 'pids'): string {
  const at = join(isV1 ? `/sys/fs/cgroup/${controller}` : '/sys/fs/cgroup', `sf-test-${process.pid}-${controller}`);
  mkdirSync(at);
  t.after(async () => {
    for (let tries = 0; tries < 100; tries += 1)
      try {
        for (const pid of readFileSync(join(at, 'cgroup.procs'), 'utf8').split('\n'))
          if (pid !== '') process.kill(Number(pid), 'SIGKILL');
        return rmdirSync(at);
      } catch {
        await pause(20);
      }
  });
  return at;
}

/** A shell in those cgroups that does what it is told line by line. */
function shellIn(t: TestContext, ...groups: readonly string[]): ChildProcess {
  const child = spawn(
    'sh',
    [
      '-c',
      'for g in "$@"; do echo $$ > "$g/cgroup.procs"; done; echo up; while read -r line; do eval "$line"; done',
      'sh',
      ...groups,
    ],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Tells a line, and waits for what it says when it is done. */
async function tell(child: ChildProcess, line: string): Promise<string> {
  child.stdin?.write(`${line}; echo done\n`);
  const [text] = (await Promise.race([
    once(child.stdout ?? child, 'data'),
    once(child, 'exit').then(() => assert.fail(`it ended at: ${line}`)),
  ])) as [Buffer];
  return text.toString();
}

function running(child: ChildProcess, memoryLimit: number | null = null): WatchedProcess {
  return { service: 'pricer', pid: child.pid ?? 0, memoryLimit };
}

test('memory near its limit, and a process that the kernel killed for it', { skip: needs('python3') }, async (t) => {
  const group = cgroup(t, 'memory');
  writeFileSync(join(group, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(128 << 20));
  if (existsSync(join(group, 'memory.swap.max'))) writeFileSync(join(group, 'memory.swap.max'), '0');
  const child = shellIn(t, group);
  await once(child.stdout ?? child, 'data');
  const detector = openCgroup(ground());
  const watch = watchOn(folder(t), { processes: [running(child)] });
  assert.deepEqual(said(await look(detector, watch)), []);
  const eater = spawn(
    'python3',
    ['-c', 'import sys\nsys.stdin.readline()\nx=b"x"*(112<<20)\nprint("up",flush=True)\nsys.stdin.readline()'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.after(() => eater.kill('SIGKILL'));
  writeFileSync(join(group, 'cgroup.procs'), String(eater.pid));
  eater.stdin.write('\n');
  await once(eater.stdout, 'data');
  assert.deepEqual(said(await look(detector, watch)), ['memory-limit ahead']);
  await tell(child, 'head -c 300000000 /dev/zero | tail > /dev/null');
  const seen = await look(detector, watch);
  const killed = seen.find((each) => each.mode === 'oom-kill');
  assert.match(
    killed?.text ?? '',
    /^the kernel killed \d process(?:es)? of pricer for lack of memory \(its limit is 128 MiB\)$/,
  );
  assert.equal(killed?.weight, 'fault');
});

test('a quota that throttles', { skip: needsRoot }, async (t) => {
  const group = cgroup(t, 'cpu');
  // The least there is, so that it is used up however seldom a busy machine lets it run.
  if (isV1) writeFileSync(join(group, 'cpu.cfs_quota_us'), '1000');
  else writeFileSync(join(group, 'cpu.max'), '1000 100000');
  const child = shellIn(t, group);
  await once(child.stdout ?? child, 'data');
  const detector = openCgroup(ground());
  const watch = watchOn(folder(t), { processes: [running(child)] });
  assert.deepEqual(said(await look(detector, watch)), []);
  child.stdin?.write('while :; do :; done\n');
  const throttled = (): number =>
    Number(/^nr_throttled (\d+)$/m.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'))?.[1]);
  while (throttled() < 22) await pause(20);
  assert.deepEqual(said(await look(detector, watch)), ['cpu-throttled ahead']);
});

test('file descriptors and processes near their limits, and at them', { skip: needs('python3') }, async (t) => {
  const group = cgroup(t, 'pids');
  writeFileSync(join(group, 'pids.max'), '20');
  const child = shellIn(t, group);
  await once(child.stdout ?? child, 'data');
  const detector = openProcessLimits(ground());
  const watch = watchOn(folder(t), { processes: [running(child)] });
  assert.deepEqual(said(await look(detector, watch)), []);
  await tell(child, 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep 60 >/dev/null & done');
  assert.deepEqual(said(await look(detector, watch)), ['processes-exhausted ahead']);
  await tell(child, 'for i in 1 2 3; do sleep 60 >/dev/null & done');
  assert.deepEqual(said(await look(detector, watch)), ['processes-exhausted fault']);
  // The service is a shell, and what it began does the work.
  const files = spawn(
    'sh',
    [
      '-c',
      'python3 -c "$1"; exit',
      'sh',
      'import resource,sys\nresource.setrlimit(resource.RLIMIT_NOFILE,(64,64))\nf=[open("/dev/null") for _ in range(54)]\nprint("up",flush=True)\nsys.stdin.readline()\ng=[open("/dev/null") for _ in range(7)]\nprint("full",flush=True)\nsys.stdin.readline()',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.after(() => files.kill('SIGKILL'));
  await once(files.stdout, 'data');
  const onFiles = watchOn(folder(t), { processes: [running(files)] });
  assert.deepEqual(said(await look(detector, onFiles)), ['fds-exhausted ahead']);
  files.stdin.write('\n');
  await once(files.stdout, 'data');
  const [full] = await look(detector, onFiles);
  assert.match(
    full?.text ?? '',
    /^pricer has no file descriptors left: \d+ of 64 are open in its process \d+ \(python3/,
  );
});

test('a process that takes ever more memory; one that took much and stays is none', async (t) => {
  const child = spawn(
    'python3',
    [
      '-c',
      'import sys\nkeep=[]\nprint("up",flush=True)\nfor line in sys.stdin:\n  keep.append(b"x"*(int(line)<<20))\n  print("done",flush=True)',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  let nowMs = 0;
  const watch = watchOn(folder(t), { processes: [running(child, 640 << 20)] });
  const grow = async (mebibytes: (minute: number) => number, minutes: number): Promise<readonly string[]> => {
    const detector = openProcessLimits(ground({ now: () => nowMs }));
    let told: readonly string[] = [];
    for (let minute = 0; minute < minutes; minute += 1) {
      nowMs += 180_000;
      child.stdin.write(`${mebibytes(minute)}\n`);
      await once(lines, 'line');
      told = said(await look(detector, watch));
    }
    return told;
  };
  assert.deepEqual(await grow((minute) => (minute < 8 ? 10 : 0), 40), [], 'a cache that was filled');
  assert.deepEqual(await grow(() => 10, 40), ['memory-leak ahead']);
});

test('a port whose queue is full takes no more connections', async (t) => {
  const server = spawn(
    process.execPath,
    [
      '-e',
      'require("net").createServer().listen({port:0,host:"127.0.0.1",backlog:2},function(){console.log(this.address().port)})',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => server.kill('SIGKILL'));
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  const detector = openSockets(ground());
  const watch = watchOn(folder(t), { listens: [{ name: `127.0.0.1:${port}`, services: ['pricer'] }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  server.kill('SIGSTOP');
  const sockets: Socket[] = [];
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  for (let n = 0; n < 6; n += 1) sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(sockets.slice(0, 3).map((socket) => once(socket, 'connect')));
  const [full] = await look(detector, watch);
  assert.equal(full?.mode, 'connections-exhausted');
  assert.match(full.text, /takes no more connections: 3 wait to be accepted, 2 may/);
});

test('fed: local ports run out for one destination, not by what a server closed nor by many destinations', async (t) => {
  const root = folder(t);
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const nine = (line: (n: number) => string): string =>
    `  sl  local_address rem_address   st\n${Array.from({ length: 9 }, (_, n) => `   ${n}: ${line(n)} 00000000:00000000\n`).join('')}`;
  file('proc/sys/net/ipv4/ip_local_port_range', '20000\t20009\n');
  file('proc/net/sockstat', 'sockets: used 20\nTCP: inuse 4 orphan 0 tw 9 alloc 5 mem 1\n');
  const here = '0100007F';
  const texts = async (table: string, lines: string): Promise<string[]> => {
    file(table, lines);
    const seen = await look(openSockets(ground({ root })), watchOn(root, {}));
    file(table, '');
    return seen.map(({ text }) => text);
  };
  const { one, many, own } = {
    one: nine((n) => `${here}:${hex(20_000 + n)} 0500000A:${hex(3306)} 06`),
    many: nine((n) => `${here}:${hex(20_000 + n)} 0${n}00000A:${hex(3306)} 06`),
    own: nine((n) => `${here}:${hex(80)} 0500000A:${hex(20_000 + n)} 06`),
  };
  assert.deepEqual(await texts('proc/net/tcp', own), []);
  assert.deepEqual(await texts('proc/net/tcp', many), []);
  assert.match((await texts('proc/net/tcp', one)).join(), /new connections to 10\.0\.0\.5:3306: 9 of 10 are in use/);
  const six = nine(
    (n) => `${'0'.repeat(24)}01000000:${hex(20_000 + n)} B80D0120000000000000000001000000:${hex(443)} 01`,
  );
  assert.match((await texts('proc/net/tcp6', six)).join(), /to \[2001:db8::1\]:443: 9 of 10/);
});

test('fed: a host short of memory, one short of processors, one that is well', async (t) => {
  const root = folder(t);
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const psi = (some: number, full: number): string =>
    `some avg10=${some}.10 avg60=${some}.00 avg300=1.00 total=3000\nfull avg10=${full}.00 avg60=${full}.00 avg300=0.50 total=1000\n`;
  const well = (): void => {
    file('proc/pressure/memory', psi(0, 0));
    file('proc/pressure/cpu', psi(5, 0));
    file('proc/loadavg', '0.50 0.40 0.30 1/200 4711\n');
    file('proc/cpuinfo', 'processor\t: 0\n\nprocessor\t: 1\n');
    file(
      'proc/meminfo',
      'MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    4000000 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n',
    );
  };
  const detector = openPressure(ground({ root }));
  const watch = watchOn(root, {});
  well();
  assert.deepEqual(said(await look(detector, watch)), []);
  file('proc/pressure/memory', psi(40, 22));
  const [short] = await look(detector, watch);
  assert.equal(short?.text, 'memory is short: everything waited for it 22 % of the last minute, 3.8 GiB available');
  well();
  const memory = (total: number, available: number, more = ''): void =>
    file(
      'proc/meminfo',
      `MemTotal: ${total} kB\nMemAvailable: ${available} kB\nSwapTotal: 9 kB\nSwapFree: 0 kB\n${more}`,
    );
  memory(8_000_000, 100_000);
  assert.deepEqual(said(await look(detector, watch)), ['memory-pressure ahead']);
  memory(8_000_000, 100_000, 'Hugetlb: 7500000 kB\n');
  assert.deepEqual(said(await look(detector, watch)), [], 'huge pages are set aside for one');
  memory(8_000_000, 100_000);
  file('proc/spl/kstat/zfs/arcstats', 'name type data\nc_min 4 100000000\nsize 4 6000000000\n');
  assert.deepEqual(said(await look(detector, watch)), [], 'the cache of ZFS is given back');
  memory(8_000_000, 4_000_000);
  assert.deepEqual(said(await look(detector, watch)), [], 'a swap that is full alone holds up nobody');
  well();
  file('proc/pressure/cpu', psi(85, 0));
  assert.deepEqual(said(await look(detector, watch)), [], 'short bursts of one task are none');
  file('proc/loadavg', '9.50 8.40 7.30 9/200 4711\n');
  assert.deepEqual(said(await look(detector, watch)), ['cpu-starved pressure']);
});

test('fed: the limit of an account counts its threads, which are counted only where they may be many', async (t) => {
  const root = folder(t);
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const process = (pid: number, uid: number, threads: number): void =>
    file(`proc/${pid}/status`, `Name:\tjava\nUid:\t${uid}\t${uid}\nThreads:\t${threads}\n`);
  file('proc/77/limits', 'Max processes             100                  100                  processes\n');
  process(77, 990, 60);
  process(78, 990, 35);
  process(79, 0, 900);
  const watch = watchOn(root, { processes: [{ service: 'pricer', pid: 77, memoryLimit: null }] });
  const read: string[] = [];
  const real = ground({ root });
  const counting = { ...real, names: (path: string) => (read.push(path), real.names(path)) };
  file('proc/loadavg', '0.50 0.40 0.30 1/60 4711\n');
  file('proc/sys/kernel/threads-max', '30000\n');
  file('proc/sys/kernel/pid_max', '30000\n');
  assert.deepEqual(said(await look(openProcessLimits(counting), watch)), []);
  assert.ok(!read.includes('proc'), 'all of the host are too few for it');
  file('proc/loadavg', '0.50 0.40 0.30 1/995 4711\n');
  const [near] = await look(openProcessLimits(counting), watch);
  assert.match(near?.text ?? '', /its account has 95 of 100$/);
});

test('fed: the files of a cgroup of version 2 say the same', async (t) => {
  const root = folder(t);
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const group = 'sys/fs/cgroup/system.slice/pricer.service';
  file('proc/77/cgroup', '0::/system.slice/pricer.service\n');
  file(`${group}/memory.current`, '30000000\n');
  file(`${group}/memory.max`, '33554432\n');
  file(`${group}/memory.stat`, 'anon 29000000\ninactive_file 1000000\n');
  file(`${group}/memory.events`, 'low 0\nhigh 0\nmax 3\noom 0\noom_kill 0\n');
  file(`${group}/cpu.stat`, 'usage_usec 100\nnr_periods 100\nnr_throttled 10\nthrottled_usec 5\n');
  const detector = openCgroup(ground({ root }));
  const watch = watchOn(root, { processes: [{ service: 'pricer', pid: 77, memoryLimit: null }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  file(`${group}/memory.current`, '33500000\n');
  file(`${group}/memory.stat`, 'anon 33400000\ninactive_file 0\n');
  file(`${group}/memory.events`, 'low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n');
  file(`${group}/cpu.stat`, 'usage_usec 100\nnr_periods 200\nnr_throttled 90\nthrottled_usec 5\n');
  assert.deepEqual(said(await look(detector, watch)), ['cpu-throttled ahead', 'memory-limit fault', 'oom-kill fault']);
  file(`${group}/memory.stat`, 'anon 20000000\nslab_reclaimable 13000000\n');
  assert.deepEqual(said(await look(detector, watch)), ['oom-kill fault'], 'the names of files can be forgotten');
  file(`${group}/memory.max`, 'max\n');
  assert.deepEqual(said(await look(detector, watch)), ['oom-kill fault']);
  // Where none can be made, all are in that of their keeper.
  const shared = openCgroup(ground({ root }));
  const processes = ['pricer', 'feed', 'ledger'].map((service) => ({ service, pid: 77, memoryLimit: null }));
  assert.deepEqual(said(await look(shared, watchOn(root, { processes }))), []);
  file(`${group}/memory.events`, 'low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\n');
  const [killed, ...more] = await look(shared, watchOn(root, { processes }));
  assert.equal(killed?.text, 'the kernel killed 1 process of pricer and 2 others for lack of memory');
  assert.deepEqual([killed.services, more], [['pricer', 'feed', 'ledger'], []]);
});

test('fed: an instance that was killed for memory and replaced before anybody looked; counts of the next are its own', async (t) => {
  const root = folder(t);
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const instance = (pid: number, kills: number): void => {
    file(`proc/${pid}/cgroup`, `0::/standfast/k/pricer@a#${pid}\n`);
    file(`sys/fs/cgroup/standfast/k/pricer@a#${pid}/memory.max`, '33554432\n');
    file(`sys/fs/cgroup/standfast/k/pricer@a#${pid}/memory.events`, `oom_kill ${kills}\n`);
    file(`sys/fs/cgroup/standfast/k/pricer@a#${pid}/cpu.stat`, `nr_periods ${100 * pid}\nnr_throttled ${100 * pid}\n`);
  };
  const detector = openCgroup(ground({ root }));
  const watch = (pid: number): ReturnType<typeof watchOn> =>
    watchOn(root, { processes: [{ service: 'pricer', pid, memoryLimit: null }] });
  instance(7, 0);
  assert.deepEqual(said(await look(detector, watch(7))), []);
  instance(7, 1);
  instance(8, 0);
  const [killed, ...others] = await look(detector, watch(8));
  assert.deepEqual(others, [], 'what it was throttled before it was seen is no news');
  assert.equal(killed?.text, 'the kernel killed 1 process of pricer for lack of memory (its limit is 32 MiB)');
  // It lived so short that no look saw it; what its neighbour's cgroup counts is its neighbour's.
  instance(9, 2);
  file('sys/fs/cgroup/standfast/k/feed@a#1/memory.events', 'oom_kill 5\n');
  const [again, ...more] = await look(detector, watch(8));
  assert.match(again?.text ?? '', /killed 2 processes of pricer/);
  assert.deepEqual(more, []);
});
