// The console's HTTP side: who may what on every route, what hostile requests get, live events, metrics, the description of the API.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { routeTable } from '../../../src/serve/web/app.ts';
import { openSessions } from '../../../src/serve/web/sessions.ts';
import { incident, instance, service, status } from '../../cli/views.ts';
import { account, ask, loopback, picture, serve, type Json, type Served } from './console.ts';
import { openEvents } from './listening.ts';

const act = { kind: 'restart', service: 'pricer', why: 'why not' };

test('every route is open only to who may', async (t) => {
  const { port, accounts, told } = picture();
  accounts.push(await account('lena', 'look'), await account('olaf', 'operate'), await account('ada', 'administer'));
  const choice = { ...loopback, address: '0.0.0.0' };
  const near = await serve(t, port);
  // As it is elsewhere than on loopback: looking needs a name, too.
  const far = await serve(t, port, { choice });
  const rank = { open: 0, look: 1, operate: 2, administer: 3 } as const;
  const signedIn: readonly (readonly [Served, Record<string, string>, number])[] = [
    [near, {}, rank.look],
    [far, {}, rank.open],
    [far, await far.signIn('lena', 'correct horse'), rank.look],
    [far, await far.signIn('olaf', 'correct horse'), rank.operate],
    [far, await far.signIn('ada', 'correct horse'), rank.administer],
  ];
  const sessions = openSessions({ system: 'pricing', secure: false, accounts: () => port.accounts(), now: Date.now });
  const rows = routeTable(
    { port, system: 'pricing', choice, tls: null, pages: '', version: '', names: [], log: () => undefined },
    sessions,
  ).map(({ method, path, access }) => ({ method, path: path.replace('{name}', 'pricer'), access }));
  const all = [
    ...rows,
    { method: 'GET', path: '/metrics', access: 'look' as const },
    { method: 'GET', path: '/healthz', access: 'open' as const },
  ].filter((row) => !row.path.endsWith('/sign-in') && !row.path.endsWith('/sign-out'));
  assert.ok(all.length > 20);
  for (const { method, path, access } of all)
    for (const [served, headers, may] of signedIn) {
      const answer = await served.ask({ method, path, headers, ...(method === 'POST' ? { body: act } : {}) });
      const refused = answer.status === 401 || answer.status === 403;
      assert.equal(
        refused,
        may < rank[access],
        `${method} ${path} for ${JSON.stringify(headers)}: ${answer.status} ${answer.text}`,
      );
      if (refused) assert.match(answer.text, /"SF-80[56]"/);
    }
  const events = await far.ask({ path: '/api/v1/events' });
  assert.equal(events.status, 401, 'events too');
  assert.deepEqual(
    [...new Set(told.intents.map((each) => each.owner))].toSorted(),
    ['ada', 'olaf'],
    'the owner is who is signed in',
  );
});

test('signing in: cookies, wrong passwords, tries, signing out, a role taken away', async (t) => {
  const { port, accounts, told } = picture();
  accounts.push(await account('olaf', 'operate'));
  const served = await serve(t, port);
  const right = await served.ask({
    method: 'POST',
    path: '/api/v1/sign-in',
    body: { name: 'olaf', password: 'correct horse' },
  });
  assert.equal(right.status, 200);
  assert.match(
    String(right.headers['set-cookie']),
    /^standfast-pricing=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/,
  );
  const headers = await served.signIn('olaf', 'correct horse');
  const does = (more: Record<string, string> = {}) =>
    served.ask({ method: 'POST', path: '/api/v1/intents', headers: { ...headers, ...more }, body: act });
  assert.equal((await does()).status, 200);
  assert.equal((await does({ 'standfast-csrf': 'x' })).json.error.code, 'SF-809');
  assert.equal((await does({ origin: 'http://evil.example' })).json.error.code, 'SF-809');
  assert.equal((await does({ 'sec-fetch-site': 'cross-site' })).json.error.code, 'SF-809');
  assert.equal((await does({ origin: `http://127.0.0.1:${served.port}` })).status, 200);
  assert.equal((await does({ cookie: `${headers['cookie']}x` })).status, 401, 'a token that was tampered with');
  const spoofed = await served.ask({
    method: 'POST',
    path: '/api/v1/intents',
    headers,
    body: { ...act, owner: 'ada' },
  });
  assert.equal(spoofed.status, 400, 'nobody says who he is');

  // Another password ends what was signed in with the old one; so does removing.
  accounts[0] = { ...(await account('olaf', 'operate', 'other horse')), changedAtMs: 2 };
  assert.equal((await does()).json.error.code, 'SF-805');
  const again = await served.signIn('olaf', 'other horse');
  accounts[0] = { ...accounts[0], role: 'look' };
  assert.equal(
    (await served.ask({ method: 'POST', path: '/api/v1/intents', headers: again, body: act })).json.error.code,
    'SF-806',
  );
  const out = await served.ask({ method: 'POST', path: '/api/v1/sign-out', headers: again });
  assert.match(String(out.headers['set-cookie']), /^standfast-pricing=; .*Max-Age=0$/);
  assert.equal(
    (await served.ask({ path: '/api/v1/me', headers: again })).json.name,
    null,
    'the old cookie counts no more',
  );

  // Guessing: the same words for a name that there is and one that there isn't, and soon none at all.
  const guess = (name: string) =>
    served.ask({ method: 'POST', path: '/api/v1/sign-in', body: { name, password: 'guessed wrong' } });
  const [known, unknown] = [await guess('olaf'), await guess('nobody')];
  assert.equal(known.text, unknown.text);
  assert.equal(known.json.error.code, 'SF-807');
  // One more is allowed for each half minute that the guesses themselves take, on a machine that is slow enough.
  const beganMs = performance.now();
  let tries = 1;
  let stopped = await guess('olaf');
  for (; stopped.status === 401; stopped = await guess('olaf')) tries += 1;
  const tookMs = performance.now() - beganMs;
  assert.ok(tries >= 10 && tries <= 11 + tookMs / 30_000, `stopped after ${tries} tries in ${tookMs} ms`);
  assert.equal(stopped.json.error.code, 'SF-808');
  assert.ok(Number(stopped.headers['retry-after']) > 0);
  assert.equal((await guess('other')).status, 401, 'another name may still try');
  assert.equal(told.intents.length, 2);
  assert.ok(
    !served.logged.some((line) => line.includes('guessed') || line.includes('horse')),
    'no password is written down',
  );
});

