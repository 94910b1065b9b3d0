// What everything stands on: storage, the host, its clock; and what is slow, not dead.

import { join } from 'node:path';
import { both, checked, worker, type App, type Case } from '../case.ts';
import { far, here, type Place } from '../place.ts';
import { python } from '../means.ts';

const idle = { run: 'sleep 100000' };
const data = { disk: ['data'] };
const ext4 = async (place: Place): Promise<void> =>
  void (await place.sh(
    'mkdir data && truncate -s 24M image && mkfs.ext4 -q -F image && mount -o loop,errors=continue image data && echo kept > data/marker',
  ));
/** A FUSE file system that nobody serves, until its server is killed. */
const hung = async (place: Place): Promise<void> =>
  void (await place.begin(
    'sh',
    '-c',
    'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 hung data && echo up && exec sleep 100000 3<&3',
  ));
const erring = async (place: Place): Promise<void> =>
  void (await place.begin(
    process.execPath,
    join(import.meta.dirname, '..', '..', 'services', 'fuse-erring.mjs'),
    'data',
  ));
const freezes =
  (s: string) =>
  async (place: Place): Promise<void> => {
    // A file system that is left frozen outlives its last mount.
    place.after(() => place.run(['fsfreeze', '-u', 'data']));
    await place.begin('sh', '-c', `echo up; while fsfreeze -f data; do sleep ${s}; fsfreeze -u data; sleep 0.3; done`);
  };
const mdstat = (state: string, devices: string): string =>
  `Personalities : [raid1] \nmd0 : ${state}\n      976630464 blocks super 1.2 ${devices}\n      \nunused devices: <none>\n`;
const folder = async (place: Place): Promise<void> => void (await place.sh('mkdir data'));

