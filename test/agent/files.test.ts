// Declared files: what is wrong with them, and what is not known while their disk hangs.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { wrongFiles } from '../../src/agent/files.ts';
import type { FileRule } from '../../src/model/system.ts';
import { folder, ground, hang, impatient, needsRoot } from '../observe/modes/look.ts';

const rule = (path: string, more: Partial<FileRule> = {}): FileRule => ({
  path,
  mode: null,
  owner: null,
  group: null,
  ...more,
});

test('missing, another mode, owner or group; a disk that hangs hides no other', { skip: needsRoot }, async (t) => {
  const dir = folder(t);
  const hung = join(dir, 'hung');
  await hang(t, hung);
  mkdirSync(join(dir, 'etc'));
  for (const name of ['good', 'open', 'two words']) writeFileSync(join(dir, 'etc', name), '', { mode: 0o640 });
  const of = (...files: readonly FileRule[]): Parameters<typeof wrongFiles>[1][number] => ({
    files,
    pathOf: (path) => join(dir, path),
  });
  const found = await wrongFiles(impatient(ground(), hung), [
    of(rule('etc/good', { mode: '0640', owner: 'root', group: '0' }), rule('etc/two words')),
    of(rule('etc/none'), rule('etc/open', { mode: '0600' }), rule('etc/good', { owner: 'sf-nobody', group: 'root' })),
    of(rule('hung/app.conf')),
    of(rule('etc/good/below')),
  ]);
  assert.deepEqual(found, [
    [],
    ['etc/none is missing', 'etc/open has mode 0640, not 0600', 'etc/good does not belong to sf-nobody'],
    null,
    ['etc/good/below is missing'],
  ]);
});

test('an account that was made since counts at once; one that nobody can tell of says nothing', async (t) => {
  const dir = folder(t);
  const path = process.env['PATH'];
  t.after(() => (process.env['PATH'] = path));
  process.env['PATH'] = `${dir}:${path}`;
  const answers = (line: string): void => writeFileSync(join(dir, 'getent'), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  writeFileSync(join(dir, 'app.conf'), '');
  const look = (): ReturnType<typeof wrongFiles> =>
    wrongFiles(ground(), [{ files: [rule('app.conf', { owner: 'sf-late' })], pathOf: (name) => join(dir, name) }]);
  answers('exit 2');
  assert.deepEqual(await look(), [['app.conf does not belong to sf-late']]);
  answers(`echo sf-late:x:${process.getuid?.()}:0::/:/bin/sh`);
  assert.deepEqual(await look(), [[]]);
  answers('kill -9 $$');
  assert.deepEqual(await look(), [null]);
});
