// The last lines that a service or a process of ours wrote, for messages about why it did not start.

import { open } from 'node:fs/promises';
import { safe } from '../text.ts';

/** At most this much is read of a file's end. In bytes. */
const mostBytes = 16 * 1024;

/** The last lines of a file, made safe; none when there is no such file. */
export async function lastLines(path: string, most: number): Promise<readonly string[]> {
  const file = await open(path).catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, mostBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    return lines.slice(-most).map(safe);
  } finally {
    await file.close();
  }
}
