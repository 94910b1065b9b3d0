// A host is lost with all that ran on it, and shares no lease with anybody: nobody takes over, and nobody may end its session.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asPlanned, eventually, incidentsIn, instanceOf, makeStand, serviceOf, signal } from './stand.ts';

test('what ran on a lost host is graded, told and counted until it is back', async (t) => {
  const stand = makeStand(
    t,
    `
system: lost
objective: { unavailable: 1h, per: 2h, recoverWithin: 1s }
hosts:
  a: { address: 127.0.0.1 }
  b: { address: 127.0.0.1 }
serves: [front]
services:
  front: { run: sleep 1000, on: [a], needs: [right], impact: Nobody is served. }
  right: { run: sleep 1000, on: [b] }
`,
  );
  await stand.up();
  const before = await stand.until('all as planned', asPlanned, 'a');
  assert.equal(before.objective.usedMs, 0);
  const heardMs = before.hosts.find((host) => host.name === 'b')?.asOfMs ?? assert.fail('b was never heard of');
  await eventually('b is lost', () => {
    const there = stand.living().filter((each) => each.host === 'b');
    for (const each of there) signal(each.pid, 'SIGKILL');
    return there.length === 0;
  });
  const lost = await stand.until('it is told', (view) => incidentsIn(view).length === 1 && view.severity === 1, 'a');
  assert.equal(instanceOf(lost, 'right', 'b').phase, 'unknown');
  assert.equal(serviceOf(lost, 'right').severity, 1);
  assert.deepEqual(serviceOf(lost, 'right').active, []);
  assert.match(lost.sentence, /DOWN: consumers have had no front.* \(severity 1\)/);
  const { usedMs } = lost.objective;
  // Each of the three is rounded.
  const mostMs = lost.atMs - heardMs + 2;
  assert.ok(usedMs > 0 && usedMs <= mostMs, `used ${usedMs} ms of ${mostMs}`);
  const later = await stand.until('it counts on', (view) => view.objective.usedMs > lost.objective.usedMs, 'a');
  await stand.up();
  const after = await stand.until('all as planned', (view) => asPlanned(view) && incidentsIn(view).length === 0, 'a');
  assert.ok(after.objective.usedMs >= later.objective.usedMs);
  const kept = await stand.until('some time later', (view) => view.atMs > after.atMs + 300, 'a');
  assert.equal(kept.objective.usedMs, after.objective.usedMs, 'it counts no more');
});
