// Options that say how long: `--timeout`, `--for`.

import { Failure } from './failure.ts';
import { readDuration } from './times.ts';

/** How long, in ms; null when nothing was given. Fails with exit 2 when it is no duration, or 0. `examples`: how to write one. */
export function howLong(option: '--timeout' | '--for', text: string | undefined, examples: string): number | null {
  if (text === undefined) return null;
  const ms = readDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new Failure({
    code: 'SF-002',
    what: `${option} ${text} is no duration`,
    next: `Write it as ${examples}.`,
    exit: 2,
  });
}
