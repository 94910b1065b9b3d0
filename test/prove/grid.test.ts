// What each fault is met with, cell by cell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Strategy } from '../../src/prove/grid.ts';
import { modes } from '../../src/model/modes.ts';
import { gridOf } from '../../src/prove/grid.ts';
import { objective, systemOf } from './draw.ts';

const warm = 'policy: hot-active/warm-active, activate: { signal: SIGUSR1 }';
const hot = 'policy: hot-active/hot-active, consumers: dropDuplicates';

function cells(text: string): (component: string, domain: string) => Strategy | undefined {
  const grid = gridOf(systemOf(`system: s\n${objective}\n${text}`), {}, {}, {});
  for (const cell of grid) assert.notEqual(cell.evidence, '', `${cell.component} × ${cell.domain}`);
  return (component, domain) => grid.find((cell) => cell.component === component && cell.domain === domain)?.strategy;
}

const twoZones = `domains:
  zone-1: { kind: zone }
  zone-2: { kind: zone }
  switch-1: { kind: switch }
hosts:
  a: { address: 127.0.0.1, in: [zone-1, switch-1] }
  b: { address: 127.0.0.1, in: [zone-2, switch-1] }
  c: { address: 127.0.0.1, in: [zone-1] }`;

const rows: readonly (readonly [what: string, service: string, expected: Readonly<Record<string, Strategy>>])[] = [
  [
    'a pair over two zones and one switch',
    `{ run: x, on: [a, b], ${warm} }`,
    { instance: 'mask', host: 'mask', zone: 'mask', switch: 'fixFast' },
  ],
  [
    'a pair in one zone',
    `{ run: x, on: [a, c], ${hot} }`,
    { instance: 'mask', host: 'mask', zone: 'fixFast', switch: 'mask' },
  ],
  ['one host', '{ run: x, on: [a] }', { instance: 'fixFast', host: 'fixFast', zone: 'fixFast', switch: 'fixFast' }],
  ['one host outside every switch', '{ run: x, on: [c] }', { switch: 'none' }],
  [
    'too much for one',
    `{ run: x, on: [a, b], ${hot}, capacity: 100, load: 150 }`,
    { instance: 'bound', host: 'bound', zone: 'bound', switch: 'fixFast' },
  ],
  [
    'three of which two carry it',
    `{ run: x, on: [a, b, c], ${hot}, capacity: 100, load: 150 }`,
    { instance: 'mask', host: 'mask', zone: 'bound', switch: 'bound' },
  ],
  ['people decide', `{ run: x, on: [a, b], ${warm}, trigger: manual }`, { host: 'fixFast' }],
  [
    'too late',
    `{ run: x, on: [a, b], policy: hot-active/cold-passive, ready: { tcp: "127.0.0.1:1", within: 10m } }`,
    { host: 'fixFast' },
  ],
  [
    'a hosted part whose owner speaks',
    '{ external: true, unavailability: 1e-4 }',
    { instance: 'avoid', host: 'avoid', zone: 'avoid', switch: 'avoid' },
  ],
  ['a hosted part whose owner is silent', '{ external: true }', { instance: 'none', host: 'none', zone: 'none' }],
];

for (const [what, service, expected] of rows)
  test(what, () => {
    const cell = cells(`${twoZones}\nservices: { it: ${service} }`);
    for (const [domain, strategy] of Object.entries(expected)) assert.equal(cell('it', domain), strategy, domain);
  });

test('the store of a managed etcd: a mask while a majority is left', () => {
  const system = systemOf(`system: s\n${objective}\n${twoZones}\nservices: { it: { run: x, on: [a, b], ${warm} } }`);
  const grid = gridOf({ ...system, store: { kind: 'etcd', managed: true } }, {}, {}, {});
  const cell = (domain: string): Strategy | undefined =>
    grid.find((each) => each.component === 'store' && each.domain === domain)?.strategy;
  // a and c, two of three, lie in zone 1.
  assert.deepEqual([cell('instance'), cell('host'), cell('zone'), cell('switch')], ['mask', 'mask', 'bound', 'bound']);
});

test('every component stands against every kind of domain', () => {
  const grid = gridOf(
    systemOf(
      `system: s\n${objective}\n${twoZones}\nservices: { x: { run: x, on: [a, b], ${hot} }, y: { external: true } }`,
    ),
    {},
    {},
    {},
  );
  for (const component of ['x', 'y'])
    assert.deepEqual(
      grid.filter((cell) => cell.component === component).map((cell) => cell.domain),
      ['instance', 'host', 'zone', 'switch'],
    );
});

test('a failover that was seen is evidence, and stale after a while', () => {
  const system = systemOf(`system: s\n${objective}\n${twoZones}\nservices: { it: { run: x, on: [a, b], ${warm} } }`);
  const grid = gridOf(system, {}, { it: { zMs: 41, worstMs: 60, day: '2026-11-20', stale: true } }, {});
  const [instance, host] = grid;
  assert.match(instance?.evidence ?? '', /measured 41ms on 2026-11-20 \(stale: older than 30 days\)$/);
  assert.equal(instance?.stale, true);
  // A process that ended says nothing of a host that is lost.
  assert.doesNotMatch(host?.evidence ?? '', /measured/);
});

test('each failure mode of the catalogue has its row: masked at most where it takes one copy and all services survive a host', () => {
  const hosts = 'hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }';
  const both = cells(`${hosts}\nservices: { web: { run: x, on: [a, b], ${warm} } }`);
  const one = cells(`${hosts}\nservices: { web: { run: x, on: [a, b], ${warm} }, lone: { run: x, on: [a] } }`);
  for (const { id, takesDown } of modes) {
    if (id === 'etcd-peers') continue;
    assert.equal(both(`mode:${id}`, 'host'), takesDown === 'every' ? 'fixFast' : 'mask', id);
    assert.equal(one(`mode:${id}`, 'host'), 'fixFast', id);
  }
  assert.equal(both('mode:etcd-peers', 'host'), undefined);
  const hosted = cells('hosts: {}\nservices: { rates: { external: true, unavailability: 0.001 } }');
  assert.equal(hosted('mode:disk-space', 'host'), undefined);
});
