// The folders of a system below the state, and the short links that its sockets are reached by.

import { chmod, lstat, mkdir, readlink, stat, symlink, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostLayout, SystemLayout } from '../../layout.ts';
import { errorWords } from '../../model/error-words.ts';
import { Failure } from '../failure.ts';

/** Makes the state folder, the system's and the hosts': this user's, and for others only a way through to what is theirs. Fails with what to do when one can't be used. */
export async function makeFolders(
  state: string,
  layout: SystemLayout,
  hosts: readonly string[],
  uid: number,
): Promise<void> {
  await makePrivate(state, uid);
  await makePrivate(layout.folder, uid);
  for (const name of hosts) {
    const host = layout.host(name);
    await makePrivate(host.folder, uid);
    await makePrivate(host.logs, uid, 0o700);
    await makeSocketLink(host, uid);
  }
}

async function makePrivate(folder: string, uid: number, mode = 0o711): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true, mode });
    // Whatever the umask; also those above it that were made with it.
    for (let at = folder; made !== undefined && at.length >= made.length; at = dirname(at)) await chmod(at, mode);
    const found = await stat(folder);
    if (found.uid !== uid) throw new Error(`it belongs to user ${found.uid}, and you are user ${uid}`);
    if ((found.mode & 0o022) !== 0) throw new Error('others may write there, so they could run what they like as you');
  } catch (error) {
    throw new Failure({
      code: 'SF-006',
      what: `the state folder ${folder} can't be used`,
      why: whyNot(error),
      next: 'Give one of your own: --state DIR or STANDFAST_STATE.',
      exit: 2,
    });
  }
}

/** In words. A folder that cannot be made below one that is mounted read-only is told by Node as one that is not there. */
function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'there is a file in its place, or on the way to it';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not make it, or not go there';
    case 'EROFS':
    case 'ENOENT':
      return 'it cannot be made: the disk is mounted read-only, or the folder above it is gone';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    default:
      return errorWords(error);
  }
}

/** The link has a name that others know, in a folder where others may write: only one that is ours and points right is used. */
async function makeSocketLink(host: HostLayout, uid: number): Promise<void> {
  const link = host.socketLink;
  if (link === null) return;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const found = await lstat(link).catch(() => null);
    if (found === null) {
      const made = await symlink(host.folder, link)
        .then(() => true)
        .catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw new Failure({
            code: 'SF-006',
            what: `the state folder ${host.folder} can't be used`,
            why: `Its path is too long for a socket, and a short link to it cannot be made: ${error.message}`,
            next: 'Give a state folder with a shorter path: --state DIR.',
            exit: 2,
          });
        });
      if (made) return;
      continue;
    }
    if (found.uid !== uid || !found.isSymbolicLink()) break;
    if ((await readlink(link)) === host.folder) return;
    await unlink(link);
  }
  throw new Failure({
    code: 'SF-006',
    what: `${link} is in the way`,
    why: `The path of ${host.folder} is too long for a socket, so a short link to it is needed, and somebody else has one there.`,
    next: 'Remove it, or give a state folder with a shorter path: --state DIR.',
    exit: 2,
  });
}
