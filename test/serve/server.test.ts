// The agent's socket, asked over real sockets: what it carries, what it refuses, and that nobody's slowness or death harms it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AgentAnswers } from '../../src/api.ts';
import { connectAgent } from '../../src/client.ts';
import { serveAgent } from '../../src/serve/server.ts';
import { fakeAgent, folder } from '../cli/stage.ts';
import { incident, status } from '../cli/views.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly instance?: string;
}

async function ask(socket: string, { method = 'GET', path, body, instance }: Asked): Promise<Answer> {
  const sent = request({
    socketPath: socket,
    method,
    path,
    agent: false,
    headers: instance === undefined ? {} : { 'standfast-instance': instance },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += String(part);
  return { status: response.statusCode ?? 0, body: text };
}

const me = 'pricer@a#1';

function knowing(heard: string[]): Partial<AgentAnswers> {
  return {
    heartbeat: (instance) => {
      heard.push(`beat ${instance}`);
      return instance === me;
    },
    role: (instance) => (instance === me ? { role: 'active', term: 4, validForMs: 812 } : null),
    saidStatus: (instance, said) => {
      heard.push(`${said.status} ${JSON.stringify(said.subsystems)} ${said.behindMs ?? '-'}`);
      return instance === me;
    },
    confirm: (instance, confirmed) => instance === me && confirmed.term === 4,
    takeover: (instance) =>
      Promise.resolve(
        instance === me
          ? { ok: true, id: 't-1', text: 'under way' }
          : { ok: false, code: 'SF-411', why: 'no', next: 'wait' },
      ),
  };
}

test('services beat, say how they are, ask their role and confirm it', async (t) => {
  const heard: string[] = [];
  const { socket } = await fakeAgent(t, folder(t), { more: knowing(heard) });
  const cases: readonly (readonly [Asked, Answer])[] = [
    [
      { method: 'POST', path: '/v1/heartbeat', instance: me },
      { status: 204, body: '' },
    ],
    [
      { method: 'PUT', path: '/v1/status', instance: me, body: 'ok\n' },
      { status: 204, body: '' },
    ],
    [
      { method: 'PUT', path: '/v1/status', instance: me, body: '"degraded"' },
      { status: 204, body: '' },
    ],
    [
      {
        method: 'PUT',
        path: '/v1/status',
        instance: me,
        body: '{"status":"ok","subsystems":{"db":"failed"},"behindMs":40,"more":1}',
      },
      { status: 204, body: '' },
    ],
    [
      { path: '/v1/role', instance: me },
      { status: 200, body: '{"role":"active","term":4,"validForMs":812}' },
    ],
    [
      { method: 'POST', path: '/v1/role/confirm', instance: me, body: '{"role":"active","term":4}' },
      { status: 204, body: '' },
    ],
    [
      { method: 'POST', path: '/v1/takeover', instance: me },
      { status: 200, body: '{"ok":true,"id":"t-1","text":"under way"}' },
    ],
  ];
  for (const [asked, answer] of cases)
    assert.deepEqual(await ask(socket, asked), answer, `${asked.path} ${String(asked.body)}`);
  assert.deepEqual(heard, [`beat ${me}`, 'ok {} -', 'degraded {} -', 'ok {"db":"failed"} 40']);
});

test('a description may be applied that is as long as any may be', async (t) => {
  const lengths: number[] = [];
  const { socket } = await fakeAgent(t, folder(t), {
    more: {
      apply: ({ text }) => {
        lengths.push(text.length);
        return Promise.resolve({ ok: true, id: 'd-1', text: 'in force' });
      },
    },
  });
  const put = (text: string): Promise<{ status: number }> =>
    ask(socket, {
      method: 'POST',
      path: '/api/v1/description',
      body: JSON.stringify({ text, folder: '/', file: 'x.yaml', revision: 1, owner: 'ann' }),
    });
  // The widest that 1 MiB of characters comes to: three bytes each, or two where JSON escapes them.
  const longest = ['\n', '€'].map((each) => each.repeat(2 ** 20));
  for (const text of longest) assert.equal((await put(text)).status, 200);
  assert.deepEqual(lengths, [2 ** 20, 2 ** 20]);
});

test('what is wrong is answered with a code, the reason and what to do', async (t) => {
  const { socket } = await fakeAgent(t, folder(t), { more: knowing([]) });
  const long = Buffer.alloc(300_000, 0x20);
  const cases: readonly (readonly [Asked, status: number, code: string, why: RegExp])[] = [
    [{ path: '/' }, 404, 'SF-701', /nothing at \//],
    [{ path: '/v1/heartbeat' }, 405, 'SF-702', /does not take GET/],
    [{ method: 'PUT', path: '/v1/status', instance: me, body: '{' }, 400, 'SF-703', /no JSON/],
    [{ method: 'PUT', path: '/v1/status', instance: me }, 400, 'SF-703', /missing/],
    [{ method: 'PUT', path: '/v1/status', instance: me, body: '{"status":"fine"}' }, 400, 'SF-703', /./],
    [{ method: 'PUT', path: '/v1/status', instance: me, body: long }, 413, 'SF-704', /longer/],
    [
      { method: 'POST', path: '/v1/role/confirm', instance: me, body: '{"role":"active","term":3}' },
      409,
      'SF-705',
      /not asked/,
    ],
    [
      { method: 'POST', path: '/v1/role/confirm', instance: me, body: '{"role":"king","term":1.5}' },
      400,
      'SF-703',
      /role: .*term: /,
    ],
    [{ method: 'POST', path: '/api/v1/incidents/i-1/ack', body: '{"owner":"ann"}' }, 404, 'SF-706', /i-1/],
    [{ method: 'POST', path: '/v1/heartbeat' }, 400, 'SF-707', /Standfast-Instance/],
    [{ method: 'POST', path: '/v1/heartbeat', instance: 'other@b#2' }, 404, 'SF-708', /other@b#2/],
    [
      { method: 'POST', path: '/api/v1/intents', body: '{"kind":"explode","owner":""}' },
      400,
      'SF-703',
      /kind: .*owner: /,
    ],
    [{ method: 'POST', path: '/api/v1/incidents/%ff/ack', body: '{"owner":"ann"}' }, 400, 'SF-703', /%ff/],
  ];
  for (const [asked, code, sf, why] of cases) {
    const answer = await ask(socket, asked);
    const { error } = JSON.parse(answer.body) as { error: { code: string; why: string; next: string } };
    assert.equal(answer.status, code, `${asked.path}: ${answer.body}`);
    assert.equal(error.code, sf);
    assert.match(error.why, why);
    assert.notEqual(error.next, '');
  }
  assert.equal((await ask(socket, { path: '/v1/role', instance: me })).status, 200, 'it still answers');
});

test('an answer that fails inside is a 500 with a code, and no more', async (t) => {
  const broken = (): never => {
    throw new Error('no such luck');
  };
  const { socket } = await fakeAgent(t, folder(t), { more: { failovers: broken } });
  const answer = await ask(socket, { path: '/api/v1/failovers' });
  assert.equal(answer.status, 500);
  assert.match(answer.body, /SF-709.*no such luck/);
  assert.doesNotMatch(answer.body, /at .*\.ts:/, 'no stack');
  await assert.rejects(connectAgent(socket).failovers(), /answered 500/);
});

test('the client carries intents both ways, and a refusal is an answer', async (t) => {
  const refusal = { ok: false, code: 'SF-412', why: 'b would lose 41 s', next: 'wait' } as const;
  const { socket, asked, acked } = await fakeAgent(t, folder(t), {
    answer: refusal,
    view: status({ incidents: [incident('i/1 x')] }),
  });
  const client = connectAgent(socket);
  const intent = {
    kind: 'failover',
    service: 'pricer',
    host: 'b',
    owner: 'ann',
    why: '',
    forMs: null,
    acceptLoss: false,
  } as const;
  assert.deepEqual(await client.intend(intent), refusal);
  assert.deepEqual(asked, [{ ...intent, leaveRunning: false, keep: false, end: false, confirm: false }]);
  assert.equal(await client.ack('i/1 x', 'ann'), true);
  assert.equal(await client.ack('other', 'ann'), false);
  assert.deepEqual(acked[0], { incident: 'i/1 x', owner: 'ann' });
  assert.equal((await client.status()).system, 'pricing');
  // What is not taken as it was asked is told with the agent's own words, and is no agent that did not answer.
  await assert.rejects(client.intend({ ...intent, why: 'w'.repeat(3000) }), {
    code: 'SF-703',
    message: /^why: /,
    next: /socket\.md/,
  });
});

test('a socket file left behind is replaced, a living agent is not, and no other file is', async (t) => {
  const state = folder(t);
  const socket = join(state, 's.sock');
  const dead = createServer().listen(socket);
  await once(dead, 'listening');
  const answers = {} as AgentAnswers;
  await assert.rejects(serveAgent({ socket, memberSocket: `${socket}.m`, answers }), /another agent answers/);
  // A socket whose owner died: the file stays, nobody accepts.
  const left = join(state, 'left.sock');
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(left)},()=>process.kill(process.pid,'SIGKILL'))`,
  ]);
  assert.ok(existsSync(left));
  const server = await serveAgent({ socket: left, memberSocket: `${left}.m`, answers });
  t.after(() => server.close());
  assert.equal(statSync(left).mode & 0o777, 0o600);
  const file = join(state, 'file');
  writeFileSync(file, 'mine');
  await assert.rejects(serveAgent({ socket: file, memberSocket: `${file}.m`, answers }), /no socket/);
  dead.close();
});

test('the status is sent at once, at every change, and told to be alive in between', async (t) => {
  const agent = await fakeAgent(t, folder(t));
  const seen: string[] = [];
  let ended: (why: string) => void = () => undefined;
  let alive: () => void = () => undefined;
  const over = new Promise<string>((resolve) => (ended = resolve));
  const pulse = new Promise<void>((resolve) => (alive = resolve));
  let next: () => void = () => undefined;
  const second = new Promise<void>((resolve) => (next = resolve));
  connectAgent(agent.socket).events({
    status: (view) => {
      seen.push(view.sentence);
      if (seen.length === 1) agent.show(status({ sentence: 'Now it does not.' }));
      if (seen.length === 2) next();
    },
    alive,
    ended,
  });
  await second;
  assert.deepEqual(seen.slice(1), ['Now it does not.']);
  await pulse;
  await agent.close();
  assert.match(await over, /ended the stream|nobody answers/);
});

test('a reader that takes nothing costs one message, and gets the newest when it reads again', async (t) => {
  const big = 'x'.repeat(200_000);
  const agent = await fakeAgent(t, folder(t), { view: status({ sentence: `0${big}` }) });
  const socket = connect(agent.socket);
  await once(socket, 'connect');
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'readable');
  const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
  for (let n = 1; n <= 500; n += 1) agent.show(status({ sentence: `${n}${big}` }));
  const grown = process.memoryUsage().external + process.memoryUsage().heapUsed - before;
  assert.ok(grown < 50_000_000, `${grown} bytes more for one slow reader`);
  let text = '';
  let found: () => void = () => undefined;
  const newest = new Promise<void>((resolve) => (found = resolve));
  socket.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-1_000_000);
    if (text.includes('"sentence":"500x')) found();
  });
  await newest;
  socket.destroy();
});

test('an agent that takes connections and says nothing is given up in time', async (t) => {
  const path = join(folder(t), 'mute.sock');
  const mute = createServer(() => undefined).listen(path);
  await once(mute, 'listening');
  t.after(() => mute.close());
  await assert.rejects(connectAgent(path, 50).status(), /did not answer within 50 ms/);
  await assert.rejects(connectAgent(join(path, 'none')).status(), /nobody answers/);
});

test('five hundred services may beat at once', async (t) => {
  let beats = 0;
  const { socket } = await fakeAgent(t, folder(t), {
    more: {
      heartbeat: () => {
        beats += 1;
        return true;
      },
    },
  });
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, n) =>
      ask(socket, { method: 'POST', path: '/v1/heartbeat', instance: `s${n}@a#1` }),
    ),
  );
  assert.ok(answers.every((answer) => answer.status === 204));
  assert.equal(beats, 500);
});
