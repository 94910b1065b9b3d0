// What happens when the keeper, its guards or the agent die: nothing leased outlives its keeper, nothing else goes down.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import type { CgroupChoice } from '../../src/keeper/cgroup.ts';
import { isAlive, isSame, readStat } from '../../src/keeper/proc.ts';
import { startKeeper } from '../../src/keeper/start-keeper.ts';
import { ms } from '../../src/model/units.ts';
import { freePort } from '../free-port.ts';
import { NativeKeeper, cgroupMissing } from './native.ts';
import { connects, failure, forksAway, inMs, leased, startRequest, value } from './process-manager.cases.ts';
import { eventually, lines } from './waiting.ts';

const ways: readonly (readonly [CgroupChoice, string | false])[] = [
  ['v1', await cgroupMissing('v1')],
  ['v2', await cgroupMissing('v2')],
  ['none', false],
];

for (const [cgroup, skip] of ways)
  describe(`deaths, cgroup ${cgroup}`, { skip }, () => {
    test('the keeper is killed under a leased service whose forked child answers: all of it dies, the rest stays', async (t) => {
      const keeper = await NativeKeeper.open(t, cgroup);
      const { client, state } = keeper;
      const port = await freePort();
      const away = join(state, 'child');
      await writeFile(join(state, 'listen.cjs'), `require('node:net').createServer().listen(${port}, '127.0.0.1');`);
      const line = `${forksAway(away, `exec "${process.execPath}" listen.cjs`)} exec sleep 600`;
      const started = value(await client.start(startRequest(state, 'taken', line, leased(0, null))));
      const asActive = value(
        await client.start(startRequest(state, 'active', 'exec sleep 600', leased(3, inMs(600_000)))),
      );
      const standby = value(await client.start(startRequest(state, 'standby', 'exec sleep 600', leased(0, null))));
      const single = value(await client.start(startRequest(state, 'single', 'exec sleep 600')));
      value(await client.activate({ instance: started.instance, term: 7, deadline: inMs(600_000), signal: null }));
      const back = value(await client.start(startRequest(state, 'back', 'exec sleep 600', leased(0, null))));
      value(await client.activate({ instance: back.instance, term: 2, deadline: inMs(600_000), signal: null }));
      value(await client.deactivate({ instance: back.instance, term: 2, role: 'standby', signal: null }));
      value(await client.disarm({ instance: back.instance, term: 2 }));
      const mark = join(keeper.layout.instances, back.instance, 'leased');
      await eventually(
        () => !existsSync(mark),
        'the keeper has noted that it is leased no more, which it does after its answer',
      );
      await eventually(() => connects(port), 'the forked child answers');
      const [child] = (await lines(away, (all) => all.length > 0)).map(Number);
      assert.notEqual(readStat(child!)?.session, started.pid);

      await keeper.crash();
      for (const pid of [child!, started.pid, asActive.pid])
        await eventually(() => !isAlive(readStat(pid)), `${pid} dies with the keeper`);
      assert.equal(await connects(port), false);

      await keeper.start();
      assert.deepEqual(sorted(keeper.hello?.running.map((each) => [each.service, each.pid, each.adopted])), [
        ['back', back.pid, true],
        ['single', single.pid, true],
        ['standby', standby.pid, true],
      ]);
      for (const each of [single, standby, back])
        assert.equal(isSame(each.pid, each.startTicks), true, `${each.service} keeps its process`);
      const told = new Map(keeper.hello?.ended.map((each) => [each.service, each]));
      assert.deepEqual(
        [told.get('taken')?.by, told.get('taken')?.term, told.get('taken')?.code],
        ['keeper-lost', 7, null],
      );
      assert.deepEqual([told.get('active')?.by, told.get('active')?.term], ['keeper-lost', 3]);
      assert.equal(
        failure(await client.activate({ instance: standby.instance, term: 1, deadline: inMs(-1), signal: null })).code,
        'SF-605',
      );

      // the adopted are kept like any other
      value(await client.activate({ instance: standby.instance, term: 1, deadline: inMs(1500), signal: null }));
      const atDeadline = await keeper.ended(standby.instance);
      assert.deepEqual([atDeadline.by, atDeadline.code, atDeadline.signal], ['deadline', null, null]);
      process.kill(single.pid, 'SIGKILL');
      assert.deepEqual(((ended) => [ended.by, ended.code, ended.signal])(await keeper.ended(single.instance)), [
        'itself',
        null,
        null,
      ]);
    });

    test('keeper and guards killed: the next keeper kills what was leased and adopts what has no record', async (t) => {
      const keeper = await NativeKeeper.open(t, cgroup);
      const { client, state, layout } = keeper;
      const standby = value(
        await client.start(
          startRequest(state, 'leased', `${forksAway(join(state, 'child'))} exec sleep 600`, leased(0, null)),
        ),
      );
      const unconfirmed = value(
        await client.start(startRequest(state, 'unconfirmed', 'exec sleep 600', leased(0, null))),
      );
      const single = value(await client.start(startRequest(state, 'single', 'exec sleep 600')));
      value(await client.activate({ instance: standby.instance, term: 4, deadline: inMs(600_000), signal: null }));
      value(await client.activate({ instance: unconfirmed.instance, term: 4, deadline: inMs(600_000), signal: null }));
      value(await client.deactivate({ instance: unconfirmed.instance, term: 4, role: 'standby', signal: null }));
      const [child] = (await lines(join(state, 'child'), (all) => all.length > 0)).map(Number);
      await eventually(
        async () => (await readdir(join(layout.instances, single.instance))).includes('record'),
        'the record is written',
      );
      await rm(join(layout.instances, single.instance), { recursive: true });

      // held still, it cannot replace the guards
      process.kill(keeper.pid, 'SIGSTOP');
      for (const guard of await childrenOf(keeper.pid, 'standfast-guard')) process.kill(guard, 'SIGKILL');
      await keeper.crash();
      assert.equal(isSame(standby.pid, standby.startTicks), true, 'nobody was left to end it');
      await keeper.start();
      assert.deepEqual(
        keeper.hello?.running.map((each) => [each.service, each.pid]),
        [['single', single.pid]],
      );
      assert.deepEqual(sorted(keeper.hello?.ended.map((each) => [each.service, each.by, each.term])), [
        ['leased', 'keeper-lost', 4],
        ['unconfirmed', 'keeper-lost', 4],
      ]);
      for (const pid of [standby.pid, unconfirmed.pid, child!]) assert.equal(isAlive(readStat(pid)), false);
      assert.equal(
        failure(
          await client.start(
            startRequest(state, 'leased', 'true', { ...leased(3, inMs(600_000)), instance: 'leased@a#2' }),
          ),
        ).code,
        'SF-606',
        'terms are remembered',
      );
    });

    test('a guard that is killed is replaced', async (t) => {
      const keeper = await NativeKeeper.open(t, cgroup);
      const { client, state } = keeper;
      const started = value(await client.start(startRequest(state, 'guarded', 'exec sleep 600', leased(0, null))));
      value(await client.activate({ instance: started.instance, term: 1, deadline: inMs(600_000), signal: null }));
      const [first] = await childrenOf(keeper.pid, 'standfast-guard');
      process.kill(first!, 'SIGTERM');
      process.kill(first!, 'SIGHUP');
      process.kill(first!, 'SIGKILL');
      await eventually(
        async () => (await childrenOf(keeper.pid, 'standfast-guard')).some((pid) => pid !== first),
        'another guard',
      );
      await keeper.crash();
      await eventually(() => !isSame(started.pid, started.startTicks), 'the second guard ends it');
      await keeper.start();
    });
  });

