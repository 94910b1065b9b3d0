// What fails without ending is found: silence, its own word, checks, and what is outside.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { once } from 'node:events';

import { freePort } from '../free-port.ts';
import {
  asPlanned,
  eventually,
  incidentsIn,
  instanceOf,
  lives,
  makeStand,
  pidOf,
  serviceOf,
  services,
  signal,
  startStand,
  textOf,
} from './stand.ts';

const oneHost = `system: alone
objective: { unavailable: 1m, per: 1h, recoverWithin: 4s }
hosts: { a: { address: 127.0.0.1 } }
services:
`;

test('a stopped process is ended and replaced within d, however it beats', async (t) => {
  const stand = await startStand(
    t,
    `${oneHost}  message: { run: node ${services}/beats.mjs, ready: { log: beats }, detect: { heartbeat: { message: true, every: 200ms } } }
  file: { run: node ${services}/serve.mjs, env: { BEAT_FILE: beat }, ready: { file: beat }, detect: { heartbeat: { file: beat, every: 200ms } } }
  row: { run: ${process.execPath} ${services}/rows.mjs, env: { DATABASE: beats.db }, ready: { log: beats }, detect: { heartbeat: { row: { url: "sqlite:beats.db", query: "select beat_at from beats where name = 'row'" }, every: 200ms } } }
  other: { run: node ${services}/beats.mjs, detect: { heartbeat: { message: true } } }
`,
  );
  const { services: timings } = JSON.parse((await stand.cli('check', stand.folder, '--json')).stdout) as {
    services: { name: string; dMs: number }[];
  };
  // Each of them beats by now: the first beat may take longer than any other.
  const before = await stand.until('all as planned', asPlanned);
  const stopped = ['message', 'file', 'row'].map((name) => ({ name, pid: pidOf(before, name, 'a') }));
  for (const { pid } of stopped) signal(pid, 'SIGSTOP');
  await stand.until('the stopped are replaced', (view) =>
    stopped.every(({ name, pid }) => {
      const now = instanceOf(view, name, 'a');
      return now.phase === 'active' && now.pid !== pid;
    }),
  );
  for (const { pid } of stopped) assert.equal(lives(pid), false);
  assert.equal(pidOf((await stand.status())!, 'other', 'a'), pidOf(before, 'other', 'a'));
  assert.match((await stand.cli('explain', 'file')).stdout, /file on a is ended, .*: no heartbeat for \d/);
  const lines = await stand.journal();
  for (const { name } of stopped) {
    const end = lines.find((line) => line.service === name && line.rule === 526);
    const found = end?.because['found'] as { facts: { silentMs: number } } | undefined;
    const silent = found?.facts.silentMs ?? 0;
    const d = timings.find((each) => each.name === name)?.dMs ?? 0;
    assert.ok(silent > 200 && silent <= d, `${name} was silent for ${silent} ms, d is ${d} ms`);
  }
});

test('what a service says of itself: degraded is low, failed ends it, no answer too; over HTTP and over the socket', async (t) => {
  const port = await freePort();
  const stand = await startStand(
    t,
    `${oneHost}  asked: { run: node ${services}/serve.mjs, env: { PORT: "${port}" }, ready: { http: "http://127.0.0.1:\${PORT}/ready" }, detect: { status: { http: "http://127.0.0.1:\${PORT}/status" } } }
  says: { run: sh ${services}/says.sh, detect: {} }
`,
  );
  const say = (text: string): Promise<void> => put(port, '/status', text);
  const first = pidOf((await stand.status())!, 'asked', 'a');
  await say('{ "status": "degraded", "subsystems": { "cache": "failed", "feed": "ok" } }');
  const low = await stand.until('it is degraded', (view) => instanceOf(view, 'asked', 'a').severity === 3);
  assert.match(instanceOf(low, 'asked', 'a').reason ?? '', /cache/);
  assert.equal(pidOf(low, 'asked', 'a'), first, 'it stays');
  assert.equal((await stand.cli('status')).code, 0, 'severity 3 is no alarm');
  await say('ok');
  await stand.until('it is well', (view) => view.severity === 0);
  for (const bad of ['failed', 'hang']) {
    const pid = pidOf((await stand.status())!, 'asked', 'a');
    await say(bad);
    await stand.until(`${bad}: it is replaced`, (view) => {
      const now = instanceOf(view, 'asked', 'a');
      return now.phase === 'active' && now.pid !== pid;
    });
    assert.equal(lives(pid), false);
  }
  stand.write('"degraded"', 'say');
  await stand.until('it says so over the socket', (view) => instanceOf(view, 'says', 'a').severity === 3);
  stand.write('"ok"', 'say');
  await stand.until('it is well', (view) => instanceOf(view, 'says', 'a').severity === 0);
  const pid = pidOf((await stand.status())!, 'says', 'a');
  stand.write('"failed"', 'say');
  await stand.until('it is ended', () => !lives(pid));
});

