// Failovers, from the lines that journals have of them.

import type { FailoverView, JournalLine } from '../api.ts';
import type { JsonValue } from '../model/json.ts';

/** The failovers among these lines. */
export function failoversIn(lines: readonly JournalLine[]): FailoverView[] {
  return lines.flatMap((line) =>
    line.kind === 'failover' ? [failoverOf(line.service, line.term, line.rule, line.because)] : [],
  );
}

/** A failover as people read it, from its line in the journal. */
function failoverOf(
  service: string | null,
  term: number | null,
  rule: number | null,
  facts: Readonly<Record<string, JsonValue>>,
): FailoverView {
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
    predicted: predictedIn(facts['predicted']),
    surprise: partNames.find((part) => part === facts['surprise']) ?? null,
  };
}

const partNames = ['d', 'b', 'i', 'z'] as const;

/** Journals of older versions say nothing of it. */
function predictedIn(value: JsonValue | undefined): FailoverView['predicted'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const said: Readonly<Record<string, JsonValue>> = value as Readonly<Record<string, JsonValue>>;
  const range = (name: string): readonly [number, number] | null => {
    const found = said[name];
    if (!Array.isArray(found)) return null;
    const [low, high] = found as readonly JsonValue[];
    return typeof low === 'number' && typeof high === 'number' ? [low, high] : null;
  };
  return {
    dMs: range('dMs'),
    switchMs: range('switchMs'),
    bMs: range('bMs'),
    iMs: range('iMs'),
    zMs: range('zMs'),
  };
}
