// Storage that hangs, errs, slows down, turns read-only or is not mounted: a FUSE file system that nobody serves, ext4 on a loop device, tmpfs. What this
// kernel has not (md, single disks) is fed.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { openMounts } from '../../../src/observe/modes/mounts.ts';
import { openRaid } from '../../../src/observe/modes/raid.ts';
import { mountErring } from './fuse.ts';
import {
  folder,
  ground,
  hang,
  idle,
  impatient,
  look,
  needs,
  said,
  sh,
  shQuietly,
  starved,
  swift,
  watchOn,
} from './look.ts';

/** An ext4 on a loop device. */
function ext4(t: TestContext): { at: string; kept: string } {
  const kept = folder(t);
  const image = join(kept, 'image');
  const at = join(kept, 'data');
  mkdirSync(at);
  sh('truncate -s 32M "$1" && mkfs.ext4 -q -F "$1" && mount -o loop,errors=continue "$1" "$2"', image, at);
  t.after(() => shQuietly('fsfreeze -u "$1"', at));
  return { at, kept };
}

test(
  'a FUSE file system that hangs is found by its silence, and hides no other',
  { skip: needs('mkfs.ext4', 'losetup') },
  async (t) => {
    const { at: healthy, kept } = ext4(t);
    const at = join(kept, 'hung');
    const server = await hang(t, at);
    const detector = openMounts(impatient(swift(ground()), at));
    const watch = watchOn(kept, {
      folders: [
        { path: healthy, services: ['b'] },
        { path: at, services: ['a'] },
      ],
    });
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 10);
    const first = await look(detector, watch);
    assert.ok(ticks > 0, 'the loop waited for it');
    clearInterval(ticking);
    const seen = await look(detector, watch);
    const again = await look(detector, watch);
    assert.deepEqual(said(first), [], 'once may be a disk that is busy');
    assert.deepEqual(said(seen), ['mount-stuck fault']);
    assert.match(seen[0]?.text ?? '', /hung \(fuse, hung\) does not answer/);
    assert.deepEqual(said(again), ['mount-stuck fault'], 'it hangs still, and no second process waits for it');
    server.kill('SIGKILL');
    await once(server, 'exit');
    // The connection is torn: now it is stale.
    const torn = openMounts(ground());
    const [stale] = await look(torn, watchOn(kept, { folders: [{ path: at, services: ['a'] }] }));
    assert.equal(stale?.mode, 'mount-stuck');
    assert.match(stale.text, /stale/);
  },
);

