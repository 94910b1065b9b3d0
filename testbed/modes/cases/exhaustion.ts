// What runs out: real tmpfs, loop devices, cgroups and limits. Pressure on the whole host is fed, by files laid over those of the kernel.

import { checked, worker, type Case } from '../case.ts';
import type { Place } from '../place.ts';
import { belowShell, cgroup, inCgroup, pidOf, python, steps } from '../means.ts';

const tmpfs =
  (options: string) =>
  async (place: Place): Promise<void> => {
    await place.sh('mkdir -p data && mount -t tmpfs -o "$1" none data', options);
  };
const ext4 =
  (size: string, options = '') =>
  async (place: Place): Promise<void> => {
    await place.sh(
      'mkdir -p data && truncate -s "$1" image && mkfs.ext4 -q -F $2 image && mount -o loop image data',
      size,
      options,
    );
  };
const data = { disk: ['data'] };
const pressure = (some: number, full: number): string =>
  `some avg10=${some}.00 avg60=${some}.00 avg300=9.00 total=3000000\nfull avg10=${full}.00 avg60=${full}.00 avg300=5.00 total=1000000\n`;
const lay = async (place: Place, path: string, text: string): Promise<void> => {
  const file = place.write(`fed/${path.replaceAll('/', '-')}`, text);
  await place.sh('mount --bind "$1" "$2"', file, path);
};
/** It answers, late: a check that calls it slow. */
const late = (file: string): ReturnType<typeof checked> => ({
  shell: 'exec sleep 100000',
  detect: {
    checks: [
      {
        command: ['sh', '-c', `test ! -e ${file} || { echo "the answer came after 4 s, which is late"; exit 1; }`],
        every: '1s',
        severity: 3,
      },
    ],
  },
});

