// What a host told counts only for as long as it is heard.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardHosts, peersOf } from '../../src/agent/watch-peers.ts';
import type { HostReport, SessionRecord } from '../../src/decide/records.ts';
import { monoMs, wallMs } from '../../src/model/units.ts';

const session: SessionRecord = {
  epoch: 1,
  dead: false,
  left: false,
  nonce: 'n',
  boot: 'b',
  keeper: 'k',
  ttlMs: 20_000,
  mayDepose: [],
  machine: '',
  machines: {},
};

const report: HostReport = {
  seq: 1,
  agentPid: 1,
  keeperPid: 2,
  boot: 'b',
  leaving: false,
  atMs: 1_700_000_000_000 + 9000,
  uses: null,
  reads: 1,
  instances: [],
  outages: [],
  findings: [],
  facts: { 'reaches a': 'yes' },
};

test('a host that is silent, or has left, is compared with no more', () => {
  const at = (monoNow: number): { mono: ReturnType<typeof monoMs>; wall: ReturnType<typeof wallMs> } => ({
    mono: monoMs(monoNow),
    wall: wallMs(1_700_000_000_000 + monoNow),
  });
  const state = (dead = false): Parameters<typeof peersOf>[0] => ({
    me: 'a',
    reports: new Map([['b', { report, heardAt: monoMs(1000) }]]),
    sessions: new Map([
      [
        'b',
        {
          revision: 1,
          value: { ...session, dead },
          seenAt: monoMs(1000),
          deposing: null,
          deposeAgainAt: null,
          deposedAt: null,
          givenUpAt: null,
        },
      ],
    ]),
  });
  const hosts = ['a', 'b', 'c'].map((name, n) => ({ name, address: `10.0.0.${n + 1}` }));
  const told = (monoNow: number, dead = false): ReturnType<typeof peersOf> => peersOf(state(dead), hosts, at(monoNow));
  const gone = [{ host: 'b', address: '10.0.0.2', facts: {}, clockAheadMs: 0 }];
  assert.deepEqual(told(10_000), [
    { host: 'b', address: '10.0.0.2', facts: { 'reaches a': 'yes' }, clockAheadMs: 8000 },
  ]);
  assert.deepEqual(heardHosts(state(), at(2500)), ['b']);
  assert.deepEqual(told(1000 + 10_001), gone, 'two renewals did not come');
  assert.deepEqual(told(2500, true), gone, 'it has ended its session');
});
