// The folders of one host, made before anything is kept in them.

import { chmod, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { HostLayout } from '../layout.ts';

/** Held by the keeper as long as it lives. */
export function lockFile(layout: HostLayout): string {
  return join(layout.folder, 'keeper.lock');
}

/** Makes the folders (see `layout.ts`) and the short way to the sockets. Null, or why the way cannot be trusted. */
export async function makeFolders(layout: HostLayout): Promise<Refusal | null> {
  for (const folder of [layout.folder, layout.instances]) {
    const made = await mkdir(folder, { recursive: true, mode: 0o711 });
    // whatever the umask
    for (let at = folder; made !== undefined && at.length >= made.length; at = dirname(at)) await chmod(at, 0o711);
  }
  await mkdir(layout.logs, { recursive: true, mode: 0o700 });
  if (layout.socketLink === null) return null;
  await symlink(layout.folder, layout.socketLink).catch(() => undefined);
  const link = await lstat(layout.socketLink).catch(() => null);
  const isOurs =
    link?.isSymbolicLink() === true &&
    link.uid === process.getuid?.() &&
    (await readlink(layout.socketLink)) === layout.folder;
  return isOurs
    ? null
    : refuse(
        'keeperStart',
        `${layout.socketLink} leads elsewhere or is somebody else's: remove it, or choose a shorter --state`,
      );
}

/** The folder of instances as marks name it. */
export function realInstances(layout: HostLayout): Promise<string> {
  return realpath(layout.instances);
}
