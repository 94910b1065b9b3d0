// Texts that are no descriptions: each ends in a clear error, and none in an exception or a long wait.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { readDescription, type DescriptionRead } from '../../src/model/read.ts';

const read = (text: string): DescriptionRead => readDescription({ text, file: 'standfast.yaml', folder: '/srv' });
const codes = (text: string): string[] => [...new Set(read(text).errors.map((problem) => problem.code))];

test('a text of 10 MB is refused by its size alone', () => {
  const text = `system: pricing\nabout: "${'x'.repeat(10_000_000)}"\n`;
  assert.deepEqual(codes(text), ['SF-101']);
});

test('a text of just under 1 MiB is still read or refused, whatever it repeats', () => {
  const most = 1024 * 1024;
  const fill = (line: string): string => line.repeat(Math.floor(most / line.length));
  const texts: readonly (readonly [string, string])[] = [
    ['keys', Array.from({ length: 60_000 }, (_, index) => `key-${index}: 1\n`).join('')],
    ['list', fill('- a\n')],
    ['flow list', `[${fill('a,')}`],
    ['open brackets', fill('[')],
    ['open braces', fill('{a: ')],
    ['closing brackets', fill(']')],
    ['indicators', fill('- ')],
    ['complex keys', fill('? ')],
    ['colons', fill(': ')],
    ['open quote', `a: "${fill('b\n')}`],
    ['quotes', fill('"" ')],
    ['block scalar', `a: |\n${fill('  b\n')}`],
    ['anchors', Array.from({ length: 30_000 }, (_, index) => `- &a${index} x\n`).join('')],
    ['aliases', `- &a x\n${fill('- *a\n').slice(10)}`],
    ['documents', fill('---\n')],
    ['tags', fill('!!x ')],
    ['tabs', fill('\t')],
    ['comments', fill('# x\n')],
    ['spaces', fill(' ')],
    ['percent', fill('%x\n')],
    ['one word', fill('x')],
    ['carriage returns', fill('a\r')],
    [
      'services',
      `services:\n${Array.from({ length: 8000 }, (_, index) => `  s${index}: { run: node feed.mjs, needs: [s${index + 1}], on: [zz] }\n`).join('')}`,
    ],
  ];
  for (const [name, text] of texts) {
    const { errors } = read(text.slice(0, most));
    assert.ok(errors.length > 0, name);
    assert.ok(errors.length <= 501, `${name}: ${errors.length}`);
  }
});

test('more problems than anyone reads are counted', () => {
  const text = Array.from({ length: 600 }, (_, index) => `key-${index}: 1\n`).join('');
  const { errors } = read(text);
  assert.equal(errors.length, 501);
  assert.equal(errors.at(-1)?.code, 'SF-199');
  assert.match(errors.at(-1)?.message ?? '', /more problems than these 500/);
});

test('nesting too deep is refused, by brackets and by indentation', () => {
  assert.deepEqual(codes('['.repeat(100_000)), ['SF-103']);
  assert.deepEqual(codes('{a: '.repeat(100_000)), ['SF-103']);
  assert.deepEqual(codes('- '.repeat(100_000)), ['SF-103']);
  assert.deepEqual(codes(Array.from({ length: 80 }, (_, depth) => `${'  '.repeat(depth)}k:\n`).join('')), ['SF-103']);
  assert.deepEqual(codes(Array.from({ length: 700 }, (_, depth) => `${' '.repeat(depth)}k:\n`).join('')), ['SF-103']);
});

test('a few lines of aliases do not become a billion values', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [index, is] of Array.from('bcdefghij').entries()) {
    const was = 'abcdefghi'.charAt(index);
    lines.push(`${is}: &${is} [${Array.from({ length: 10 }, () => `*${was}`).join(', ')}]`);
  }
  assert.deepEqual(codes(lines.join('\n')), ['SF-103']);
  assert.deepEqual(codes(lines.map((line) => line.replaceAll('[', '{k: [').replaceAll(']', ']}')).join('\n')), [
    'SF-103',
  ]);
});

test('values of aliases are shown where the alias stands', () => {
  const text = `system: s
objective: { unavailable: 1m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 } }
services:
  one: { run: node a.mjs, stop: &stop { forcedAfter: 10 } }
  two: { run: node b.mjs, stop: *stop }
`;
  assert.deepEqual(
    read(text).errors.map(({ line, column, code }) => [line, column, code]),
    [
      [5, 54, 'SF-120'],
      [6, 33, 'SF-120'],
    ],
  );
});

test('a description of 3,000 services is read', () => {
  const services = Array.from(
    { length: 3000 },
    (_, index) =>
      `  s${index}: { run: node feed.mjs, needs: [s${index + 1}], env: { PORT: "${index + 1}" }, on: [a] }\n`,
  );
  const { system, errors } = read(`system: s
objective: { unavailable: 1m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 } }
services:
${services.join('')}  s3000: { external: true }
`);
  assert.deepEqual(errors, []);
  assert.equal(system?.services.length, 3001);
});

test('carriage returns and a byte order mark do no harm', () => {
  const good = readFileSync(join(import.meta.dirname, '..', 'descriptions', 'good', 'pricing.yaml'), 'utf8');
  assert.deepEqual(read(`\uFEFF${good.replaceAll('\n', '\r\n')}`).errors, []);
  assert.deepEqual(read(`${good}\n...\n`).errors, []);
  assert.deepEqual(read(`---\n${good}`).errors, []);
});

test('no text whatever makes the reader throw', () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each).toString('utf8'));
  const yamlish = fc
    .array(
      fc.constantFrom(
        'system',
        'hosts',
        'services',
        'run',
        'on',
        'a',
        'b',
        ': ',
        '- ',
        '\n',
        '\n  ',
        '\n    ',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '"',
        "'",
        '&a ',
        '*a ',
        '|',
        '>',
        '#',
        '${PORT}',
        '1',
        '5s',
        '!!',
        '? ',
        '---',
        'needs',
        'policy',
        '<<',
        '%',
        '@',
        '`',
        '\t',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(bytes, fc.string({ maxLength: 300 }), yamlish), (text) => {
      const { system, errors } = read(text);
      assert.ok(system !== null || errors.length > 0);
    }),
    { numRuns: 3000 },
  );
});

test('a good description with anything changed is read or refused, never a fault', () => {
  const good = readFileSync(join(import.meta.dirname, '..', 'descriptions', 'good', 'pricing.yaml'), 'utf8');
  const change = fc.record({
    at: fc.nat(good.length),
    length: fc.nat(30),
    put: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('null', '-1', '{}', '[]', '~', 'true', '.inf', '"', '\n'),
    ),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const text = changes.reduce(
        (before, { at, length, put }) => before.slice(0, at) + put + before.slice(at + length),
        good,
      );
      const { errors } = read(text);
      for (const { line, column, code, message, next } of errors) {
        assert.ok(line >= 1 && column >= 1);
        assert.match(code, /^SF-1\d\d$/);
        assert.doesNotMatch(message + next, /undefined|\[object|Error:|\n {4}at /);
      }
    }),
    { numRuns: 1000 },
  );
});
