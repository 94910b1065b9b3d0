// The policies between two agents: every way of promotion, every trigger, moves that people ask for, and what is measured.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { FailoverView } from '../../src/api.ts';
import { freePort } from '../free-port.ts';
import {
  activeOn,
  asPlanned,
  eventually,
  instanceOf,
  isOnModel,
  killHost,
  pidOf,
  serviceOf,
  services,
  signal,
  startStand,
  type Stand,
} from './stand.ts';

const twoHosts = `system: pair
objective: { unavailable: 1m, per: 1h, recoverWithin: 4s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
`;
const other = (host: string | null): string => (host === 'a' ? 'b' : 'a');

/** `on:` with a port of its own for each host, and `ready` that asks there. */
async function served(more = ''): Promise<string> {
  return `on: { a: { env: { PORT: "${await freePort()}"${more} } }, b: { env: { PORT: "${await freePort()}"${more} } } }, ready: { http: "http://127.0.0.1:\${PORT}/ready" }`;
}

const byProbe = 'active: { http: "http://127.0.0.1:${PORT}/active" }';

test('an active that is killed is replaced under each policy and by each way of promotion, and the parts of z are told', async (t) => {
  const serve = `node ${services}/serve.mjs`;
  const stand = await startStand(
    t,
    `${twoHosts}  signalled: { run: ${serve}, policy: hot-active/warm-active, ${await served()}, activate: { signal: SIGUSR1 } }
  probed: { run: ${serve}, policy: hot-active/warm-active, ${await served()}, activate: { signal: SIGUSR1 }, ${byProbe} }
  web: { run: ${serve}, policy: hot-active/warm-active, ${await served()}, activate: { http: "http://127.0.0.1:\${PORT}/activate" } }
  command: { run: ${serve}, policy: hot-active/warm-passive, ${await served(', LOAD_MS: "200"')}, activate: { command: "curl -sf -X POST http://127.0.0.1:\${PORT}/activate" }, ${byProbe} }
  message: { run: ${process.execPath} ${services}/member.mjs, policy: hot-active/warm-passive, ${(await served(', LOAD_MS: "200"')).replace(/ready:.*/, 'ready: { tcp: "127.0.0.1:${PORT}" }')}, activate: { message: true } }
  cold: { run: ${serve}, policy: hot-active/cold-passive, ${await served(', BOOT_MS: "150"')} }
`,
  );
  const before = (await stand.status())!;
  const names = before.services.map((each) => each.name);
  for (const name of names) signal(pidOf(before, name, activeOn(before, name) ?? ''), 'SIGKILL');
  const after = await stand.until(
    'each is active again under a new term, and its other half is back',
    (view) =>
      asPlanned(view) &&
      view.severity === 0 &&
      names.every(
        (name) =>
          serviceOf(view, name).term > serviceOf(before, name).term && serviceOf(view, name).active.length === 1,
      ),
  );
  const failovers = await failoversFrom(stand, names.length);
  for (const name of names) {
    const found = failovers.filter((each) => each.service === name);
    assert.equal(found.length, 1, `${name} failed over once`);
    plausible(found[0]!);
    assert.equal(found[0]?.from, activeOn(before, name));
    assert.equal(found[0]?.to, activeOn(after, name));
    assert.equal(found[0]?.term, serviceOf(after, name).term);
    assert.equal(found[0]?.cause, 'killed (SIGKILL)');
    assert.equal(found[0]?.planned, false);
  }
  const of = (name: string): FailoverView => failovers.find((each) => each.service === name)!;
  assert.equal(of('signalled').iMs, null, 'a bare signal measures nothing');
  for (const name of ['signalled', 'probed', 'web']) assert.notEqual(of(name).to, of(name).from, `${name} moved`);
  for (const name of ['probed', 'web']) assert.ok((of(name).iMs ?? -1) >= 0);
  for (const name of ['command', 'message']) assert.ok((of(name).iMs ?? 0) >= 150, `i of ${name} is measured`);
  assert.ok((of('cold').bMs ?? 0) >= 150, 'b of the cold one is measured');
  for (const name of ['signalled', 'probed', 'web']) assert.equal(of(name).bMs, 0, 'a warm one has booted');
  const shown = (await stand.cli('failovers')).stdout;
  assert.match(shown, /not measured/);
});

