// Asks whether a file is there, and whether it was written since the process began.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { type Asked, cannotTell, inWords, no } from './asked.ts';

const bodyLimit = 64 * 1024;

/**
 * Yes when the file is there and, with `notBefore` (Unix ms), was last written then or later. `read`: its content comes
 * as the body. Never rejects.
 */
export async function askFile(path: string, notBefore: number | null, read: boolean): Promise<Asked> {
  let handle: FileHandle | null = null;
  try {
    // A status is read through one handle, so that age and content are of the same file.
    if (read) handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { mtimeMs } = handle === null ? await stat(path) : await handle.stat();
    if (notBefore !== null && mtimeMs < notBefore) return no('not written since the start');
    if (handle === null) return { result: 'ok', text: 'there', body: null };
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bodyLimit), 0, bodyLimit, 0);
    return { result: 'ok', text: 'there', body: buffer.toString('utf8', 0, bytesRead) };
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return absent ? no('the file is not there') : cannotTell(`the file cannot be read: ${inWords(error)}`);
  } finally {
    await handle?.close().catch(() => {});
  }
}
