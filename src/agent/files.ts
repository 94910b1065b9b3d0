// Declared files of a service: there, and with the declared mode, owner and group. Asked through short-lived processes, all files at once: a call of our own to a
// file system that hangs would hold one of the few threads that all file calls of the agent share, and the next call another.

import { accountNumber } from '../account.ts';
import type { FileRule } from '../model/system.ts';
import { askByMount } from '../observe/modes/by-mount.ts';
import type { Ground } from '../observe/modes/ground.ts';

/** The files of one service. */
interface DeclaredFiles {
  readonly files: readonly FileRule[];
  /** Absolute. */
  readonly pathOf: (path: string) => string;
}

interface Found {
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
}

const askWithinMs = 5000;

/** Of each, in the same order, which of its files are missing or not as declared, in words; null where a disk, or who knows accounts, does not answer now. */
export async function wrongFiles(
  ground: Ground,
  all: readonly DeclaredFiles[],
): Promise<readonly (readonly string[] | null)[]> {
  const { output, errors, silent } = await askByMount(
    ground,
    all.flatMap(({ files, pathOf }) => files.map(({ path }) => pathOf(path))),
    { argv: ['stat', '-L', '-c', '%a %u %g %n', '--'], what: 'declared files', within: askWithinMs },
  );
  const found = new Map(
    output.split('\n').flatMap((line): [string, Found][] => {
      const [, mode = '', owner, group, path] = /^([0-7]+) (\d+) (\d+) (.+)$/.exec(line) ?? [];
      if (path === undefined) return [];
      return [[path, { mode: Number.parseInt(mode, 8), owner: Number(owner), group: Number(group) }]];
    }),
  );
  const wrong = async ({ files, pathOf }: DeclaredFiles): Promise<readonly string[] | null> => {
    const said: string[] = [];
    for (const file of files) {
      const path = pathOf(file.path);
      if (silent.has(path)) return null;
      const why = await whyWrong(file, found.get(path) ?? reasonIn(errors, path));
      if (why === 'unknown') return null;
      if (why !== null) said.push(`${file.path} ${why.text}`);
    }
    return said;
  };
  return await Promise.all(all.map(wrong));
}

/** Why `stat` said nothing of it; empty: it is not there. */
function reasonIn(errors: string, path: string): string {
  const line = errors.split('\n').find((each) => each.includes(`'${path}'`)) ?? '';
  const reason = line.slice(line.lastIndexOf(': ') + 1).trim();
  return /no such file|not a directory/i.test(reason) ? '' : reason;
}

async function whyWrong(file: FileRule, found: Found | string): Promise<{ readonly text: string } | 'unknown' | null> {
  if (typeof found === 'string') return { text: found === '' ? 'is missing' : `cannot be read (${found})` };
  if (file.mode !== null && found.mode !== Number.parseInt(file.mode, 8))
    return { text: `has mode ${found.mode.toString(8).padStart(4, '0')}, not ${file.mode}` };
  for (const [what, name, has] of [
    ['user', file.owner, found.owner],
    ['group', file.group, found.group],
  ] as const) {
    if (name === null) continue;
    const number = /^\d+$/.test(name) ? Number(name) : await accountNumber(what, name);
    if (number === 'unknown') return number;
    if (number !== has) return { text: `does not belong to ${what === 'user' ? '' : 'group '}${name}` };
  }
  return null;
}
