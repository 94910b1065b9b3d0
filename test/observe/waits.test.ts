// Ready and active probes against real servers, files and processes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { type RequestListener, type Server, createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProbeSpec } from '../../src/model/system.ts';
import { monoMs, ms } from '../../src/model/units.ts';
import { freePort } from '../free-port.ts';
import { folder, now, openSeen, plan, run } from './seen.ts';

const wait = (probe: ProbeSpec, within = 20_000) => ({ probe, within: ms(within) });

async function serve(t: TestContext, answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

test('without a ready probe it is ready because it exists', async (t) => {
  const seen = openSeen(t);
  seen.observer.observe(plan({ dir: folder(t), heartbeat: { source: { kind: 'message' }, every: ms(1000) } }));
  seen.observer.said('pricer@a#1', { beat: true });
  seen.observer.said('nobody@a#1', { beat: true });
  await seen.kind('beat');
  await seen.kind('ready');
  assert.deepEqual(
    seen.batches.map((batch) => batch.length),
    [2],
    'what is seen in one turn is told at once',
  );
  assert.deepEqual(
    seen.all.map((each) => each.instance),
    ['pricer@a#1', 'pricer@a#1'],
  );
});

test('http: a 503 and a redirect are not ready, the first 2xx is', async (t) => {
  const codes = [503, 302, 404, 204];
  let asked = 0;
  const { url } = await serve(t, (_request, response) => {
    response.writeHead(codes[asked] ?? 204, { location: '/elsewhere' }).end();
    asked += 1;
  });
  const seen = openSeen(t);
  const before = now();
  seen.observer.observe(plan({ dir: folder(t), ready: wait({ kind: 'http', url: `${url}/ready` }) }));
  const ready = await seen.kind('ready');
  assert.equal(asked, codes.length);
  assert.ok(ready.at >= before && ready.at <= now());
});

test('http: asks on when an answer never comes, and reads an endless body only so far', async (t) => {
  let asked = 0;
  const { url } = await serve(t, (_request, response) => {
    asked += 1;
    if (asked === 1) return;
    response.writeHead(200);
    const more = (): void => {
      let room = true;
      while (room) room = response.write('x'.repeat(16_384));
    };
    response.on('drain', more);
    more();
  });
  const seen = openSeen(t);
  seen.observer.observe(plan({ dir: folder(t), ready: wait({ kind: 'http', url }) }));
  await seen.kind('ready');
  assert.equal(asked, 2);
});

test('tcp: ready when something listens', async (t) => {
  const port = await freePort();
  const seen = openSeen(t);
  seen.observer.observe(plan({ dir: folder(t), ready: wait({ kind: 'tcp', address: `127.0.0.1:${port}` }) }));
  const external = openSeen(t);
  external.observer.observeExternal({
    name: 'it',
    dir: '/',
    env: {},
    checks: [{ name: 'tcp', probe: { kind: 'tcp', address: `127.0.0.1:${port}` }, every: ms(20), severity: null }],
  });
  assert.match((await external.check('critical')).text, /refused/);
  assert.equal(seen.all.length, 0);
  assert.equal((await seen.kind('notYet')).text, 'connection refused', 'it is said why it takes long');
  const again = createTcpServer((socket) => socket.end());
  again.listen(port, '127.0.0.1');
  t.after(() => again.close());
  await seen.kind('ready');
});

test('command: ready by exit 0, run in its folder with its environment', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'tries'), '');
  const seen = openSeen(t);
  const line = 'echo x >> tries; test "$(wc -l < tries)" -ge 3 && test "$GREETING" = hello';
  seen.observer.observe(
    plan({ dir, env: { GREETING: 'hello' }, ready: wait({ kind: 'command', command: { kind: 'shell', line } }) }),
  );
  await seen.kind('ready');
});

test('file: one left by an earlier instance does not count', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'up');
  writeFileSync(path, '');
  const child = run(t, ['sleep', '1000']);
  await once(child, 'spawn');
  utimesSync(path, new Date(), new Date(Date.now() - 60_000));
  const seen = openSeen(t);
  const external = openSeen(t);
  seen.observer.observe(plan({ dir, pid: child.pid, ready: wait({ kind: 'file', path: 'up' }) }));
  external.observer.observeExternal({
    name: 'it',
    dir,
    env: {},
    checks: [{ name: 'file', probe: { kind: 'file', path: 'up' }, every: ms(20), severity: null }],
  });
  await external.check('ok');
  assert.equal(seen.all.length, 0);
  // A process that waited to become this instance is older than what an earlier instance wrote last.
  const later = openSeen(t);
  utimesSync(path, new Date(), new Date());
  later.observer.observe(
    plan({ dir, pid: child.pid, startedAt: monoMs(now() + 60_000), ready: wait({ kind: 'file', path: 'up' }) }),
  );
  await seen.kind('ready');
  assert.equal(later.all.length, 0);
});

