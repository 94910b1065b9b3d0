// What looks cost: counted on work that really takes processor time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMeter } from '../../../src/observe/modes/meter.ts';
import { ground } from './look.ts';

test('a look costs what it works itself and what its programs take, and nothing of what goes on beside it', async () => {
  const real = ground();
  const took = { kind: 'ended', code: 0, output: '', errors: '', tookMs: 400, cpuMs: 300 } as const;
  const meter = openMeter({ ...real, ask: () => Promise.resolve(took) });
  const other = openMeter(real);
  const look = async (): Promise<void> => {
    burn(30);
    await Promise.all([meter.ground.ask(['one'], how), meter.ground.ask(['two'], how)]);
    burn(30);
  };
  await Promise.all([meter.of(look), other.of(() => other.ground.ask(['true'], how))]);
  const taken = meter.taken();
  assert.ok(taken >= 650 && taken < 900, `${taken} ms`);
  assert.equal(meter.taken(), 0, 'counted anew');
  assert.ok(other.taken() < 60);
});

test('a program that is busy without end is given up, with what it began and with what it took', async () => {
  const line = 'echo $$; (while :; do :; done) & while :; do :; done';
  const real = ground();
  const asked = await real.ask(['sh', '-c', line], { on: 'work', within: 500 });
  assert.ok(asked.kind === 'stuck' && asked.cpuMs >= 10 && asked.cpuMs <= asked.tookMs + 20, JSON.stringify(asked));
  // Until both have let go of their output no other is begun.
  for (;;) {
    const again = await real.ask(['true'], { on: 'work', within: 5000 });
    if (again.kind === 'ended') break;
    await new Promise((resolve) => setImmediate(resolve));
  }
});

const how = { on: 'work', within: 60_000 };

/** Takes so much processor time of this thread. */
function burn(cpuMs: number): void {
  const from = process.threadCpuUsage();
  const taken = (): number => process.threadCpuUsage().user + process.threadCpuUsage().system - from.user - from.system;
  while (taken() < cpuMs * 1000);
}