test('SIGTERM to the keeper ends what is leased and leaves the rest', async (t) => {
  const keeper = await NativeKeeper.open(t);
  const { client, state } = keeper;
  const active = value(
    await client.start(
      startRequest(state, 'active', `trap '' TERM; while :; do sleep 1; done`, leased(1, inMs(600_000))),
    ),
  );
  const single = value(await client.start(startRequest(state, 'single', 'exec sleep 600')));
  const { pid } = keeper;
  const ticks = readStat(pid)!.startTicks;
  process.kill(pid, 'SIGTERM');
  await eventually(() => !isSame(pid, ticks), 'the keeper ends');
  assert.equal(isAlive(readStat(active.pid)), false);
  assert.equal(isSame(single.pid, single.startTicks), true);
  await eventually(() => keeper.lost.length === 1, 'the agent is told');
  await keeper.start();
  assert.deepEqual(
    keeper.hello?.running.map((each) => each.service),
    ['single'],
  );
});

test('quit leaves what it is told to leave, and is refused else', async (t) => {
  const keeper = await NativeKeeper.open(t);
  const { client, state } = keeper;
  const active = value(await client.start(startRequest(state, 'active', 'exec sleep 600', leased(1, inMs(600_000)))));
  const single = value(await client.start(startRequest(state, 'single', 'exec sleep 600')));
  assert.equal(failure(await client.quit({ leave: false })).code, 'SF-617');
  const { pid } = keeper;
  const ticks = readStat(pid)!.startTicks;
  value(await client.quit({ leave: true }));
  await eventually(() => !isSame(pid, ticks), 'the keeper ends');
  assert.equal(isAlive(readStat(active.pid)), false);
  assert.equal(isSame(single.pid, single.startTicks), true);
  await keeper.start();
});

