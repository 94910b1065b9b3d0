// The failovers of this host: those of this life as they happen, those before from the journal.

import type { FailoverView } from '../api.ts';
import type { Because } from '../decide/draft.ts';
import { readJournal } from '../journal/query.ts';
import type { JsonValue } from '../model/json.ts';

export interface Failovers {
  readonly list: () => readonly FailoverView[];
  noted(because: Because): void;
}

const mostKept = 1000;

/** Keeps the latest; older ones are read from the journal when first asked for. */
export function openFailovers(journalFile: string): Failovers {
  let kept: FailoverView[] | null = null;
  const began = Date.now();
  const recent: FailoverView[] = [];
  return {
    list() {
      kept ??= readJournal([journalFile], { kinds: ['failover'], limit: mostKept }, () => undefined)
        .filter((line) => line.atMs < began)
        .map((line) => failoverOf(line.service, line.term, line.rule, line.because));
      return [...kept, ...recent].slice(-mostKept);
    },
    noted(because) {
      if (because.kind !== 'failover') return;
      recent.push(failoverOf(because.service, because.term, because.rule, because.facts));
      if (recent.length > mostKept) recent.shift();
    },
  };
}

/** A failover as people read it, from its line in the journal. */
export function failoverOf(service: string | null, term: number | null, rule: number | null, facts: Readonly<Record<string, JsonValue>>): FailoverView {
  const number = (name: string): number | null => (typeof facts[name] === 'number' ? facts[name] : null);
  const text = (name: string): string | null => (typeof facts[name] === 'string' ? facts[name] : null);
  return {
    service: service ?? '',
    cause: text('cause') ?? '',
    atMs: number('endedAtMs') ?? 0,
    from: text('from'),
    to: text('to'),
    term: term ?? 0,
    rule: rule ?? 0,
    dMs: number('dMs'),
    switchMs: number('switchMs'),
    bMs: number('bMs'),
    iMs: number('iMs'),
    zMs: number('zMs'),
    declaredZMs: number('declaredZMs') ?? 0,
    planned: facts['planned'] === true,
  };
}
