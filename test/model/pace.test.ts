// How often detectors look when some of them are dear.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { paceFacts, pacesIn, pacesOf, type Load } from '../../src/model/pace.ts';

const share = 0.03;

test('together they stay within their share, and none pays for another', () => {
  const load = fc.record({
    usualMs: fc.constantFrom(2000, 5000, 10_000, 30_000),
    costMs: fc.double({ min: 0, max: 5000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(load, { minLength: 1, maxLength: 20 }), (all) => {
      const loads = new Map(all.map((each, n) => [String(n), each]));
      const paces = [...pacesOf(loads, share).values()];
      assert.equal(paces.length, all.length);
      const used = paces.reduce((sum, each) => sum + each.costMs / each.everyMs, 0);
      const asked = all.reduce((sum, each) => sum + each.costMs / each.usualMs, 0);
      const longest = paces.some((each) => each.everyMs === 3_600_000);
      assert.ok(longest || used <= share + 1e-9);
      // Nothing is held back while there is enough, and what there is is used up before.
      if (asked <= share) assert.ok(paces.every((each) => each.everyMs === each.usualMs));
      else assert.ok(longest || used >= share - 1e-9);
      for (const each of paces) {
        assert.ok(each.everyMs >= each.usualMs);
        if (each.costMs / each.usualMs <= share / all.length) assert.equal(each.everyMs, each.usualMs);
      }
    }),
  );
});

test('one that is dear waits, says so to other hosts, and is as before when it is cheap again', () => {
  const loads = new Map<string, Load>([
    ['disk', { usualMs: 5000, costMs: 5 }],
    ['slow', { usualMs: 20_000, costMs: 5800 }],
  ]);
  const paces = pacesOf(loads, share);
  assert.deepEqual(paceFacts(paces), { 'pace slow': '200000 20000 5800' });
  assert.deepEqual(pacesIn({ ...paceFacts(paces), 'answer pricer': '12', 'pace torn': 'x' }), [
    { detector: 'slow', everyMs: 200_000, usualMs: 20_000, costMs: 5800 },
  ]);
  loads.set('slow', { usualMs: 20_000, costMs: 100 });
  assert.deepEqual(paceFacts(pacesOf(loads, share)), {});
});