export const exhaustionCases: readonly Case[] = [
  {
    mode: 'disk-space',
    ways: [
      {
        how: 'a tmpfs is filled by somebody else while the service appends to it',
        app: { ...worker('head -c 4096 /dev/zero >> data/log'), watch: data },
        prepare: tmpfs('size=16m'),
        make: async (place) =>
          void (await place.sh('dd if=/dev/zero of=data/big bs=64k count=1000 2>/dev/null || true')),
        mend: async (place) => void (await place.sh('rm data/big; : > data/log')),
        also: ['disk-filling'],
        shows: 'app',
      },
      {
        how: 'an ext4 on a loop device is filled, and a check that writes says so',
        app: {
          ...checked(
            'dd if=/dev/zero of=data/probe.$$ bs=64k count=1 conv=fsync 2>&1 | grep -i "no space" && exit 1; rm data/probe.$$',
          ),
          watch: data,
        },
        prepare: ext4('24M'),
        make: async (place) =>
          void (await place.sh('dd if=/dev/zero of=data/big bs=64k count=1000 2>/dev/null || true')),
        also: ['disk-filling'],
        shows: 'app',
      },
    ],
  },
  {
    mode: 'disk-filling',
    ways: [
      {
        how: 'a file grows by a steady amount, hour by hour of a clock that is set forward',
        app: { run: 'sleep 100000', watch: data },
        prepare: tmpfs('size=24m'),
        make: (place) => steps(place, 14, 5, 'head -c 1200000 /dev/zero >> data/log'),
        clock: true,
        off: ['host'],
        shows: 'own',
        within: 120,
      },
      {
        how: 'a log is rotated and its foot rises',
        app: { run: 'sleep 100000', watch: data },
        prepare: tmpfs('size=32m'),
        make: (place) =>
          steps(
            place,
            18,
            4,
            'head -c 1500000 /dev/zero >> data/kept; if [ -s data/log ]; then : > data/log; else head -c 4000000 /dev/zero > data/log; fi',
          ),
        clock: true,
        off: ['host'],
        shows: 'own',
        within: 150,
      },
    ],
  },
  {
    mode: 'disk-inodes',
    ways: [
      {
        how: 'a tmpfs has no inodes left, and the service makes a file for each piece of work',
        app: { ...worker(': > data/job.$(date +%s%N)'), watch: data },
        prepare: tmpfs('size=16m,nr_inodes=4000'),
        make: async (place) =>
          void (await place.sh('mkdir data/many; seq 5000 | sed "s|^|data/many/|" | xargs touch 2>/dev/null || true')),
        mend: async (place) => void (await place.sh('rm -rf data/many; find data -name "job.*" -delete')),
        shows: 'app',
      },
      {
        how: 'an ext4 made with few inodes, and a check that makes a file',
        app: { ...checked('echo x > data/probe.$$ && rm data/probe.$$'), watch: data },
        prepare: ext4('24M', '-N256'),
        make: async (place) =>
          void (await place.sh('mkdir data/many; seq 500 | sed "s|^|data/many/|" | xargs touch 2>/dev/null || true')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'memory-pressure',
    ways: [
      {
        alone: true,
        how: 'fed: PSI of a host that waited for memory; the service gets none',
        app: worker('test ! -e starved || { echo "cannot allocate memory" >&2; false; }'),
        make: async (place) => {
          await lay(place, '/proc/pressure/memory', pressure(40, 22));
          place.write('starved', '');
        },
        shows: 'app',
      },
      {
        alone: true,
        how: 'fed: memory and swap are used up; the service answers late',
        app: late('starved'),
        make: async (place) => {
          await lay(
            place,
            '/proc/meminfo',
            'MemTotal:        8000000 kB\nMemFree:           60000 kB\nMemAvailable:     120000 kB\nSwapTotal:       2000000 kB\nSwapFree:          10000 kB\n',
          );
          place.write('starved', '');
        },
        shows: 'app',
      },
    ],
  },
  {
    mode: 'memory-limit',
    ways: [
      {
        how: 'a process takes 94 % of what its cgroup may have',
        app: inCgroup('memory', python('wait()\nkeep=b"x"*(120<<20)\nsay()\nwait()')),
        prepare: (place) => cgroup(place, 'memory', String(128 << 20)),
        make: (place) => steps(place, 1, 0, 'echo go > go'),
        mend: async (place) => void (await place.standfast('restart', place.app)),
        also: ['memory-leak'],
        shows: 'own',
      },
      {
        how: 'two processes of it share the limit, and the cache that it reads is dropped again and again',
        app: inCgroup(
          'memory',
          python(
            // 110 MiB of their own and 9 of Python's: 92 %. The file is larger than what is left, so that none of it stays.
            'open("file","wb").truncate(32<<20)\nwait()\nif os.fork()==0:\n  a=b"x"*(58<<20)\n  time.sleep(9999)\nkeep=b"x"*(52<<20)\nsay()\nwhile True:\n  with open("file","rb") as f:\n    while f.read(65536): pass\n  time.sleep(0.2)',
          ),
        ),
        prepare: (place) => cgroup(place, 'memory', String(128 << 20)),
        make: (place) => steps(place, 1, 0, 'echo go > go'),
        also: ['memory-leak'],
        shows: 'own',
      },
    ],
  },
  {
    mode: 'memory-leak',
    ways: [
      {
        how: 'a process keeps 8 MiB more with every step of a clock that is set forward',
        app: {
          ...python('keep=[]\nwhile True:\n  wait()\n  keep.append(b"x"*(8<<20))\n  say()'),
          limits: { memory: '160MiB' },
        },
        make: (place) => steps(place, 14, 1, 'echo go > go', 12),
        clock: true,
        off: ['host'],
        shows: 'own',
        within: 220,
      },
      {
        how: 'it gives a third of each piece back',
        app: {
          ...python('keep=[]\nwhile True:\n  wait()\n  x=[b"y"*(1<<20) for _ in range(12)]\n  keep+=x[:8]\n  say()'),
          limits: { memory: '160MiB' },
        },
        make: (place) => steps(place, 14, 1, 'echo go > go', 12),
        clock: true,
        off: ['host'],
        shows: 'own',
        within: 220,
      },
    ],
  },
  {
    mode: 'oom-kill',
    ways: [
      {
        how: 'it asks for more than its cgroup may have, and the kernel ends it',
        app: inCgroup('memory', python('wait()\nkeep=b"x"*(300<<20)\nsay()\nwait()')),
        prepare: (place) => cgroup(place, 'memory', String(96 << 20)),
        make: async (place) => {
          // Each further start asks again, as a service does that cannot do with less.
          await place.sh('touch always; echo go > go');
        },
        also: ['memory-limit'],
        shows: 'app',
      },
      {
        how: 'a child of it is ended by the kernel, and it gives up',
        app: inCgroup(
          'memory',
          python(
            'import os,sys\nwait()\np=os.fork()\nif p==0:\n  keep=b"x"*(300<<20)\n  time.sleep(9)\nos.waitpid(p,0)\nsys.exit(9)',
          ),
        ),
        prepare: (place) => cgroup(place, 'memory', String(96 << 20)),
        make: async (place) => void (await place.sh('touch always; echo go > go')),
        also: ['memory-limit'],
        shows: 'app',
      },
    ],
  },
  {
    mode: 'cpu-starved',
    ways: [
      {
        alone: true,
        how: 'fed: PSI of processors that nobody gets; the service answers late',
        app: late('starved'),
        make: async (place) => {
          await lay(place, '/proc/pressure/cpu', pressure(96, 0));
          await lay(place, '/proc/loadavg', '31.50 28.40 17.30 33/900 4711\n');
          place.write('starved', '');
        },
        shows: 'app',
      },
      {
        alone: true,
        how: 'fed: the same, and who asks it waits in vain',
        app: {
          run: 'sleep 100000',
          detect: {
            checks: [
              {
                command: ['sh', '-c', 'test ! -e starved || { echo "timed out waiting for an answer"; exit 1; }'],
                every: '1s',
                severity: 2,
              },
            ],
          },
        },
        make: async (place) => {
          await lay(place, '/proc/pressure/cpu', pressure(92, 0));
          await lay(place, '/proc/loadavg', '22.50 18.40 17.30 14/700 4711\n');
          place.write('starved', '');
        },
        shows: 'app',
      },
    ],
  },
  {
    mode: 'cpu-throttled',
    ways: [
      {
        how: 'a quota of a twentieth of a processor, and work for a whole one',
        app: inCgroup('cpu', python('wait()\nsay()\nwhile True: pass')),
        prepare: (place) => cgroup(place, 'cpu', '5000'),
        make: (place) => steps(place, 1, 0, 'echo go > go'),
        mend: async (place) => void (await place.standfast('restart', place.app)),
        shows: 'own',
      },
      {
        how: 'the same quota is lowered under a service that runs, whose answers come late then',
        app: {
          ...inCgroup(
            'cpu',
            python('while True:\n  t=time.time()\n  sum(range(4000000))\n  open("took","w").write(str(time.time()-t))'),
          ),
          detect: {
            checks: [
              {
                command: [
                  'sh',
                  '-c',
                  'test -s took || exit 0; awk \'{ if ($1 > 0.4) { print "the answer is late: it took " $1 " s"; exit 1 } }\' took',
                ],
                every: '1s',
                severity: 3,
              },
            ],
          },
        },
        prepare: (place) => cgroup(place, 'cpu', '100000'),
        make: async (place) => void (await place.sh('echo 3000 > "$(cat cgroup)/cpu.cfs_quota_us"')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'fds-exhausted',
    ways: [
      {
        how: 'it opens files and closes none, and what it is asked then fails',
        app: {
          ...belowShell(
            'import resource\nresource.setrlimit(resource.RLIMIT_NOFILE,(64,64))\nwait()\nf=[]\nwhile True:\n  try: f.append(open("/dev/null"))\n  except OSError: time.sleep(0.5)',
          ),
          detect: {
            checks: [
              {
                command: [
                  'sh',
                  '-c',
                  'n=$(ls /proc/$(cat pid)/fd | wc -l); test "$n" -lt 60 || { echo "Too many open files"; exit 1; }',
                ],
                every: '1s',
                severity: 2,
              },
            ],
          },
        },
        make: (place) => steps(place, 1, 0, 'echo go > go'),
        mend: async (place) => void (await place.standfast('restart', place.app)),
        shows: 'app',
      },
      {
        how: 'the limit of a running process is lowered to what it has open',
        app: python('f=[open("/dev/null") for _ in range(40)]\nwait()'),
        make: async (place) => {
          const pid = await pidOf(place);
          await place.sh('prlimit --pid "$1" --nofile=44:64', pid);
        },
        shows: 'own',
      },
    ],
  },
  {
    mode: 'processes-exhausted',
    ways: [
      {
        how: 'others in its cgroup take all processes that it may have, and it cannot fork',
        app: {
          ...inCgroup('pids', { shell: 'exec sleep 100000' }),
          detect: {
            checks: [
              {
                command: [
                  'sh',
                  '-c',
                  'sh -c \'echo $$ > "$(cat cgroup)/cgroup.procs"; (exec true) \' 2>&1 | grep -i "fork\\|resource" && exit 1; exit 0',
                ],
                every: '1s',
                severity: 2,
              },
            ],
          },
        },
        prepare: (place) => cgroup(place, 'pids', '30'),
        make: async (place) =>
          void (await place.begin(
            'sh',
            '-c',
            'echo $$ > "$(cat cgroup)/cgroup.procs"; for i in $(seq 28); do sleep 10000 >/dev/null 2>&1 & done; echo up; exec sleep 10000',
          )),
        shows: 'app',
      },
      {
        how: 'the limit of its cgroup is lowered to what runs',
        app: inCgroup('pids', { shell: 'for i in 1 2 3 4 5 6 7 8 9; do sleep 100000 & done; exec sleep 100000' }),
        prepare: (place) => cgroup(place, 'pids', '100'),
        make: async (place) => void (await place.sh('echo 11 > "$(cat cgroup)/pids.max"')),
        mend: async (place) => void (await place.sh('echo 100 > "$(cat cgroup)/pids.max"')),
        shows: 'own',
      },
    ],
  },
  {
    mode: 'connections-exhausted',
    ways: [
      {
        how: 'it accepts no more, and its queue of connections is full',
        app: {
          ...python(
            'import socket\ns=socket.socket()\ns.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\ns.bind(("10.9.0.1",7100))\ns.listen(3)\ns.settimeout(0.2)\nimport os\nwhile True:\n  if os.path.exists("go"):\n    time.sleep(0.2)\n    continue\n  try: s.accept()[0].close()\n  except OSError: pass',
          ),
          detect: { checks: [{ tcp: '10.9.0.1:7100', every: '1s', severity: 2 }] },
        },
        make: async (place) => {
          await place.sh('touch go');
          await place.begin(
            'python3',
            '-c',
            'import socket,time\nk=[]\nfor _ in range(8):\n  s=socket.socket(); s.setblocking(False)\n  try: s.connect(("10.9.0.1",7100))\n  except BlockingIOError: pass\n  k.append(s)\nprint("up",flush=True)\ntime.sleep(9999)',
          );
        },
        shows: 'app',
      },
      {
        how: 'it is stopped in the middle, and clients go on to connect',
        app: {
          ...python(
            'import socket\ns=socket.socket()\ns.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\ns.bind(("10.9.0.1",7101))\ns.listen(2)\nwhile True: s.accept()[0].close()',
          ),
          detect: { checks: [{ tcp: '10.9.0.1:7101', every: '2s', severity: 2 }] },
        },
        make: async (place) => {
          const pid = await pidOf(place);
          await place.sh('kill -STOP "$1"', pid);
          await place.begin(
            'python3',
            '-c',
            'import socket,time\nk=[]\nfor _ in range(8):\n  s=socket.socket(); s.setblocking(False)\n  try: s.connect(("10.9.0.1",7101))\n  except BlockingIOError: pass\n  k.append(s)\nprint("up",flush=True)\ntime.sleep(9999)',
          );
        },
        shows: 'app',
      },
    ],
  },
];
