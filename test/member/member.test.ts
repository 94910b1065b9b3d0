import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, suite, test, type TestContext } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { member, type Member, type RoleTaken } from '../../src/member.js';
import { FakeAgent } from './agent.ts';

let agent: FakeAgent;
let m: Member | undefined;

beforeEach(async () => {
  agent = await new FakeAgent().start();
});

afterEach(async () => {
  m?.close();
  m = undefined;
  await agent.remove();
});

function joined(): Member {
  m = member({ env: agent.env });
  return m;
}

/** The clock by which it knows what it may stands still, but for what is passed. */
function ownClock(t: TestContext): (byMs: number) => void {
  let at = 1_000_000_000_000n;
  t.mock.method(process.hrtime, 'bigint', () => at);
  return (byMs) => void (at += BigInt(byMs) * 1_000_000n);
}

/** Resolves when the handler was called with this role. */
function roles(of: Member, handle: (taken: RoleTaken) => void | Promise<void> = () => {}): RoleTaken[] {
  const seen: RoleTaken[] = [];
  of.onRole(async (taken) => {
    seen.push(taken);
    await handle(taken);
  });
  return seen;
}

suite('without Standfast', () => {
  test('it is active and may always emit', async () => {
    const alone = member({ env: {} });
    assert.equal(alone.managed, false);
    assert.equal(alone.mayEmit(), true);
    assert.equal(alone.validForMs, null);
    assert.equal(await alone.heartbeat(), true);
    assert.equal(await alone.status('ok'), true);
    assert.equal((await alone.takeover()).ok, true);
    const taken = await new Promise<RoleTaken>((resolve) => alone.onRole(resolve));
    assert.deepEqual(taken, { role: 'active', term: 0 });
    alone.close();
  });
});

suite('what it may emit', () => {
  test('a standby may not', async () => {
    agent.give('standby', 0, null);
    joined();
    await m!.refresh();
    assert.equal(m!.mayEmit(), false);
    assert.equal(m!.validForMs, 0);
  });

  test('an active without a lease may, also before the agent has answered and while it is away', async () => {
    agent.give('active', 0, null);
    await agent.stop();
    joined();
    assert.equal(m!.mayEmit(), true);
    assert.equal(m!.validForMs, null);
  });

  test('an active under a lease may only once the agent has granted it', async () => {
    agent.give('active', 3, 60_000);
    joined();
    assert.equal(m!.mayEmit(), false, 'the environment and the role file alone grant nothing');
    await m!.refresh();
    assert.equal(m!.mayEmit(), true);
    const left = m!.validForMs ?? -1;
    assert.ok(left > 0 && left <= 60_000, `${left}`);
    assert.equal(agent.asked[0]?.instance, 'pricer@a#1');
  });

  test('a grant for an older term does not count for a newer one', async () => {
    agent.give('active', 3, 60_000);
    joined();
    await m!.refresh();
    agent.give('active', 4, 60_000);
    agent.answer = { role: 'active', term: 3, validForMs: 60_000 };
    await m!.refresh();
    assert.equal(m!.term, 4);
    assert.equal(m!.mayEmit(), false);
  });

  test('the grant counts from when the question was sent, so a late answer grants nothing', async () => {
    agent.give('active', 3, 0);
    joined();
    await m!.refresh();
    assert.equal(m!.mayEmit(), false);
    assert.equal(m!.validForMs, 0);
  });

  test('it goes on being renewed by itself', async (t) => {
    const pass = ownClock(t);
    agent.give('active', 3, 200);
    joined();
    await m!.refresh();
    for (let times = 0; times < 8; times++) {
      pass(150);
      assert.equal(m!.mayEmit(), true);
      // Granted anew, and from now on.
      while (m!.validForMs !== 200) await agent.next('GET /v1/role').then(() => after(1));
    }
  });

  test('while the agent is away what was granted stays until it lapses', async (t) => {
    const pass = ownClock(t);
    agent.give('active', 3, 400);
    joined();
    await m!.refresh();
    await agent.stop();
    await m!.refresh();
    assert.equal(m!.validForMs, 400, 'still granted');
    pass(399);
    assert.equal(m!.mayEmit(), true);
    pass(1);
    assert.equal(m!.mayEmit(), false);
    await agent.start();
    await agent.next('GET /v1/role');
    await m!.refresh();
    assert.equal(m!.mayEmit(), true, 'it came back by itself');
  });

  test('a process stopped past its deadline may not when it wakes', async () => {
    agent.give('active', 3, 300);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'emitter.mjs')], {
      env: { ...process.env, ...agent.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async (): Promise<{ at: number; may: boolean }> => {
        const { value } = (await lines.next()) as { value: string };
        const [at, may] = value.split(' ');
        return { at: Number(at), may: may === 'true' };
      };
      let line = await next();
      while (!line.may) line = await next();
      agent.silent = true;
      child.kill('SIGSTOP');
      const stoppedAt = Number(process.hrtime.bigint()) / 1e6;
      await after(310);
      child.kill('SIGCONT');
      while (line.at < stoppedAt + 300) line = await next();
      for (let more = 0; more < 20; more++, line = await next())
        assert.equal(line.may, false, `at ${line.at - stoppedAt}`);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });
});

