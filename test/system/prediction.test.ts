// What a recovery took beside what was predicted, on the running product: people hear of a surprise, and no more of it once one fits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  for (const count of [1, 2, 3]) await recovers(count);
  stand.write('8', 'boot');
  await recovers(4);
  const view = await stand.until('the surprise is told', ({ incidents }) =>
    incidents.some(({ cause, severity }) => severity === 3 && /recovery's b \(booting\) took 8/.test(cause)),
  );
  assert.equal(view.severity, 0, 'the service itself is fine');
  const seen = await stand.failovers();
  assert.deepEqual(
    seen.map((each) => each.surprise),
    [null, null, null, 'b'],
  );
  const last = seen.at(-1);
  const most = last?.predicted?.bMs?.[1] ?? Infinity;
  assert.ok(most < 8000 && (last?.bMs ?? 0) > most, JSON.stringify(last));
  assert.match((await stand.cli('failovers')).stdout, /▲ b 8/);
  stand.write('0.5', 'boot');
  await recovers(5);
  await stand.until('it is over', ({ incidents }) => incidents.every(({ cause }) => !/recovery's b/.test(cause)));
});
