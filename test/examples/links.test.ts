// Every relative link of the documents leads to a file that is there.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

test('links of the documents', () => {
  const documents = ['*.md', 'docs/**/*.md', 'examples/**/*.md'].flatMap((each) => globSync(each, { cwd: root }));
  assert.ok(documents.includes('README.md'));
  const dead: string[] = [];
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8').replaceAll(/^```[^]*?^```$/gm, '');
    for (const [, target] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (target === undefined || /^[a-z]+:/.test(target)) continue;
      const path = join(root, dirname(document), target);
      if (!existsSync(path)) dead.push(`${document}: ${relative(root, path)}`);
    }
  }
  assert.deepEqual(dead, []);
});
