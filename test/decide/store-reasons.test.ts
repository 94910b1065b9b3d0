// Why the store does not answer: what is found out later in an outage is told too, each reason once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { step } from '../../src/decide/step.ts';
import { storeLost, storeBack } from '../../src/decide/store-state.ts';
import { Draft } from '../../src/decide/draft.ts';
import type { State } from '../../src/decide/state.ts';
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

test('a store that has not answered in the whole life of an agent calls a person, once: by the first host alone', () => {
  const { world } = traceOf(
    readScenario('# Both are up.\nhosts a b\nservice pricer warm-active on a b\nuntil 5s\n---\n'),
  );
  const told = (host: string): string[] => {
    const { state: before } = world.host(host).agent ?? assert.fail('no agent');
    const at = (seconds: number) => ({
      mono: monoMs(100_000 + seconds * 1000),
      wall: wallMs(1_760_000_000_000 + seconds * 1000),
    });
    const unread = {
      reachable: false,
      firstReadAt: null,
      revision: 0,
      lostAt: null,
      backAt: null,
      why: null,
      reasons: [],
    };
    const incidents = { ...before.incidents, list: [], stored: null, revision: 0, workedAt: null, reporterSince: null };
    let state: State = { ...before, store: unread, incidents, sessions: new Map() };
    const all: string[] = [];
    for (const [seconds, why] of [
      [0, 'another store'],
      [1, 'another store'],
      [9, null],
      [10, null],
      [12, null],
    ] as const) {
      const decided = step(state, why === null ? { kind: 'tick' } : { kind: 'storeLost', why }, at(seconds));
      ({ state } = decided);
      for (const each of decided.effects)
        if (each.kind === 'notify')
          all.push(`${seconds} ${each.incident.key} ${JSON.stringify(each.incident.cause.facts)}`);
    }
    return all;
  };
  assert.deepEqual(told('a'), ['10 store {"why":"another store"}']);
  assert.deepEqual(told('b'), []);
});
