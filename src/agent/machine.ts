// Which machine this is, as far as leases go: a number drawn when the host's state folder was made. A machine that was booted again has the same one, one that
// takes a lost one's place has another.

import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** Reads it, or draws it. Rejects when it can be neither read nor written. */
export async function ownMachine(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (/^[0-9a-f]{16}$/.test(known.trim())) return known.trim();
  const drawn = randomBytes(8).toString('hex');
  await writeFile(`${file}.new`, `${drawn}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return drawn;
}