test('people move a service both ways: confirmed it keeps its process, unconfirmed it is ended first', async (t) => {
  const serve = `node ${services}/serve.mjs`;
  const stand = await startStand(
    t,
    // A move that takes longer than a recovery may calls somebody.
    `${twoHosts.replace('recoverWithin: 4s', 'recoverWithin: 40s')}  confirmed: { run: ${serve}, policy: hot-active/warm-active, ${await served()}, activate: { signal: SIGUSR1 }, ${byProbe}, deactivate: { http: "http://127.0.0.1:\${PORT}/standby" } }
  unconfirmed: { run: ${serve}, policy: hot-active/warm-active, ${await served()}, activate: { signal: SIGUSR1 }, ${byProbe} }
  cold: { run: ${serve}, policy: hot-active/cold-passive, ${await served()} }
  alone: { run: sleep 1000, on: [a] }
  both: { run: sleep 1000, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }
`,
  );
  const moved = ['confirmed', 'unconfirmed', 'cold'];
  for (const to of ['b', 'a']) {
    const before = await stand.until('all as planned', asPlanned);
    for (const name of moved) {
      const { code, stderr } = await stand.cli('failover', name, '--to', to, '--why', `to ${to} and back`);
      assert.equal(code, 0, stderr);
    }
    const after = await stand.until(
      `all is on ${to}`,
      (view) => asPlanned(view) && view.severity === 0 && moved.every((name) => activeOn(view, name) === to),
    );
    const from = other(to);
    assert.equal(pidOf(after, 'confirmed', from), pidOf(before, 'confirmed', from), 'deactivated, not ended');
    assert.equal(pidOf(after, 'confirmed', to), pidOf(before, 'confirmed', to));
    assert.notEqual(
      pidOf(after, 'unconfirmed', from),
      pidOf(before, 'unconfirmed', from),
      'ended, since not confirmed',
    );
    assert.equal(instanceOf(after, 'cold', from).phase, 'down');
    for (const name of moved) assert.equal(serviceOf(after, name).term, serviceOf(before, name).term + 1);
  }
  const failovers = await failoversFrom(stand, 6);
  const woken = (await stand.journal()).filter(({ kind, because }) => kind === 'incident' && !isOnModel(because['id']));
  assert.deepEqual(woken, [], 'nobody is woken by it');
  assert.equal(failovers.length, 6);
  for (const each of failovers) {
    plausible(each, 40_000);
    assert.equal(each.planned, true);
  }
  await eventually(
    'what was asked for is over',
    async () => (JSON.parse((await stand.cli('intents', '--json')).stdout) as unknown[]).length === 0,
  );

  const refusals: [string[], string][] = [
    [['nothing-of-the-kind'], 'SF-007'],
    [['alone'], 'SF-410'],
    [['both'], 'SF-410'],
    [['confirmed', '--to', 'elsewhere'], 'SF-007'],
    [['confirmed', '--to', 'a'], 'SF-411'],
  ];
  for (const [words, code] of refusals) {
    const { code: exit, stderr } = await stand.cli('failover', ...words);
    assert.ok(stderr.includes(code), `${words.join(' ')}: ${stderr}`);
    assert.notEqual(exit, 0);
  }
  assert.equal((await stand.cli('stop', 'confirmed@b', '--why', 'to have nowhere to go')).code, 0);
  await stand.until('b has none', (view) => instanceOf(view, 'confirmed', 'b').phase === 'down');
  const refused = await stand.cli('failover', 'confirmed', '--to', 'b');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /SF-411/);
});

test('manual: nothing moves until a person says so, not when it is silent and not when its host is lost', async (t) => {
  const stand = await startStand(
    t,
    `${twoHosts}  slow: { run: node ${services}/serve.mjs, policy: hot-active/warm-active, ${await served()}, activate: { signal: SIGUSR1 }, ${byProbe}, trigger: manual, detect: { status: { http: "http://127.0.0.1:\${PORT}/status" } } }
`,
  );
  const before = (await stand.status())!;
  const pid = pidOf(before, 'slow', 'a');
  signal(pid, 'SIGSTOP');
  const unfit = await stand.until('it is found unfit', (view) => serviceOf(view, 'slow').severity === 1);
  assert.equal(pidOf(unfit, 'slow', 'a'), pid, 'it is left to people');
  assert.equal(activeOn(unfit, 'slow'), 'a');
  assert.match((await stand.cli('explain', 'slow')).stdout, /failover slow/, 'what one can do is said');
  assert.equal((await stand.cli('failover', 'slow', '--to', 'b', '--why', 'it hangs')).code, 0);
  await stand.until('it is on b', (view) => activeOn(view, 'slow') === 'b' && asPlanned(view));

  killHost(stand, 'b');
  const lost = await stand.until('the host is lost', (view) => view.hosts[1]?.state === 'down', 'a');
  assert.deepEqual(serviceOf(lost, 'slow').active, []);
  await stand.until('it waits for a person', (view) => /person/.test(instanceOf(view, 'slow', 'a').reason ?? ''), 'a');
  assert.equal((await stand.cli('failover', 'slow', '--to', 'a', '--why', 'b is gone')).code, 0);
  await stand.until('it is on a', (view) => activeOn(view, 'slow') === 'a', 'a');
});

