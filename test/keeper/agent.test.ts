// The keeper keeps an agent running, whoever started it, and no agent's end reaches a service.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { isSame, readStat } from '../../src/keeper/proc.ts';
import { NativeKeeper } from './native.ts';
import { startRequest, value } from './process-manager.cases.ts';
import { eventually, lines } from './waiting.ts';

/** An agent that writes its pid to a file and waits, or ends as told. */
function agentThat(file: string, then: string): string[] {
  return ['/bin/sh', '-c', `echo $$ >>"${file}"; ${then}`];
}

test('an agent that is killed comes back in a session of its own, and services keep their processes', async (t) => {
  const keeper = new NativeKeeper();
  t.after(() => keeper.close());
  const file = join(keeper.state, 'agents');
  await keeper.start();
  const service = value(await keeper.client.start(startRequest(keeper.state, 'single', 'exec sleep 600')));
  keeper.client.close();
  await keeper.crash();
  // from here on nobody but the agent is there
  await keeper.begin(agentThat(file, 'exec sleep 600'), null);
  const [first] = (await lines(file, (all) => all.length === 1)).map(Number);
  assert.equal(readStat(first!)?.session, first);
  process.kill(first!, 'SIGKILL');
  const [, second] = (await lines(file, (all) => all.length === 2)).map(Number);
  assert.notEqual(second, first);
  assert.equal(isSame(service.pid, service.startTicks), true);
  value(await keeper.client.connect());
  keeper.client.close();
  await keeper.crash();
  assert.equal(readStat(second!)?.session, second, 'the keeper’s death does not reach the agent');
  process.kill(second!, 'SIGKILL');
});

test('an agent whose assertion failed comes back slowly and loudly', async (t) => {
  const keeper = new NativeKeeper();
  t.after(() => keeper.close());
  await keeper.begin(agentThat(join(keeper.state, 'agents'), 'exit 64'), null);
  const said = await lines(keeper.layout.keeperLog, (all) => all.some((line) => line.includes('AN ASSERTION')));
  const wait = /again in (\d+) ms/.exec(said.join('\n'))?.[1];
  // Of the 5 s from start to start, what is left after it ran; any other end is followed by 1 s at most, the first by 10 ms.
  assert.ok(Number(wait) > 1000 && Number(wait) <= 5000, said.join('\n'));
});

test('an agent that cannot be started is tried again, less and less often', async (t) => {
  const keeper = new NativeKeeper();
  t.after(() => keeper.close());
  await keeper.begin(['/no/such/agent'], null);
  const said = await lines(
    keeper.layout.keeperLog,
    (all) => all.filter((line) => line.includes('/no/such/agent')).length >= 6,
  );
  const waits = said.flatMap((line) => /again in (\d+) ms/.exec(line)?.[1] ?? []).map(Number);
  assert.deepEqual(waits.slice(0, 6), [10, 20, 40, 80, 160, 320]);
});

test('an agent that was there before is not doubled; when it is gone another is started', async (t) => {
  const keeper = new NativeKeeper();
  t.after(() => keeper.close());
  const there = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => there.kill('SIGKILL'));
  const file = join(keeper.state, 'agents');
  await keeper.begin(agentThat(file, 'exec sleep 600'), {
    pid: there.pid!,
    startTicks: readStat(there.pid!)!.startTicks,
  });
  assert.deepEqual(await lines(file, () => true), [], 'none while that one lives');
  there.kill('SIGKILL');
  const [agent] = (await lines(file, (all) => all.length === 1)).map(Number);
  await eventually(() => readStat(agent!)?.session === agent, 'it runs');
  value(await keeper.client.connect());
});

test('an agent that said hello is known though it is no child; none is started while it lives', async (t) => {
  const keeper = new NativeKeeper();
  t.after(() => keeper.close());
  const file = join(keeper.state, 'agents');
  // this test's own connection passes for the agent's
  await keeper.start(agentThat(file, 'exec sleep 600'), {
    pid: process.pid,
    startTicks: readStat(process.pid)!.startTicks,
  });
  keeper.client.close();
  value(await keeper.client.connect());
  value(await keeper.client.ping());
  assert.deepEqual(await lines(file, () => true), []);
});