test('hostile requests are refused, and the rest goes on', async (t) => {
  const { port } = picture({ ack: () => Promise.resolve(false) });
  const served = await serve(t, port);
  const { ask: asks } = served;
  const page = await asks({ path: '/' });
  assert.equal(page.status, 200);
  assert.match(
    String(page.headers['content-security-policy']),
    /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
  );
  assert.doesNotMatch(String(page.headers['content-security-policy']), /unsafe/);
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  assert.equal((await asks({ path: '/services/pricer' })).text, page.text, 'addresses of pages are the page');
  assert.match(String((await asks({ path: '/assets/main-1234.js' })).headers['cache-control']), /immutable/);

  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'u@127.0.0.1', 'a b'])
    assert.equal((await asks({ path: '/', headers: { host } })).status, 421, host);
  for (const host of ['localhost', `127.0.0.1:${served.port}`, '[::1]:1', 'myhost:7420'])
    assert.equal((await asks({ path: '/', headers: { host } })).status, 200, host);

  for (const path of [
    '/../sf-secret.txt',
    '/..%2fsf-secret.txt',
    '/assets/..%2f..%2fsf-secret.txt',
    '/%2e%2e/sf-secret.txt',
    '/assets/%00',
    '//etc/passwd',
    '/..\\sf-secret.txt',
  ]) {
    const answer = await asks({ path });
    assert.doesNotMatch(answer.text, /^secret/, path);
    assert.ok(answer.status >= 400 || answer.text === page.text, `${path} ${answer.status}`);
  }
  const big = await asks({
    method: 'POST',
    path: '/api/v1/sign-in',
    body: { name: 'x', password: 'y'.repeat(100_000) },
  });
  assert.deepEqual([big.status, big.json.error.code], [413, 'SF-803']);
  for (const body of ['{', '[]', '"x"', '{"name":1,"password":"x"}', '{"__proto__":{"x":1},"name":"a","password":"b"}'])
    assert.equal((await asks({ method: 'POST', path: '/api/v1/sign-in', body })).status, 400, body);
  const form = await asks({
    method: 'POST',
    path: '/api/v1/sign-in',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
  });
  assert.ok(form.status >= 400 && form.status < 500, 'only JSON, which no form elsewhere can send');
  assert.equal((await asks({ path: `/api/v1/services/${'x'.repeat(299)}` })).status, 400);
  assert.equal((await asks({ path: '/api/v1/services/%0d%0aset-cookie:%20x' })).status, 404);
  assert.equal((await asks({ path: '/api/v1/logs/%' })).status, 400);
  assert.equal((await asks({ path: '/api/v1/journal?limit=1e9' })).status, 400);
  assert.equal((await asks({ path: '/api/v1/nothing' })).json.error.code, 'SF-801');
  assert.equal((await asks({ method: 'DELETE', path: '/' })).status, 404);

  // A head that never ends is cut off, and holds nobody else up.
  const slow = connect(served.port, '127.0.0.1');
  slow.write('GET / HTTP/1.1\r\nHost: localhost\r\nx: ');
  assert.equal((await asks({ path: '/healthz' })).status, 200);
  slow.destroy();
  assert.ok(!served.logged.some((line) => line.includes(' at ')), 'nothing of this was a fault of ours');
});

