// From what each look of a detector saw to what stands: so many looks in a row must agree before something counts and before it is over, and what is
// over is remembered for a while, since it may explain what fails next.

import { modeNamed } from '../model/modes.ts';
import type { Finding, Seen } from '../model/mode.ts';

/** One look of one detector, all that it saw. */
export interface Look {
  readonly detector: string;
  readonly atMs: number;
  readonly seen: readonly Seen[];
}

/** Something under watch: seen, not yet often enough; standing; or over. */
export interface Standing extends Finding {
  readonly detector: string;
  /** Looks in a row that saw it (above 0) or did not (below 0). */
  readonly inARow: number;
  /** It counts. */
  readonly counts: boolean;
  /** When its text was last taken over. */
  readonly saidMs: number;
}

/** What is over, and what was changed, is forgotten after this. */
const forgottenAfterMs = 6 * 3_600_000;
/** Words with figures in them change with every look; people and the store need them less often. */
const sayAgainMs = 300_000;
const mostKept = 60;

/** Takes a look in. The same object when nothing changed. */
export function settle(kept: readonly Standing[], look: Look): readonly Standing[] {
  const seen = new Map(look.seen.map((each) => [keyOf(each), each]));
  const next: Standing[] = [];
  for (const each of kept) {
    if (each.detector !== look.detector) {
      if (!isForgotten(each, look.atMs)) next.push(each);
      continue;
    }
    const key = keyOf(each);
    const again = seen.get(key);
    if (each.weight === 'change') {
      const isSame = again !== undefined && each.inARow > 0;
      if (isSame) seen.delete(key);
      const change = changed(each, isSame);
      if (change !== null && !isForgotten(change, look.atMs)) next.push(change);
      // Seen for longer than it is remembered: it is not made anew.
      else if (isSame) next.push({ ...each, counts: false });
    } else if (again !== undefined) {
      seen.delete(key);
      next.push(seenAgain(each, again, look.atMs));
    } else if (!isForgotten(each, look.atMs)) {
      const gone = notSeen(each, look.atMs);
      if (gone !== null) next.push(gone);
    }
  }
  for (const each of seen.values()) next.push(first(each, look));
  const made = bounded(next);
  return JSON.stringify(made) === JSON.stringify(kept) ? kept : made;
}

/** What a former life told: it counts until its detector has looked often enough without seeing it. */
export function remembered(findings: readonly Finding[]): readonly Standing[] {
  return findings.map((each) => ({
    ...each,
    detector: modeNamed(each.mode)?.detector ?? '',
    inARow: each.untilMs === null || each.weight === 'change' ? looksFor(each.mode) : 0,
    counts: true,
    saidMs: each.sinceMs,
  }));
}

/** What the core is told: all that counts. */
export function findingsOf(kept: readonly Standing[]): readonly Finding[] {
  return kept
    .filter((each) => each.counts)
    .map(({ mode, subject, services, weight, text, sinceMs, untilMs }) => ({
      mode,
      subject,
      services,
      weight,
      text,
      sinceMs,
      untilMs,
    }));
}

function first(seen: Seen, look: Look): Standing {
  const change = seen.weight === 'change';
  return {
    ...seen,
    detector: look.detector,
    sinceMs: look.atMs,
    untilMs: change ? look.atMs : null,
    inARow: 1,
    counts: looksFor(seen.mode) <= 1,
    saidMs: look.atMs,
  };
}

function seenAgain(each: Standing, again: Seen, atMs: number): Standing {
  const inARow = Math.max(0, each.inARow) + 1;
  const counts = each.counts || inARow >= looksFor(each.mode);
  const came = each.untilMs !== null;
  if (came)
    return {
      ...each,
      ...again,
      inARow: 1,
      counts: looksFor(each.mode) <= 1,
      sinceMs: atMs,
      untilMs: null,
      saidMs: atMs,
    };
  const says = again.weight !== each.weight || atMs - each.saidMs >= sayAgainMs || !each.counts;
  // Beyond what is needed the count says nothing, and would make everything look new.
  const kept = { ...each, inARow: Math.min(inARow, looksFor(each.mode)), counts, services: again.services };
  return says ? { ...kept, weight: again.weight, text: again.text, saidMs: atMs } : kept;
}

/** A change is told once, when it was made, however long it is seen; made again after it was taken back it is a new one. Null: it was a slip. */
function changed(each: Standing, isSame: boolean): Standing | null {
  if (!isSame) return each.counts ? { ...each, inARow: 0 } : null;
  const inARow = Math.min(each.inARow + 1, looksFor(each.mode));
  return { ...each, inARow, counts: each.counts || inARow >= looksFor(each.mode) };
}

/** Null: it never counted, and is gone. */
function notSeen(each: Standing, atMs: number): Standing | null {
  if (each.untilMs !== null) return each;
  if (!each.counts) return null;
  const inARow = Math.min(0, each.inARow) - 1;
  return -inARow >= looksFor(each.mode) ? { ...each, inARow, untilMs: atMs } : { ...each, inARow };
}

function isForgotten(each: Standing, atMs: number): boolean {
  return each.untilMs !== null && atMs - each.untilMs > forgottenAfterMs;
}

/** Those that stand stay, then the newest. */
function bounded(all: readonly Standing[]): readonly Standing[] {
  if (all.length <= mostKept) return all;
  const over = all.filter((each) => each.untilMs !== null).toSorted((a, b) => (a.untilMs ?? 0) - (b.untilMs ?? 0));
  const out = new Set(over.slice(0, all.length - mostKept));
  return all.filter((each) => !out.has(each)).slice(0, 2 * mostKept);
}

function looksFor(mode: string): number {
  return modeNamed(mode)?.looks ?? 1;
}

function keyOf({ mode, subject, services, weight }: Seen): string {
  return weight === 'change' ? `${mode} ${subject} change` : `${mode} ${subject} ${services.join(',')}`;
}
