// Asks a service for its own status at an interval and tells what it said, or why nothing could be had.

import type { ObservePlan } from '../ports.ts';
import { cannotTell } from './asked.ts';
import { ask } from './probe.ts';
import { repeat } from './repeat.ts';
import { readSelfStatus } from './self-status.ts';
import { type Process, type Watched, limitOf, openSettling } from './watched.ts';

/** Asks until it is no longer observed. */
export function startStatus(watched: Watched, process: Process, plan: NonNullable<ObservePlan['status']>): void {
  const { probe, every } = plan;
  // A file is there when it was written for the first time, which may be well after it is ready.
  const isSettling = openSettling(process, !process.hasReady || probe.kind === 'file');
  repeat(
    {
      every,
      name: `${watched.key.split('#', 1)[0]} status`,
      firstWithin: every,
      now: watched.now,
      job: async () => {
        const options = { within: limitOf(every), signal: watched.signal, body: true, notBefore: process.notBefore };
        const answer =
          probe.kind === 'log'
            ? cannotTell('a log cannot give a status')
            : await ask(watched.tools, probe, watched.from, options);
        const at = watched.now();
        // A service that says "failed" with HTTP 503 or exit 2 has said it: what counts is whether it can be read.
        const read = answer.body === null ? null : readSelfStatus(answer.body);
        if (isSettling(read?.ok === true)) return;
        if (read?.ok === true) watched.tell({ kind: 'status', instance: watched.key, at, said: read.said });
        else {
          const why = read === null || answer.result !== 'ok' ? answer.text : read.why;
          watched.tell({ kind: 'statusFailed', instance: watched.key, at, why });
        }
      },
    },
    watched.signal,
  );
}
