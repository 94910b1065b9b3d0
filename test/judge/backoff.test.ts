import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { addFailure, nextTry, stableAfter } from '../../src/judge/backoff.ts';
import { monoMs, ms } from '../../src/model/units.ts';
import type { MonoMs } from '../../src/model/units.ts';

const failedAt = (...moments: number[]): MonoMs[] => moments.map((at) => monoMs(at));
const minute = ms(60_000);

test('the first at once, then 250 ms doubling up to the limit, up to a fifth shorter by the name', () => {
  const waits = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
  for (const [index, wait] of waits.entries()) {
    const failures = failedAt(...Array.from({ length: index + 1 }, (_, each) => each));
    const { at, tries } = nextTry(failures, minute, monoMs(index), 'pricer');
    assert.equal(tries, index + 1);
    assert.ok(at - index <= wait && at - index >= wait * 0.8, `try ${tries} after ${at - index} ms instead of ${wait}`);
  }
});

test('without a failure at once, and never in the past', () => {
  assert.deepEqual(nextTry([], minute, monoMs(7), 'pricer'), { at: 7, tries: 0 });
  assert.deepEqual(nextTry(failedAt(0, 1), minute, monoMs(5000), 'pricer'), { at: 5000, tries: 2 });
});

test('the same name waits the same; names spread', () => {
  const at = (name: string): number => nextTry(failedAt(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), minute, monoMs(0), name).at;
  assert.equal(at('pricer@a'), at('pricer@a'));
  const moments = Array.from({ length: 100 }, (_, index) => at(`worker-${index}`));
  assert.ok(new Set(moments).size > 95);
  assert.ok(Math.max(...moments) - Math.min(...moments) > 9000, 'a hundred names cover most of the fifth');
});

test('a stable run is forgiven: 10 s or twice the limit', () => {
  assert.equal(stableAfter(ms(1000)), 10_000);
  assert.equal(stableAfter(minute), 120_000);
  assert.deepEqual(addFailure(failedAt(1, 2, 3), monoMs(200_000), 120_000, minute), [200_000]);
  assert.deepEqual(addFailure(failedAt(1, 2, 3), monoMs(200_000), 119_999, minute), [1, 2, 3, 200_000]);
});

test('property: it never gives up, waits never shrink, and the history is bounded', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1500 }),
      fc.integer({ min: 1, max: 1e7 }),
      fc.string(),
      (count, upTo, name) => {
        let failures: readonly MonoMs[] = [];
        let wait = 0;
        for (let index = 0; index < count; index += 1) {
          failures = addFailure(failures, monoMs(index), 0, ms(upTo));
          const next = nextTry(failures, ms(upTo), monoMs(index), name).at - index;
          assert.ok(Number.isFinite(next) && next >= wait - 1e-6 && next <= upTo);
          wait = next;
        }
        assert.ok(failures.length <= 1000);
      },
    ),
    { numRuns: 30 },
  );
});
