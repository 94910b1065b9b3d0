// Checks and self-status against real programs, servers and logs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, type Socket, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProbeSpec } from '../../src/model/system.ts';
import { ms } from '../../src/model/units.ts';
import { giveUpAfter } from '../../src/observe/give-up.ts';
import { isAlive } from '../../src/observe/process-list.ts';
import { textOf } from '../system/stand.ts';
import { check, folder, openSeen, plan, run, startTicks } from './seen.ts';

const shell = (line: string): ProbeSpec => ({ kind: 'command', command: { kind: 'shell', line } });

test('a command is read as a program or as a plug-in, by what it says', async (t) => {
  const cases: readonly [line: string, result: string, text: RegExp][] = [
    ['true', 'ok', /^exit 0$/],
    ["echo 'PRICES OK - 12 ms | time=12ms;50;100'", 'ok', /^PRICES OK - 12 ms$/],
    ["printf '\\nDISK WARNING: 81%% |/=81%%;80;90\\nmore\\n'; exit 1", 'warning', /^DISK WARNING: 81%$/],
    ["echo 'queue is long | length=90;80;100'; exit 1", 'warning', /^queue is long$/],
    ["echo 'DISK CRITICAL: full'; exit 2", 'critical', /^DISK CRITICAL: full$/],
    ["echo 'UNKNOWN: no such disk'; exit 3", 'unknown', /^UNKNOWN: no such disk$/],
    ['exit 1', 'critical', /^exit 1$/],
    ['echo inactive; exit 3', 'critical', /^inactive$/],
    ['echo bad >&2; exit 9', 'critical', /^bad$/],
    ['kill -9 $$', 'critical', /SIGKILL/],
    ['no-such-program-anywhere', 'unknown', /could not be run: .*not found/],
    ["printf 'a\\033[31m\\000b\\n'; exit 2", 'critical', /^a·\[31m·b$/],
    ['yes | head -c 3000000; exit 2', 'critical', /^y$/],
    ["head -c 200000 /dev/zero | tr '\\0' x; exit 2", 'critical', /^x{299}…$/],
  ];
  for (const [line, result, text] of cases) {
    await t.test(line, async (t2) => {
      const seen = openSeen(t2);
      seen.observer.observeExternal({ name: 'it', dir: '/', env: {}, checks: [check(shell(line), 60_000)] });
      const told = await seen.kind('check');
      assert.equal(told.result, result);
      assert.match(told.text, text);
      assert.equal(told.check, 'the check');
    });
  }
  await t.test('a program that is not there, and a folder that is not', async (t2) => {
    const seen = openSeen(t2);
    const probe: ProbeSpec = { kind: 'command', command: { kind: 'argv', argv: ['./nothing'] } };
    seen.observer.observeExternal({ name: 'it', dir: '/', env: {}, checks: [check(probe, 60_000)] });
    seen.observer.observeExternal({ name: 'other', dir: '/no/such', env: {}, checks: [check(shell('true'), 60_000)] });
    for (const name of ['it', 'other'])
      assert.match(
        (
          await seen.until(
            (each): each is Extract<typeof each, { kind: 'check' }> => each.kind === 'check' && each.instance === name,
          )
        ).text,
        /not there/,
      );
  });
});

test('as another user, with its groups', { skip: process.getuid?.() === 0 ? false : 'only root can' }, async (t) => {
  const seen = openSeen(t);
  const it = plan({ dir: '/', pid: 1, user: 'nobody', checks: [check(shell('id -un; exit 2'), 60_000)] });
  seen.observer.observe(it);
  assert.equal((await seen.kind('check')).text, 'nobody');
  seen.observer.observe({ ...it, user: 'no-such-user' });
  assert.match((await seen.check('unknown')).text, /there is no user no-such-user/);
});

test('what hangs is killed whole at its limit, and asked again', async (t) => {
  const dir = folder(t);
  const seen = openSeen(t);
  seen.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: [check(shell('sleep 1000 & echo $$ $! >> pids; sleep 1000'), 200)],
  });
  const told = await seen.check('critical');
  assert.equal(told.text, 'no answer within 200ms');
  assert.ok(told.tookMs >= 190);
  // On a busy machine some are killed before they have begun.
  let lines: readonly string[] = [];
  while (lines.length < 2) {
    await seen.check('critical', seen.all.length);
    lines = textOf(join(dir, 'pids')).split('\n').slice(0, -1);
  }
  seen.observer.unobserve('it');
  for (const pid of lines.slice(0, 2).join(' ').split(' ').map(Number)) await gone(pid);
});

test('what a check leaves behind holding its output is killed too', async (t) => {
  const dir = folder(t);
  const seen = openSeen(t);
  seen.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: [check(shell('sleep 1000 & echo $! > pid; echo fine'), 60_000)],
  });
  assert.equal((await seen.check('ok')).text, 'fine');
  await gone(Number(readFileSync(join(dir, 'pid'), 'utf8')));
});

