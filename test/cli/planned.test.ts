// When `up` may say that all is as planned.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { InstanceView, StatusView } from '../../src/api.ts';
import { isPlanned, unplanned } from '../../src/cli/start/planned.ts';
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
