// The catalogue holds together: every row is whole, its page exists and can be read, its detector is there and speaks of it, and few are only fed.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { modePage, modes } from '../../src/model/modes.ts';
import { detectors } from '../../src/observe/modes/detectors.ts';
import { openGround } from '../../src/observe/modes/ground.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('at least 35 modes in ten families, none twice, at most six only fed', () => {
  assert.ok(modes.length >= 35, `${modes.length}`);
  assert.equal(new Set(modes.map(({ id }) => id)).size, modes.length);
  assert.equal(new Set(modes.map(({ family }) => family)).size, 10);
  const fed = modes.filter(({ tested }) => tested === 'fed').map(({ id }) => id);
  assert.ok(fed.length <= 6, fed.join(', '));
});

test('no cell is empty, and words are a regular expression', () => {
  for (const mode of modes) {
    for (const text of [mode.what, mode.shows, mode.thresholds]) assert.ok(text.length > 10, mode.id);
    assert.ok(mode.strategies.length > 0, mode.id);
    if (mode.words !== null) assert.doesNotThrow(() => new RegExp(mode.words ?? '', 'i'), mode.id);
    // Mission row FM5: what hits every copy is masked by no copy.
    if (mode.family === 'configuration' && mode.takesDown === 'every')
      assert.ok(!mode.strategies.includes('mask'), `${mode.id} hits every copy: redundancy is no mask`);
  }
});

test('each has a page that says what to do, and no page is left over', () => {
  const pages = new Set(modes.map(modePage));
  for (const page of pages) assert.ok(existsSync(join(root, page)), page);
  for (const mode of modes)
    assert.ok(read(modePage(mode)).includes(`\`${mode.id}\``), `${modePage(mode)} names ${mode.id}`);
  const there = globSync('docs/runbooks/modes/*.md', { cwd: root });
  assert.deepEqual(
    there.filter((page) => !pages.has(page)),
    [],
  );
});

test('each is found by the detector that it names, and its fault stands in a test', () => {
  const ground = openGround({ now: () => 0, mono: () => 0 });
  const names = new Set(detectors.map((open) => open(ground).name));
  const tests = globSync('test/observe/modes/*.test.ts', { cwd: root }).map(read).join('\n');
  for (const { id, detector } of modes) {
    // What the core finds by itself is tested with the core.
    if (detector === 'core') continue;
    assert.ok(names.has(detector), `${id}: there is no detector ${detector}`);
    assert.ok(read(`src/observe/modes/${detector}.ts`).includes(`'${id}'`), `${detector} never says ${id}`);
    assert.ok(tests.includes(id) || spokenOf.has(id), `no test makes ${id}`);
  }
});

/** Made in tests that compare what is told rather than the id. */
const spokenOf = new Set([
  'version-mismatch',
  'unit-disabled',
  'name-changed',
  'host-rebooted',
  'configuration-drift',
  'raid-degraded',
  'memory-pressure',
]);

test('docs/failure-modes.md is current', async () => {
  const { failureModesPage } = await import('../../scripts/failure-modes.ts');
  assert.equal(read('docs/failure-modes.md'), failureModesPage(), 'run node scripts/generate-schema.ts');
});