suite('roles', () => {
  test('the handler hears the present role, then each change; each is confirmed after the handler has finished', async () => {
    agent.give('standby', 0, null);
    const seen = roles(joined());
    await agent.confirmed({ role: 'standby', term: 0 });
    agent.give('active', 4, 60_000);
    await agent.confirmed({ role: 'active', term: 4 });
    agent.give('standby', 4, null);
    await agent.confirmed({ role: 'standby', term: 4 });
    assert.deepEqual(seen, [
      { role: 'standby', term: 0 },
      { role: 'active', term: 4 },
      { role: 'standby', term: 4 },
    ]);
  });

  test('nothing may be emitted before the handler has loaded its state', async () => {
    agent.give('active', 2, 60_000);
    const loaded = Promise.withResolvers<void>();
    const called = Promise.withResolvers<void>();
    joined();
    roles(m!, () => {
      called.resolve();
      return loaded.promise;
    });
    await called.promise;
    await m!.refresh();
    assert.equal(m!.mayEmit(), false);
    assert.equal(agent.count('POST /v1/role/confirm'), 0);
    loaded.resolve();
    await agent.confirmed({ role: 'active', term: 2 });
    assert.equal(m!.mayEmit(), true);
  });

  test('nothing may be emitted from the moment that the role was taken away, handler or not', async () => {
    agent.give('active', 2, 60_000);
    joined();
    await m!.refresh();
    assert.equal(m!.mayEmit(), true);
    agent.give('standby', 2, null);
    const refreshed = m!.refresh();
    assert.equal(m!.mayEmit(), false, 'the role file is read before anything is asked');
    await refreshed;
  });

  test('a role given twice is handled once and confirmed twice', async () => {
    agent.give('standby', 0, null);
    const seen = roles(joined());
    await agent.next('POST /v1/role/confirm');
    agent.give('active', 4, 60_000);
    await agent.next('POST /v1/role/confirm');
    agent.give('active', 4, 60_000);
    await agent.confirmed({ role: 'active', term: 4 });
    assert.equal(seen.length, 2);
  });

  test('a confirmation that was not heard is sent again', async () => {
    agent.give('standby', 0, null);
    await agent.stop();
    const handled = Promise.withResolvers<void>();
    joined();
    roles(m!, () => handled.resolve());
    await handled.promise;
    await agent.start();
    await agent.confirmed({ role: 'standby', term: 0 });
  });

  test('of roles that came and went during a handler only the latest is handed on', async () => {
    agent.give('standby', 0, null);
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    joined();
    const seen = roles(m!, async ({ role, term }) => {
      if (role !== 'standby' || term !== 0) return;
      entered.resolve();
      await release.promise;
    });
    await entered.promise;
    agent.give('active', 4, 60_000);
    await m!.refresh();
    agent.give('standby', 5, null);
    await m!.refresh();
    release.resolve();
    await agent.confirmed({ role: 'standby', term: 5 });
    assert.deepEqual(
      seen.map((each) => each.term),
      [0, 5],
    );
  });

  test('without a role file the socket alone tells the role', async () => {
    agent.answer = { role: 'active', term: 7, validForMs: 60_000 };
    const { STANDFAST_ROLE_FILE: _none, ...env } = agent.env;
    m = member({ env: { ...env, STANDFAST_ROLE: 'standby', STANDFAST_TERM: '0' } });
    await m.refresh();
    assert.equal(m.role, 'active');
    assert.equal(m.mayEmit(), true);
  });

  test('an error in the handler ends the process', async () => {
    agent.give('active', 1, 60_000);
    const program = `import { member } from ${JSON.stringify(join(import.meta.dirname, '../../src/member.js'))};
      member().onRole(() => { throw new Error('no snapshot') }); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, ...agent.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 1);
    assert.match(said, /no snapshot/);
  });
});

suite('what it tells', () => {
  test('beats by itself, and by hand', async () => {
    m = member({ env: agent.env, heartbeatEveryMs: 10 });
    await agent.next('POST /v1/heartbeat');
    await agent.next('POST /v1/heartbeat');
    assert.equal(await m.heartbeat(), true);
    await agent.stop();
    assert.equal(await m.heartbeat(), false);
  });

  test('its status as a flag and as subsystems, again to an agent that restarted', async () => {
    joined();
    await m!.refresh();
    assert.equal(await m!.status('degraded'), true);
    const parts = { status: 'degraded', subsystems: { feed: 'ok', store: 'failed' } } as const;
    assert.equal(await m!.status(parts), true);
    assert.deepEqual(
      agent.asked.filter((each) => each.what === 'PUT /v1/status').map((each) => each.body),
      [{ status: 'degraded' }, parts],
    );
    const again = agent.next('PUT /v1/status');
    await agent.stop();
    await agent.start();
    await m!.refresh();
    assert.deepEqual(await again, parts);
  });

  test('asks to take over, and hears why not', async () => {
    joined();
    assert.deepEqual(await m!.takeover(), { ok: true, id: '1', text: 'asked' });
    agent.takeover = { status: 409, body: { ok: false, code: 'SF-412', why: 'a holds it', next: 'wait' } };
    assert.deepEqual(await m!.takeover(), { ok: false, code: 'SF-412', why: 'a holds it', next: 'wait' });
    await agent.stop();
    const away = await m!.takeover();
    assert.equal(away.ok, false);
  });

  test('it keeps no process alive by itself', async () => {
    const program = `import { member } from ${JSON.stringify(join(import.meta.dirname, '../../src/member.js'))};
      const m = member({ heartbeatEveryMs: 10 }); await m.refresh(); m.onRole(() => {});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, ...agent.env },
      stdio: 'inherit',
    });
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0);
  });
});