test('log: only what was written since the start counts, however the file got there', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'log');
  const pattern = 'ready to (price|go)';
  const ways: Record<string, () => void> = {
    appended: () => appendFileSync(path, 'ready to price\n'),
    'without a line break': () => appendFileSync(path, 'ready to go'),
    'cut off and written': () => {
      truncateSync(path, 0);
      appendFileSync(path, 'ready to price\n');
    },
    'moved away and made anew': () => {
      renameSync(path, `${path}.1`);
      writeFileSync(path, 'ready to price\n');
    },
    'behind a line of three megabytes and bytes that are no text': () => {
      appendFileSync(
        path,
        Buffer.concat([
          Buffer.alloc(3 << 20, 'x'),
          Buffer.from([0, 0xff, 0xfe, 10]),
          Buffer.from('ready to price\r\n'),
        ]),
      );
    },
  };
  for (const [name, write] of Object.entries(ways)) {
    await t.test(name, async (t2) => {
      writeFileSync(path, 'ready to price\nof an earlier one\n');
      const child = run(t2, ['sleep', '1000']);
      await once(child, 'spawn');
      const seen = openSeen(t2);
      const it = plan({ dir, pid: child.pid, ready: wait({ kind: 'log', pattern, file: 'log' }) });
      await seen.observer.starting(it);
      seen.observer.observe(it);
      const other = openSeen(t2);
      other.observer.observeExternal({
        name: 'it',
        dir,
        env: {},
        checks: [{ name: 'file', probe: { kind: 'file', path: 'log' }, every: ms(20), severity: null }],
      });
      await other.check('ok');
      assert.equal(seen.all.length, 0);
      write();
      await seen.kind('ready');
    });
  }
  await t.test('not yet there, not even its folder', async (t2) => {
    const child = run(t2, ['sleep', '1000']);
    const seen = openSeen(t2);
    const it = plan({ dir, pid: child.pid, ready: wait({ kind: 'log', pattern, file: 'deep/log' }) });
    await seen.observer.starting(it);
    seen.observer.observe(it);
    mkdirSync(join(dir, 'deep'));
    writeFileSync(join(dir, 'deep', 'log'), 'ready to price\n');
    await seen.kind('ready');
  });
  await t.test('written between the start and the observing', async (t2) => {
    const child = run(t2, ['sleep', '1000']);
    const seen = openSeen(t2);
    const it = plan({ dir, pid: child.pid, ready: wait({ kind: 'log', pattern, file: 'log' }) });
    await seen.observer.starting(it);
    appendFileSync(path, 'ready to price\n');
    seen.observer.observe(it);
    await seen.kind('ready');
  });
  await t.test('an instance that outlived its time was ready, though its line is gone', async (t2) => {
    rmSync(path, { force: true });
    const seen = openSeen(t2);
    // This process is older than the millisecond.
    seen.observer.observe(plan({ dir, ready: wait({ kind: 'log', pattern, file: 'log' }, 1) }));
    await seen.kind('ready');
  });
});

test('active: asked only when told to, from the last activation on', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'log');
  writeFileSync(path, 'now active\n');
  const child = run(t, ['sleep', '1000']);
  const seen = openSeen(t);
  const it = plan({ dir, pid: child.pid, active: wait({ kind: 'log', pattern: '^now active', file: 'log' }) });
  await seen.observer.starting(it);
  seen.observer.observe(it);
  appendFileSync(path, 'now active\n');
  await seen.kind('ready');
  seen.observer.awaitActive(it.instance);
  await seen.kind('active');
  seen.observer.awaitActive(it.instance);
  seen.observer.said(it.instance, { beat: true });
  await seen.kind('beat');
  assert.deepEqual(
    seen.all.map((each) => each.kind),
    ['ready', 'active', 'beat'],
  );
  // Once it is noted how far the log had come, what is written belongs to the next activation: when that is, only the observer knows.
  const writing = setInterval(() => appendFileSync(path, 'now active again\n'), 50);
  t.after(() => clearInterval(writing));
  await seen.kind('active', 3);
});

test('a wait ends with its time, and with the observing', async (t) => {
  let asked = 0;
  const { url } = await serve(t, (request, response) => {
    if (request.url === '/ready') asked += 1;
    response.writeHead(503).end();
  });
  const seen = openSeen(t);
  seen.observer.observe(plan({ dir: folder(t), ready: wait({ kind: 'http', url: `${url}/ready` }, 60) }));
  const other = openSeen(t);
  other.observer.observeExternal({
    name: 'clock',
    dir: '/',
    env: {},
    // Of the same server: what was asked of it before is counted.
    checks: [{ name: 'http', probe: { kind: 'http', url }, every: ms(100), severity: null }],
  });
  await other.until((each): each is typeof each => each.kind === 'check', 2);
  const after = asked;
  assert.ok(after > 0);
  await other.until((each): each is typeof each => each.kind === 'check', 4);
  assert.equal(asked, after);
  assert.equal(seen.all.length, 0);
});
