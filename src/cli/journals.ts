// The journals of all hosts of a system on this machine, as one, whether or not agents run.

import { existsSync } from 'node:fs';
import type { JournalLine } from '../api.ts';
import { readJournal } from '../journal/query.ts';
import type { JournalQuery } from '../journal/query.ts';
import type { ChosenSystem } from './context.ts';

/** What could be read, and what not. */
export interface JournalRead {
  /** Oldest first. */
  readonly lines: readonly JournalLine[];
  /** What could not be read, in words. */
  readonly unreadable: readonly string[];
}

/** The journal files of the hosts that have one. */
export function journalFiles(system: ChosenSystem): readonly string[] {
  return system.hosts.map((host) => system.layout.host(host).journalFile).filter((file) => existsSync(file));
}

/** The chosen entries of all hosts, by time. */
export function readJournals(system: ChosenSystem, query: JournalQuery): JournalRead {
  const unreadable: string[] = [];
  const lines = readJournal(journalFiles(system), query, (problem) => {
    unreadable.push(`${problem.code} ${problem.what}: ${problem.why}. ${problem.next}`);
  });
  return { lines, unreadable };
}
