// What is made from the model is current, and the table of errors holds what it must.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles } from '../../scripts/generated-files.ts';
import { errorRow, errorRows } from '../../src/model/errors.ts';
import { descriptionSchema, type JsonSchema } from '../../src/model/schema.ts';

const root = join(import.meta.dirname, '..', '..');

for (const { file, text } of generatedFiles())
  test(`${file} is current`, () => {
    assert.equal(readFileSync(join(root, file), 'utf8'), text, `run node scripts/generate-schema.ts`);
  });

test('docs/errors.md and the table of errors say the same, cell by cell, both ways', () => {
  const cells = readFileSync(join(root, 'docs', 'errors.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| SF-'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  for (const row of cells) {
    assert.equal(row.length, 4, row.join(' | '));
    const [code = '', what, why, next] = row;
    assert.deepEqual(errorRow(code), { code, what, why, next });
  }
  assert.deepEqual(
    cells.map(([code]) => code),
    errorRows().map((row) => row.code),
  );
});

test('no cell of the table is empty, no code comes twice', () => {
  const seen = new Set<string>();
  for (const { code, what, why, next } of errorRows()) {
    assert.match(code, /^SF-\d{3}$/);
    assert.ok(!seen.has(code), `${code} twice`);
    seen.add(code);
    for (const cell of [what, why, next]) assert.match(cell, /\S/, code);
  }
  const source = globSync('src/model/errors-*.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('');
  assert.equal([...source.matchAll(/code: '(SF-\d+)'/g)].length, errorRows().length, 'a code has two rows');
});

test('every code in the source has its row, every row its use, and what is retired neither', () => {
  const without = new Map<string, string>();
  const used = new Set<string>();
  for (const file of globSync('src/**/*.{ts,js}', { cwd: root })) {
    if (/^src\/model\/errors(-\w+)?\.ts$/.test(file)) continue;
    for (const [code] of readFileSync(join(root, file), 'utf8').matchAll(/SF-\d{3}/g)) {
      used.add(code);
      if (errorRow(code) === undefined) without.set(code, file);
    }
  }
  assert.deepEqual([...without], []);
  assert.deepEqual(
    errorRows().flatMap(({ code }) => (used.has(code) ? [] : [code])),
    [],
    'a code that nothing says any more is retired: take its row out, and name it in errors.ts',
  );
  const said = /Retired, and not to be used again: (.*)\./.exec(
    readFileSync(join(root, 'src/model/errors.ts'), 'utf8'),
  );
  for (const [code] of (said?.[1] ?? '').matchAll(/SF-\d{3}/g)) assert.equal(errorRow(code), undefined, code);
});

test('every key of a description says what it means and has an example', () => {
  const silent: string[] = [];
  const walk = (schema: JsonSchema, path: string): void => {
    const { properties, items, additionalProperties, anyOf, $defs } = schema;
    for (const [name, value] of Object.entries(mapping(properties))) {
      const key = mapping(value);
      if (
        schema['title'] !== 'command' &&
        path !== 'command' &&
        (key['description'] === undefined || key['examples'] === undefined) &&
        name !== 'shell'
      )
        silent.push(`${path}.${name}`);
      walk(key, `${path}.${name}`);
    }
    walkAny(items, path);
    walkAny(additionalProperties, `${path}.NAME`);
    if (Array.isArray(anyOf)) for (const each of anyOf as unknown[]) walkAny(each, path);
    for (const each of Object.values(mapping($defs))) walkAny(each, path);
  };
  const walkAny = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value as JsonSchema, path);
  };
  walk(descriptionSchema(), 'description');
  assert.deepEqual(silent, []);
});

function mapping(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {};
}
