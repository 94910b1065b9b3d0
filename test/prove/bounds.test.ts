// What is out of reach is bounded, and the bounds are true; what is deep or wide is answered without a stack that overflows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyse, usualSteps } from '../../src/prove/analysis.ts';
import { boundsOf } from '../../src/prove/bounds.ts';
import { structureOf } from '../../src/prove/structure.ts';
import { drawDescription, drawing, objective, systemOf } from './draw.ts';

const figures = { stated: true, measured: {} } as const;
const slack = 1 + 1e-9;

test('bounds hold the exact value between them, and every cut set found is a minimal one', () => {
  let open = 0;
  for (let seed = 5001; seed <= 5400; seed += 1) {
    const text = drawDescription(seed, 14);
    const system = systemOf(text);
    const exact = analyse(system, { figures, mostCutSets: 100_000, steps: usualSteps });
    const structure = structureOf(system, figures);
    const shares = structure.parts.map((part) => part.figure.unavailability);
    const bounds = boundsOf(structure.tree.gates, shares, structure.system);
    const truth = exact.whole.unavailability;
    assert.ok(
      bounds.low <= truth * slack && truth <= bounds.high * slack,
      `${bounds.low} ≤ ${truth} ≤ ${bounds.high}, seed ${seed}\n${text}`,
    );
    const sets = new Set(
      exact.cutSets.map((set) =>
        set.parts
          .map((part) => part.name)
          .toSorted()
          .join(' '),
      ),
    );
    for (const set of bounds.cutSets) {
      const name = set
        .map((part) => structure.parts[part]?.name ?? '')
        .toSorted()
        .join(' ');
      assert.ok(sets.has(name), `${name} is not minimal, seed ${seed}\n${text}`);
    }
    if (bounds.smallest !== null) assert.equal(bounds.smallest - 1, exact.whole.survives, `seed ${seed}`);
    if (bounds.high > bounds.low * slack) open += 1;
  }
  assert.ok(open > 0, 'no case left anything open');
});

test('too entangled for an exact answer: it says so, and the bounds are close', () => {
  const draw = drawing(7);
  const count = 400;
  const parts = Array.from({ length: count }, (_, i) => `  e${i}: { external: true, unavailability: 0.01 }`);
  const triples = Array.from(
    { length: 700 },
    (_, i) =>
      `  g${i}: { external: true, needs: { anyOf: [${draw
        .some(
          Array.from({ length: count }, (_each, j) => `e${j}`),
          3,
        )
        .slice(0, 3)
        .join(', ')}] } }`,
  );
  const names = triples.map((_, i) => `g${i}`).join(', ');
  const system = systemOf(
    `system: s\n${objective}\nhosts: {}\nserves: [top]\nservices:\n${parts.join('\n')}\n${triples.join('\n')}\n  top: { external: true, needs: [${names}] }\n`,
  );
  const { whole, cutSetCount } = analyse(system, { figures, mostCutSets: 10, steps: 300_000 });
  assert.equal(whole.exact, false);
  assert.equal(cutSetCount, null);
  assert.equal(whole.survives, 2);
  const [low, high] = whole.interval;
  assert.ok(low > 0.9 * high, `${low} to ${high}`);
});

test('a chain of 4,000 needs, and a group with more cut sets than a number holds', () => {
  const chain = Array.from(
    { length: 4000 },
    (_, i) => `  s${i}: { external: true, unavailability: 1e-5${i > 0 ? `, needs: [s${i - 1}]` : ''} }`,
  );
  const long = analyse(systemOf(`system: s\n${objective}\nhosts: {}\nservices:\n${chain.join('\n')}\n`), {
    figures,
    mostCutSets: 10,
    steps: usualSteps,
  });
  assert.equal(long.cutSetCount, 4000n);
  const expected = -Math.expm1(4000 * Math.log1p(-1e-5));
  assert.ok(Math.abs(long.whole.unavailability - expected) < 1e-12);

  const names = Array.from({ length: 60 }, (_, i) => `m${i}`);
  const members = names.map((name) => `  ${name}: { external: true, unavailability: 0.001 }`);
  const wide = analyse(
    systemOf(
      `system: s\n${objective}\nhosts: {}\nserves: [top]\nservices:\n${members.join('\n')}\n  top: { external: true, needs: { atLeast: 31, of: [${names.join(', ')}] } }\n`,
    ),
    { figures, mostCutSets: 5, steps: usualSteps },
  );
  // Any 30 of 60: 118,264,581,564,861,424, counted and not listed.
  assert.equal(wide.cutSetCount, 118_264_581_564_861_424n);
  assert.equal(wide.whole.survives, 29);
  assert.equal(wide.cutSets.length, 5);
});

test('five hundred services on sixty hosts in three zones are exact', () => {
  const zones = [0, 1, 2].map((zone) => `  zone-${zone}: { kind: zone, unavailability: 1e-5 }`);
  const hosts = Array.from(
    { length: 60 },
    (_, host) => `  h${host}: { address: 127.0.0.1, in: [zone-${host % 3}], unavailability: 1e-3 }`,
  );
  const services = Array.from({ length: 500 }, (_, i) => {
    const first = (i % 20) * 3;
    return `  s${i}: { run: x, policy: hot-active/cold-passive, on: [h${first}, h${first + 1}, h${first + 2}] }`;
  });
  const { whole, services: each } = analyse(
    systemOf(
      `system: s\n${objective}\ndomains:\n${zones.join('\n')}\nhosts:\n${hosts.join('\n')}\nservices:\n${services.join('\n')}\n`,
    ),
    { figures, mostCutSets: 10, steps: usualSteps },
  );
  assert.equal(whole.exact, true);
  assert.equal(each.size, 500);
  // With the zones given, the twenty triples are independent of each other.
  let expected = 0;
  for (let zonesDown = 0; zonesDown < 8; zonesDown += 1) {
    const down = [0, 1, 2].map((zone) => ((zonesDown >> zone) & 1) === 1);
    const share = down.reduce((made, is) => made * (is ? 1e-5 : 1 - 1e-5), 1);
    const triple = down.reduce((made, is) => made * (is ? 1 : 1e-3), 1);
    expected += share * -Math.expm1(20 * Math.log1p(-triple));
  }
  assert.ok(
    Math.abs(whole.unavailability - expected) <= 1e-12 * expected,
    `${whole.unavailability} is not ${expected}`,
  );
});
