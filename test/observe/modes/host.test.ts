// The host itself, and what is slow: snapshots, queues, logs and servers are real; a reboot and a clock that jumps are fed.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openHost } from '../../../src/observe/modes/host.ts';
import { openSlow, slowerSeen } from '../../../src/observe/modes/slow.ts';
import { folder, ground, look, said, watchOn } from './look.ts';

test('fed: another boot, a clock that jumps, a clock of a peer that is ahead', async (t) => {
  const root = folder(t);
  const boot = (id: string): void => {
    mkdirSync(dirname(join(root, 'proc/sys/kernel/random/boot_id')), { recursive: true });
    writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${id}\n`);
    passes(600_000);
  };
  /** The time since the machine was started goes on while it sleeps. */
  const passes = (upMs: number): void => writeFileSync(join(root, 'proc/uptime'), `${upMs / 1000} 1000.00\n`);
  boot('one');
  const watch = watchOn(root, {});
  let wall = 1_700_000_000_000;
  const open = (): ReturnType<typeof openHost> => openHost(ground({ root, now: () => wall }));
  assert.deepEqual(said(await look(open(), watch)), [], 'never seen before');
  assert.deepEqual(said(await look(open(), watch)), [], 'the agent alone was started again');
  boot('two');
  const detector = open();
  const [rebooted] = await look(detector, watch);
  assert.match(rebooted?.text ?? '', /^the host was started again 10 minutes ago/);
  wall += 10_000;
  passes(610_000);
  assert.deepEqual(said(await look(detector, watch)), []);
  wall += 8 * 3_600_000;
  passes(610_000 + 8 * 3_600_000);
  assert.deepEqual(said(await look(detector, watch)), [], 'it was suspended for a night');
  wall += 10_000 - 3_600_000;
  passes(620_000 + 8 * 3_600_000);
  const [set] = await look(detector, watch);
  assert.equal(set?.text, 'the clock was set back by 60 minutes');
  wall += 700_000;
  passes(1_320_000 + 8 * 3_600_000);
  assert.deepEqual(said(await look(detector, watch)), []);
  const peers = [{ host: 'b', address: '10.0.0.2', clockAheadMs: 9000, facts: {} }];
  assert.deepEqual(said(await look(detector, { ...watch, peers })), ['clock-off ahead']);
});

test('snapshots that are too old, and none at all', async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'all/2026/11/full'), { recursive: true });
  symlinkSync(join(dir, 'all'), join(dir, 'snapshots'));
  const snapshot = join(dir, 'all/2026/11/full/monday.img');
  writeFileSync(snapshot, 'x');
  const watch = watchOn(dir, {
    snapshots: [{ path: join(dir, 'snapshots'), withinMs: 86_400_000, services: ['ingest'] }],
  });
  assert.deepEqual(said(await look(openHost(ground()), watch)), []);
  utimesSync(snapshot, new Date(), new Date(Date.now() - 3 * 86_400_000));
  const [old] = await look(openHost(ground()), watch);
  assert.match(old?.text ?? '', /is 3 days old, 24 hours may be lost$/);
  rmSync(snapshot);
  assert.deepEqual(said(await look(openHost(ground()), watch)), ['snapshot-old ahead']);
});

test('an instance that answers much later than its peers; a queue that grows; errors that rise', async (t) => {
  const dir = folder(t);
  let delayMs = 0;
  // A clock of its own: however busy the machine is, an answer takes as long as it says.
  let mono = 0;
  const server = createServer((_, response) => {
    mono += delayMs;
    response.end('ok');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const queue = join(dir, 'queue');
  mkdirSync(queue);
  const log = join(dir, 'log');
  writeFileSync(log, 'error from before\n'.repeat(100));
  const noisy = join(dir, 'noisy');
  writeFileSync(noisy, 'error as always\n'.repeat(20));
  const detector = openSlow(ground({ mono: () => mono }));
  const peers = ['b', 'c', 'd'].map((host) => ({
    host,
    address: '10.0.0.2',
    clockAheadMs: 0,
    facts: { 'answer active pricer': '60' },
  }));
  const watch = watchOn(dir, {
    answers: [{ service: 'pricer', url, role: 'active' }],
    queues: [{ path: queue, services: ['pricer'] }],
    logs: [log, noisy].map((path) => ({ path, services: ['pricer'] })),
    peers,
  });
  const entries = (from: number, to: number): void => {
    for (let n = from; n < to; n += 1) writeFileSync(join(queue, `${n}\nof many\nlines`), '');
  };
  for (let n = 0; n < 4; n += 1) {
    appendFileSync(noisy, 'error as always\n'.repeat(20));
    assert.deepEqual(said(await look(detector, watch)), [], 'a log that tells of errors all the time is no news');
  }
  delayMs = 250;
  for (let n = 0; n < 2; n += 1) await look(detector, watch);
  assert.deepEqual(said(await look(detector, watch)), ['slow-peer ahead']);
  delayMs = 0;
  for (let n = 0; n < 3; n += 1) await look(detector, watch);
  for (let n = 0; n < 12; n += 1) {
    entries(n * 20, n * 20 + 20);
    mono += 10_000;
    await look(detector, watch);
  }
  const grown = await look(detector, watch);
  assert.deepEqual(said(grown), ['queue-growing ahead']);
  assert.match(grown[0]?.text ?? '', /grows: 240 entries wait/, 'whatever their names hold');
  appendFileSync(log, 'ERROR cannot price\nKeyError: 1\nNOERROR\n'.repeat(20) + 'terrors are none\n'.repeat(40));
  const seen = await look(detector, watch);
  assert.match(seen.find((each) => each.mode === 'errors-rising')?.text ?? '', /has 40 new lines of errors/);
  for (let n = 0; n < 9; n += 1) {
    mono += 60_000;
    appendFileSync(log, 'ERROR cannot price\n'.repeat(40));
    assert.ok(said(await look(detector, watch)).includes('errors-rising ahead'), 'it goes on');
  }
});

test('a comparison with peers bears an odd one among them', () => {
  const peers = (...times: readonly number[]): Parameters<typeof slowerSeen>[0] => ({
    host: 'a',
    peers: times.map((ms, n) => ({
      host: `p${n}`,
      address: '',
      clockAheadMs: 0,
      facts: { 'answer active pricer': String(ms) },
    })),
  });
  assert.equal(slowerSeen(peers(10, 11, 900), { 'answer active pricer': '12' }).length, 0);
  assert.equal(slowerSeen(peers(10, 11, 900), { 'answer active pricer': '300' }).length, 1);
  assert.equal(slowerSeen(peers(10, 11, 12, 13), { 'answer active pricer': '300' }).length, 1);
  assert.equal(slowerSeen(peers(1, 1, 1), { 'answer active pricer': '9' }).length, 0, 'milliseconds matter to nobody');
  assert.equal(slowerSeen(peers(10, 11), { 'answer standby pricer': '300' }).length, 0, 'of another role');
});
