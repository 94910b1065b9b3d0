// Systems small enough to work out by hand, with the working.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assessment } from '../../src/prove/assessment.ts';
import { assessmentOf } from '../../src/prove/assessment.ts';
import { objective, systemOf } from './draw.ts';

function assess(text: string, stated = true): Assessment {
  const system = systemOf(`system: hand\n${objective}\n${text}`);
  return assessmentOf(system, { stated, mostCutSets: 1000, measured: {}, timings: {}, seen: {}, rehearsed: {} });
}

function sets({ analysis }: Assessment): string[] {
  return analysis.cutSets.map((set) =>
    set.parts
      .map((part) => part.name)
      .toSorted()
      .join(' + '),
  );
}

function near(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) <= 1e-12 * expected, `${found} is not ${expected}`);
}

const pair = 'policy: hot-active/warm-active, activate: { signal: SIGUSR1 }';

test('a pair behind one switch survives nothing: the switch takes both', () => {
  const found = assess(`domains: { switch-1: { kind: switch, unavailability: 1e-5 } }
hosts:
  a: { address: 127.0.0.1, in: switch-1, unavailability: 0.001 }
  b: { address: 127.0.0.1, in: switch-1, unavailability: 0.002 }
services: { pricer: { run: x, on: [a, b], ${pair} } }`);
  assert.equal(found.analysis.whole.survives, 0);
  assert.deepEqual(sets(found), ['switch-1', 'host:a + host:b']);
  // Down when the switch is; else when both hosts are.
  near(found.prospect.unavailability, 1e-5 + (1 - 1e-5) * 0.001 * 0.002);
});

test('with two switches it survives any one failure', () => {
  const found = assess(`domains:
  switch-1: { kind: switch, unavailability: 1e-5 }
  switch-2: { kind: switch, unavailability: 1e-5 }
hosts:
  a: { address: 127.0.0.1, in: switch-1, unavailability: 0.001 }
  b: { address: 127.0.0.1, in: switch-2, unavailability: 0.002 }
services: { pricer: { run: x, on: [a, b], ${pair} } }`);
  assert.equal(found.analysis.whole.survives, 1);
  assert.equal(found.analysis.cutSetCount, 4n);
  // Each side is down when its switch or its host is; the sides are independent.
  const side = (host: number): number => 1e-5 + (1 - 1e-5) * host;
  near(found.prospect.unavailability, side(0.001) * side(0.002));
});

test('three parts of which two must stand: any two of them break it', () => {
  const found = assess(`hosts: {}
serves: [quorum]
services:
  m1: { external: true, unavailability: 0.01 }
  m2: { external: true, unavailability: 0.02 }
  m3: { external: true, unavailability: 0.03 }
  quorum: { external: true, needs: { atLeast: 2, of: [m1, m2, m3] } }`);
  assert.equal(found.analysis.whole.survives, 1);
  assert.deepEqual(sets(found), ['m2 + m3', 'm1 + m3', 'm1 + m2']);
  // p12 + p13 + p23 − 2 p123.
  near(found.prospect.unavailability, 0.01 * 0.02 + 0.01 * 0.03 + 0.02 * 0.03 - 2 * 0.01 * 0.02 * 0.03);
});

test('three zones: a service on all of them survives two', () => {
  const zones = [1, 2, 3].map((n) => `  zone-${n}: { kind: zone, unavailability: 0.001 }`).join('\n');
  const hosts = [1, 2, 3]
    .map((n) => `  h${n}: { address: 127.0.0.1, in: [zone-${n}], mtbf: 99h, mttr: 1h }`)
    .join('\n');
  const found = assess(
    `domains:\n${zones}\nhosts:\n${hosts}\nservices: { web: { run: x, policy: hot-active/hot-active, consumers: dropDuplicates } }`,
  );
  assert.equal(found.analysis.whole.survives, 2);
  assert.equal(found.analysis.cutSetCount, 8n);
  near(found.prospect.unavailability, (0.001 + 0.999 * 0.01) ** 3);
});

test('crossing domains: a rack and a power line that share one host', () => {
  const found = assess(`domains:
  site: { kind: site, unavailability: 1e-6 }
  rack: { kind: rack, in: site, unavailability: 1e-4 }
  power: { kind: power, in: site, unavailability: 1e-3 }
hosts:
  a: { address: 127.0.0.1, in: [rack, power] }
  b: { address: 127.0.0.1, in: rack }
  c: { address: 127.0.0.1, in: power }
services:
  ab: { run: x, on: [a, b], ${pair} }
  bc: { run: x, on: [b, c], ${pair} }`);
  // ab falls with the rack or the site; bc with rack and power together, or the site.
  assert.deepEqual(sets(found), ['rack', 'site']);
  assert.deepEqual(
    [...found.analysis.services].map(([name, { survives }]) => [name, survives]),
    [
      ['ab', 0],
      ['bc', 0],
    ],
  );
  near(found.analysis.services.get('bc')?.unavailability ?? 0, 1e-6 + (1 - 1e-6) * 1e-4 * 1e-3);
});