test('a device that blocks for a while is slow', { skip: needs('mkfs.ext4', 'fsfreeze') }, async (t) => {
  const { at, kept } = ext4(t);
  const detector = openMounts(swift(ground()));
  const watch = watchOn(kept, { folders: [{ path: at, services: ['pricer'] }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  assert.deepEqual(said(await look(openMounts(starved(ground(), 1500)), watch)), [], 'it is the host that is slow');
  sh('fsfreeze -f "$1"', at);
  const looking = look(openMounts(idle(ground())), watch);
  setTimeout(() => shQuietly('fsfreeze -u "$1"', at), 1200);
  assert.deepEqual(said(await looking), ['storage-slow ahead']);
  assert.deepEqual(said(await look(detector, watch)), []);
});

test('a file system that errs says so', { skip: needs('mount') }, async (t) => {
  const kept = folder(t);
  const at = join(kept, 'erring');
  mkdirSync(at);
  await mountErring(t, at);
  const [errs] = await look(openMounts(ground()), watchOn(kept, { folders: [{ path: at, services: ['pricer'] }] }));
  assert.equal(errs?.mode, 'storage-errors');
  assert.match(errs.text, /Input\/output error/);
});

test('a remount as read-only, and a mount that is gone', { skip: needs('mkfs.ext4') }, async (t) => {
  const { at, kept } = ext4(t);
  const detector = openMounts(swift(ground()));
  const watch = watchOn(kept, {
    folders: [{ path: at, services: ['pricer'] }],
    mounts: [{ path: at, services: ['pricer'] }],
  });
  const inside = watchOn(kept, { folders: [{ path: join(at, 'lost+found'), services: ['pricer'] }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  sh('mount -o remount,ro "$1"', at);
  assert.deepEqual(said(await look(detector, watch)), ['storage-read-only fault']);
  assert.deepEqual(
    said(await look(openMounts(swift(ground())), inside)),
    ['storage-read-only fault'],
    'for a next agent too',
  );
  sh('umount "$1"', at);
  const [missing] = await look(detector, watch);
  assert.equal(missing?.mode, 'mount-missing');
  assert.match(missing.text, /^nothing is mounted on .*data: what is written there goes to \//);
  assert.deepEqual(
    said(await look(detector, inside)),
    ['mount-missing change'],
    'it was there, and nobody wrote it down',
  );
});

test(
  'what is read-only or comes and goes as meant is no fault, and no folder of settings is written to',
  { skip: needs('mount') },
  async (t) => {
    const dir = folder(t);
    const [etc, log] = [join(dir, 'etc'), join(dir, 'log')];
    sh('mkdir -p "$1" "$2" "$3/root/etc" && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', etc, log, dir);
    const asked: (readonly string[])[] = [];
    const asking = (argv: readonly string[]): readonly string[] => {
      asked.push(argv);
      return argv;
    };
    const services = ['pricer'];
    const watch = watchOn(dir, {
      folders: [
        { path: join(dir, 'kept'), services },
        { path: etc, services },
        { path: log, services, isWritten: true },
      ],
    });
    assert.deepEqual(said(await look(openMounts(swift(ground({ asking }))), watch)), []);
    const touched = new Set(asked.map((argv) => argv.at(-1)));
    assert.deepEqual(touched, new Set([etc, log]), 'one of each file system, where it writes itself');
    const isLog = { ...watch, folders: [{ path: etc, services, isWritten: true }] };
    assert.deepEqual(said(await look(openMounts(swift(ground())), isLog)), ['storage-read-only fault']);
    // Mounted for the night by a job, and by whoever comes.
    const root = join(dir, 'root');
    mkdirSync(join(root, 'proc/self'), { recursive: true });
    const mounted = (...at: readonly string[]): void =>
      writeFileSync(
        join(root, 'proc/self/mountinfo'),
        ['/', ...at].map((each) => `36 35 8:1 / ${each} rw - ext4 /dev/sda1 rw\n`).join(''),
      );
    writeFileSync(
      join(root, 'etc/fstab'),
      '/dev/sda1 / ext4 rw 0 1\n/dev/sdb1 /backup ext4 noauto,user 0 0\n/dev/sdc1 /da\\040ta ext4 defaults 0 2\n',
    );
    const detector = openMounts(ground({ root }));
    mounted('/backup', '/da\\040ta');
    assert.deepEqual(said(await look(detector, watchOn(root, {}))), []);
    mounted();
    const [gone, ...more] = await look(detector, watchOn(root, {}));
    assert.deepEqual([gone?.mode, gone?.subject, more], ['mount-missing', '/da ta', []]);
  },
);

test('fed: an array that lost a device, one that is inactive, a disk without an array', async (t) => {
  const root = folder(t);
  const file = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const mdstat = (md0: string): string =>
    `Personalities : [raid1] [raid6] [raid5] [raid4]\n${md0}\nmd1 : active raid5 sdd1[2] sdc1[1] sde1[0]\n      2093056 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/3] [UUU]\n\nunused devices: <none>\n`;
  file('proc/mdstat', mdstat('md0 : active raid1 sdb1[1] sda1[0]\n      1046528 blocks super 1.2 [2/2] [UU]\n'));
  const detector = openRaid(ground({ root }));
  const watch = watchOn(root, { folders: [{ path: '/data', services: ['ingest'] }] });
  assert.deepEqual(said(await look(detector, watch)), []);
  file('proc/mdstat', mdstat('md0 : active raid1 sdb1[1](F) sda1[0]\n      1046528 blocks super 1.2 [2/1] [U_]\n'));
  const [degraded] = await look(detector, watch);
  assert.equal(degraded?.text, 'array md0 is degraded: 1 of 2 devices work, faulty: sdb1');
  file('proc/mdstat', mdstat('md0 : inactive sda1[0](S)\n      1046528 blocks super 1.2\n'));
  assert.deepEqual(said(await look(detector, watch)), ['raid-degraded fault']);
  file('proc/mdstat', mdstat('md127 : inactive sdb[1](S) sda[0](S)\n      5032 blocks super external:imsm\n'));
  assert.deepEqual(said(await look(detector, watch)), [], 'what describes the arrays of a firmware is never active');
  file('proc/mdstat', mdstat(''));
  file('proc/self/mountinfo', '36 35 8:1 / / rw,noatime - ext4 /dev/sda1 rw\n');
  file('sys/block/sda/size', '1000215216\n');
  file('sys/block/sda/device/vendor', 'ATA     \n');
  assert.deepEqual(said(await look(detector, watch)), ['storage-single-device pressure']);
  file('sys/block/sda/device/vendor', 'QEMU    \n');
  assert.deepEqual(said(await look(detector, watch)), [], 'a hypervisor has its array elsewhere');
});