test('a check that is no longer wanted is killed', async (t) => {
  const dir = folder(t);
  const seen = openSeen(t);
  seen.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: [check(shell('echo $$ > pid; exec sleep 1000'), 60_000)],
  });
  seen.observer.observeExternal({ name: 'there', dir, env: {}, checks: [check(shell('test -s pid'), 30)] });
  await seen.check('ok');
  const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
  const ticks = startTicks(pid);
  assert.equal(isAlive(pid, ticks), true);
  const other = openSeen(t);
  other.observer.observe(plan({ dir, pid, startTicks: ticks }));
  seen.observer.unobserve('it');
  await other.kind('processGone');
});

test('no more than 16 programs at once, and none overlaps itself', async (t) => {
  const dir = folder(t);
  const seen = openSeen(t);
  const line = 'echo + >> log; sleep 0.15; echo - >> log';
  const names = Array.from({ length: 40 }, (_, number) => `check ${number}`);
  seen.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: names.map((name) => check(shell(line), 10_000, name)),
  });
  for (const name of names)
    await seen.until((each): each is typeof each => each.kind === 'check' && each.check === name);
  let running = 0;
  let most = 0;
  for (const sign of readFileSync(join(dir, 'log'), 'utf8').trim().split('\n')) {
    running += sign === '+' ? 1 : -1;
    most = Math.max(most, running);
  }
  assert.ok(most > 1 && most <= 16, `${most} at once`);
});

test('an answer that came in time counts, though this process was halted until its time was over', async (t) => {
  const server = createTcpServer().listen(join(folder(t), 'socket'));
  await once(server, 'listening');
  const asking = connect(server.address() as string);
  const [answering] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    asking.destroy();
    server.close();
  });
  const told: string[] = [];
  const over = new Promise<void>((resolve) => {
    const callOff = giveUpAfter(1, () => resolve(void told.push('given up')));
    asking.once('data', () => {
      callOff();
      resolve(void told.push('heard'));
    });
  });
  answering.write('well');
  const from = performance.now();
  while (performance.now() < from + 5);
  await over;
  assert.deepEqual(told, ['heard']);
});

test('http: the code and what it says, and well again', async (t) => {
  let healthy = false;
  const server = createServer((_request, response) => {
    response.statusCode = healthy ? 200 : 503;
    response.end(healthy ? 'fine' : '\nthe database\tis away\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const seen = openSeen(t);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  seen.observer.observeExternal({ name: 'it', dir: '/', env: {}, checks: [check({ kind: 'http', url }, 200)] });
  const isBusy = (text: string): boolean => text === 'no answer within 200ms';
  const answer = await seen.until(
    (each): each is Extract<typeof each, { kind: 'check' }> => each.kind === 'check' && !isBusy(each.text),
  );
  assert.deepEqual([answer.result, answer.text], ['critical', 'HTTP 503: the database is away']);
  healthy = true;
  await seen.check('ok');
  const from = seen.all.length;
  for (let more = 0; more < 10; more++)
    await seen.until((each): each is typeof each => each.kind === 'check', from + more);
  assert.ok(seen.all.slice(from).every((each) => each.kind === 'check' && (each.result === 'ok' || isBusy(each.text))));
});

test('log: a line that matches is critical and stays so; what was there before is not', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'log');
  writeFileSync(path, 'ERROR old price\n');
  const seen = openSeen(t);
  seen.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: [check({ kind: 'log', pattern: 'ERROR .*price', file: 'log' }, 20)],
  });
  await seen.check('ok');
  appendFileSync(path, 'INFO price\nERROR no price\nERROR late price \u0007\n');
  assert.equal((await seen.check('critical')).text, '2 lines, the last: ERROR late price ·');
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, 'ERROR last price before the move\n');
  writeFileSync(path, '');
  await seen.until((each): each is typeof each => each.kind === 'check' && each.text.endsWith('before the move'));
  appendFileSync(path, 'ERROR a new price\n');
  await seen.until((each): each is typeof each => each.kind === 'check' && each.text === 'ERROR a new price');
  const from = seen.all.length;
  assert.equal((await seen.check('critical', from)).text, 'ERROR a new price');
});

test('log: more than can be read in a look is jumped over', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'log'), '');
  const seen = openSeen(t);
  seen.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: [check({ kind: 'log', pattern: 'ERROR', file: 'log' }, 100)],
  });
  await seen.check('ok');
  appendFileSync(join(dir, 'log'), `ERROR first\n${'a line of no interest\n'.repeat(500_000)}ERROR last\n`);
  assert.equal((await seen.check('critical')).text, 'ERROR last');
});

