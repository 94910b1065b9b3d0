// Declared files of a service: there, and with the declared mode, owner and group.

import { stat } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { FileRule } from '../model/system.ts';

const run = promisify(execFile);
const ids = new Map<string, Promise<number | null>>();

/** Which of the files are missing or not as declared, in words. */
export async function wrongFiles(files: readonly FileRule[], pathOf: (path: string) => string): Promise<string[]> {
  const wrong: string[] = [];
  for (const file of files) {
    const why = await whyWrong(file, pathOf(file.path));
    if (why !== null) wrong.push(`${file.path} ${why}`);
  }
  return wrong;
}

async function whyWrong(file: FileRule, path: string): Promise<string | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'unreadable');
  if (typeof found === 'string') return found === 'ENOENT' ? 'is missing' : `cannot be read (${found})`;
  if (file.mode !== null && (found.mode & 0o7777) !== Number.parseInt(file.mode, 8))
    return `has mode ${(found.mode & 0o7777).toString(8).padStart(4, '0')}, not ${file.mode}`;
  if (file.owner !== null && (await idOf('-u', file.owner)) !== found.uid) return `does not belong to ${file.owner}`;
  if (file.group !== null && (await idOf('-g', file.group)) !== found.gid)
    return `does not belong to group ${file.group}`;
  return null;
}

/** The number of an account or group; null: there is none of that name. */
function idOf(option: '-u' | '-g', name: string): Promise<number | null> {
  if (/^\d+$/.test(name)) return Promise.resolve(Number(name));
  const key = `${option}${name}`;
  const known = ids.get(key);
  if (known !== undefined) return known;
  const asked =
    option === '-u'
      ? run('id', ['-u', '--', name]).then(
          ({ stdout }) => Number(stdout.trim()),
          () => null,
        )
      : run('getent', ['group', '--', name]).then(
          ({ stdout }) => Number(stdout.split(':')[2] ?? Number.NaN),
          () => null,
        );
  ids.set(key, asked);
  return asked;
}
