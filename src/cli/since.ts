// `--since` of several verbs.

import { Failure } from './failure.ts';
import { readMoment } from './times.ts';

/** The moment meant, Unix ms; `usualMs` ago when nothing was given. Fails with exit 2 when it is none. */
export function sinceOf(text: string | undefined, nowMs: number, usualMs: number): number {
  if (text === undefined) return nowMs - usualMs;
  const since = readMoment(text, nowMs);
  if (since !== null) return since;
  throw new Failure({
    code: 'SF-002',
    what: `--since ${text} is no time`,
    next: 'Write it as 10m, 14:02, or 2026-11-21T14:02.',
    exit: 2,
  });
}