test('checks and status begin when it is ready', async (t) => {
  const dir = folder(t);
  const seen = openSeen(t);
  const it = plan({
    dir,
    ready: { probe: shell('test -e up'), within: ms(20_000) },
    status: { probe: shell('echo ok'), every: ms(200) },
    checks: [check(shell('test -e up'), 200)],
  });
  seen.observer.observe(it);
  const other = openSeen(t);
  other.observer.observeExternal({ name: 'clock', dir, env: {}, checks: [check(shell('true'), 100)] });
  await other.until((each): each is typeof each => each.kind === 'check', 3);
  assert.equal(seen.all.length, 0);
  writeFileSync(join(dir, 'up'), '');
  await seen.kind('status');
  await seen.check('ok');
  assert.equal(seen.all[0]?.kind, 'ready');
});

test('without a ready probe the first refusals of a new process are no news', async (t) => {
  const dir = folder(t);
  const child = run(t, ['sleep', '1000']);
  const probe = shell('test -e up && echo ok');
  const started = openSeen(t);
  const old = openSeen(t);
  const observed = { dir, status: { probe, every: ms(200) }, checks: [check(probe, 200)] };
  started.observer.observe(plan({ ...observed, pid: child.pid }));
  old.observer.observe(plan({ ...observed, pid: 1 }));
  await old.kind('statusFailed');
  await old.check('critical', 4);
  assert.deepEqual(
    started.all.map((each) => each.kind),
    ['ready'],
  );
  writeFileSync(join(dir, 'up'), '');
  await started.kind('status');
  await started.check('ok');
  rmSync(join(dir, 'up'));
  await started.kind('statusFailed');
  await started.check('critical');
});

async function statusServer(t: TestContext, answer: { code: number; body: string }): Promise<ProbeSpec> {
  const server = createServer((_request, response) => {
    response.statusCode = answer.code;
    response.end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { kind: 'http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/status` };
}

test('status: over HTTP, TCP, a command and a file', async (t) => {
  const dir = folder(t);
  const json = JSON.stringify({
    status: 'degraded',
    subsystems: { book: 'ok', rates: 'failed' },
    behindMs: 12,
    more: 1,
  });
  const said = { status: 'degraded', subsystems: { book: 'ok', rates: 'failed' }, behindMs: 12 };
  const tcp = createTcpServer((socket) => {
    socket.write(json.slice(0, 20));
    setImmediate(() => socket.write(json.slice(20)));
    socket.on('error', () => {});
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  t.after(() => tcp.close());
  const address = `127.0.0.1:${(tcp.address() as AddressInfo).port}`;
  const child = run(t, ['sleep', '1000']);
  writeFileSync(join(dir, 'status.json'), json);
  const probes: Record<string, ProbeSpec> = {
    http: await statusServer(t, { code: 503, body: json }),
    tcp: { kind: 'tcp', address },
    command: shell(`echo '${json}'; exit 1`),
    file: { kind: 'file', path: 'status.json' },
  };
  for (const [name, probe] of Object.entries(probes)) {
    await t.test(name, async (t2) => {
      const seen = openSeen(t2);
      seen.observer.observe(plan({ dir, pid: child.pid, status: { probe, every: ms(500) } }));
      assert.deepEqual((await seen.kind('status')).said, said);
    });
  }
});

test('status: why it could not be had', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'old'), 'failed');
  utimesSync(join(dir, 'old'), 1, 1);
  const cases: readonly [ProbeSpec, RegExp][] = [
    [await statusServer(t, { code: 404, body: 'nothing here' }), /^HTTP 404: nothing here$/],
    [await statusServer(t, { code: 200, body: '<html>' }), /"<html>"; ok, degraded, failed or JSON was expected/],
    [shell('exit 3'), /^exit 3$/],
    [shell('true'), /^the status is empty$/],
    [shell('sleep 1000'), /^no answer within 300ms$/],
    [{ kind: 'file', path: 'never' }, /not there/],
    [{ kind: 'file', path: 'old' }, /^not written since the start$/],
    [{ kind: 'tcp', address: 'nowhere' }, /not host:port/],
  ];
  for (const [probe, why] of cases) {
    await t.test(String(why), async (t2) => {
      const seen = openSeen(t2);
      // The oldest process there is: nothing is held back because it has just begun.
      seen.observer.observe(plan({ dir, pid: 1, status: { probe, every: ms(300) } }));
      // On a busy machine a program may take too long at first.
      await seen.until((each): each is typeof each => each.kind === 'statusFailed' && why.test(each.why));
      const others = seen.all.filter((each) => each.kind !== 'statusFailed' || !why.test(each.why));
      for (const other of others)
        assert.match(other.kind === 'statusFailed' ? other.why : other.kind, /^no answer within 300ms$|^ready$/);
    });
  }
});

/** True while a process of that pid runs (not a zombie). */
function lives(pid: number): boolean {
  try {
    return isAlive(pid, startTicks(pid));
  } catch {
    return false;
  }
}

/** Resolves once no process of that pid runs: a signal that was sent takes its moment. */
async function gone(pid: number): Promise<void> {
  const until = performance.now() + 60_000;
  while (lives(pid)) {
    assert.ok(performance.now() < until, `${pid} lives`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
