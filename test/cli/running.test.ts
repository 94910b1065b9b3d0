// The whole of it: up, a kill, explain, down, with real keepers, agents and processes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StatusView } from '../../src/api.ts';
import { cli, ended, startCli, written } from './stage.ts';

const sleeper = 'sleep 1000';

interface Stage {
  readonly state: string;
  readonly path: string;
  readonly file: string;
}

/** A system of two services on two hosts of this machine, taken down after the test. Without a console, which is a process more for each agent. */
function stage(t: TestContext, services?: string): Stage {
  const at = mkdtempSync(join(tmpdir(), 'sf-cli-'));
  const path = join(at, 'system');
  const state = join(at, 'state');
  mkdirSync(path);
  const file = join(path, 'standfast.yaml');
  writeFileSync(
    file,
    services ??
      `system: shop
console: false
objective: { unavailable: 1m, per: 1h, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  db: { shell: "trap : USR1; echo listens; while :; do sleep 1; done", policy: hot-active/warm-active, on: [a, b], ready: { log: listens }, activate: { signal: SIGUSR1 } }
  web: { run: ${sleeper}, on: [a], needs: [db] }
`,
  );
  t.after(async () => {
    await cli(t, ['down', '--state', state]);
    rmSync(at, { recursive: true, force: true });
  });
  return { state, path, file };
}

/** Not gone, and not a zombie: not every PID 1 reaps. */
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function view(t: TestContext, state: string): Promise<StatusView> {
  const { stdout } = await cli(t, ['status', '--json', '--state', state]);
  return JSON.parse(stdout) as StatusView;
}

function instances(of: StatusView, service: string): StatusView['services'][number]['instances'] {
  return of.services.find((each) => each.name === service)?.instances ?? [];
}

test('up --detach returns when all is as planned; again it starts nothing; down ends all of it', async (t) => {
  const { state, path } = stage(t);
  const first = await cli(t, ['up', path, '--detach', '--state', state]);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^shop +2 hosts, 2 services/);
  // The first of `on` has a start, no more: where its process gets no processor for that long, the other is as right.
  assert.match(first.stdout, /db +a (?:● active +b ○ standby|○ standby +b ● active)/);
  const before = await view(t, state);
  const again = await cli(t, ['up', path, '--detach', '--state', state]);
  assert.equal(again.code, 0, again.stderr);
  const after = await view(t, state);
  for (const name of ['db', 'web'])
    assert.deepEqual(
      instances(after, name).map((each) => each.pid),
      instances(before, name).map((each) => each.pid),
    );
  assert.deepEqual(
    after.hosts.map((each) => each.keeperPid),
    before.hosts.map((each) => each.keeperPid),
  );
  const down = await cli(t, ['down', '--state', state]);
  assert.equal(down.code, 0, down.stderr);
  assert.match(down.stdout, /shop is down\.\n$/);
  const pids = [...instances(before, 'db'), ...instances(before, 'web')].map((each) => each.pid ?? 0);
  for (const pid of pids) assert.equal(lives(pid), false, `${pid} is gone`);
  assert.match((await cli(t, ['down', '--state', state])).stdout, /^shop is not running\.\n$/);
});

test('a kill is explained: who did it, what was done by which rule, how long it took', async (t) => {
  const { state, path } = stage(t);
  assert.equal((await cli(t, ['up', path, '--detach', '--state', state])).code, 0);
  const active = instances(await view(t, state), 'db').find((each) => each.phase === 'active');
  assert.ok(active?.pid);
  const follow = startCli(t, ['journal', '--follow', '--json', '--state', state]);
  const moved = written(follow, /"kind":"failover".*SIGKILL/);
  await written(follow, /"kind":"active"/);
  process.kill(active.pid, 'SIGKILL');
  await moved;
  follow.kill('SIGINT');
  const { stdout, code } = await cli(t, ['explain', 'db', '--state', state]);
  assert.equal(code, 0);
  const host = active.host;
  assert.match(stdout, new RegExp(`db on ${host} ended, killed by signal 9 \\(SIGKILL\\) \\(not by Standfast\\)`));
  const moves = new RegExp(
    `db is active on (?:. instead of ${host}|${host} again) \\(term (\\d+)\\), cause: killed \\(SIGKILL\\)`,
  );
  assert.ok(Number(moves.exec(stdout)?.[1]) > active.term, stdout);
  assert.match(stdout, /standfast logs db --state/);
  const json = JSON.parse((await cli(t, ['explain', 'db', '--json', '--state', state])).stdout) as {
    subject: string;
    steps: { rule: number | null; facts: object }[];
  };
  assert.equal(json.subject, 'db');
  assert.ok(json.steps.some((step) => step.rule !== null));
  assert.equal((await cli(t, ['down', '--state', state])).code, 0);
  const later = await cli(t, ['explain', 'db', '--all', '--state', state]);
  assert.match(later.stdout, /^No agent answers/);
  assert.match(later.stdout, /killed by signal 9/);
});

