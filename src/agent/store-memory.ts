// What an agent remembers of the store across its restarts, so that another one, or an older state of it, is not taken for it.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from './replace-file.ts';

const memory = z.object({
  identity: z.string(),
  revision: z.number(),
  /** Where the store was then; absent, as older versions wrote it: embedded. */
  place: z.string().optional(),
  /** The newest revision known of this host's session. */
  session: z.number().optional(),
});

type StoreMemory = z.infer<typeof memory>;

/** Null: nothing is remembered. */
export async function readMemory(file: string): Promise<StoreMemory | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return memory.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** What cannot be written is not remembered. */
export async function writeMemory(file: string, what: StoreMemory): Promise<void> {
  await replaceFile(file, JSON.stringify(what)).catch(() => undefined);
}
