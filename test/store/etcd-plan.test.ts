// Which hosts have a member of a managed etcd, and that those of one that was formed stay where they are.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readDescription } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';
import { planOf, type PlannedMember } from '../../src/store/etcd/plan.ts';
import { placeOf, writePlace } from '../../src/store/place.ts';
import { folder } from './places.ts';

function systemOf(hosts: Readonly<Record<string, string>>): System {
  const text = `
system: planned
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
store: { etcd: managed }
hosts: { ${Object.entries(hosts)
    .map(([name, address]) => `${name}: { address: "${address}" }`)
    .join(', ')} }
services: { s: { run: sleep 1, on: [${Object.keys(hosts)[0]}] } }
`;
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder: '/' });
  assert.deepEqual(errors, []);
  return system ?? assert.fail('no system');
}

function planned(hosts: Readonly<Record<string, string>>, former: readonly PlannedMember[] = []): PlannedMember[] {
  return [...planOf(systemOf(hosts), { kind: 'plain' }, former).members];
}

const names = (members: readonly PlannedMember[]): string => members.map(({ host }) => host).join(' ');
const one = '127.0.0.1';

test('members are on the first five, three or one; those of one machine count their ports up', () => {
  assert.equal(names(planned({ a: one, b: one })), 'a');
  assert.equal(names(planned({ a: one, b: one, c: one, d: one })), 'a b c');
  assert.equal(names(planned({ a: one, b: one, c: one, d: one, e: one, f: one })), 'a b c d e');
  assert.deepEqual(
    planned({ a: one, b: '2001:DB8:0::1', c: one }).map(({ clientUrl, peerUrl, formingPort }) => [
      clientUrl,
      peerUrl,
      formingPort,
    ]),
    [
      ['http://127.0.0.1:23790', 'http://127.0.0.1:23800', 23_810],
      ['http://[2001:db8::1]:23790', 'http://[2001:db8::1]:23800', 23_810],
      ['http://127.0.0.1:23791', 'http://127.0.0.1:23801', 23_811],
    ],
  );
});

test('who was a member of the one that was formed stays one, at the same place, while its host is described', () => {
  const former = planned({ a: one, b: one, c: one });
  const [, b, c] = former;
  assert.deepEqual(planned({ b: one, c: one }, former), [b, c]);
  const filled = planned({ d: one, c: one, b: one }, former);
  assert.deepEqual(filled.slice(0, 2), [b, c]);
  assert.deepEqual([names(filled), filled[2]?.peerUrl], ['b c d', 'http://127.0.0.1:23800']);
  assert.equal(names(planned({ d: one, a: one, b: one, c: one }, former)), 'a b c');
  const moved = planned({ a: one, b: '127.0.0.2', c: one }, former);
  assert.equal(moved[1]?.peerUrl, 'http://127.0.0.2:23800', 'another address is another place');
});

test('what was never formed is planned anew', (t) => {
  const state = folder(t);
  const file = join(state, 'store.db');
  const members = (system: System): string => {
    const place = placeOf(system, file);
    return place.kind === 'etcd' && place.managed !== null ? names(place.managed.members) : assert.fail('not managed');
  };
  const [three, two] = [systemOf({ a: one, b: one, c: one }), systemOf({ b: one, c: one })];
  writePlace(placeOf(three, file), file);
  mkdirSync(join(state, 'b'));
  assert.equal(members(two), 'b');
  writeFileSync(join(state, 'b', 'etcd.formed'), 'forming\n');
  assert.equal(members(two), 'b');
  writeFileSync(join(state, 'b', 'etcd.formed'), 'formed\n');
  assert.equal(members(two), 'b c');
});
