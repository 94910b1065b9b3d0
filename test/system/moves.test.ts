// What people ask of hosts and descriptions, on the running product: maintenance, bans, and `apply` while everything runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IntentView } from '../../src/api.ts';
import { freePort } from '../free-port.ts';
import {
  activeOn,
  asPlanned,
  eventually,
  instanceOf,
  pidOf,
  serviceOf,
  services,
  signal,
  startStand,
  type Stand,
} from './stand.ts';

const twoHosts = `system: moves
objective: { unavailable: 1m, per: 1h, recoverWithin: 4s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
`;
const serve = `node ${services}/serve.mjs`;
const probes = 'ready: { http: "http://127.0.0.1:${PORT}/ready" }';
const called =
  'activate: { signal: SIGUSR1 }, active: { http: "http://127.0.0.1:${PORT}/active" }, deactivate: { http: "http://127.0.0.1:${PORT}/standby" }';

async function placed(): Promise<string> {
  return `on: { a: { env: { PORT: "${await freePort()}" } }, b: { env: { PORT: "${await freePort()}" } } }`;
}

async function intentsOf(stand: Stand): Promise<IntentView[]> {
  return JSON.parse((await stand.cli('intents', '--json')).stdout) as IntentView[];
}

test('a host in maintenance is cleared in order and comes back; what would go down is named; a ban keeps the active away', async (t) => {
  const stand = await startStand(
    t,
    `${twoHosts}  feed: { run: ${serve}, policy: hot-active/hot-active, consumers: dropDuplicates, ${await placed()}, ${probes} }
  pricer: { run: ${serve}, policy: hot-active/warm-active, ${await placed()}, ${probes}, ${called}, needs: [feed], prefer: a }
  only: { run: sleep 1000, on: [b] }
`,
  );
  const before = await stand.until('as planned', asPlanned);
  const refused = await stand.cli('maintenance', 'b');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /SF-418.*only would go down/s);
  const cleared = await stand.cli('maintenance', 'a', '--for', '1h', '--why', 'new disk');
  assert.equal(cleared.code, 0, cleared.stderr);
  const empty = await stand.until(
    'a is empty',
    (view) =>
      activeOn(view, 'pricer') === 'b' &&
      ['feed', 'pricer'].every((name) => instanceOf(view, name, 'a').phase === 'down') &&
      asPlanned(view),
  );
  assert.equal(empty.hosts[0]?.state, 'maintenance');
  const shown = await stand.cli('status');
  assert.match(shown.stdout, /host a: in maintenance until .*\d\d:\d\d:\d\d, as \S+ asked: new disk/);
  assert.equal(empty.severity, 0, 'what was asked for is no fault');
  assert.equal(pidOf(empty, 'pricer', 'b'), pidOf(before, 'pricer', 'b'), 'the standby took over as it was');
  const [intent] = await intentsOf(stand);
  assert.equal(intent?.kind, 'maintenance');
  assert.equal(intent?.host, 'a');
  assert.equal(intent?.why, 'new disk');
  assert.notEqual(intent?.owner ?? '', '');
  const wrong = await stand.cli('failover', 'pricer', '--to', 'a');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /SF-411.*maintenance.*new disk/s);
  assert.equal((await stand.cli('maintenance', 'a', '--end')).code, 0);
  await stand.until('a is back', (view) => asPlanned(view) && instanceOf(view, 'pricer', 'a').phase === 'standby');
  assert.equal((await stand.cli('maintenance', 'a', '--end')).code, 1, 'nothing is left to end');
  assert.deepEqual(await intentsOf(stand), []);

  assert.equal((await stand.cli('ban', 'b', 'pricer', '--why', 'slow')).code, 0);
  await stand.until('it moved away from b', (view) => activeOn(view, 'pricer') === 'a' && asPlanned(view));
  assert.equal((await stand.cli('ban', 'b', 'pricer', '--end')).code, 0);
  assert.equal((await stand.cli('ban', 'b', 'pricer', '--for', '1s', '--why', 'slow')).code, 0);
  await eventually('the ban ended by itself', async () => (await intentsOf(stand)).length === 0);
  const ended = await eventually('that is written down', async () => {
    const lines = (await stand.journal()).filter((line) => line.rule === 614);
    return lines.length > 0 ? lines : null;
  });
  assert.equal(ended.length, 1, 'one agent says so');
  const failovers = await stand.failovers();
  assert.equal(failovers.filter((each) => each.service === 'pricer').length, 2);
  for (const each of failovers) assert.ok(each.planned, `${each.service} moved as planned`);
  // By the rules a move that takes longer than the 4 s of a recovery calls somebody: on a machine that needs a second for one, it may.
  if (failovers.some((each) => (each.zMs ?? 0) > 1000)) return t.diagnostic('the moves took too long to say more');
  const woken = (await stand.journal()).filter((line) => line.kind === 'incident');
  assert.deepEqual(
    woken.map(({ host, service, because }) => ({ host, service, because })),
    [],
    'nobody is woken by it',
  );
});

