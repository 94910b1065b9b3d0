// The journals of all hosts of a system on this machine, as one, whether or not agents run.

import { stat } from 'node:fs/promises';
import type { JournalLine } from '../api.ts';
import { readJournal } from '../journal/query.ts';
import type { ChosenSystem } from './context.ts';

export interface JournalRead {
  /** Oldest first. */
  readonly lines: readonly JournalLine[];
  /** Hosts whose journal could not be read, and why. */
  readonly unreadable: readonly { readonly host: string; readonly why: string }[];
}

/** All entries since then, of all hosts, by time. */
export async function readJournals(system: ChosenSystem, sinceMs: number): Promise<JournalRead> {
  const read = await Promise.all(
    system.hosts.map(async (host) => {
      const file = system.layout.host(host).journalFile;
      if ((await stat(file).catch(() => null)) === null) return { host, lines: [], why: null };
      try {
        return { host, lines: await readJournal({ file, host, sinceMs }), why: null };
      } catch (error) {
        return { host, lines: [], why: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return {
    lines: read.flatMap((each) => each.lines).toSorted((a, b) => a.atMs - b.atMs),
    unreadable: read.flatMap(({ host, why }) => (why === null ? [] : [{ host, why }])),
  };
}
