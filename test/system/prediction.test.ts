// What a recovery took beside what was predicted, on the running product: people hear of a surprise, and no more of it once one fits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailoverView } from '../../src/api.ts';
import { asPlanned, pidOf, signal, startStand } from './stand.ts';

test('a boot that takes far longer than those before is a severity 3 incident on the model, until a recovery fits', async (t) => {
  const stand = await startStand(
    t,
    `system: slow
objective: { unavailable: 5m, per: 1h, recoverWithin: 60s }
hosts: { a: { address: 127.0.0.1 } }
services:
  web:
    shell: "sleep $(cat boot 2>/dev/null || echo 0.5); echo ready to serve; exec sleep 1000"
    on: [a]
    ready: { log: ready to serve, within: 40s }
    backOff: { upTo: 250ms }
`,
  );
  const recovers = async (count: number): Promise<void> => {
    const pid = pidOf(await stand.until('it runs', asPlanned), 'web', 'a');
    assert.equal(signal(pid, 'SIGKILL'), true);
    await stand.until(
      `recovery ${count}`,
      (view) =>
        asPlanned(view) && pidOf(view, 'web', 'a') !== pid && (view.services[0]?.instances[0]?.restarts ?? 0) >= count,
    );
  };
  let count = 0;
  let slow: number | null = null;
  // The fourth as a rule. Where the machine is busy, and the boots so different that nearly any is to be expected: once they are alike.
  while (slow === null) {
    await recovers((count += 1));
    slow = count < 3 ? null : farLonger((await stand.failovers()).at(-1));
  }
  stand.write(String(slow), 'boot');
  await recovers((count += 1));
  const view = await stand.until('the surprise is told', ({ incidents }) =>
    incidents.some(({ cause, severity }) => severity === 3 && /recovery's b \(booting\) took \d/.test(cause)),
  );
  assert.equal(view.severity, 0, 'the service itself is fine');
  const seen = await stand.failovers();
  const surprises = seen.map((each) => each.surprise);
  assert.deepEqual([...surprises.slice(0, 2), surprises.at(-1)], [null, null, 'b'], JSON.stringify(surprises));
  const last = seen.at(-1);
  const most = last?.predicted?.bMs?.[1] ?? Infinity;
  assert.ok(most < slow * 1000 && (last?.bMs ?? 0) > most, JSON.stringify(last));
  assert.match((await stand.cli('failovers')).stdout, /▲ b \d/);
  stand.write('0.5', 'boot');
  await recovers(count + 1);
  await stand.until('it is over', ({ incidents }) => incidents.every(({ cause }) => !/recovery's b/.test(cause)));
});

/**
 * A boot, in whole seconds, that is longer than any that is to be expected after this recovery. Null: its own was so unlike those before that what is to be
 * expected grows too far. Of boots alike the longest to be expected is nearly eight times the usual one.
 */
function farLonger(last: FailoverView | undefined): number | null {
  const mostMs = last?.predicted?.bMs?.[1] ?? Infinity;
  const usualMs = (mostMs - 250) / 7.8;
  const unlike = Math.abs(Math.log((last?.bMs ?? 0) / usualMs));
  return mostMs < 25_000 && unlike < Math.log(1.6) ? Math.max(8, Math.ceil((mostMs * 1.4) / 1000)) : null;
}
