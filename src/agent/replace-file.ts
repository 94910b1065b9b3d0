import { rename, writeFile } from 'node:fs/promises';

/** Puts the text in the place of the file's as a whole, for its owner alone: who reads it meanwhile gets the one or the other. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
