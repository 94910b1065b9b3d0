// Two machines that claim to be one host: whose promise counts, and who may end whose session. The world of the storms has one machine for each name, so
// these are asked of the core alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '../../src/decide/effect.ts';
import { initialState } from '../../src/decide/initial.ts';
import type { Input } from '../../src/decide/input.ts';
import type { SessionRecord } from '../../src/decide/records.ts';
import type { State } from '../../src/decide/state.ts';
import { step } from '../../src/decide/step.ts';
import { monoMs, ms, wallMs, type Now } from '../../src/model/units.ts';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';

/** a is active, b its standby, since 2.2 s of the scenario. */
function settled(host: string): { state: State; now: Now } {
  const { world } = traceOf(
    readScenario('# Both are up.\nhosts a b\nservice pricer warm-active on a b\nuntil 5s\n---\n'),
  );
  const found = world.host(host);
  const { state } = found.agent ?? assert.fail('no agent');
  const { mono } = found.now(5000);
  return { state, now: { mono, wall: wallMs(1_760_000_000_000) } };
}

class Agent {
  state: State;
  mono: number;
  effects: Effect[] = [];

  constructor(host: string) {
    const { state, now } = settled(host);
    this.state = state;
    this.mono = now.mono;
  }

  hear(input: Input, laterMs = 0): void {
    this.mono += laterMs;
    const decided = step(this.state, input, { mono: monoMs(this.mono), wall: wallMs(1_760_000_000_000 + this.mono) });
    this.state = decided.state;
    this.effects.push(...decided.effects);
  }

  /** The keeper lives, and time passes. */
  passes(forMs: number): void {
    this.hear(
      { kind: 'keeperHealth', at: monoMs(this.mono + forMs), worstTimerLateMs: noMs, worstKillMs: noMs },
      forMs,
    );
    this.hear({ kind: 'tick' });
  }
}

const noMs = ms(0);

/** Loses the store, waits until the peers are asked, and hears this answer. Answers with how much longer the session became. */
function prolongedBy(machine: string): number {
  const a = new Agent('a');
  assert.deepEqual(a.state.own.machines, { b: 'b' }, 'its list names the machine that b is');
  a.hear({ kind: 'storeLost', why: 'it does not answer' });
  for (let tries = 0; a.state.ask === null && tries < 100; tries += 1) a.passes(50);
  const { ask } = a.state.ask ?? assert.fail('nobody was asked');
  const before = a.state.own.validUntil ?? 0;
  a.hear({ kind: 'promiseAnswered', from: 'b', machine, ask, given: true }, 1);
  return (a.state.own.validUntil ?? 0) - before;
}

test('the promise of the machine that the list names counts, that of another one of the same name does not', () => {
  assert.ok(prolongedBy('b') > 0);
  assert.equal(prolongedBy("b'"), 0);
  assert.equal(prolongedBy(''), 0);
});

function sessionOf(of: Partial<SessionRecord>): SessionRecord {
  return {
    epoch: 1,
    dead: false,
    left: false,
    nonce: 'other.1',
    boot: 'another boot',
    keeper: '',
    ttlMs: 2000,
    mayDepose: ['b'],
    machine: 'a',
    machines: { b: 'b' },
    ...of,
  };
}

/** b watches a session of a that stands still for three times its ttl, with the store answering all the while. */
function deposes(of: Partial<SessionRecord>): boolean {
  const b = new Agent('b');
  let { revision } = b.state.store;
  revision += 1;
  b.hear({
    kind: 'storeChanges',
    revision,
    changes: [{ kind: 'session', host: 'a', revision, value: sessionOf(of) }],
    system: null,
  });
  for (let at = 0; at < 6000; at += 100) {
    b.passes(100);
    for (const effect of b.effects)
      if (effect.kind === 'store' && effect.puts.some(({ key }) => key === 'session/a')) return true;
  }
  return false;
}

test('only the machine that a session names may end it; one that names none lets any of that host', () => {
  assert.equal(deposes({}), true);
  assert.equal(deposes({ machines: { b: 'another' } }), false);
  assert.equal(deposes({ machines: {} }), true);
  assert.equal(deposes({ mayDepose: [] }), false);
});

test('an agent that is upgraded in place goes on in the session of the version that named no machine', () => {
  const a = new Agent('a');
  const { boot, system, store } = a.state;
  assert.ok(system !== null);
  const heir = new Agent('a');
  heir.state = initialState({ me: 'a', boot, machine: 'a', life: 'later', agentPid: 7 });
  heir.hear({ kind: 'keeperHello', keeper: { pid: 5, startTicks: 1 }, running: [], ended: [] });
  const value = sessionOf({ boot, machine: '', machines: {}, epoch: 4 });
  heir.hear({
    kind: 'storeRead',
    revision: store.revision,
    entries: [{ kind: 'session', host: 'a', revision: store.revision, value }],
    system,
  });
  heir.passes(10);
  const renewal = heir.effects.find((each) => each.kind === 'store' && each.puts[0]?.key === 'session/a');
  const written =
    renewal?.kind === 'store' ? (JSON.parse(renewal.puts[0]?.value ?? '{}') as Partial<SessionRecord>) : {};
  assert.deepEqual([written.epoch, written.dead, written.machine], [4, false, 'a']);
});
