// How far a member of a managed etcd is, written down before it is started, so that it is never begun twice.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { replaceFile } from './replace-file.ts';

/** `unformed`: no etcd was ever here. `forming`: it was begun together with all others. `formed`: it has agreed with a majority. */
export type Forming = 'unformed' | 'forming' | 'formed';

/** Whether what another machine said of itself is one of these words. */
export function isForming(value: unknown): value is Forming {
  return value === 'unformed' || value === 'forming' || value === 'formed';
}

/** What stands in the mark; a mark that cannot be read says the most. */
export async function readForming(mark: string): Promise<Forming> {
  if (!existsSync(mark)) return 'unformed';
  const text = await readFile(mark, 'utf8').catch(() => 'formed');
  return text.trim() === 'forming' ? 'forming' : 'formed';
}

/** Replaces the mark. */
export async function writeForming(mark: string, forming: Forming): Promise<void> {
  await replaceFile(mark, `${forming}\n`);
}
