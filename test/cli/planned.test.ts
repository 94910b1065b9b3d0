// When `up` may say that all is as planned.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { InstanceView, StatusView } from '../../src/api.ts';
import { settle } from '../../src/cli/start/follow.ts';
import { isPlanned, unplanned } from '../../src/cli/start/planned.ts';
import { systemLayout } from '../../src/layout.ts';
import { fakeAgent, folder } from './stage.ts';
import { instance, service, status } from './views.ts';

/** Of the two hosts a and b, with one service that stands so on a. */
function view(phase: InstanceView['phase'], planned: InstanceView['planned'], stateOfA: HostState = 'up'): StatusView {
  const whole = status({ services: [service('web', [instance('a', phase, { planned })])] });
  return { ...whole, hosts: whole.hosts.map((host) => (host.name === 'a' ? { ...host, state: stateOfA } : host)) };
}

type HostState = StatusView['hosts'][number]['state'];

test('as planned is only what was heard to be so', () => {
  assert.ok(isPlanned(view('active', 'active'), ['a', 'b']));
  assert.ok(isPlanned(view('down', 'down'), ['a', 'b']));
  assert.ok(!isPlanned(view('starting', 'active'), ['a', 'b']));
  assert.ok(!isPlanned(view('active', 'active', 'unknown'), ['a', 'b']), 'its host has not been heard of');
  assert.ok(!isPlanned(view('unknown', 'unknown'), ['a', 'b']), 'its host lives, and has not reported yet');
  assert.ok(isPlanned(view('unknown', 'unknown'), ['b']), 'what runs elsewhere is not waited for');
  assert.deepEqual(
    unplanned(view('unknown', 'unknown'), ['a']).instances.map((each) => each.service),
    ['web'],
  );
});

test('when time is over just as all is as planned for a moment, what was missing before is told', async (t) => {
  const state = folder(t);
  const agent = await fakeAgent(t, state, { view: view('starting', 'active') });
  const wholeView = status({
    services: [service('web', [instance('a', 'active', { startedAtMs: Date.now() + 600_000 })])],
  });
  let nowMs = 0;
  const settled = await settle(
    { now: () => nowMs },
    { name: 'pricing', layout: systemLayout(state, 'pricing'), hosts: ['a'] },
    {
      hosts: ['a'],
      untilMs: 60_000,
      signal: new AbortController().signal,
      show: ({ services }) => {
        if (services[0]?.instances[0]?.phase === 'starting') return agent.show(wholeView);
        nowMs = 60_000;
        void agent.close();
      },
    },
  );
  assert.equal(settled.kind, 'late');
  assert.equal(settled.kind === 'late' && settled.view?.services[0]?.instances[0]?.phase, 'starting');
});
