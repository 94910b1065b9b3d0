// Published fault trees, written as descriptions, with the numbers of minimal cut sets that the literature gives for them: the Aralia
// set (Dutuit and Rauzy, IEEE Transactions on Reliability 45/3, 1996, and later), where every event has a probability of 0.01. In
// trees/, a gate a line: `|` fails with any, `&` with all, `2 of` with as many. And one tree of 2,000 parts whose counts are closed forms.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { analyse, usualSteps } from '../../src/prove/analysis.ts';
import type { Analysis } from '../../src/prove/analysis.ts';
import { objective, systemOf } from './draw.ts';

const published = [
  { name: 'chinese', parts: 25, cutSets: 392n },
  { name: 'baobab2', parts: 32, cutSets: 4805n },
  { name: 'das9205', parts: 51, cutSets: 17_280n },
  { name: 'edfpa15o', parts: 283, cutSets: 2_906_753n },
  { name: 'das9209', parts: 109, cutSets: 82_000_000_000n },
] as const;

for (const { name, parts, cutSets } of published)
  test(`${name}: ${parts} parts, ${cutSets.toLocaleString('en')} minimal cut sets`, (t) => {
    const { analysis, tookMs } = timed(
      descriptionOf(readFileSync(join(import.meta.dirname, 'trees', `${name}.txt`), 'utf8')),
    );
    t.diagnostic(`${Math.round(tookMs)} ms`);
    assert.equal(analysis.structure.parts.length, parts);
    assert.equal(analysis.whole.exact, true);
    assert.equal(analysis.cutSetCount, cutSets);
    assert.equal(analysis.cutSets.length, cutSets < 1000n ? Number(cutSets) : 1000);
    // The likeliest cut set alone, and all together, hold the whole between them.
    const least = analysis.cutSets[0]?.probability ?? 0;
    assert.ok(analysis.whole.unavailability >= least);
  });

test('das9209 by its closed form: eleven sides of ten ways, two of which share an event', () => {
  const tree = readFileSync(join(import.meta.dirname, 'trees', 'das9209.txt'), 'utf8');
  const { analysis } = timed(descriptionOf(tree));
  const [p, and] = [0.01, 0.0199 ** 2];
  // One side: any of six events, or one of each of two pairs.
  const side = (events: number): number => 1 - (1 - p) ** events * (1 - and);
  // With the shared event failed both sides are; without it five events are left of each.
  const both = p + (1 - p) * side(5) ** 2;
  const expected = both * side(6) ** 9;
  assert.ok(
    Math.abs(analysis.whole.unavailability - expected) <= 1e-12 * expected,
    String(analysis.whole.unavailability),
  );
});

test('2,000 parts in 400 groups of which 3 of 5 must fail, 4 groups together: 10^4 a product, 100 products', () => {
  const lines = ['top = ' + Array.from({ length: 100 }, (_, i) => `p${i}`).join(' | ')];
  for (let product = 0; product < 100; product += 1) {
    lines.push(`p${product} = ${[0, 1, 2, 3].map((group) => `q${product * 4 + group}`).join(' & ')}`);
    for (let group = 0; group < 4; group += 1) {
      const at = (product * 4 + group) * 5;
      lines.push(`q${product * 4 + group} = 3 of ${[1, 2, 3, 4, 5].map((each) => `e${at + each}`).join(' ')}`);
    }
  }
  const { analysis } = timed(descriptionOf(lines.join('\n')));
  assert.equal(analysis.structure.parts.length, 2000);
  assert.equal(analysis.cutSetCount, 100n * 10n ** 4n);
  assert.equal(analysis.whole.survives, 11);
  const p = 0.01;
  const group = 10 * p ** 3 * (1 - p) ** 2 + 5 * p ** 4 * (1 - p) + p ** 5;
  const expected = -Math.expm1(100 * Math.log1p(-(group ** 4)));
  assert.ok(
    Math.abs(analysis.whole.unavailability - expected) <= 1e-12 * expected,
    String(analysis.whole.unavailability),
  );
});

function timed(text: string): { readonly analysis: Analysis; readonly tookMs: number } {
  const system = systemOf(text);
  const began = performance.now();
  const analysis = analyse(system, {
    figures: { stated: true, measured: {} },
    mostCutSets: 1000,
    steps: usualSteps,
  });
  return { analysis, tookMs: performance.now() - began };
}

/** Each event an external part, each gate a name for what it needs: what fails with any needs all, what fails with all needs any. */
function descriptionOf(tree: string): string {
  const events = new Set<string>();
  const gates = tree
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', right = ''] = line.split(' = ');
      for (const [event] of right.matchAll(/\be\d+\b/g)) events.add(event);
      return `  ${name}: { external: true, needs: ${needOf(right)} }`;
    });
  const parts = [...events].map((name) => `  ${name}: { external: true, unavailability: 0.01 }`);
  return `system: tree\n${objective}\nhosts: {}\nserves: [top]\nservices:\n${[...parts, ...gates].join('\n')}\n`;
}

function needOf(right: string): string {
  const some = /^(\d+) of (.+)$/.exec(right);
  if (some !== null) {
    const of = (some[2] ?? '').split(' ');
    return `{ atLeast: ${of.length - Number(some[1]) + 1}, of: [${of.join(', ')}] }`;
  }
  const list = right.split(/ [&|] /).join(', ');
  return right.includes('&') ? `{ anyOf: [${list}] }` : `[${list}]`;
}
