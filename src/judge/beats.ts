// Judges silence by how regular the beats were.
//
// The intuition: what a service did lately says how far a beat may stray without anything being wrong. So the wait is twice the
// worst gap lately, at least three intervals and at least a second (no machine is so quiet that less means anything), and never
// more than d less the time it takes to look, counted from the last beat: beats that stop are found within d, whatever was seen
// before. With an interval of d/2, the longest allowed, the wait is therefore always just under d.
//
// Not phi accrual: it needs the law by which beats arrive and a threshold that nobody can picture; on a machine whose load changes
// the law changes with it, and for very regular beats its wait shrinks to almost one interval, which is when the first busy second
// causes a failover. "Twice the worst gap lately" can be said in one sentence to somebody woken by it. Waiting less than d brings no
// promise closer; only where beats are far more frequent than d asks does it find a hang sooner, and there it is used.
//
// Our own lateness is granted on top, past d too: while we did not run we could not hear, so it proves nothing against the service.
//
// Does not cover: a service whose beating part lives on while its working part hangs. Covered by: status and checks.

import { after, between, ms } from '../model/units.ts';
import type { MonoMs, Ms } from '../model/units.ts';

/** When it beat last, and the gaps between the latest beats, oldest first, at most 64. */
export interface BeatHistory {
  /** Null: none was heard yet. */
  readonly lastAt: MonoMs | null;
  readonly gaps: readonly Ms[];
}

/** Whether a silence is longer than is borne. */
export interface BeatVerdict {
  readonly late: boolean;
  readonly silentMs: Ms;
  /** The silence that is borne, our own lateness included. */
  readonly toleratedMs: Ms;
  /** When to judge again if no beat comes; always after `now`. */
  readonly lookAgainAt: MonoMs;
}

/** What beats are held against. */
export interface BeatTerms {
  /** The interval at which it beats; at most d/2. */
  readonly every: Ms;
  /** Within which a silence must be found, counted from the last beat. */
  readonly d: Ms;
  /** Since when beats are expected: when it was ready. Null: not ready yet, so nothing is expected. */
  readonly startedAt: MonoMs | null;
  /** How late our own loop ran since the last beat; 0 when absent. */
  readonly ownLatenessMs?: Ms;
  /**
   * How long the first beat may take after `startedAt`, when longer than any other; 10 s when absent. A service without `ready` counts
   * as ready when its process exists, and to end it while it loads would be to end it for ever. 0: it is known to be up.
   */
  readonly firstWithin?: Ms;
}

/** No beat yet. */
export const noBeats: BeatHistory = { lastAt: null, gaps: [] };

const kept = 64;
const leastToleratedMs = 1000;
const usualFirstMs = 10_000;

/** Takes a beat in. One older than the last is ignored: beats of different sources may arrive out of order. */
export function addBeat(history: BeatHistory, at: MonoMs): BeatHistory {
  const { lastAt, gaps } = history;
  if (lastAt === null) return { lastAt: at, gaps };
  if (at <= lastAt) return history;
  const gap = between(lastAt, at);
  return { lastAt: at, gaps: gaps.length < kept ? [...gaps, gap] : [...gaps.slice(gaps.length - kept + 1), gap] };
}

/** Is it silent for too long? */
export function judgeBeat(history: BeatHistory, terms: BeatTerms, now: MonoMs): BeatVerdict {
  const { every, d, startedAt } = terms;
  const own = Math.max(0, terms.ownLatenessMs ?? 0);
  if (startedAt === null) return { late: false, silentMs: ms(0), toleratedMs: ms(d + own), lookAgainAt: after(now, d) };
  const beaten = history.lastAt !== null && history.lastAt >= startedAt;
  const since = history.lastAt !== null && beaten ? history.lastAt : startedAt;
  const waited = beaten ? tolerance(history, every, d) : Math.max(ceiling(d), terms.firstWithin ?? usualFirstMs);
  const toleratedMs = ms(waited + own);
  const silentMs = ms(Math.max(0, between(since, now)));
  // Compared as moments: the sum that sets the timer is the one that is judged when it rings.
  const dueAt = after(since, toleratedMs);
  const late = now >= dueAt;
  return { late, silentMs, toleratedMs, lookAgainAt: late ? after(now, Math.max(1, every)) : dueAt };
}

/** What is borne of a service that has beaten, without our own lateness. */
function tolerance(history: BeatHistory, every: Ms, d: Ms): number {
  const worst = history.gaps.reduce<number>((most, gap) => Math.max(most, gap), 0);
  return Math.min(ceiling(d), Math.max(3 * every, 2 * worst, leastToleratedMs));
}

/** d less what looking takes: a twentieth of it, between 20 ms and 250 ms, and of a very short d at most a quarter. */
function ceiling(d: Ms): number {
  return d - Math.min(d / 4, Math.min(250, Math.max(20, d / 20)));
}