test('a failure of ours says its code and no more; a silent agent is said to be silent', async (t) => {
  const { port, show } = picture({
    intents: () => Promise.reject(new Error('nobody answers at agent.sock')),
    happenings: () => Promise.reject(new TypeError('secret detail')),
  });
  const served = await serve(t, port);
  const silent = await served.ask({ path: '/api/v1/intents' });
  assert.deepEqual([silent.status, silent.json.error.code], [503, 'SF-810']);
  const fault = await served.ask({ path: '/api/v1/timeline' });
  assert.deepEqual([fault.status, fault.json.error.code], [500, 'SF-813']);
  assert.doesNotMatch(fault.text, /secret detail/);
  assert.match(served.logged.join('\n'), /secret detail/);
  show(status(), { agent: 'silent', why: 'it said nothing for 5000 ms' });
  assert.equal((await served.ask({ path: '/healthz' })).status, 503);
  const old = await served.ask({ path: '/api/v1/status' });
  assert.equal(old.status, 200);
  assert.equal(old.json.source.agent, 'silent');
});

test('pages hear the whole first, then what changed, and after a break what they missed', async (t) => {
  const many = status({
    services: Array.from({ length: 500 }, (_, n) =>
      service(
        `s${n}`,
        ['a', 'b', 'c', 'd'].map((host) => instance(host, host === 'a' ? 'active' : 'standby')),
      ),
    ),
  });
  const { port, show, followed } = picture();
  show(many);
  const served = await serve(t, port);
  const first = await openEvents(served.port);
  const whole = await first.next('status');
  assert.equal(whole.data.services.length, 500);
  const changed = {
    ...many,
    services: many.services.map((each) => (each.name === 's7' ? { ...each, paused: true } : each)),
  };
  show(changed);
  const delta = await first.next('delta');
  assert.deepEqual(
    delta.data.services.map((each: { name: string }) => each.name),
    ['s7'],
  );
  assert.ok(delta.text.length < 3_000, 'only what changed');
  assert.equal(delta.data.incidents, undefined);

  // Time alone is no change: how old a thing is comes with the pulse.
  show({ ...changed, atMs: changed.atMs + 5, hosts: changed.hosts.map((each) => ({ ...each, asOfMs: 5 })) });
  show({ ...changed, incidents: [incident('i-9')] });
  assert.deepEqual(
    (await first.next('delta')).data.incidents.map((each: { id: string }) => each.id),
    ['i-9'],
  );

  const back = await openEvents(served.port, delta.id);
  const missed = await back.next('delta');
  assert.equal(missed.data.incidents[0].id, 'i-9');
  const lost = await openEvents(served.port, 'other-3');
  assert.equal((await lost.next('status')).data.incidents.length, 1);
  show({ ...changed, services: changed.services.slice(1) });
  const another = await first.next('delta');
  assert.equal(another.data.whole, true);
  assert.equal(another.data.services.length, 499);
  assert.equal(followed(), 1, 'however many look on, one follows');
  for (const each of [first, back, lost]) each.close();
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (followed() > 0) return;
      clearInterval(look);
      resolve();
    }, 5);
  });
});

test('the description of the API names every route, and what it shows holds', async (t) => {
  const served = await serve(t, picture().port);
  const { json } = await served.ask({ path: '/api/v1/openapi.json' });
  assert.equal(json.openapi, '3.1.0');
  for (const [path, methods] of Object.entries<Json>(json.paths))
    for (const [method, operation] of Object.entries<Json>(methods)) {
      assert.ok(operation.summary.length > 0, `${method} ${path}`);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const inPath =
        operation.parameters?.filter((each: Json) => each.in === 'path').map((each: Json) => each.name) ?? [];
      assert.deepEqual(inPath, named, `${method} ${path}`);
    }
  const required = json.paths['/api/v1/status'].get.responses['200'].content['application/json'].schema.required;
  const { json: shown } = await served.ask({ path: '/api/v1/status' });
  for (const key of required) assert.ok(key in shown, key);
  assert.ok(JSON.stringify(json).includes('"#/components/schemas/Failure"'));
});

test(
  'metrics are as Prometheus wants them',
  { skip: !existsSync('/usr/bin/promtool') && 'promtool is not installed' },
  async (t) => {
    const { port, show } = picture();
    show(status({ incidents: [incident('i-1')], services: [service('we"ird\\one', [instance('a', 'active')])] }));
    const served = await serve(t, port);
    const { text, headers } = await served.ask({ path: '/metrics' });
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    const checked = spawnSync('/usr/bin/promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(`${checked.stdout}${checked.stderr}`, '');
    assert.equal(checked.status, 0);
    assert.match(text, /^standfast_instance_active\{service="we\\"ird\\\\one",host="a"\} 1$/m);
    assert.match(text, /^standfast_incidents_open\{severity="3"\} 1$/m);
    assert.match(text, /^standfast_last_failover_seconds\{service="pricer",part="z"\} 0\.018$/m);
  },
);

test('a page that reads nothing holds nobody up', async (t) => {
  const { port, show } = picture();
  const served = await serve(t, port);
  const stuck = connect(served.port, '127.0.0.1');
  stuck.pause();
  stuck.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const reader = await openEvents(served.port);
  await reader.next('status');
  const long = 'x'.repeat(200_000);
  for (let n = 0; n < 5; n += 1) {
    show(status({ about: `${n}${long}` }));
    assert.equal((await reader.next('delta')).data.head.about, `${n}${long}`);
  }
  assert.equal((await ask(served.port, { path: '/healthz' })).status, 200);
  reader.close();
  stuck.destroy();
});