test('checks by HTTP, TCP, command and log: critical ends, a warning or a hang of a lesser one does not', async (t) => {
  const [http, tcp] = [await freePort(), await freePort()];
  const stand = makeStand(
    t,
    `${oneHost}  http: { run: node ${services}/serve.mjs, env: { PORT: "${http}" }, ready: { http: "http://127.0.0.1:\${PORT}/ready" }, detect: { checks: [ { http: "http://127.0.0.1:\${PORT}/ready", every: 200ms } ] } }
  tcp: { run: sh ${services}/closes.sh, env: { PORT: "${tcp}", SERVE: ${services}/serve.mjs }, ready: { tcp: "127.0.0.1:${tcp}" }, detect: { checks: [ { tcp: "127.0.0.1:${tcp}", every: 200ms } ] } }
  nagios: { run: sleep 1000, envFile: nagios.env, detect: { checks: [ { command: "sh \${CHECK}", every: 200ms, severity: 3 } ] } }
  hangs: { run: sleep 1000, detect: { checks: [ { command: sh hangs.sh, every: 200ms, severity: 3 } ] } }
  log: { run: sleep 1000, detect: { checks: [ { log: "ERROR .*price", in: app.log, every: 200ms, severity: 2 } ] } }
`,
  );
  for (const file of ['nagios.sh', 'hangs.sh']) stand.write('exit 0\n', file);
  stand.write('', 'app.log');
  stand.write('CHECK=nagios.sh\n', 'nagios.env');
  await stand.up();
  const before = (await stand.status())!;
  stand.write('echo "PRICES WARNING - 3 old | old=3;2;5"; exit 1\n', 'nagios.sh');
  await stand.until(
    'the warning',
    (view) =>
      instanceOf(view, 'nagios', 'a').severity === 3 &&
      /^check command sh nagios\.sh warns.*3 old/.test(instanceOf(view, 'nagios', 'a').reason ?? ''),
  );
  appendFileSync(`${stand.folder}/app.log`, 'fine\nERROR no price for X\n');
  const logged = await stand.until('the line in the log', (view) => instanceOf(view, 'log', 'a').severity === 2);
  assert.match(instanceOf(logged, 'log', 'a').reason ?? '', /no price for X/);
  stand.write('exec sleep 1000\n', 'hangs.sh');
  await stand.until('the check that hangs', (view) => instanceOf(view, 'hangs', 'a').severity === 3);
  await put(http, '/status', 'hang');
  process.kill(await childOf(pidOf(before, 'tcp', 'a')), 'SIGKILL');
  const after = await stand.until('what answers no more is replaced', (view) =>
    ['http', 'tcp'].every((name) => {
      const now = instanceOf(view, name, 'a');
      return now.phase === 'active' && now.pid !== pidOf(before, name, 'a');
    }),
  );
  for (const name of ['nagios', 'hangs', 'log']) assert.equal(pidOf(after, name, 'a'), pidOf(before, name, 'a'));
  stand.write('exit 0\n', 'hangs.sh');
  stand.write('exit 0\n', 'nagios.sh');
  await stand.until('all but the log is well', (view) =>
    view.services.every((each) => each.name === 'log' || each.severity === 0),
  );
});

test('an external that does not answer is the root of one incident, with what fails for want of it under it', async (t) => {
  const port = await freePort();
  const external = createServer((socket) => socket.end()).listen(port, '127.0.0.1');
  await once(external, 'listening');
  t.after(() => external.close());
  const stand = await startStand(
    t,
    `${oneHost}  rates: { external: true, detect: { checks: [ { tcp: "127.0.0.1:${port}", every: 200ms } ] } }
  spare: { external: true }
  pricer: { run: sleep 1000, needs: [rates] }
  desk: { run: sleep 1000, needs: [pricer] }
  either: { run: sleep 1000, needs: [ { anyOf: [rates, spare] } ] }
`,
  );
  const before = (await stand.status())!;
  assert.equal(serviceOf(before, 'rates').external?.ok, true);
  await new Promise((resolve) => external.close(resolve));
  const down = await stand.until('it is found', (now) => serviceOf(now, 'rates').severity === 1);
  assert.equal(pidOf(down, 'pricer', 'a'), pidOf(before, 'pricer', 'a'), 'what runs is left alone');
  signal(pidOf(down, 'pricer', 'a'), 'SIGKILL');
  await stand.until('it waits for rates', (now) => /waits for rates/.test(instanceOf(now, 'pricer', 'a').reason ?? ''));
  for (const name of ['either', 'desk']) signal(pidOf(down, name, 'a'), 'SIGKILL');
  const view = await stand.until('what can run is back, the others wait', (now) => {
    const [only, ...more] = incidentsIn(now);
    return (
      instanceOf(now, 'either', 'a').pid !== pidOf(before, 'either', 'a') &&
      instanceOf(now, 'either', 'a').phase === 'active' &&
      instanceOf(now, 'pricer', 'a').pid === null &&
      instanceOf(now, 'desk', 'a').pid === null &&
      only?.also.length === 2 &&
      more.length === 0
    );
  });
  const [root] = incidentsIn(view);
  assert.equal(root?.service, 'rates');
  assert.deepEqual(root?.also, ['desk', 'pricer']);
  assert.match((await stand.cli('explain', 'pricer')).stdout, /waits for rates/);
  external.listen(port, '127.0.0.1');
  await stand.until('all follows by itself', (now) => incidentsIn(now).length === 0 && asPlanned(now));
});

async function childOf(pid: number): Promise<number> {
  return eventually('a child', () => {
    const [first] = textOf(`/proc/${pid}/task/${pid}/children`).trim().split(' ');
    return first === undefined || first === '' ? null : Number(first);
  });
}

function put(port: number, path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method: 'PUT', path, agent: false }, (response) => {
      response.resume().on('end', resolve);
    });
    asked.on('error', reject).end(body);
  });
}
