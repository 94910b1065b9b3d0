// Random faults on random systems. Safety: at every moment, by a referee that looks at processes and the store alone. Liveness: when faults stop,
// everything comes to where it should be within a bound, every incident is resolved, every intent ends. `npm run storms` goes on for longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { rules } from '../../src/decide/rules.ts';
import { tryOnce } from './world/trial.ts';

const fired = new Map<number, number>();
const phases = new Set<string>();
let steps = 0;
let takeovers = 0;

test('never two actives, none without a deadline, terms only grow; and after the storm everything is as it should be', () => {
  fc.assert(
    fc.property(fc.nat(0x7fffffff), (seed) => {
      const { world, broken, unsettled } = tryOnce(seed);
      steps += world.steps;
      takeovers += world.referee.takeovers;
      for (const [rule, times] of world.fired) fired.set(rule, (fired.get(rule) ?? 0) + times);
      for (const phase of world.phases) phases.add(phase);
      assert.deepEqual(
        { broken, unsettled },
        { broken: [], unsettled: [] },
        `repeat with: npm run storms -- --seed ${seed}`,
      );
    }),
    // The same draws every time: what goes red goes red for everybody. `storms.ts` draws others.
    { numRuns: 300, seed: 20250106, endOnFailure: true },
  );
});

test('what the storms reached', (context) => {
  const missing = rules.filter((rule) => !fired.has(rule.n)).map((rule) => `${rule.n} ${rule.name}`);
  context.diagnostic(`${steps} steps, ${takeovers} activations under new terms`);
  context.diagnostic(
    `rules fired: ${[...fired]
      .toSorted((a, b) => a[0] - b[0])
      .map(([rule, times]) => `${rule}×${times}`)
      .join(' ')}`,
  );
  context.diagnostic(`left to the traces: ${missing.join(', ')}`);
  context.diagnostic(`phases: ${[...phases].join(' ')}`);
  assert.deepEqual([...phases].toSorted(), [
    'activating',
    'active',
    'deactivating',
    'none',
    'ready',
    'starting',
    'stopping',
  ]);
  // Those that a storm has no reason to reach: people's and schedules', and what only broken assumptions reach.
  assert.ok(fired.size > rules.length / 2, `only ${fired.size} of ${rules.length} rules were reached`);
});
