// Planted mistakes: each is made in a copy of the core, and the world must find it. `npm run mistakes` (about a minute and a half).
// Exit status 1 if one stays unfound, or if the text that it changes is no longer there.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mistakes, withEdit, type Mistake } from './planted.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const only = process.argv[2];
let unfound = 0;
for (const mistake of mistakes) {
  if (only !== undefined && !mistake.name.includes(only)) continue;
  const found = tryMistake(mistake);
  if (found === null) unfound += 1;
  process.stdout.write(
    `${found === null ? 'NOT FOUND' : 'found    '}  ${mistake.name}${found === null ? '' : `  (${found})`}\n`,
  );
}
process.exitCode = unfound === 0 ? 0 : 1;

/** Makes the mistake in a copy and lets the storms blow until one shows it. Null: none does. */
function tryMistake({ name, edits }: Mistake): string | null {
  const copy = mkdtempSync(join(tmpdir(), 'standfast-mistake-'));
  try {
    for (const each of ['src/model', 'src/judge', 'src/decide', 'test/decide', 'test/judge', 'test/traces'])
      cpSync(join(root, each), join(copy, each), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const folder = join(copy, 'src/decide');
    let files: ReadonlyMap<string, string> = new Map(
      readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
    );
    for (const edit of edits) {
      const changed = withEdit(files, edit);
      if (changed === null) throw new Error(`"${name}": there is not one place for "${edit.from}"`);
      files = changed;
    }
    for (const [file, text] of files) writeFileSync(join(folder, file), text);
    const run = spawnSync(process.execPath, [join(copy, 'test/decide/find.ts')], {
      encoding: 'utf8',
      timeout: 240_000,
    });
    if (run.status === 1) return run.stdout.trim().split('\n')[0] ?? '';
    if (run.status === 0) return null;
    throw new Error(`"${name}": ${run.stderr}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
