// docs/rules.md and the rows of src/decide say the same, both ways; every rule names a trace that fires it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rules } from '../../src/decide/rules.ts';

interface Written {
  readonly n: number;
  readonly name: string;
  readonly cells: readonly string[];
}

const written: Written[] = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| *\d/.test(line))
  .map((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { n: Number(cells[0]), name: cells[1] ?? '', cells };
  });

test('every rule is in docs/rules.md, and nothing else is', () => {
  assert.deepEqual(
    written.map(({ n, name }) => `${n} ${name}`),
    rules.map(({ n, name }) => `${n} ${name}`),
  );
});

test('every row says when, then, why and where', () => {
  for (const { n, cells } of written) {
    assert.equal(cells.length, 6, `rule ${n} has another number of cells`);
    for (const cell of cells) assert.ok(cell.length > 2 && cell !== '—' && cell !== '…', `rule ${n} has an empty cell`);
  }
});

test('the reason written is the reason journaled', () => {
  for (const rule of rules) {
    const row = written.find(({ n }) => n === rule.n);
    assert.equal(row?.cells[4], `${rule.why}${rule.quiet === true ? ' (quiet)' : ''}`, `rule ${rule.n}`);
  }
});

test('the trace of every rule fires it', () => {
  for (const { n, cells } of written) {
    const file = /^\[(.+)\]\(\.\.\/test\/traces\/\1\)$/.exec(cells[5] ?? '')?.[1] ?? '';
    const path = new URL(`../traces/${file}`, import.meta.url);
    assert.ok(file !== '' && existsSync(path), `rule ${n}: ${cells[5] ?? ''} is no trace`);
    const fired = /^--- fired: (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1]?.split(' ') ?? [];
    assert.ok(fired.includes(`R${n}`), `rule ${n} is not fired by ${file}`);
  }
});

test('numbers are used once, names too within a section', () => {
  assert.equal(new Set(rules.map(({ n }) => n)).size, rules.length);
  const names = rules.map(({ n, name }) => `${Math.floor(n / 100)} ${name}`);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});