test('apply: shown first, taken up one instance at a time, also by an agent that is killed meanwhile; one of two people wins', async (t) => {
  const feed = `  feed: { run: ${serve}, policy: hot-active/hot-active, consumers: dropDuplicates, ${await placed()}, ${probes} }\n`;
  const pricer = `  pricer: { run: ${serve}, policy: hot-active/warm-active, ${await placed()}, ${probes}, ${called}, prefer: a`;
  const first = `${twoHosts}${feed}${pricer} }
  old: { run: sleep 1000, on: [b] }
`;
  const stand = await startStand(t, first);
  const before = await stand.until('as planned', asPlanned);

  const second = `${twoHosts}${feed.replace(' }\n', ', severity: 2 }\n')}${pricer}, env: { VERSION: "2" } }
  fresh: { run: sleep 1000, on: [a] }
`;
  const path = stand.write(second, 'next.yaml');
  const asked = await stand.cli('apply', path);
  assert.equal(asked.code, 2, 'nobody can be asked');
  assert.match(asked.stderr, /SF-318/);
  assert.match(asked.stdout, /old/);
  assert.match(asked.stdout, /pricer on a, b/);
  const applying = stand.cli('apply', path, '--yes', '--json', '--why', 'version 2');
  await stand.until('b has begun', (view) => view.hosts[1]?.uses !== before.hosts[1]?.uses, 'b');
  const agent = stand.living().find((each) => each.kind === 'agent' && each.host === 'b')!;
  signal(agent.pid, 'SIGKILL');
  const applied = await applying;
  assert.equal(applied.code, 0, `${applied.stderr}\n${applied.stdout}`);
  const said = JSON.parse(applied.stdout) as { applied: boolean; takenUp: boolean; plan: { removed: string[] } };
  assert.ok(said.applied && said.takenUp);
  assert.deepEqual(said.plan.removed, ['old']);
  const after = await stand.until('as planned', asPlanned);
  assert.deepEqual(
    after.services.map((each) => each.name),
    ['feed', 'pricer', 'fresh'],
  );
  for (const host of ['a', 'b']) {
    assert.notEqual(pidOf(after, 'pricer', host), pidOf(before, 'pricer', host), 'started anew');
    assert.equal(pidOf(after, 'feed', host), pidOf(before, 'feed', host), 'only read again');
  }
  assert.equal(serviceOf(after, 'pricer').term, serviceOf(before, 'pricer').term + 1, 'moved once');
  assert.ok(!stand.living().some((each) => each.instance?.startsWith('old@') === true));
  assert.ok((await stand.failovers()).every((each) => each.planned));

  // From one description two people make two others.
  const third = stand.write(second.replace('"2"', '"3"'), 'third.yaml');
  const fourth = stand.write(second.replace('"2"', '"4"'), 'fourth.yaml');
  const both = await Promise.all([stand.cli('apply', third, '--yes'), stand.cli('apply', fourth, '--yes')]);
  assert.ok(
    both.some((each) => each.code === 0),
    both.map((each) => each.stderr).join('\n'),
  );
  // Either they met, and one was told so, or the second had seen the first one's.
  for (const each of both) if (each.code !== 0) assert.match(each.stderr, /SF-419/);
  await stand.until('as planned', asPlanned);
  assert.equal((await stand.cli('apply', path, '--yes')).code, 0, 'back again');
});

