// Two things fail at once: what watches, and what is watched. Never two actives, and in the end one.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { StatusView } from '../../src/api.ts';
import { freePort } from '../free-port.ts';
import { longestGap, openConsumer, overlapsIn } from './consumer.ts';
import {
  activeOn,
  asPlanned,
  eventually,
  instanceOf,
  killHost,
  lives,
  pidOf,
  serviceOf,
  services,
  signal,
  startStand,
  type Living,
  type Stand,
} from './stand.ts';

/** One service of which one is active, on two hosts, asked all the time; after the test there was never a second one. */
async function startPair(t: TestContext, run: string, policy: string, more: string): Promise<Stand> {
  const ports = [await freePort(), await freePort()] as const;
  const consumer = openConsumer(ports);
  t.after(() => consumer.stop());
  const stand = await startStand(
    t,
    `system: pair
objective: { unavailable: 1m, per: 1h, recoverWithin: 1s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  one: { run: ${process.execPath} ${services}/${run}, policy: ${policy}, on: { a: { env: { PORT: "${ports[0]}" } }, b: { env: { PORT: "${ports[1]}" } } }, ready: { tcp: "127.0.0.1:\${PORT}" }, ${more} }
  alone: { run: sleep 1000, on: [a] }
`,
  );
  t.after(() => {
    const { answers } = consumer;
    assert.ok(answers.length > 10, 'it was served');
    assert.deepEqual(overlapsIn(answers), [], 'never two actives');
    t.diagnostic(`${answers.length} answers, the longest gap ${Math.round(longestGap(answers))} ms`);
  });
  await eventually('it answers', () => consumer.answers.length > 0);
  return stand;
}

function partOf(stand: Stand, host: string, kind: Living['kind']): number {
  return stand.living().find((each) => each.host === host && each.kind === kind)?.pid ?? assert.fail(`no ${kind}`);
}

/** All as planned, and one is active: while a lease changes hands none may be planned to be, for a moment. */
function settled(stand: Stand): Promise<StatusView> {
  return stand.until('all as planned', (view) => asPlanned(view) && activeOn(view, 'one') !== null);
}

/** Until it is active once, under a later term, and all is in order. */
function activeAgain(stand: Stand, after: StatusView): Promise<StatusView> {
  return stand.until(
    'it is active under a later term, and all is in order',
    (view) =>
      asPlanned(view) &&
      view.hosts.every((host) => host.state === 'up') &&
      activeOn(view, 'one') !== null &&
      serviceOf(view, 'one').term > serviceOf(after, 'one').term,
  );
}

const forked = 'activate: { signal: SIGUSR1 }';

test('keeper, or keeper and agent, killed under an active whose forked child answers', async (t) => {
  const stand = await startPair(t, 'forks.mjs', 'hot-active/warm-active', forked);
  for (const kinds of [['keeper'], ['keeper', 'agent']] as const) {
    const before = await settled(stand);
    const host = activeOn(before, 'one') ?? '';
    const alone = pidOf(before, 'alone', 'a');
    // Each brings the other back within milliseconds: neither may see the other's end.
    const pids = kinds.map((kind) => partOf(stand, host, kind));
    for (const name of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of pids) signal(pid, name);
    const agentGone = (kinds as readonly string[]).includes('agent');
    // With both gone nobody is left to start them again but a person.
    if (agentGone) {
      await stand.until('the other host has it', (view) => activeOn(view, 'one') === (host === 'a' ? 'b' : 'a'));
      await stand.up();
    }
    const after = await activeAgain(stand, before);
    assert.equal(pidOf(after, 'alone', 'a'), alone, 'what is under no lease keeps its process');
    assert.equal(pidOf(before, 'one', host) === pidOf(after, 'one', host), false, 'what was leased is gone');
  }
});

