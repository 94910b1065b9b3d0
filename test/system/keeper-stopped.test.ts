// A keeper that is stopped keeps no deadline: its agent ends what is leased by its own hand, before another host may be active. An agent that
// was stopped and goes on finds nobody in its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { freePort } from '../free-port.ts';
import { activeOn, asPlanned, eventually, lives, pidOf, serviceOf, services, signal, startStand } from './stand.ts';

const ports = [await freePort(), await freePort()] as const;
const pair = (program: string): string => `system: stopped
objective: { unavailable: 1m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  one: { run: ${process.execPath} ${services}/${program}, policy: hot-active/warm-active, on: { a: { env: { PORT: "${ports[0]}" } }, b: { env: { PORT: "${ports[1]}" } } }, ready: { tcp: "127.0.0.1:\${PORT}" }, activate: { signal: SIGUSR1 } }
`;

for (const [program, what] of [
  ['serve.mjs', ''],
  ['forks.mjs', ', and what it forked into a session of its own'],
] as const)
  test(`with its keeper stopped, the active${what} is dead before another host is active`, async (t) => {
    const stand = await startStand(t, pair(program));
    const before = await stand.until('all as planned', asPlanned);
    const from = activeOn(before, 'one') ?? assert.fail('nobody is active');
    const to = from === 'a' ? 'b' : 'a';
    const { term } = serviceOf(before, 'one');
    const ours = stand.living().filter((each) => each.kind === 'service' && each.host === from);
    assert.ok(ours.some((each) => each.pid === pidOf(before, 'one', from)));
    const keeper = before.hosts.find((host) => host.name === from)?.keeperPid ?? assert.fail('no keeper');
    assert.equal(signal(keeper, 'SIGSTOP'), true);
    await stand.until('the other is active under a new term', (view) => serviceOf(view, 'one').term > term, to);
    for (const { pid, command } of ours) assert.equal(lives(pid), false, `of the former active: ${command}`);
    signal(keeper, 'SIGCONT');
    await stand.until('all as planned again', (view) => asPlanned(view) && activeOn(view, 'one') === to);
  });

test('while an agent is stopped, no second one of its host takes its place, also under a new keeper', async (t) => {
  const stand = await startStand(t, pair('serve.mjs'));
  const before = await stand.until('all as planned', asPlanned);
  const host = before.hosts.find((each) => each.name === 'a') ?? assert.fail('no host a');
  const agent = host.agentPid ?? assert.fail('no agent');
  signal(agent, 'SIGSTOP');
  signal(host.keeperPid ?? assert.fail('no keeper'), 'SIGKILL');
  const up = stand.begin('up', stand.folder, '--detach');
  const keeperBack = () =>
    stand.living().some((each) => each.kind === 'keeper' && each.host === 'a' && each.pid !== host.keeperPid);
  await eventually('another keeper', keeperBack);
  signal(agent, 'SIGCONT');
  await new Promise((resolve) => up.once('close', resolve));
  await stand.until(
    'all as planned with the same agent',
    (view) => asPlanned(view) && view.hosts.every((each) => each.name !== 'a' || each.agentPid === agent),
    'a',
  );
  await eventually(
    'one agent',
    () => stand.living().filter((each) => each.kind === 'agent' && each.host === 'a').length === 1,
  );
});
