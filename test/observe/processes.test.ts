// The process list, signal handlers and owners of ports, on real processes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isAlive } from '../../src/observe/process-list.ts';
import { waitUntilCaught } from '../../src/observe/signals.ts';
import { ownerOfPort } from '../../src/observe/who-listens.ts';
import { check, folder, openSeen, plan, run, startTicks } from './seen.ts';

test('a process that ended is told gone once, also as a zombie', async (t) => {
  const seen = openSeen(t);
  // The shell starts a child, becomes a program that never reaps, and says the child's pid first.
  const parent = run(t, ['sh', '-c', 'sleep 1000 & echo $!; exec sleep 1000']);
  const [said] = (await once(parent.stdout!, 'data')) as [Buffer];
  const pid = Number(said.toString());
  const ticks = startTicks(pid);
  seen.observer.observe(plan({ dir: '/', instance: 'zombie', pid, startTicks: ticks }));
  seen.observer.observe(plan({ dir: '/', instance: 'parent', pid: parent.pid }));
  assert.equal(isAlive(pid, ticks), true);
  process.kill(pid, 'SIGKILL');
  assert.equal((await seen.kind('processGone')).instance, 'zombie');
  assert.equal(isAlive(pid, ticks), false);
  const other = openSeen(t);
  const clock = { kind: 'file', path: '/proc/self/stat' } as const;
  other.observer.observeExternal({ name: 'clock', dir: '/', env: {}, checks: [check(clock, 1100)] });
  await other.until((each): each is typeof each => each.kind === 'check', 2);
  assert.equal(seen.all.filter((each) => each.kind === 'processGone').length, 1);
});

test('another process with the same pid is not the one observed', async (t) => {
  const seen = openSeen(t);
  const ticks = startTicks(process.pid);
  assert.equal(isAlive(process.pid, ticks), true);
  assert.equal(isAlive(process.pid, ticks + 1), false);
  assert.equal(isAlive(2 ** 22 + 1, ticks), false);
  seen.observer.observe(plan({ dir: '/', startTicks: ticks - 1 }));
  await seen.kind('processGone');
});

test('a process that runs is not taken for gone, whatever lay where its line is read to', () => {
  const list = new URL('../../src/observe/process-list.ts', import.meta.url).href;
  const program = `Buffer.allocUnsafe = (size) => Buffer.alloc(size, ')');
    const { isAlive } = await import('${list}');
    process.stdout.write(String(isAlive(${process.pid}, ${startTicks(process.pid)})));`;
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }), 'true');
});

test('a name with brackets and blanks does not mislead', async (t) => {
  const dir = folder(t);
  const { copyFileSync } = await import('node:fs');
  copyFileSync('/bin/sleep', `${dir}/a) Z 1 (b`);
  const child = run(t, [`${dir}/a) Z 1 (b`, '1000']);
  await once(child, 'spawn');
  assert.equal(isAlive(child.pid, startTicks(child.pid)), true);
});

/** A process that says a line before it installs its handler, and waits for one on its input to do so. */
function late(t: TestContext): ReturnType<typeof run> {
  return run(t, [
    'sh',
    '-c',
    'echo started; read line; trap "echo caught" USR1; echo installed; while :; do read line; done',
  ]);
}

test('a signal handler is seen when it is installed, and waited for', async (t) => {
  const child = late(t);
  await once(child.stdout!, 'data');
  assert.equal(await waitUntilCaught(child.pid, 'SIGUSR1', 20), false);
  const caught = waitUntilCaught(child.pid, 'SIGUSR1', 20_000);
  child.stdin!.write('go\n');
  assert.equal(await caught, true);
  assert.equal(await waitUntilCaught(child.pid, 'SIGUSR1', 0), true);
  assert.equal(await waitUntilCaught(child.pid, 'SIGUSR2', 0), false);
  assert.equal(await waitUntilCaught(child.pid, 'SIGNONE', 1000), false);
});

test('a process that ends is not waited for', async (t) => {
  const child = run(t, ['sleep', '1000']);
  await once(child, 'spawn');
  const caught = waitUntilCaught(child.pid, 'SIGUSR1', 3_600_000);
  child.kill('SIGKILL');
  assert.equal(await caught, false);
});

test('the owner of a port is found on IPv4 and IPv6, and nobody where nobody listens', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const owner = ownerOfPort(port);
    assert.equal(owner?.pid, process.pid);
    assert.match(owner.command, /node/);
    server.close();
    await once(server, 'close');
    assert.equal(ownerOfPort(port), null);
  }
});

test('what 500 looks at the process list cost', (t) => {
  const ticks = startTicks(process.pid);
  const rounds = 20;
  const before = process.cpuUsage();
  for (let look = 0; look < 500 * rounds; look++) assert.equal(isAlive(process.pid, ticks), true);
  const used = process.cpuUsage(before);
  const perRound = (used.user + used.system) / rounds / 1000;
  t.diagnostic(`500 looks take ${perRound.toFixed(2)} ms, once a second: ${(perRound / 10).toFixed(2)} % of a core`);
});
