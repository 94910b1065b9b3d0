// Golden traces: what the core decides in a scenario is written beside it and reviewed in diffs. `STANDFAST_UPDATE=1` rewrites.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rules } from '../../src/decide/rules.ts';
import { readScenario } from './world/scenario.ts';
import { traceOf } from './world/trace.ts';

const folder = fileURLToPath(new URL('../traces/', import.meta.url));
const update = process.env['STANDFAST_UPDATE'] === '1';
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .toSorted();
const phases = new Set<string>();
const firedBy = new Map<number, string>();

for (const file of files)
  test(`trace ${file}`, () => {
    const text = readFileSync(folder + file, 'utf8');
    const scenario = readScenario(text);
    assert.notEqual(scenario.purpose, '', 'a scenario begins with a sentence of what it is for');
    const { world, lines } = traceOf(scenario);
    const overlaps = world.referee.broken.slice(0, 3);
    assert.equal(overlaps.length > 0, scenario.notCovered !== null, `the referee says: ${overlaps.join('; ')}`);
    for (const phase of world.phases) phases.add(phase);
    for (const rule of world.fired.keys()) if (!firedBy.has(rule)) firedBy.set(rule, file);
    const quiet = [...world.fired.keys()].toSorted((a, b) => a - b).map((rule) => `R${rule}`);
    const made = `${scenario.text}\n---\n${lines.join('\n')}\n${overlaps.map((each) => `--- ${each.replaceAll(/#[\w.]+/g, '')}\n`).join('')}--- fired: ${quiet.join(' ')}\n`;
    if (update) writeFileSync(folder + file, made);
    else assert.equal(text, made, `${file} is decided otherwise now; look at the difference, then STANDFAST_UPDATE=1`);
  });

test('every rule is fired by a trace', () => {
  const never = rules.filter((rule) => !firedBy.has(rule.n)).map((rule) => `${rule.n} ${rule.name}`);
  assert.deepEqual(never, [], 'a rule that no trace fires is shadowed by an earlier row, or its trace is missing');
});

test('every phase of an instance is reached by a trace', () => {
  assert.deepEqual([...phases].toSorted(), [
    'activating',
    'active',
    'deactivating',
    'none',
    'ready',
    'starting',
    'stopping',
  ]);
});
