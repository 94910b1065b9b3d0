// Bad descriptions and what is said of them: test/descriptions/bad/NNN-name.yaml, with the expected words beside each.
// `npm run test:update` rewrites the expected files; look at the diff.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { errorRows } from '../../src/model/errors.ts';
import type { Problem } from '../../src/model/problem.ts';
import { readDescription } from '../../src/model/read.ts';

const folder = join(import.meta.dirname, '..', 'descriptions', 'bad');
const files = globSync('*.yaml', { cwd: folder }).toSorted();

/** Of texts too large to keep: see hostile-text.test.ts. */
const foundElsewhere = ['SF-101', 'SF-199'];

const asText: (value: unknown) => string = String;

test('there are at least 60 bad descriptions', () => {
  assert.ok(files.length >= 60, `${files.length}`);
});

for (const file of files)
  test(file, (t) => {
    const errors = problemsOf(file);
    assert.ok(errors.length > 0, 'nothing was found wrong');
    t.assert.fileSnapshot(errors.map(lineOf).join(''), join(folder, file.replace(/yaml$/, 'expected')), {
      serializers: [asText],
    });
  });

test('no two are alike in code and cause', () => {
  const causes = new Map<string, string>();
  const alike: string[] = [];
  for (const file of files) {
    // Names and places differ from file to file; the cause is what is left without them.
    const cause = problemsOf(file)
      .map(({ code, message }) => `${code} ${message.replaceAll(/"[^"]*"|\d+/g, '…')}`)
      .join('\n');
    const other = causes.get(cause);
    if (other !== undefined) alike.push(`${file} and ${other}:\n${cause}`);
    causes.set(cause, file);
  }
  assert.deepEqual(alike, []);
});

test('every code of the description is among them, each with its row in the table', () => {
  const found = new Set(files.flatMap((file) => problemsOf(file).map((problem) => problem.code)));
  const rows = errorRows()
    .map((row) => row.code)
    .filter((code) => code.startsWith('SF-1') && !foundElsewhere.includes(code));
  assert.deepEqual([...found].toSorted(), rows);
});

test('no expected file stands alone', () => {
  for (const expected of globSync('*.expected', { cwd: folder }))
    assert.ok(existsSync(join(folder, expected.replace(/expected$/, 'yaml'))), expected);
});

test('every problem says what to do, in the order of the file, at a place in it', () => {
  for (const file of files) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    let before = { line: 0, column: 0 };
    for (const { message, next, line, column } of problemsOf(file)) {
      assert.match(next, /^[A-Z"$].*[.?]$/s, `${file}: ${next}`);
      assert.doesNotMatch(message, /[.]$|undefined|\[object/, `${file}: ${message}`);
      assert.ok(
        line > before.line || (line === before.line && column >= before.column),
        `${file}:${line}:${column} is out of order`,
      );
      assert.ok(
        column >= 1 && column <= (lines[line - 1] ?? '').length + 1,
        `${file}:${line}:${column} is no place in it`,
      );
      before = { line, column };
    }
  }
});

function problemsOf(file: string): readonly Problem[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return readDescription({ text, file: basename(file), folder: '/srv/pricing' }).errors;
}

function lineOf({ file, line, column, code, message, next }: Problem): string {
  return `${file}:${line}:${column} ${code} ${message}\n    ${next}\n`;
}
