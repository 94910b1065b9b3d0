// What a host keeps of outages goes into its report, so it is bounded; a service that flaps must not take the place of what others went through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Draft } from '../../src/decide/draft.ts';
import { countOutage } from '../../src/decide/recovery.ts';
import type { State } from '../../src/decide/state.ts';
import { monoMs, wallMs } from '../../src/model/units.ts';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';

const began = 1_760_000_000_000;

test('an outage is kept while another service flaps, and forgotten when nobody looks back so far', () => {
  const { world } = traceOf(
    readScenario('# Both are up.\nhosts a b\nservice pricer warm-active on a b\nuntil 5s\n---\n'),
  );
  let state: State = world.host('a').agent?.state ?? assert.fail('no agent');
  const count = (service: string, fromMs: number, toMs: number): void => {
    const d = new Draft(state, { mono: monoMs(5000), wall: wallMs(toMs) });
    countOutage(d, service, fromMs, toMs);
    state = d.s;
  };
  count('api', began, began + 30_000);
  for (let each = 1; each <= 300; each += 1) count('worker', began + each * 5000, began + each * 5000 + 500);
  assert.equal(state.outages.length, 200);
  assert.deepEqual(state.outages[0], { service: 'api', fromMs: began, toMs: began + 30_000 });
  const perMs = state.system?.objective.per ?? assert.fail('no system');
  count('api', began + 4 * perMs, began + 4 * perMs + 1);
  assert.deepEqual(
    state.outages.map((each) => each.fromMs),
    [began + 4 * perMs],
  );
});
