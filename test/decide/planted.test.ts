// Every planted mistake still has its place: code that changed around it would let it go unfound.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mistakes, withEdit } from './planted.ts';

const folder = new URL('../../src/decide/', import.meta.url);
const core = new Map(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]));

for (const { name, edits } of mistakes)
  test(`there is a place for: ${name}`, () => {
    let files: ReadonlyMap<string, string> = core;
    for (const edit of edits) {
      const changed = withEdit(files, edit);
      assert.ok(changed !== null, `not one place for: ${edit.from}`);
      files = changed;
    }
  });