test('apply: a host goes and its agent with it; a policy changes under a stop; a wrong description changes nothing', async (t) => {
  const ports = await placed();
  const hosts = twoHosts.replace(' } }\n', ' }, c: { address: 127.0.0.1 } }\n');
  const three = ports.replace(/ }$/, `, c: { env: { PORT: "${await freePort()}" } } }`);
  const stand = await startStand(
    t,
    `${hosts}  pricer: { run: ${serve}, policy: hot-active/warm-active, ${three}, ${probes}, ${called}, prefer: b }
  solo: { run: sleep 1000, on: [a] }
`,
  );
  await stand.until('it is on b', (view) => activeOn(view, 'pricer') === 'b' && asPlanned(view));
  const wrong = await stand.cli('apply', stand.write('system: moves\nhosts: {}\n', 'wrong.yaml'), '--yes');
  assert.equal(wrong.code, 2);

  const leased = stand.write(
    `${hosts}  pricer: { run: ${serve}, policy: hot-active/warm-active, ${three}, ${probes}, ${called}, prefer: b }
  solo: { run: sleep 1000, policy: hot-active/cold-passive, on: [a, b] }
`,
    'leased.yaml',
  );
  const changed = await stand.cli('apply', leased, '--yes');
  assert.equal(changed.code, 0, `${changed.stderr}\n${changed.stdout}`);
  assert.match(changed.stdout, /Stops while it changes/);
  const view = await stand.until('solo is under a lease', (now) => serviceOf(now, 'solo').term > 0 && asPlanned(now));
  assert.equal(serviceOf(view, 'solo').active.length, 1);
  assert.deepEqual(await intentsOf(stand), []);

  const one = stand.write(
    `${hosts.replace('b: { address: 127.0.0.1 }, ', '')}  pricer: { run: ${serve}, policy: hot-active/warm-active, ${three.replace(/ b: { env: {[^}]*} },/, '')}, ${probes}, ${called} }
  solo: { run: sleep 1000, on: [c] }
`,
    'one.yaml',
  );
  const removed = await stand.cli('apply', one, '--yes');
  assert.equal(removed.code, 0, `${removed.stderr}\n${removed.stdout}`);
  const last = await stand.until('it is on a', (now) => activeOn(now, 'pricer') === 'a' && asPlanned(now), 'a');
  assert.deepEqual(
    last.hosts.map((each) => each.name),
    ['a', 'c'],
  );
  assert.deepEqual(serviceOf(last, 'solo').active, ['c']);
  await eventually('nothing is left of b', () => !stand.living().some((each) => each.host === 'b'));
});

test('down: an agent that is killed meanwhile goes on leaving when its keeper has started it again', async (t) => {
  const stand = await startStand(
    t,
    `${twoHosts}  slow: { shell: "trap 'while ! test -e go; do sleep 0.05; done; exit 0' TERM; echo listens; while :; do sleep 0.05; done", on: [a], ready: { log: listens }, stop: { forcedAfter: 60s } }
  other: { run: sleep 1000, on: [b] }
`,
  );
  const before = await stand.until('as planned', asPlanned);
  const pid = before.hosts[0]?.agentPid ?? assert.fail('no agent on a');
  const down = stand.cli('down');
  await stand.until('it is being stopped', (view) => instanceOf(view, 'slow', 'a').phase === 'stopping', 'a');
  signal(pid, 'SIGKILL');
  await stand.until('another agent', (view) => (view.hosts[0]?.agentPid ?? pid) !== pid, 'a');
  stand.write('', 'go');
  const { code, stderr } = await down;
  assert.equal(code, 0, stderr);
  assert.deepEqual(stand.living(), []);
  const told = (await stand.journal()).filter((line) => line.host === 'a' && line.because['verb'] === 'down');
  assert.ok(
    told.some((line) => line.because['why'] === 'the host was going down when its agent ended'),
    'by what was written down',
  );
});
