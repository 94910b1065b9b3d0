// Puts the checks of one instance or external service at their intervals, and tells each answer.

import { resolve } from 'node:path';
import type { ProbeSpec } from '../model/system.ts';
import { ms } from '../model/units.ts';
import { type Asked, cannotTell, inWords } from './asked.ts';
import { type LogMark, LogTail, markLog } from './log-tail.ts';
import { ask, folderOf } from './probe.ts';
import { repeat } from './repeat.ts';
import { oneLine } from './text.ts';
import { type PlannedCheck, type Process, type Watched, limitOf, openSettling } from './watched.ts';

/** The first answer comes within this, so that a check of an hour says something soon. */
const firstWithinMs = 1000;
/** A line found in a log stays critical for its check's interval, and at least so long. */
const lineCountsMs = 60_000;
const logBudget = 4 * 1024 * 1024;

/** Asks until it is no longer observed. `process` is null for externals. */
export function startCheck(watched: Watched, process: Process | null, check: PlannedCheck): void {
  const { probe } = check;
  const put = probe.kind === 'log' ? logCheck(watched, process, probe, check.every) : null;
  const options = { within: limitOf(check.every), signal: watched.signal, body: false, notBefore: null };
  const isSettling = openSettling(process, process?.hasReady === false && probe.kind !== 'log');
  repeat(
    {
      every: check.every,
      name: `${nameOf(watched.key)} ${check.name}`,
      firstWithin: firstWithinMs,
      now: watched.now,
      job: async () => {
        const asked = watched.now();
        const answer =
          put !== null
            ? await put()
            : probe.kind === 'log'
              ? cannotTell('')
              : await ask(watched.tools, probe, watched.from, options);
        const at = watched.now();
        const { result, text } = answer;
        if (isSettling(result === 'ok' || result === 'warning')) return;
        watched.tell({
          kind: 'check',
          instance: watched.key,
          at,
          check: check.name,
          ...(check.shownAs === undefined ? {} : { shownAs: check.shownAs }),
          result,
          text,
          tookMs: ms(at - asked),
        });
      },
    },
    watched.signal,
  );
}

/**
 * A line that matches is critical, and stays so until none has come for the check's interval, at least a minute: what was
 * logged once is not well again at the next look. Said again at each look while it counts.
 */
function logCheck(
  watched: Watched,
  process: Process | null,
  probe: Extract<ProbeSpec, { kind: 'log' }>,
  every: number,
): () => Promise<Asked> {
  const path = resolve(watched.from.dir, probe.file);
  const noted = process?.markOf(path);
  // What stood in the log before (another instance's lines) is not held against this one.
  const start: Promise<LogMark> = noted === undefined ? markLog(path) : Promise.resolve(noted);
  let tail: LogTail | null = null;
  let found: { at: number; text: string } | null = null;
  watched.signal.addEventListener('abort', () => void tail?.close(), { once: true });
  return async () => {
    try {
      const mark = await start;
      tail ??= new LogTail(path, new RegExp(probe.pattern), mark);
      const open = tail;
      const look = await watched.tools.files.take(folderOf(path), () =>
        open.look({ budget: logBudget, unfinished: false, jump: true }),
      );
      if (watched.signal.aborted) await open.close();
      if (look.line !== null) {
        const more = look.matches > 1 ? `${look.matches} lines, the last: ` : '';
        found = { at: watched.now(), text: oneLine(more + look.line) };
      }
    } catch (error) {
      return cannotTell(`the log cannot be read: ${oneLine(inWords(error))}`);
    }
    if (found !== null && watched.now() - found.at <= Math.max(every, lineCountsMs))
      return { result: 'critical', text: found.text, body: null };
    found = null;
    return { result: 'ok', text: 'no such line', body: null };
  };
}

/** Without the nonce, so that an instance is asked at the same times after each restart. */
function nameOf(key: string): string {
  return key.split('#', 1)[0] ?? key;
}
