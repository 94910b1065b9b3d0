// Property: exact(system) equals enumerate(system) for 2,000 drawn systems of up to 20 parts: unavailability to 1e-12 relative,
// the same minimal cut sets, the same n, for the system and for each service.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyse, usualSteps } from '../../src/prove/analysis.ts';
import { enumerate } from './brute.ts';
import { drawDescription, systemOf } from './draw.ts';

test('what is drawn is the same as what is enumerated', () => {
  let failing = 0;
  let largest = 0;
  for (let seed = 1; seed <= 2000; seed += 1) {
    // Few are large, because enumerating doubles with each part.
    const text = drawDescription(seed, seed % 667 === 0 ? 20 : seed % 10 === 0 ? 12 : 9);
    const system = systemOf(text);
    const expected = enumerate(system);
    const analysis = analyse(system, {
      figures: { stated: true, measured: {} },
      mostCutSets: 100_000,
      steps: usualSteps,
    });
    const told = `seed ${seed}\n${text}`;
    assert.ok(analysis.whole.exact, told);
    near(analysis.whole.unavailability, expected.unavailability, told);
    assert.equal(analysis.whole.survives, expected.survives, told);
    assert.equal(analysis.cutSetCount, BigInt(expected.cutSets.length), told);
    const names = (sets: readonly (readonly string[])[]): string[] =>
      sets.map((set) => set.toSorted().join(' ')).toSorted();
    assert.deepEqual(
      names(analysis.cutSets.map((set) => set.parts.map((part) => part.name))),
      names(expected.cutSets),
      told,
    );
    const likely = analysis.cutSets.map((set) => set.probability);
    for (const [i, share] of likely.entries()) assert.ok(i === 0 || share <= (likely[i - 1] ?? 0) * (1 + 1e-9), told);
    for (const [name, share] of expected.services)
      near(analysis.services.get(name)?.unavailability ?? -1, share, `${name}, ${told}`);
    if (expected.cutSets.length > 1) failing += 1;
    largest = Math.max(largest, expected.parts.length);
  }
  assert.ok(failing > 1000, `only ${failing} drawn systems have something to tell`);
  assert.ok(largest >= 18, `the largest had only ${largest} parts`);
});

function near(found: number, expected: number, told: string): void {
  assert.ok(Math.abs(found - expected) <= 1e-12 * expected, `${found} is not ${expected}: ${told}`);
}