test('a whole host killed at once: the other takes over, and the host comes back by up', async (t) => {
  const stand = await startPair(t, 'forks.mjs', 'hot-active/warm-active', forked);
  const rounds: { from: string; to: string; above: number; upTo: number }[] = [];
  for (const round of [1, 2]) {
    const before = await settled(stand);
    const host = activeOn(before, 'one') ?? '';
    killHost(stand, host);
    const other = host === 'a' ? 'b' : 'a';
    const taken = await stand.until(
      `round ${round}: the other has it, and the host is down`,
      (view) => activeOn(view, 'one') === other && view.hosts.find((each) => each.name === host)?.state === 'down',
    );
    rounds.push({ from: host, to: other, above: serviceOf(before, 'one').term, upTo: serviceOf(taken, 'one').term });
    await stand.up();
    await activeAgain(stand, before);
  }
  const failovers = await stand.failovers();
  // A machine so busy that an agent is not heard for a whole session, which is 0.7 s here, may see others beside them.
  for (const { from, to, above, upTo } of rounds) {
    const [only, ...more] = failovers.filter(
      (each) => each.from === from && each.to === to && (each.term ?? 0) > above && (each.term ?? 0) <= upTo,
    );
    assert.ok(only !== undefined && more.length === 0, JSON.stringify(failovers));
    assert.match(only.cause, /host . silent/);
    assert.ok((only.dMs ?? 0) > 100 && (only.dMs ?? 0) < 30_000, `d is ${only.dMs}`);
    assert.equal(only.declaredZMs, 1000);
  }
});

test('agents killed in the middle of a failover', async (t) => {
  const stand = await startPair(t, 'forks.mjs', 'hot-active/warm-active', forked);
  for (const victims of [['a'], ['b'], ['a', 'b']]) {
    const before = await settled(stand);
    const agents = victims.map((host) => partOf(stand, host, 'agent'));
    signal(pidOf(before, 'one', activeOn(before, 'one') ?? ''), 'SIGKILL');
    for (const pid of agents) signal(pid, 'SIGKILL');
    await activeAgain(stand, before);
  }
});

test('a keeper killed while it stops something: it is stopped all the same', async (t) => {
  const stand = await startPair(
    t,
    'forks.mjs',
    'hot-active/warm-active',
    `${forked}, stop: { signal: SIGUSR1, forcedAfter: 1s }`,
  );
  const before = await settled(stand);
  const pids = ['a', 'b'].map((host) => pidOf(before, 'one', host));
  // It is being stopped for a second, in which who asked for it may not have ended yet.
  const stop = stand.cli('stop', 'one', '--why', 'test');
  await stand.until('it is being stopped', (view) =>
    serviceOf(view, 'one').instances.some((each) => each.phase === 'stopping'),
  );
  for (const host of ['a', 'b']) signal(partOf(stand, host, 'keeper'), 'SIGKILL');
  const down = await stand.until('it is down', (view) =>
    ['a', 'b'].every(
      (host) => instanceOf(view, 'one', host).phase === 'down' && instanceOf(view, 'one', host).pid === null,
    ),
  );
  assert.equal((await stop).code, 0);
  for (const pid of pids) assert.equal(lives(pid), false);
  assert.equal(serviceOf(down, 'one').downBecause?.kind, 'asked', 'and it is said why it is down');
  assert.doesNotMatch(JSON.stringify(serviceOf(down, 'one').instances), /waits for/);
  assert.equal((await stand.cli('start', 'one')).code, 0);
  await activeAgain(stand, before);
});

test('agent, keeper, or both stopped for longer than a session lasts, then going on', async (t) => {
  const stand = await startPair(
    t,
    'member.mjs',
    'hot-active/warm-passive',
    'activate: { message: true }, deactivate: { message: true }',
  );
  for (const kinds of [['agent'], ['keeper'], ['agent', 'keeper']] as const) {
    const before = await settled(stand);
    const host = activeOn(before, 'one') ?? '';
    const other = host === 'a' ? 'b' : 'a';
    const pids = kinds.map((kind) => partOf(stand, host, kind));
    for (const pid of pids) signal(pid, 'SIGSTOP');
    await stand.until(
      `${kinds.join(' and ')} stopped: it is active under a later term`,
      (view) =>
        serviceOf(view, 'one').term > serviceOf(before, 'one').term && serviceOf(view, 'one').active.includes(other),
      other,
    );
    for (const pid of pids) signal(pid, 'SIGCONT');
    await activeAgain(stand, before);
  }
});
