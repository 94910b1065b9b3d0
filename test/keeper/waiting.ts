// Waits for what no event tells: bounded, and said by name when it does not come.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const triesAtMost = 3000;

/** Until `holds`, looking every 10 ms, half a minute at most. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < triesAtMost; tries++) {
    if (await holds()) return;
    await pause(10);
  }
  assert.fail(`did not come: ${what}`);
}

/** The lines of a file once they are as wanted. */
export async function lines(path: string, wanted: (all: readonly string[]) => boolean): Promise<string[]> {
  let all: string[] = [];
  await eventually(async () => {
    const text = await readFile(path, 'utf8').catch(() => '');
    all = text.split('\n').slice(0, -1);
    return wanted(all);
  }, `the right lines in ${path}`).catch((error: unknown) => {
    throw new Error(`${String(error)}; it holds: ${all.join(' | ')}`);
  });
  return all;
}
