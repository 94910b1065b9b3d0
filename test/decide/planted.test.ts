// Every planted mistake still has its place: code that changed around it would let it go unfound.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mistakes, withEdit } from './planted.ts';

for (const { name, edits } of mistakes)
  test(`there is a place for: ${name}`, () => {
    for (const edit of edits) {
      const text = readFileSync(new URL(`../../src/decide/${edit.file}`, import.meta.url), 'utf8');
      assert.ok(withEdit(text, edit) !== null, `${edit.file} does not hold: ${edit.from}`);
    }
  });