test('up follows until ^C, which ends the following only and says how to stop', async (t) => {
  const { state, path } = stage(t);
  const child = startCli(t, ['up', path, '--state', state], { terminal: 120 });
  const all = ended(child);
  await written(child, /Following; \^C ends the following only/);
  const web = instances(await view(t, state), 'web')[0];
  assert.ok(web?.pid);
  process.kill(web.pid, 'SIGKILL');
  await written(child, /web +a .*● active/);
  child.stdin?.write('\u0003');
  const { code, stdout } = await all;
  assert.equal(code, 0);
  assert.match(stdout, /It goes on running\..*standfast down --state/);
  assert.equal((await cli(t, ['status', '--state', state])).code, 0);
  const second = startCli(t, ['up', path, '--state', state]);
  const seen = ended(second);
  await written(second, /Following/);
  assert.equal((await cli(t, ['down', '--state', state])).code, 0);
  const gone = await seen;
  assert.match(gone.stdout, /shop was stopped: agents and keepers are gone, as asked\./);
  assert.equal(gone.code, 0);
});

test('another description than the stored one: the stored one is started, exit 2, with the differences', async (t) => {
  const { state, path, file } = stage(t);
  assert.equal((await cli(t, ['up', path, '--detach', '--state', state])).code, 0);
  writeFileSync(file, readFileSync(file, 'utf8').replace('recoverWithin: 10s', 'recoverWithin: 20s'));
  const other = await cli(t, ['up', path, '--state', state]);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /^SF-306 .*\n(.*\n)*.*recoverWithin.*10 ?s.*20 ?s/);
  assert.match(other.stderr, /apply/);
  assert.equal((await view(t, state)).objective.recoverWithinMs, 10_000);
});

test('an instance that does not come up: exit 1 after --timeout, which, why, and what it wrote', async (t) => {
  const { state, path } = stage(
    t,
    `system: shop
console: false
objective: { unavailable: 1m, per: 1h, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 } }
services: { web: { run: 'sh -c "echo no such luck; exit 3"', on: [a] } }
`,
  );
  const up = ['up', path, '--detach', '--timeout', '1s', '--state', state];
  // On a busy machine this is over before the agent answers at all; the next finds it at work.
  assert.equal((await cli(t, up)).code, 1);
  const follow = startCli(t, ['journal', '--follow', '--json', '--state', state]);
  await written(follow, /"kind":"ended"/);
  follow.kill('SIGINT');
  const { code, stderr } = await cli(t, up);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^SF-307 +not every instance is in its planned phase after 1 s\n +web on a is .* and should be active/,
  );
  assert.match(stderr, /no such luck/);
  assert.equal((await cli(t, ['status', '--state', state])).code, 1);
  const explained = await cli(t, ['explain', 'web', '--state', state]);
  assert.match(explained.stdout, /\nweb on a wrote last:\n(  no such luck\n)+/);
});

test('what whoever ran it had open beside is closed when it has ended: a lock of theirs, a pipe that a build waits on', async (t) => {
  const { state, path } = stage(t);
  const main = join(import.meta.dirname, '../../src/main.ts');
  const child = spawn(process.execPath, [main, 'up', path, '--detach', '--state', state], {
    stdio: [...Array<'ignore'>(30).fill('ignore'), 'pipe'],
  });
  const pipe = [...child.stdio].at(30) ?? assert.fail('no pipe');
  assert.ok('resume' in pipe);
  pipe.resume();
  await once(pipe, 'close');
});

test('a port in use is named with its owner and the key to change, and nothing is started', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { state, path } = stage(
    t,
    `system: shop
console: false
objective: { unavailable: 1m, per: 1h, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 } }
services: { web: { run: ${sleeper}, on: { a: { env: { PORT: "${port}" } } } } }
`,
  );
  const { code, stderr } = await cli(t, ['up', path, '--detach', '--state', state]);
  assert.equal(code, 2);
  assert.match(
    stderr.replace(/\s+/g, ' '),
    new RegExp(
      `Port ${port}, which web needs on a, is in use by .* \\(pid ${process.pid}\\)\\. Change services\\.web\\.on\\.a\\.env\\.PORT`,
    ),
  );
  assert.equal((await cli(t, ['status', '--state', state])).code, 3);
});

test('--leave-running leaves what runs, doctor sees it, and down ends it by fresh agents', async (t) => {
  const { state, path } = stage(t);
  assert.equal((await cli(t, ['up', path, '--detach', '--state', state])).code, 0);
  const before = await view(t, state);
  const web = instances(before, 'web')[0]?.pid ?? 0;
  const left = await cli(t, ['down', '--leave-running', '--state', state]);
  assert.equal(left.code, 0, left.stderr);
  assert.match(left.stdout, /run on, watched by nobody/);
  assert.ok(lives(web));
  const doctor = await cli(t, ['doctor', '--state', state]);
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /unwatched/);
  const down = await cli(t, ['down', '--state', state]);
  assert.equal(down.code, 0, down.stderr);
  assert.match(down.stdout, /starting agents on .* to end them in order/);
  assert.equal(lives(web), false);
});
