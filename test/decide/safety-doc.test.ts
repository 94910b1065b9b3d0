// What docs/safety.md names exists: its traces, its rules, its tests, its planted mistakes.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rules } from '../../src/decide/rules.ts';
import { mistakes } from './planted.ts';

const text = readFileSync(new URL('../../docs/safety.md', import.meta.url), 'utf8');

test('every trace that the argument names is there', () => {
  const named = [...text.matchAll(/`([\w-]+\.txt)`/g)].map((found) => found[1] ?? '');
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(existsSync(new URL(`../traces/${name}`, import.meta.url)), name);
});

test('every rule that the argument names is there', () => {
  const known = new Set(rules.map(({ n }) => n));
  const named = [...text.matchAll(/\(rules? ([\d, and]+)\)/g)].flatMap((found) => (found[1] ?? '').match(/\d+/g) ?? []);
  assert.ok(named.length > 20);
  for (const n of named) assert.ok(known.has(Number(n)), `there is no rule ${n}`);
});

test('every test that the argument names is there, and each assumption names what tries it', () => {
  const named = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map((found) => found[1] ?? '');
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(existsSync(new URL(`../../${name}`, import.meta.url)), name);
  const [, table = ''] = /\| assumed \|.*\n\|.*\n((?:\|.*\n)+)/.exec(text) ?? [];
  const rows = table.trim().split('\n');
  assert.ok(rows.length > 8);
  for (const row of rows) assert.match(row.split('|').at(-2) ?? '', /`.*`|storms|walk|said above/, row);
});

test('every mistake that the argument names is planted', () => {
  const claims = text
    .split('\n*Tried:*')
    .slice(1)
    .map((claim) => (claim.split('\n\n')[0] ?? '').replaceAll(/\s+/g, ' '));
  const named = claims.flatMap((claim) => [...claim.matchAll(/"([^"]+)"/g)].map((found) => found[1] ?? ''));
  assert.ok(named.length > 15);
  for (const name of named)
    assert.ok(
      mistakes.some((mistake) => mistake.name.startsWith(name)),
      name,
    );
});
