// What consumers went without, and whether two were active, from the answers alone: nothing here knows what Standfast believed.

import type { Answer } from './record.ts';

/** The answers of one client about one service; `line` is the host's place. */
export interface Witness {
  readonly site: string;
  readonly answers: readonly Answer[];
}

export interface Judgement {
  /** The longest that the client outside went without an active's answer, in ms. */
  readonly gapMs: number;
  /** Terms that began within, as the client outside saw them. */
  readonly moves: number;
  /** For how long an older one still answered questions sent after a newer one's answer was held by anybody, in ms. 0: none. */
  readonly overlapMs: number;
  /** How many such answers. */
  readonly lateAnswers: number;
  /** Terms in which two hosts answered. */
  readonly sharedTerms: number;
  /** Questions of the client outside that got no answer, nor when asked again once, 50 ms later. */
  readonly lost: number;
  readonly asked: number;
}

const retryAfterMs = 50;
/** An answer to a question, or to one sent just after, for who asks all addresses at once. */
const sameQuestionMs = 8;

/** `outside`: the site whose view counts for gaps. */
export function judge(witnesses: readonly Witness[], outside: string): Judgement {
  const actives = witnesses.flatMap(({ answers }) => answers.filter((each) => each.active));
  const firstHeld = new Map<number, number>();
  const hostsOf = new Map<number, Set<number>>();
  for (const { term, heldAt, line } of actives) {
    firstHeld.set(term, Math.min(firstHeld.get(term) ?? Infinity, heldAt));
    hostsOf.set(term, (hostsOf.get(term) ?? new Set()).add(line));
  }
  /** From when anybody held an answer of a term above this one. */
  const outdatedFrom = new Map(
    [...firstHeld.keys()].map((term) => [
      term,
      Math.min(...[...firstHeld].filter(([other]) => other > term).map(([, at]) => at)),
    ]),
  );
  const late = actives.filter(({ term, sentAt }) => sentAt > (outdatedFrom.get(term) ?? Infinity));
  const seen = (witnesses.find(({ site }) => site === outside)?.answers ?? []).filter((each) => each.active);
  const held = seen.toSorted((x, y) => x.heldAt - y.heldAt);
  const terms = new Set(held.map(({ term }) => term));
  const { lost, asked } = lostOf(held);
  return {
    gapMs: held.reduce((most, each, at) => Math.max(most, each.heldAt - (held[at - 1]?.heldAt ?? each.heldAt)), 0),
    moves: Math.max(0, terms.size - 1),
    overlapMs: late.reduce((most, each) => Math.max(most, each.sentAt - (outdatedFrom.get(each.term) ?? 0)), 0),
    lateAnswers: late.length,
    sharedTerms: [...hostsOf.values()].filter((hosts) => hosts.size > 1).length,
    lost,
    asked,
  };
}

/** A question goes out each 4 ms to all addresses; it is lost when none answers as active, and none 50 ms later either. */
function lostOf(held: readonly Answer[]): { lost: number; asked: number } {
  const sent = held.map(({ sentAt }) => sentAt).toSorted((x, y) => x - y);
  let asked = 0;
  let lost = 0;
  let at = 0;
  let later = 0;
  for (let when = sent[0] ?? 0; when < (sent.at(-1) ?? 0) - retryAfterMs - sameQuestionMs; when += 4) {
    asked += 1;
    while ((sent[at] ?? Infinity) < when) at += 1;
    if ((sent[at] ?? Infinity) <= when + sameQuestionMs) continue;
    while ((sent[later] ?? Infinity) < when + retryAfterMs) later += 1;
    if ((sent[later] ?? Infinity) > when + retryAfterMs + sameQuestionMs) lost += 1;
  }
  return { lost, asked };
}