test('nothing is assumed when only stated figures count, and nothing fails then', () => {
  const found = assess(`hosts: { a: { address: 127.0.0.1 } }\nservices: { web: { run: x, on: [a] } }`);
  assert.equal(found.analysis.whole.survives, null);
  assert.equal(found.analysis.cutSetCount, 0n);
  assert.equal(found.prospect.unavailability, 0);
});

test('redundancy is never a mask for software and configuration', () => {
  const found = assess(
    `hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 }, c: { address: 127.0.0.1 } }
services: { web: { run: x, policy: hot-active/hot-active, consumers: dropDuplicates } }`,
    false,
  );
  assert.equal(found.analysis.whole.survives, 0);
  assert.equal(found.analysis.whole.survivesParts, 2);
  assert.deepEqual(sets(found).slice(0, 2).toSorted(), ['configuration:web', 'software:web']);
  for (const cell of found.grid)
    if (/^(software|configuration):/.test(cell.component)) assert.equal(cell.strategy, 'fixFast');
});

test('the store and the agents count for what is leased, and not for what is not', () => {
  const hosts = 'hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }';
  const leased = sets(assess(`${hosts}\nservices: { web: { run: x, on: [a, b], ${pair} } }`, false));
  // The store away and one host silent: the holder lacks its promise and steps down.
  for (const set of ['agent:a + agent:b', 'agent:b + store', 'host:b + store', 'store + web@a'])
    assert.ok(leased.includes(set), set);
  assert.ok(!leased.includes('store'), 'store trouble alone demotes nobody');
  const hot = sets(
    assess(`${hosts}\nservices: { web: { run: x, policy: hot-active/hot-active, consumers: dropDuplicates } }`, false),
  );
  assert.ok(!hot.some((set) => /agent|store/.test(set)), hot.join(', '));
});

test('a managed etcd on three hosts loses its majority with two of them', () => {
  const hosts = ['a', 'b', 'c'].map((name) => `  ${name}: { address: 127.0.0.1, unavailability: 0.01 }`).join('\n');
  const text = `system: hand\n${objective}\nhosts:\n${hosts}\nservices: { web: { run: x, ${pair} } }`;
  const system = { ...systemOf(text), store: { kind: 'etcd', managed: true } as const };
  const found = assessmentOf(system, {
    stated: false,
    mostCutSets: 1000,
    measured: {},
    timings: {},
    seen: {},
    rehearsed: {},
  });
  const all = sets(found);
  // No majority and no promise from b: a steps down though it works.
  assert.ok(all.includes('host:b + host:c'), all.join(', '));
  assert.ok(all.includes('agent:b + store:b + store:c'), all.join(', '));
});

test('an instance counts once for each of its hosts, with its own figure', () => {
  const found = assess(`hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services: { web: { run: x, policy: hot-active/hot-active, consumers: dropDuplicates, unavailability: 0.1 } }`);
  assert.deepEqual(sets(found), ['web@a + web@b']);
  near(found.prospect.unavailability, 0.01);
});

test('importance: what a part alone changes, and the share that goes with it', () => {
  const found = assess(`hosts: {}
serves: [top]
services:
  s: { external: true, unavailability: 0.001 }
  p: { external: true, unavailability: 0.01 }
  q: { external: true, unavailability: 0.02 }
  top: { external: true, needs: [s, { anyOf: [p, q] }] }`);
  const whole = 0.001 + 0.999 * 0.01 * 0.02;
  near(found.prospect.unavailability, whole);
  const [first, second] = found.analysis.contributions;
  assert.equal(first?.part.name, 's');
  near(first?.birnbaum ?? 0, 1 - 0.01 * 0.02);
  near(first?.share ?? 0, ((1 - 0.01 * 0.02) * 0.001) / whole);
  near(second?.birnbaum ?? 0, 0.999 * (second?.part.name === 'p' ? 0.02 : 0.01));
});

test('what fails over costs z each time; what has no rate costs nothing', () => {
  const text = (figure: string): string => `hosts:
  a: { address: 127.0.0.1, ${figure} }
  b: { address: 127.0.0.1, ${figure} }
services: { web: { run: x, on: [a, b], policy: hot-active/warm-active, activate: { signal: SIGUSR1 }, unavailability: 0 } }`;
  const rated = assess(text('mtbf: 1000h, mttr: 10h'), false);
  const byHost = rated.prospect.kinds.filter((kind) => kind.kind === 'failover' && kind.parts[0] === 'host:a');
  // Once in mtbf + mttr, and z as declared: 2 minutes.
  near(byHost[0]?.rate ?? 0, 1 / (1010 * 3_600_000));
  near(byHost[0]?.durationMs ?? 0, 120_000);
  const unrated = assess(text('unavailability: 0.01'), false);
  assert.deepEqual(
    unrated.prospect.kinds.filter((kind) => kind.kind === 'failover' && kind.parts[0] === 'host:a'),
    [],
  );
});