test('two keepers of one host are impossible, also over a stale socket', async (t) => {
  const keeper = await NativeKeeper.open(t);
  const { layout, state } = keeper;
  const options = { state, system: 'tested', host: 'a', cgroup: 'auto', agentCommand: [], agent: null } as const;
  // started by hand beside the first, which holds the lock whatever became of its socket
  await rm(layout.keeperSocket);
  const second = await startKeeper(layout, options);
  assert.match(failure(second).why, new RegExp(`SF-618 another keeper has .*: pid ${keeper.pid}`));
  await keeper.crash();
  await writeFile(layout.keeperSocket, '');
  const several = await Promise.all([
    startKeeper(layout, options),
    startKeeper(layout, options),
    startKeeper(layout, options),
  ]);
  for (const each of several) value(each);
  value(await keeper.client.connect());
});

test('records of another boot are void, cut-off ones too', async (t) => {
  const keeper = await NativeKeeper.open(t);
  const { client, state, layout } = keeper;
  const single = value(await client.start(startRequest(state, 'single', 'exec sleep 600')));
  const folder = join(layout.instances, single.instance);
  await eventually(async () => (await readdir(folder)).includes('record'), 'the record');
  await keeper.crash();
  const record = await readFile(join(folder, 'record'), 'utf8');
  await writeFile(join(folder, 'record'), record.slice(0, 40));
  const other = join(layout.instances, 'other@a#1');
  await mkdir(other);
  await writeFile(
    join(other, 'record'),
    `${JSON.stringify({ ...JSON.parse(record.split('\n')[0]!), instance: 'other@a#1', boot: 'another' })}\n${await readFile('/proc/self/stat', 'utf8')}`,
  );
  await keeper.start();
  assert.deepEqual(
    keeper.hello?.running.map((each) => each.pid),
    [single.pid],
    'found by its mark',
  );
  assert.deepEqual(keeper.hello?.ended, []);
  assert.equal((await readdir(layout.instances)).includes('other@a#1'), false);
});

test('a newer agent takes the place of the older, and what is under way ends as unknown', async (t) => {
  const keeper = await NativeKeeper.open(t);
  const { client, state } = keeper;
  const newer = keeper.newClient();
  value(await newer.connect());
  await eventually(() => keeper.lost.length === 1, 'the older is told');
  assert.match(keeper.lost[0] ?? '', /another agent/);
  assert.equal((await client.ping()).kind, 'unknown');
  value(await newer.start(startRequest(state, 'one', 'exec sleep 600')));
  process.kill(keeper.pid, 'SIGSTOP');
  const asked = newer.stop({ instance: 'one@a#1', signal: 'SIGTERM', forcedAfter: ms(600_000) });
  await keeper.crash();
  assert.equal((await asked).kind, 'unknown');
  assert.equal(keeper.lost.length, 2);
  assert.match(keeper.lost[1] ?? '', /connection|ECONNRESET|EPIPE/);
  newer.close();
  await keeper.start();
});

/** Children of a process whose command line names something. */
async function childrenOf(pid: number, name: string): Promise<number[]> {
  const found: number[] = [];
  for (const each of (await readdir('/proc')).map(Number).filter((one) => one > 0)) {
    if (readStat(each)?.ppid !== pid) continue;
    if ((await readFile(`/proc/${each}/cmdline`, 'utf8').catch(() => '')).includes(name)) found.push(each);
  }
  return found;
}

/** By their first fields, as text. */
function sorted<T extends readonly (string | number | boolean)[]>(rows: readonly T[] = []): T[] {
  return [...rows].sort((a, b) => String(a[0]).localeCompare(String(b[0])));
}
