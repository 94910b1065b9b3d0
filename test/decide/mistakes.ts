// Planted mistakes: each is made in a copy of the core, and the world must find it. `npm run mistakes` (some minutes) writes docs/mistakes.md; with a
// part of a name it tries those alone, and prints them. Exit status 1 if one stays unfound, or if the text that it changes is no longer there.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOfStream } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Found } from './find.ts';
import { mistakes, withEdit, type Mistake } from './planted.ts';

/** Longer traces are cut in the middle. */
const mostLines = 24;

const head = `# Planted mistakes, and what finds each

Written by \`npm run mistakes\`: every mistake is made in a copy of the core, storms are drawn from seed 1 on, and the first that breaks something is shrunk
to the few lines that still break it. Above the line of dashes is what befalls the hosts, below it what the broken core decides, and last what the referee
says. Some mistakes are guarded twice in the core; then every guard is taken away. [Why each step matters](safety.md).
`;

const root = fileURLToPath(new URL('../../', import.meta.url));
const only = process.argv[2];
const wanted = mistakes.filter(({ name }) => only === undefined || name.includes(only));
const found = new Map<string, Found | null>();
const waiting = [...wanted];
await Promise.all(Array.from({ length: availableParallelism() }, tryNext));
const told = wanted.map((mistake) => tell(mistake, found.get(mistake.name) ?? null)).join('\n');
if (only === undefined) writeFileSync(join(root, 'docs/mistakes.md'), `${head}\n${told}`);
else process.stdout.write(told);
process.exitCode = [...found.values()].includes(null) ? 1 : 0;

async function tryNext(): Promise<void> {
  for (let mistake = waiting.shift(); mistake !== undefined; mistake = waiting.shift()) {
    const one = await tryMistake(mistake);
    found.set(mistake.name, one);
    const where =
      one === null ? '' : `  (${one.seed === null ? `trace ${one.trace ?? ''}` : `storm ${one.seed}: ${one.found}`})`;
    process.stdout.write(`${one === null ? 'NOT FOUND' : 'found    '}  ${mistake.name}${where}\n`);
  }
}

/** Makes the mistake in a copy and lets the storms blow until one shows it. Null: none does. */
async function tryMistake({ name, edits }: Mistake): Promise<Found | null> {
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
    const run = spawn(process.execPath, [join(copy, 'test/decide/find.ts')], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = Promise.withResolvers<number | null>();
    run.once('close', ended.resolve);
    const [said, erred, status] = await Promise.all([
      textOfStream(run.stdout),
      textOfStream(run.stderr),
      ended.promise,
    ]);
    if (status === 1) return JSON.parse(said) as Found;
    if (status === 0) return null;
    throw new Error(`"${name}": ${erred}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** As it stands in docs/mistakes.md. */
function tell({ name }: Mistake, one: Found | null): string {
  if (one === null) return `## ${name}\n\nNot found.\n`;
  const trace = one.trace === null ? '' : ` The golden trace \`${one.trace}\` shows it too.`;
  if (one.seed === null) return `## ${name}\n\nNo storm was met that shows it.${trace.replace(' too', '')}\n`;
  const bare = one.lines.map((line) => line.trimEnd());
  const shown =
    bare.length <= mostLines
      ? bare
      : [...bare.slice(0, 6), `          … ${bare.length - mostLines} lines …`, ...bare.slice(6 - mostLines)];
  return `## ${name}\n\nFirst found by storm ${one.seed}.${trace}\n\n\`\`\`\n${one.text}\n---\n${shown.join('\n')}\n--- ${one.found}\n\`\`\`\n`;
}
