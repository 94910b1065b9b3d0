// What another process manager runs although nothing here asked for it. The world of the storms has keepers alone, so this is asked of the core alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Running } from '../../src/decide/input.ts';
import type { State } from '../../src/decide/state.ts';
import { step } from '../../src/decide/step.ts';
import { monoMs, wallMs } from '../../src/model/units.ts';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';

const mono = monoMs(9000);
const now = { mono, wall: wallMs(1_760_000_009_000) };
const running: Running = {
  instance: 'solo@a#found',
  service: 'solo',
  pid: 77,
  startTicks: 7,
  startedAt: mono,
  startedAtMs: now.wall,
  role: 'active',
  term: 0,
  deadline: null,
};

/** solo has crashed, after what people asked for. */
function crashed(asked: string): State {
  const { world } = traceOf(
    readScenario(`# It crashes.\nhosts a\nservice solo single on a\n${asked}at 6s crash solo@a\nuntil 8s\n---\n`),
  );
  const { state } = world.host('a').agent ?? assert.fail('no agent');
  return state;
}

test('what its manager started again while it is paused is taken as what runs, and left alone', () => {
  const before = crashed('at 5s ask a pause solo for 1h\n');
  assert.equal(before.slots.get('solo')?.now, null);
  const { state, effects } = step(before, { kind: 'foundRunning', running }, now);
  const slot = state.slots.get('solo');
  assert.deepEqual([slot?.now?.id, slot?.now?.pid, slot?.now?.adopted], [running.instance, 77, true]);
  assert.equal(slot?.restarts, (before.slots.get('solo')?.restarts ?? 0) + 1);
  assert.deepEqual(
    effects.filter((each) => ['observe', 'start', 'stop', 'kill'].includes(each.kind)).map((each) => each.kind),
    ['observe'],
  );
  // Told again it is no news.
  const again = step(state, { kind: 'foundRunning', running }, now);
  assert.equal(again.state.slots.get('solo')?.now?.id, running.instance);
  assert.deepEqual(again.because, []);
});

test('what its manager runs although it is not to run is stopped', () => {
  const { effects } = step(crashed('at 5s ask a stop solo\n'), { kind: 'foundRunning', running }, now);
  assert.ok(effects.some((each) => each.kind === 'stop' && each.instance === running.instance));
});

test('while a start of our own is under way, that takes what it finds', () => {
  const before = crashed('');
  const { now: starting } = before.slots.get('solo') ?? assert.fail('no slot');
  assert.ok(starting !== null, 'it is started again');
  const { state, effects } = step(before, { kind: 'foundRunning', running }, now);
  assert.equal(state.slots.get('solo')?.now?.id, starting.id);
  assert.ok(!effects.some((each) => each.kind === 'kill'));
});