test('standby: it is the standby that asks, through member or the socket, and the lease that decides', async (t) => {
  const stand = await startStand(
    t,
    `${twoHosts}  pair: { run: ${process.execPath} ${services}/member.mjs, policy: hot-active/warm-passive, ${(await served()).replace(/ready:.*/, 'ready: { tcp: "127.0.0.1:${PORT}" }')}, activate: { message: true }, deactivate: { message: true }, trigger: standby }
`,
  );
  const before = (await stand.status())!;
  signal(pidOf(before, 'pair', 'a'), 'SIGUSR2');
  await eventually('the active is refused', () => /takeover refused SF-413/.test(stand.output('pair', 'a')));
  signal(pidOf(before, 'pair', 'b'), 'SIGUSR2');
  const after = await stand.until('b has it', (view) => activeOn(view, 'pair') === 'b' && asPlanned(view));
  assert.equal(pidOf(after, 'pair', 'a'), pidOf(before, 'pair', 'a'), 'deactivated in order');
  await eventually('it is told that it is under way', () => /takeover: /.test(stand.output('pair', 'b')));
  const [only] = await failoversFrom(stand, 1);
  assert.equal(only?.to, 'b');
  plausible(only!);
});

test('hot on both: each serves without a lease; losing one costs nothing, or what a balancer takes to see it', async (t) => {
  const hot = `run: node ${services}/serve.mjs, policy: hot-active/hot-active`;
  const stand = await startStand(
    t,
    `${twoHosts}  dropped: { ${hot}, consumers: dropDuplicates, ${await served(', BOOT_MS: "300"')} }
  balanced: { ${hot}, consumers: { balancer: { detectsWithin: 200ms } }, ${await served(', BOOT_MS: "300"')} }
`,
  );
  let usedMs = 0;
  for (const [name, mostMs] of [
    ['dropped', 0],
    ['balanced', 200],
  ] as const) {
    const before = await stand.until('all as planned', asPlanned);
    assert.deepEqual([...serviceOf(before, name).active].toSorted(), ['a', 'b']);
    assert.equal(serviceOf(before, name).term, 0);
    signal(pidOf(before, name, 'a'), 'SIGKILL');
    const after = await stand.until(
      'both serve again',
      (view) => asPlanned(view) && instanceOf(view, name, 'a').restarts === 1,
    );
    assert.equal(pidOf(after, name, 'b'), pidOf(before, name, 'b'));
    const gapMs = after.objective.usedMs - usedMs;
    usedMs = after.objective.usedMs;
    assert.ok(mostMs === 0 ? gapMs === 0 : gapMs > 0 && gapMs <= mostMs, `${name} cost ${gapMs} ms`);
  }
});

/** All, once so many are written down: what is active is seen a moment earlier. */
function failoversFrom(stand: Stand, count: number): Promise<FailoverView[]> {
  return eventually(`${count} failovers are written down`, async () => {
    const all = await stand.failovers();
    return all.length >= count ? all : null;
  });
}

/** The parts are there, none is negative, and z is their sum. */
function plausible(each: FailoverView, declaredZMs = 4000): void {
  const { dMs, switchMs, bMs, iMs, zMs } = each;
  for (const [name, value] of Object.entries({ dMs, switchMs, bMs, zMs }))
    assert.ok(value !== null && value >= 0, `${each.service}: ${name} is ${value}`);
  const sum = (dMs ?? 0) + (switchMs ?? 0) + (bMs ?? 0) + (iMs ?? 0);
  assert.ok(Math.abs((zMs ?? 0) - sum) < 1, `${each.service}: ${sum} is not ${zMs}`);
  assert.equal(each.declaredZMs, declaredZMs);
}
