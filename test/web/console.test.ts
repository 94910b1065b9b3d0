// The console of a running system: real agents start it, people act through it, and its end, its agent's silence and a taken port harm nothing.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { StatusView } from '../../src/api.ts';
import type { ConsoleView } from '../../src/api-web.ts';
import { connectAgent } from '../../src/client.ts';
import { freePort } from '../free-port.ts';
import { ask, type Answer } from '../serve/web/console.ts';
import { activeOn, asPlanned, eventually, makeStand, signal, type Stand } from '../system/stand.ts';

const root = join(import.meta.dirname, '..', '..');

function description(listen: string, more = ''): string {
  return `
system: seen
objective: { unavailable: 10m, per: 60m, recoverWithin: 30s }
console: { listen: "${listen}"${more} }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  pair:
    run: [sh, -c, "echo '<b>hello'; exec sleep 100000"]
    policy: hot-active/cold-passive
    on: [a, b]
  held:
    run: sleep 100000
    on: [a]
    needs: [pair]
    detect: { checks: [ { command: [sh, -c, "echo fine"], every: 200ms } ] }
`;
}

/** Two neighbouring free ports. */
async function twoPorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const next = createServer();
    next.listen(port + 1, '127.0.0.1');
    const free = await Promise.race([once(next, 'listening').then(() => true), once(next, 'error').then(() => false)]);
    next.close();
    if (free) return port;
  }
}

/** As planned, and each of two has one active. */
const asWhole = (view: StatusView): boolean =>
  asPlanned(view) && activeOn(view, 'pair') !== null && activeOn(view, 'held') !== null;

const viewOf = (stand: Stand, host: string): Promise<ConsoleView | null> =>
  connectAgent(stand.at(host, 'agent.sock'))
    .console()
    .catch(() => null);

/** The pid of a host's console, by its command line. */
function consolePid(stand: Stand, host: string): number | null {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(join('/proc', name, 'cmdline'), 'utf8').split('\0');
      if (words.some((word) => word.endsWith('/web.ts')) && words.includes(stand.state) && words.at(-2) === host)
        return Number(name);
    } catch {
      // It ended meanwhile.
    }
  }
  return null;
}

function addUser(stand: Stand, name: string, password: string): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'src', 'main.ts'), 'user', 'add', name], {
    env: { ...process.env, STANDFAST_STATE: stand.state },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(`${password}\n`);
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += String(part)));
  return once(child, 'close').then(([code]) => {
    assert.equal(code, 0);
    return text;
  });
}

