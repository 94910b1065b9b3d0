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
import { monoNow, wallNow } from '../../src/keeper/clock.ts';
import { readStat } from '../../src/keeper/proc.ts';
import { monoMs, wallMs } from '../../src/model/units.ts';
import type { EndedInstance } from '../../src/ports.ts';

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
  const hand = openOwnHand(folder, monoNow);
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
