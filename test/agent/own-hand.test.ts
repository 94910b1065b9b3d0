// What an agent ends by its own hand, while its keeper does not answer, and what it then makes of the end as that keeper tells it later.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { openOwnHand } from '../../src/agent/own-hand.ts';
import { findCgroupBase, joinFiles, makeCgroup, removeCgroup, removeCgroupBase } from '../../src/keeper/cgroup.ts';
import { monoNow, wallNow } from '../../src/keeper/clock.ts';
import { openGroupOf } from '../../src/keeper/group-of.ts';
import { isAlive, readStat } from '../../src/keeper/proc.ts';
import { monoMs, wallMs } from '../../src/model/units.ts';
import type { EndedInstance } from '../../src/ports.ts';
import { cgroupMissing } from '../keeper/native.ts';

test('a keeper that was stopped tells an end late: what we saw ourselves counts, unless it still found something', async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'standfast-hand-')));
  t.after(() => rmSync(folder, { recursive: true }));
  const instance = 'one@a#1';
  // Outside of the process group, as what forks away: only its mark tells.
  const child = spawn('setsid', ['sleep', '1000'], {
    stdio: 'ignore',
    env: { ...process.env, STANDFAST_INSTANCE: instance, STANDFAST_ROLE_FILE: join(folder, instance, 'role') },
  });
  const { pid = 0 } = child;
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const hand = openOwnHand(folder, await openGroupOf(), monoNow);
  const over = once(child, 'exit');
  hand.kill(instance, { pid, startTicks: readStat(pid)?.startTicks ?? 0 });
  assert.deepEqual((await over)[1], 'SIGKILL');

  const lateMs = 60_000;
  const told: EndedInstance = {
    instance,
    service: 'one',
    pid,
    code: null,
    signal: 'SIGKILL',
    by: 'deadline',
    term: 3,
    endedAt: monoMs(monoNow() + lateMs),
    goneAt: monoMs(monoNow() + lateMs + 1),
    endedAtMs: wallMs(wallNow() + lateMs),
    foundLiving: false,
  };
  let seen = hand.seen(told);
  for (; seen.goneAt === told.goneAt; seen = hand.seen(told)) await pause(5);
  assert.ok(seen.goneAt <= monoNow() && seen.endedAt === seen.goneAt);
  assert.ok(told.endedAtMs - seen.endedAtMs > lateMs / 2, 'wall time goes back by as much');
  assert.deepEqual(hand.seen({ ...told, foundLiving: true }).goneAt, told.goneAt);
  assert.deepEqual(hand.seen({ ...told, instance: 'other@a#1' }).goneAt, told.goneAt);
});

const missing = { v1: await cgroupMissing('v1'), v2: await cgroupMissing('v2') };
for (const version of ['v1', 'v2'] as const)
  test(
    `what left its process group, session and environment is ended by its control group, ${version}`,
    { skip: missing[version] },
    async (t) => {
      const key = `hand-${process.pid}`;
      const base = (await findCgroupBase(version, key)) ?? assert.fail('no control group');
      t.after(() => removeCgroupBase(base));
      const instance = `one@a#${process.pid}`;
      const group = await makeCgroup(base, instance, null);
      t.after(() => removeCgroup(group));
      const [file = ''] = joinFiles(group);
      const main = spawn('sh', ['-c', 'echo 0 >"$0"; env -i setsid sleep 1000 & echo $!; exec sleep 1000', file], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      const { pid = 0 } = main;
      const [line] = await once(main.stdout, 'data');
      const far = Number(String(line));
      t.after(() => [far, pid].forEach((each) => isAlive(readStat(each)) && process.kill(each, 'SIGKILL')));
      const hand = openOwnHand('/nowhere', await openGroupOf(), monoNow);
      hand.kill(instance, { pid, startTicks: readStat(pid)?.startTicks ?? 0 });
      await once(main, 'exit');
      for (const untilMs = monoNow() + 10_000; isAlive(readStat(far)) && monoNow() < untilMs;) await pause(1);
      assert.equal(isAlive(readStat(far)), false);
    },
  );
