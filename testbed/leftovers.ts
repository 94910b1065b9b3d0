// What testbeds left that were killed: their machines would run on, and cost those of the next one. Names bear the pid of who made them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folderPrefix, folders } from './bed.ts';
import { namePrefix, Space } from './space.ts';

/** Takes down what belongs to testbeds that live no more. */
export function removeLeftovers(): void {
  const left = (name: string, prefix: string): boolean => {
    const pid = name.startsWith(prefix) ? /^\d+/.exec(name.slice(prefix.length))?.[0] : undefined;
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  const paths = Object.values(folders)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => ({ folder, name })))
    .filter(({ name }) => left(name, folderPrefix))
    .map(({ folder, name }) => join(folder, name));
  const mounts = paths.flatMap(mountsBelow);
  // Who waits for a disk cannot be ended.
  for (const mount of mounts) spawnSync('fsfreeze', ['--unfreeze', mount]);
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const name of stdout.split('\n').map((line) => line.split(' ')[0] ?? ''))
    if (left(name, namePrefix)) new Space(name, false).remove();
  for (const mount of mounts) spawnSync('umount', ['-l', mount]);
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}

/** File systems that are mounted below a folder, the innermost first. */
function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${folder}/`))
    .toReversed();
}
