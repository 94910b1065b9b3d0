// What an instance is made of has one name on all machines, and another when any of it changes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isMadeSo, madeOf } from '../../src/model/made-of.ts';
import { readDescription } from '../../src/model/read.ts';
import type { RunService } from '../../src/model/system.ts';

function serviceIn(folder: string, store: string, more = ''): RunService {
  const text = `
system: made
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
store: ${store}
hosts: { a: { address: 127.0.0.1 } }
services: { s: { run: sleep 1, envFile: s.env${more} } }
`;
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder });
  assert.deepEqual(errors, []);
  const service = system?.services[0];
  return service?.kind === 'run' ? service : assert.fail('no service');
}

test('with a store of several machines the folder says nothing of what an instance is made of, where it is not written', () => {
  const etcd = '{ etcd: [ "http://127.0.0.1:2379" ] }';
  const name = (folder: string, more?: string): string => madeOf(serviceIn(folder, etcd, more), 'a');
  assert.equal(name('/srv/made'), name('/opt/elsewhere'));
  assert.equal(name('/srv/made', ', dir: ../x'), name('/opt/elsewhere', ', dir: ../x'));
  assert.notEqual(name('/srv/made'), name('/srv/made', ', dir: x'));
  assert.notEqual(name('/srv/made'), name('/srv/made', ', env: { A: "1" }'));
  const embedded = (folder: string): RunService => serviceIn(folder, 'embedded');
  assert.notEqual(madeOf(embedded('/srv/made'), 'a'), madeOf(embedded('/srv/elsewhere'), 'a'), 'one folder, one place');
});

test('what an older version started in the same folder runs as described', () => {
  const service = serviceIn('/srv/made', '{ etcd: managed }');
  const before = madeOf({ ...service, asWritten: null }, 'a');
  assert.notEqual(before, madeOf(service, 'a'));
  assert.ok(isMadeSo(service, 'a', before));
  assert.ok(isMadeSo(service, 'a', madeOf(service, 'a')));
  assert.ok(!isMadeSo(service, 'a', madeOf({ ...service, user: 'nobody' }, 'a')));
});
