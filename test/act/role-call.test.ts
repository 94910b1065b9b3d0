// Role calls by HTTP, command and message, and what each ends as.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { MessageDesk } from '../../src/act/message-desk.ts';
import { openRoleCaller } from '../../src/act/role-call.ts';
import { ms } from '../../src/model/units.ts';
import { runCommand } from '../../src/observe/command.ts';
import type { CallAnswer, RoleCaller } from '../../src/ports.ts';
import { now } from '../observe/seen.ts';

const desk = new MessageDesk(now);
const caller = openRoleCaller({ now, desk, runCommand });

function call(what: Parameters<RoleCaller['call']>[0]['call'], within = 20_000): Promise<CallAnswer> {
  const env = { PATH: process.env['PATH'] ?? '', STANDFAST_ROLE: 'active', STANDFAST_TERM: '7' };
  return caller.call({
    instance: 'pricer@a#1',
    call: what,
    dir: '/',
    env,
    user: null,
    group: null,
    within: ms(within),
  });
}

async function serve(
  t: TestContext,
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, body, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/activate`;
}

test('http: a POST with role and term, confirmed by 2xx', async (t) => {
  let got: unknown;
  const url = await serve(t, (request, body, response) => {
    got = { method: request.method, type: request.headers['content-type'], body: JSON.parse(body) };
    response.writeHead(204).end();
  });
  const before = now();
  const answer = await call({ kind: 'http', url });
  assert.ok(answer.kind === 'done' && answer.at >= before && answer.at <= now());
  assert.deepEqual(got, { method: 'POST', type: 'application/json', body: { role: 'active', term: 7 } });
});

test('http: a service that only knows GET is asked by GET', async (t) => {
  for (const code of [404, 405]) {
    const methods: string[] = [];
    const url = await serve(t, (request, _body, response) => {
      methods.push(request.method ?? '');
      response.writeHead(request.method === 'GET' ? 200 : code).end();
    });
    assert.equal((await call({ kind: 'http', url })).kind, 'done');
    assert.deepEqual(methods, ['POST', 'GET']);
  }
});

test('http: no is failed, silence is unknown', async (t) => {
  const no = await serve(t, (_request, _body, response) => response.writeHead(409).end('still loading\n'));
  assert.deepEqual(await call({ kind: 'http', url: no }), { kind: 'failed', why: 'HTTP 409: still loading' });
  const redirect = await serve(t, (_request, _body, response) => response.writeHead(302, { location: '/' }).end());
  assert.equal((await call({ kind: 'http', url: redirect })).kind, 'failed');
  const silent = await serve(t, () => {});
  assert.deepEqual(await call({ kind: 'http', url: silent }, 100), { kind: 'unknown', why: 'no answer within 100 ms' });
  const broken = await serve(t, (request) => request.socket.destroy());
  assert.deepEqual(await call({ kind: 'http', url: broken }), { kind: 'unknown', why: 'connection broken off' });
  assert.deepEqual(await call({ kind: 'http', url: 'http://127.0.0.1:1/' }), {
    kind: 'failed',
    why: 'connection refused',
  });
  assert.equal((await call({ kind: 'http', url: 'nonsense' })).kind, 'failed');
});

test('command: exit 0 confirms, and it is told role and term', async () => {
  const shell = (line: string, within?: number): Promise<CallAnswer> =>
    call({ kind: 'command', command: { kind: 'shell', line } }, within);
  assert.equal((await shell('test "$STANDFAST_ROLE $STANDFAST_TERM" = "active 7"')).kind, 'done');
  assert.deepEqual(await shell('echo; echo "no disk" >&2; exit 4'), { kind: 'failed', why: 'exit 4: no disk' });
  assert.equal((await shell('kill -9 $$')).kind, 'failed');
  const slow = await shell('echo waiting; sleep 1000', 300);
  assert.equal(slow.kind, 'unknown');
  assert.match(slow.kind === 'unknown' ? slow.why : '', /did not end within 300 ms and was killed/);
  assert.equal((await call({ kind: 'command', command: { kind: 'argv', argv: ['./not-there'] } })).kind, 'failed');
});

test('message: done when the service says just this role and term', async () => {
  const answer = call({ kind: 'message' });
  assert.equal(desk.confirmed('pricer@a#1', 'active', 6), false);
  assert.equal(desk.confirmed('pricer@a#1', 'standby', 7), false);
  assert.equal(desk.confirmed('pricer@b#1', 'active', 7), false);
  assert.equal(desk.confirmed('pricer@a#1', 'active', 7), true);
  assert.equal((await answer).kind, 'done');
});

test('message: a word that came first counts, until it is forgotten or another came', async () => {
  desk.confirmed('pricer@a#2', 'active', 8);
  assert.equal((await desk.expect('pricer@a#2', 'active', 8, ms(1))).kind, 'done');
  assert.equal((await desk.expect('pricer@a#2', 'active', 9, ms(1))).kind, 'unknown');
  desk.forget('pricer@a#2');
  assert.equal((await desk.expect('pricer@a#2', 'active', 8, ms(1))).kind, 'unknown');
  desk.confirmed('pricer@a#2', 'active', 8);
  desk.confirmed('pricer@a#2', 'standby', 8);
  assert.equal((await desk.expect('pricer@a#2', 'active', 8, ms(1))).kind, 'unknown');
});