const storageCases: readonly Case[] = [
  {
    mode: 'storage-read-only',
    ways: [
      {
        how: 'it is remounted read-only under a service that appends to it',
        app: { ...worker('echo x >> data/log'), watch: data },
        prepare: ext4,
        make: async (place) => void (await place.sh('mount -o remount,ro data')),
        mend: async (place) => void (await place.sh('mount -o remount,rw data')),
        shows: 'app',
      },
      {
        how: 'a tmpfs is, and a check that writes finds out',
        app: { ...checked('echo x > data/probe'), watch: data },
        prepare: async (place) => void (await place.sh('mkdir data && mount -t tmpfs -o size=16m none data')),
        make: async (place) => void (await place.sh('mount -o remount,ro data')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'storage-errors',
    ways: [
      {
        how: 'every access to it errs (FUSE)',
        app: { ...worker('echo x >> data/log'), watch: data },
        prepare: folder,
        make: erring,
        mend: async (place) => void (await place.sh('umount -l data')),
        shows: 'app',
      },
      {
        how: 'the same, and a check that reads finds out',
        app: { ...checked('cat data/marker'), watch: data },
        prepare: async (place) => {
          await folder(place);
          await place.sh('echo kept > data/marker');
        },
        make: erring,
        shows: 'app',
      },
    ],
  },
  {
    mode: 'storage-slow',
    ways: [
      {
        how: 'the device stands still for 2 s again and again, and answers are late',
        app: {
          run: 'sleep 100000',
          watch: data,
          detect: {
            checks: [
              {
                command: [
                  'sh',
                  '-c',
                  's=$(date +%s%N); echo x > data/probe; e=$(( ($(date +%s%N) - s) / 1000000 )); test $e -lt 700 || { echo "the answer is late: $e ms"; exit 1; }',
                ],
                every: '2s',
                severity: 3,
              },
            ],
          },
        },
        prepare: ext4,
        make: freezes('2'),
        shows: 'app',
        within: 150,
      },
      {
        how: 'it does so for 3 s, and nothing has failed yet',
        app: { ...idle, watch: data },
        prepare: ext4,
        make: freezes('3'),
        shows: 'own',
        within: 150,
      },
    ],
  },
  {
    mode: 'mount-stuck',
    ways: [
      {
        how: 'a file system hangs, and a check of it comes to no end',
        app: { ...checked('ls data/marker'), watch: data },
        prepare: async (place) => {
          await folder(place);
          await place.sh('touch data/marker');
        },
        make: hung,
        mend: async (place) => void (await place.sh('umount -l -f data')),
        shows: 'app',
      },
      {
        how: 'the program that serves it is gone, and the service ends',
        app: { ...worker('ls data/marker >/dev/null'), watch: data },
        prepare: async (place) => {
          await folder(place);
          await place.sh('touch data/marker');
        },
        make: async (place) =>
          void (await place.sh(
            'sh -c "exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 torn data"',
          )),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'mount-missing',
    ways: [
      {
        how: 'it is unmounted, and what lies there is gone',
        app: {
          ...worker('test -s data/marker || { echo "no such file: data/marker" >&2; false; }'),
          watch: { mounts: ['data'] },
        },
        prepare: ext4,
        make: async (place) => void (await place.sh('umount -l data')),
        mend: async (place) => void (await place.sh('mount -o loop image data')),
        shows: 'app',
      },
      {
        how: 'a mount that fstab names is gone, and nothing fails yet',
        app: { ...idle, watch: data },
        prepare: async (place) => {
          await ext4(place);
          await place.sh('echo "$PWD/image $PWD/data ext4 loop 0 0" >> /etc/fstab');
        },
        make: async (place) => void (await place.sh('umount -l data')),
        shows: 'own',
      },
    ],
  },
  {
    mode: 'raid-degraded',
    ways: [
      {
        fed: true,
        how: 'fed: one of two devices of an array has failed, and nothing shows it',
        app: { ...idle, watch: data },
        prepare: async (place) => {
          await folder(place);
          place.feed('/proc/mdstat', mdstat('active raid1 sdb1[1] sda1[0]', '[2/2] [UU]'));
        },
        make: async (place) => {
          place.feed('/proc/mdstat', mdstat('active raid1 sdb1[1](F) sda1[0]', '[2/1] [U_]'));
          await Promise.resolve();
        },
        mend: async (place) => {
          place.feed('/proc/mdstat', mdstat('active raid1 sdc1[2] sda1[0]', '[2/2] [UU]'));
          await Promise.resolve();
        },
        shows: 'own',
        within: 150,
      },
      {
        fed: true,
        how: 'fed: an array is inactive since its second device went, and the service cannot read what lay on it',
        app: { ...worker('test -e data/kept || { echo "md0: Input/output error" >&2; false; }'), watch: data },
        prepare: async (place) => {
          place.feed('/proc/mdstat', mdstat('active raid1 sdb1[1] sda1[0]', '[2/2] [UU]'));
          await place.sh('mkdir data; echo x > data/kept');
        },
        make: async (place) => {
          place.feed('/proc/mdstat', mdstat('inactive sda1[0](S)', ''));
          await place.sh('rm data/kept');
        },
        shows: 'app',
        within: 150,
      },
    ],
  },
  {
    mode: 'storage-single-device',
    ways: both('/dev/sda1', '/dev/nvme0n1p2', (device) => ({
      fed: true,
      how: `fed: what lay on an array is mounted from ${device} now`,
      app: { ...idle, watch: data },
      prepare: async (place) => void (await place.sh('mkdir data; mount -t tmpfs -o size=4m /dev/md0 data')),
      async make(place) {
        const disk = device === '/dev/sda1' ? 'sda' : 'nvme0n1';
        place.feed(`/sys/block/${disk}/size`, '7814037168\n');
        place.feed(`/sys/block/${disk}/device/vendor`, 'ATA     \n');
        await place.sh('umount data; mount -t tmpfs -o size=4m "$1" data', device);
      },
      shows: 'known',
      within: 150,
    })),
  },
];

const killHost = async (place: Place): Promise<void> =>
  void (await place.sh(
    'for signal in STOP KILL; do for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null | grep -q -- "--state $STANDFAST_STATE .*--host b" && kill -$signal ${p#/proc/}; done; done; true',
  ));
const stopHost = async (place: Place): Promise<void> =>
  void (await place.sh(
    'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null | grep -q -- "--state $STANDFAST_STATE .*--host b" && kill -STOP ${p#/proc/}; done; true',
  ));
const pair: App = {
  shell: 'exec sleep 100000',
  policy: 'hot-active/cold-passive',
  on: ['a', 'b'],
  prefer: 'b',
};

const hostCases: readonly Case[] = [
  {
    mode: 'host-lost',
    ways: both(killHost, stopHost, (make) => ({
      how: make === killHost ? 'everything of it ends at once' : 'all of it stands still',
      alone: true,
      app: pair,
      more: { hosts: { a: { address: here }, b: { address: far } } },
      make,
      shows: 'own',
    })),
  },
  {
    mode: 'host-rebooted',
    ways: both('ram', 'lock', (left) => ({
      how: `fed: another boot id after all of it ended; the service misses ${left === 'ram' ? 'what was in memory' : 'what is made at boot'}`,
      alone: true,
      app: { ...worker(`test -e ${left}`), watch: {} },
      prepare: async (place) => void (await place.sh('touch "$1"', left)),
      async make(place) {
        await place.standfast('down');
        const file = place.write('boot-id', '00000000-1111-4222-8333-444444444444\n');
        await place.sh('rm "$1"; mount --bind "$2" /proc/sys/kernel/random/boot_id', left, file);
        await place.standfast('up', join(place.folder, '..'), '--detach', '--timeout', '5s');
      },
      shows: 'app',
    })),
  },
  {
    mode: 'clock-off',
    ways: [
      {
        how: 'the clock is set back by an hour',
        alone: true,
        clock: true,
        app: idle,
        make: async (place) => {
          place.setClock('-1h');
          await Promise.resolve();
        },
        mend: async (place) => {
          place.setClock('+0');
          await Promise.resolve();
        },
        shows: 'own',
      },
      {
        how: 'it is set forward by a minute',
        alone: true,
        clock: true,
        app: idle,
        make: async (place) => {
          place.setClock('+60');
          await Promise.resolve();
        },
        shows: 'own',
      },
    ],
  },
  {
    mode: 'snapshot-old',
    ways: both('touch -d "3 days ago" snapshots/monday.img', 'rm snapshots/monday.img', (line) => ({
      how: line.startsWith('rm') ? 'there is none' : 'the newest is three days old',
      app: { ...idle, watch: { snapshots: [{ path: 'snapshots', within: '1d' }] } },
      prepare: async (place) => void (await place.sh('mkdir snapshots; echo x > snapshots/monday.img')),
      make: async (place) => void (await place.sh(line)),
      mend: async (place) => void (await place.sh('echo x > snapshots/tuesday.img')),
      shows: 'own',
    })),
  },
];

const answering = (hosts: readonly string[]): App => ({
  ...python(
    'import http.server,socketserver,sys\nclass H(http.server.BaseHTTPRequestHandler):\n  def do_GET(self):\n    if os.path.exists("slow-"+os.environ["AT"]): time.sleep(0.6)\n    self.send_response(200); self.end_headers(); self.wfile.write(b"ok")\n  def log_message(self,*a): pass\nclass S(socketserver.ThreadingMixIn,http.server.HTTPServer): allow_reuse_address=True\nS((os.environ["AT"],7200),H).serve_forever()',
  ),
  policy: 'hot-active/hot-active',
  consumers: 'dropDuplicates',
  on: Object.fromEntries(hosts.map((name, n) => [name, { env: { AT: `10.9.0.${n + 1}` } }])),
  detect: { checks: [{ http: 'http://${AT}:7200/', every: '2s', severity: 3 }] },
});

const slowCases: readonly Case[] = [
  {
    mode: 'slow-peer',
    ways: both('10.9.0.1', '10.9.0.3', (at) => ({
      how:
        at === '10.9.0.1'
          ? 'one of three takes 0.6 s for what takes the others milliseconds'
          : 'another of the three does',
      app: answering(['a', 'b', 'c']),
      more: { hosts: { a: { address: here }, b: { address: far }, c: { address: '10.9.0.3' } } },
      prepare: async (place) => void (await place.sh('ip addr add 10.9.0.3/32 dev lo')),
      make: async (place) => void (await place.sh('touch "slow-$1"', at)),
      mend: async (place) => void (await place.sh('rm -f slow-*')),
      shows: 'own',
      within: 240,
    })),
  },
  {
    mode: 'queue-growing',
    ways: both(30, 80, (each) => ({
      how: `${each} entries more with every look, and none is worked off`,
      app: { ...idle, watch: { queues: ['queue'] } },
      prepare: async (place) => void (await place.sh('mkdir queue')),
      make: async (place) =>
        void (await place.begin(
          'sh',
          '-c',
          `echo up; while :; do n=$(date +%s%N); for i in $(seq ${each}); do : > queue/$n.$i; done; sleep 10; done`,
        )),
      shows: 'own',
      within: 400,
    })),
  },
  {
    mode: 'errors-rising',
    ways: [
      {
        how: 'it logs an error four times a second',
        app: { shell: 'while :; do test -e go && echo "ERROR cannot price" || echo fine; sleep 0.25; done' },
        make: async (place) => void (await place.sh('touch go')),
        mend: async (place) => void (await place.sh('rm go')),
        shows: 'own',
        within: 150,
      },
      {
        how: 'bursts of exceptions stand in its log file, and a check of it warns',
        app: {
          shell:
            'touch log/app.log; while :; do test -e go && for i in 1 2 3 4 5 6 7 8; do echo "Exception: no route" >> log/app.log; done; sleep 1; done',
          log: { file: 'log/app.log' },
          detect: {
            checks: [
              {
                command: [
                  'sh',
                  '-c',
                  'test "$(tail -20 log/app.log | grep -c Exception)" -lt 10 || { echo "many errors"; exit 1; }',
                ],
                every: '1s',
                severity: 3,
              },
            ],
          },
        },
        prepare: async (place) => void (await place.sh('mkdir -p log; touch log/app.log')),
        make: async (place) => void (await place.sh('touch go')),
        shows: 'app',
        within: 150,
      },
    ],
  },
];

export const groundCases: readonly Case[] = [...storageCases, ...hostCases, ...slowCases];
