// The journals of all hosts as one: those of this machine from their files, those of others as their agents tell them. Who cannot be asked is named,
// with the age of what is shown of him.

import { existsSync } from 'node:fs';
import type { GapView } from '../api-web.ts';
import type { JournalLine } from '../api.ts';
import { readJournal, type JournalQuery } from '../journal/query.ts';
import type { SystemLayout } from '../layout.ts';
import type { Far } from './far.ts';

interface Gathered {
  /** By time. */
  readonly lines: readonly JournalLine[];
  readonly missing: readonly GapView[];
}

/** Of all hosts, or of one. */
export type ReadJournals = (query: JournalQuery, only?: string | null) => Promise<Gathered>;

/** `hosts`: the described ones, and those of them whose folder lies on this machine. */
export function openJournals(of: {
  readonly layout: SystemLayout;
  readonly hosts: () => { readonly described: readonly string[]; readonly here: readonly string[] };
  readonly far: Far;
}): ReadJournals {
  return async (query, only = null) => {
    const { described, here } = of.hosts();
    const wanted = (host: string): boolean => only === null || host === only;
    const missing: GapView[] = [];
    const near = here.filter(wanted).flatMap((host) => {
      const file = of.layout.host(host).journalFile;
      if (!existsSync(file)) return [];
      return readJournal([file], query, ({ code, what, why, next }) => {
        missing.push({ host, why: `${code} ${what}: ${why}. ${next}`, asOfMs: null });
      });
    });
    const asked = described
      .filter((host) => wanted(host) && !here.includes(host))
      .map(async (host) => {
        const { of: lines, gap } = await of.far.journal(host, query);
        if (gap !== null) missing.push(gap);
        return lines ?? [];
      });
    const all = [near, ...(await Promise.all(asked))].flat().toSorted(inOrder);
    return { lines: query.limit === undefined ? all : all.slice(-query.limit), missing };
  };
}

function inOrder(one: JournalLine, other: JournalLine): number {
  return one.atMs - other.atMs || (one.host < other.host ? -1 : one.host > other.host ? 1 : one.seq - other.seq);
}
