// The small things that every screen is made of: times, widths, wrapping, columns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns } from '../../src/cli/columns.ts';
import { cut, safe, widthOf, wrapped } from '../../src/cli/text.ts';
import { clockText, durationText, exactClockText, readDuration, readMoment } from '../../src/cli/times.ts';

process.env['TZ'] = 'UTC';

test('durations as people say them', () => {
  const cases: readonly (readonly [number | null, string])[] = [
    [null, '?'],
    [0, '0 ms'],
    [17.4, '17 ms'],
    [999.6, '1 s'],
    [1040, '1.04 s'],
    [12_000, '12 s'],
    [59_949, '59.9 s'],
    [59_999, '1 min'],
    [119_700, '2 min'],
    [599_982, '10 min'],
    [3_599_600, '1 h'],
    [5_430_000, '1 h 31 min'],
    [86_400_000 * 2, '2 days'],
    [86_400_000 * 9 + 3_600_000 * 5, '9 days 5 h'],
    [-1500, '-1.5 s'],
  ];
  for (const [ms, said] of cases) assert.equal(durationText(ms), said);
});

test('moments and durations as people write them', () => {
  const now = Date.parse('2026-11-21T14:02:07.113Z');
  assert.equal(clockText(now, now), '14:02:07');
  assert.equal(clockText(now - 86_400_000, now), '2026-11-20 14:02:07');
  assert.equal(exactClockText(now, now), '14:02:07.113');
  assert.equal(readMoment('10m', now), now - 600_000);
  assert.equal(readMoment('13:02', now), Date.parse('2026-11-21T13:02:00Z'));
  assert.equal(readMoment('23:02', now), Date.parse('2026-11-20T23:02:00Z'), 'it has not been that today');
  assert.equal(readMoment('13:02:07.5', now), Date.parse('2026-11-21T13:02:07.500Z'));
  assert.equal(readMoment('2026-11-20T10:00Z', now), Date.parse('2026-11-20T10:00:00Z'));
  assert.equal(readMoment('@1763776000.25', now), 1_763_776_000_250);
  for (const wrong of ['', 'now', '25', '24:00', '13:60', 'tomorrow', '10 minutes'])
    assert.equal(readMoment(wrong, now), null, wrong);
  assert.equal(readDuration('1.5h'), 5_400_000);
  assert.equal(readDuration('5'), null);
});

test('what a terminal would obey is made visible', () => {
  assert.equal(safe('a\u001b[31m\n\r\t\u0007\u009b\u202eb\u2028'), 'a\\x1b[31m\\n\\r\\t\\x07\\x9b\\u202eb\\u2028');
  assert.equal(safe('価格 – ok 👍'), '価格 – ok 👍');
});

test('widths as terminals count them', () => {
  for (const [text, width] of [
    ['abc', 3],
    ['価格', 4],
    ['e\u0301', 1],
    ['👍', 2],
    ['\u001b[32m●\u001b[39m', 1],
    ['', 0],
  ] as const)
    assert.equal(widthOf(text), width, text);
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('価格価格', 4), '価…');
});

test('wrapping loses nothing and is never too wide', () => {
  const text = `some words and a${'very'.repeat(30)}long one, 価格${'価格'.repeat(20)} end`;
  for (const width of [8, 9, 20, 77, Infinity]) {
    const lines = wrapped(text, width);
    assert.ok(
      lines.every((line) => widthOf(line) <= width),
      `${width}: ${JSON.stringify(lines)}`,
    );
    assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
  }
  assert.deepEqual(wrapped('', 20), ['']);
});

test('columns are left out by rank, one wraps, and where nothing helps rows are stacked', () => {
  const heads = [{ title: 'name' }, { title: 'note', wraps: true as const }, { title: 'more', optional: 1 }];
  const rows = [['pricer', 'some words that are rather many', 'optional']];
  assert.deepEqual(columns(heads, rows, { width: 60 }), [
    'name    note                             more',
    'pricer  some words that are rather many  optional',
  ]);
  assert.deepEqual(columns(heads, rows, { width: 40 }), [
    'name    note                    more',
    'pricer  some words that are     optional',
    '        rather many',
  ]);
  assert.deepEqual(columns(heads, rows, { width: 26 }), [
    'name    note',
    'pricer  some words that',
    '        are rather many',
  ]);
  assert.deepEqual(columns(heads, rows, { width: 20 }), [
    'pricer',
    '  note some words',
    '  that are rather',
    '  many',
    '  more optional',
  ]);
});
