// Each script of package.json that is a program of ours says what it takes, and refuses in lines what it does not know, before anything begins.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
/** By the program and its words, so that none is tried twice. */
const programs = new Map(
  Object.entries(scripts).flatMap(([name, line]) => {
    const words = /^node ((?:scripts|bench|test|testbed)\/\S+\.ts(?: [\w:]+)?)$/.exec(line)?.[1];
    return words === undefined ? [] : [[words, name] as const];
  }),
);

interface Answer {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly errors: string;
}

function ask(words: string, word: string): Promise<Answer> {
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...words.split(' '), word],
      { cwd: root, env, timeout: 300_000 },
      (error, out, errors) => resolve({ code: error === null ? 0 : error.code, out, errors }),
    );
  });
}

test('a word that is not known is refused in two lines, by every script', async () => {
  assert.ok(programs.size >= 12, [...programs.values()].join(' '));
  await Promise.all(
    [...programs].map(async ([words, name]) => {
      const { code, out, errors } = await ask(words, '--no-such');
      assert.equal(code, 2, `${name}: ${errors}`);
      assert.equal(out, '', name);
      assert.match(errors, /^Unknown option '--no-such'\.\nusage: npm (run \S+|test)\b.*--help says more\)\n$/, name);
    }),
  );
});

test('--help prints what there is, to standard output', async () => {
  const { code, out, errors } = await ask('bench/run.ts', '--help');
  assert.deepEqual([code, errors], [0, '']);
  assert.match(out, /^usage: npm run bench -- .*\n\n {2}--runs N .*[^]*\n {2}kill-to-replacement /);
});