test('people look and act through the console of any host', async (t) => {
  const base = await twoPorts();
  const stand = makeStand(t, description(`127.0.0.1:${base}`));
  const up = await stand.cli('up', stand.folder, '--detach');
  assert.equal(up.code, 0, up.stderr);
  // On a machine that is busy enough they are still starting when all instances are as planned, or the second was quicker.
  assert.match(
    up.stdout,
    new RegExp(`^(Console http://127\\.0\\.0\\.1:(${base}|${base + 1})|The console is still starting; .*)$`, 'm'),
  );
  await eventually('the first console', async () => (await viewOf(stand, 'a'))?.state === 'listening');
  await eventually('the second console', async () => (await viewOf(stand, 'b'))?.state === 'listening');
  const at = (host: 'a' | 'b', path: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> =>
    ask(base + (host === 'a' ? 0 : 1), { path, headers, ...(body === undefined ? {} : { method: 'POST', body }) });

  // Each agent hears of the other in its own time. The first of `on` has a start, no more: the other may be the active one.
  for (const host of ['a', 'b'] as const) await stand.until('all as planned', asWhole, host);
  const first = activeOn((await stand.status()) ?? assert.fail('no status'), 'pair');
  const second = first === 'a' ? 'b' : 'a';
  for (const host of ['a', 'b'] as const) {
    const { json } = await eventually('its status', async () => {
      const answer = await at(host, '/api/v1/status');
      return answer.json.severity === 0 && answer.json.source.agent === 'live' ? answer : null;
    });
    assert.deepEqual([json.system, json.source.host], ['seen', host]);
    assert.match((await at(host, '/')).text, /<script type="module"/, 'the built pages');
  }
  assert.match((await stand.cli('doctor')).stdout, /console of b +listens on/);

  // Who is not signed in acts on nothing; who is, on every host's console.
  assert.equal((await at('a', '/api/v1/intents', {}, { kind: 'failover', service: 'pair' })).status, 401);
  assert.match(await addUser(stand, 'maria', 'correct horse'), /maria may operate/);
  const signedIn = await at('a', '/api/v1/sign-in', {}, { name: 'maria', password: 'correct horse' });
  const headers = {
    cookie: String(signedIn.headers['set-cookie']?.[0]).split(';')[0] ?? '',
    'standfast-csrf': String(signedIn.json?.csrf),
  };
  const action = { kind: 'failover', service: 'pair', host: second, why: `patching ${first}` };
  const before = await at('b', '/api/v1/intents/preview', headers, action);
  assert.match(before.json.will, new RegExp(`^${second} becomes active`));
  assert.equal((await at('a', '/api/v1/status')).json.services[0].active[0], first, 'a preview does nothing');
  const refused = await at('b', '/api/v1/intents/preview', headers, { ...action, service: 'held', host: null });
  assert.equal(refused.json.answer.code, 'SF-410');
  const done = await at('b', '/api/v1/intents', headers, action);
  assert.equal(done.json.ok, true);
  await stand.until('it has moved', (view) => asWhole(view) && activeOn(view, 'pair') === second);
  // What is done is written down a little later, and a page asks at most once a second.
  await eventually('the journal', async () => {
    const { json } = await at('a', '/api/v1/journal?q=maria+failover');
    return json.lines.some((each: { text: string }) => /maria asked: failover pair/.test(each.text));
  });

  // What no status has.
  const { json: pair } = await eventually('its failover and what was measured', async () => {
    const answer = await at('a', '/api/v1/services/pair');
    const { failovers, measured, missing } = answer.json;
    const both = measured.filter((each: { bMs: number[] }) => each.bMs.length > 0).length === 2;
    return failovers.length > 0 && both && missing.length === 0 ? answer : null;
  });
  assert.equal(pair.failovers.filter((each: { to: string }) => each.to === second).length, 1);
  const { json: held } = await eventually('two answers of the check', async () => {
    const answer = await at('b', '/api/v1/services/held');
    return answer.json.checks[0]?.recent.length > 1 ? answer : null;
  });
  assert.deepEqual([held.checks[0].host, held.checks[0].result], ['a', 'ok']);
  const hello = [
    ['a', '<b>hello'],
    ['b', '<b>hello'],
  ];
  await eventually('what both wrote', async () => {
    const { json } = await at('a', '/api/v1/logs/pair');
    const wrote = json.outputs.map((each: { host: string; lines: string[] }) => [each.host, each.lines[0]]);
    return isDeepStrictEqual(wrote, hello);
  });
  await eventually('its story', async () => (await at('a', '/api/v1/explain/pair')).json.steps.length > 3);
  assert.equal((await at('a', '/api/v1/explain/nothing')).status, 404);
  await eventually('the failover on the axis', async () =>
    (await at('a', '/api/v1/timeline')).json.some((each: { kind: string }) => each.kind === 'failover'),
  );
  await eventually('the budget', async () => (await at('a', '/api/v1/budget')).json.points.length > 2);
  const assessed = await eventually('the assessment', async () => {
    const { json } = await at('a', '/api/v1/assessment');
    return json.state === 'done' ? json : null;
  });
  assert.equal(assessed.result.survives, 0);

  // The console's end costs nothing and is mended; who was signed in still is.
  const view = await stand.status();
  const pid = await eventually('its process', () => consolePid(stand, 'a'));
  signal(pid, 'SIGKILL');
  const another = await eventually('another console', async () => {
    const now = consolePid(stand, 'a');
    return now !== null && now !== pid && (await viewOf(stand, 'a'))?.state === 'listening' ? now : null;
  });
  await eventually('who was signed in', async () => (await at('a', '/api/v1/me', headers)).json.name === 'maria');
  assert.deepEqual(
    (await stand.status())?.services.map((each) => each.instances.map(({ pid: its }) => its)),
    view?.services.map((each) => each.instances.map(({ pid: its }) => its)),
  );

  // An agent that hangs: its console shows what the other knows, and says who said it.
  const agent = stand.living().find((each) => each.kind === 'agent' && each.host === 'a')?.pid ?? 0;
  signal(agent, 'SIGSTOP');
  const other = await eventually('the word of b', async () => {
    const { json } = await at('a', '/api/v1/status');
    return json.source.host === 'b' ? json : null;
  });
  assert.equal(other.source.agent, 'live');
  signal(agent, 'SIGCONT');
  await stand.until('all as planned', asPlanned);

  // It ends with its agent, and comes back with the next.
  signal(agent, 'SIGKILL');
  await eventually('a console of the next agent', async () => {
    const now = consolePid(stand, 'a');
    return now !== null && now !== another && (await viewOf(stand, 'a'))?.url === `http://127.0.0.1:${base}`;
  });
  await stand.cli('down');
  await eventually('no console', () => consolePid(stand, 'a') === null && consolePid(stand, 'b') === null);
});

test('elsewhere than on loopback it wants TLS and a user; a taken port is said', async (t) => {
  const port = await twoPorts();
  const open = makeStand(t, description(`0.0.0.0:${port}`));
  const wrong = await open.cli('check', open.folder);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stdout + wrong.stderr, /SF-181 +the console would listen on 0\.0\.0\.0 without TLS/);

  const stand = makeStand(t, description(`0.0.0.0:${port}`, ', tls: { cert: cert.pem, key: key.pem }'));
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=seen',
    '-days',
    '1',
    '-keyout',
    join(stand.folder, 'key.pem'),
    '-out',
    join(stand.folder, 'cert.pem'),
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  const up = await stand.cli('up', stand.folder, '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stdout, /^No console: SF-822 .*standfast user add NAME$/m);

  const squatter = createServer((_request, response) => response.end('not yours'));
  squatter.listen(port, '0.0.0.0');
  await once(squatter, 'listening');
  await addUser(stand, 'maria', 'correct horse');
  const view = await eventually('the taken port', async () => {
    const now = await viewOf(stand, 'a');
    return now?.state === 'failed' ? now : null;
  });
  assert.match(view.why ?? '', new RegExp(`^SF-821 .*port ${(squatter.address() as AddressInfo).port} is in use`));
  squatter.closeAllConnections();
  squatter.close();
  await eventually('it listens', async () => (await viewOf(stand, 'a'))?.url === `https://127.0.0.1:${port}`);

  const asked = requestTls({
    host: '127.0.0.1',
    port,
    path: '/api/v1/status',
    rejectUnauthorized: false,
    agent: false,
  });
  asked.end();
  const [response] = await once(asked, 'response');
  assert.equal(response.statusCode, 401, 'looking needs a name, too');
  assert.match(response.headers['strict-transport-security'], /max-age/);
  response.resume();
  await once(response, 'end');
});

test('console: false serves nothing', async (t) => {
  const stand = makeStand(t, description('x').replace(/^console:.*$/m, 'console: false'));
  await stand.up();
  assert.equal((await viewOf(stand, 'a'))?.state, 'off');
  assert.equal(consolePid(stand, 'a'), null);
});
