// Why the store does not answer: what is found out later in an outage is told too, each reason once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeLost, storeBack } from '../../src/decide/store-state.ts';
import { Draft } from '../../src/decide/draft.ts';
import { monoMs, wallMs } from '../../src/model/units.ts';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';

test('an outage that turns out to be another store says so, and members that fail in turns are told once', () => {
  const { world } = traceOf(
    readScenario('# Both are up.\nhosts a b\nservice pricer warm-active on a b\nuntil 5s\n---\n'),
  );
  const { state } = world.host('a').agent ?? assert.fail('no agent');
  const d = new Draft(state, { mono: monoMs(5000), wall: wallMs(1_760_000_000_000) });
  for (const why of ['x refused', 'y refused', 'x refused', 'y refused', 'another store']) storeLost(d, why);
  assert.equal(d.s.store.why, 'another store');
  assert.deepEqual(d.s.store.reasons, ['x refused', 'y refused', 'another store']);
  storeBack(d);
  storeLost(d, 'x refused');
  assert.deepEqual(d.s.store.reasons, ['x refused'], 'another outage begins anew');
});
