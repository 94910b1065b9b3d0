// Which failure mode is likeliest behind an incident. Not a probability: nobody has the numbers for one. Each thing that was found is weighed by
// four questions whose answers are also told: does it concern what failed, did it come before, is this how such a mode fails, and does
// what failed say so itself. The first is called likely only when it is a fault (a change or a busy host is only ever possible), and clearly ahead.
//
// Does not cover: causes that no detector looks for. Then the list is empty or holds only what is possible, and says so.

import { harmOf, harmWords, saidBy } from './modes-harm.ts';
import { saidOnce, type FoundAt } from './modes-once.ts';
import type { Reason } from './reason.ts';
import { durationWords } from './words.ts';
import { modeNamed } from '../model/modes.ts';
import type { Mode, Suspect } from '../model/mode.ts';

/** What failed, as the incident has it. */
export interface Failed {
  /** Null: a host or the store. */
  readonly service: string | null;
  readonly host: string | null;
  readonly sinceMs: number;
  readonly cause: Reason;
  /** Services that it needs, also through others. */
  readonly needs: readonly string[];
}

/** So many are kept; the rest explains nothing. */
const mostSuspects = 5;
/** What was changed longer ago has been borne. */
const changeCountsForMs = 6 * 3_600_000;
/** What was over before this has nothing to do with it. */
const overCountsForMs = 300_000;
/** A detector looks every so often: what is seen this soon after the failure may have been there before. */
const seenLateMs = 90_000;
/** What stood this long without harm needs another reason to harm now. */
const borneMs = 12 * 3_600_000;
const likelyFrom = 8;
const clearBy = 1;

/** The likeliest first; empty when nothing that was found could have to do with it. */
export function suspectsOf(failed: Failed, found: readonly FoundAt[]): readonly Suspect[] {
  const concerned = saidOnce(found)
    .map((each) => weigh(failed, each))
    .filter((each) => each !== null);
  const weighed = withWhatItBrings(concerned).toSorted((a, b) => b.score - a.score || order(a.found, b.found));
  const [first] = weighed;
  // The same mode on something else is no other answer: a certificate in its file and on its port.
  const second = weighed.find((each) => each.found.mode !== first?.found.mode);
  return weighed.slice(0, mostSuspects).map((each) => ({
    mode: each.found.mode,
    host: each.found.host,
    subject: each.found.subject,
    text: each.found.text,
    sure:
      each === first && isFault(each) && each.score >= likelyFrom && each.score - (second?.score ?? 0) >= clearBy
        ? 'likely'
        : 'possible',
    sinceMs: each.found.sinceMs,
    aheadMs: failed.sinceMs - each.found.sinceMs,
    for: each.for,
    against: each.against,
  }));
}

interface Weighed {
  readonly found: FoundAt;
  readonly score: number;
  readonly said: boolean;
  readonly for: readonly string[];
  readonly against: readonly string[];
}

/** What failed was seen to fail by this very thing, or it is a fault of its own. */
function isFault(each: Weighed): boolean {
  return each.found.weight === 'fault' || (each.said && each.found.weight === 'ahead');
}

function weigh(failed: Failed, found: FoundAt): Weighed | null {
  const mode = modeNamed(found.mode);
  if (mode === null) return null;
  const points: Point[] = [];
  const related = relation(failed, found);
  if (related === null) return null;
  points.push(related);
  const timed = timing(failed, found);
  if (timed === null) return null;
  points.push(timed, weightPoint(found), harmPoint(failed.cause, mode));
  const said = wordsPoint(failed.cause, mode);
  if (said !== null) points.push(said);
  // A busy host is so common that it is named only for what it brings about: what is late or silent.
  const harm = harmOf(failed.cause);
  if (found.weight === 'pressure' && said === null && harm !== null && !mode.harms.includes(harm)) return null;
  return {
    found,
    score: points.reduce((sum, point) => sum + point.score, 0),
    said: said !== null,
    for: points.flatMap((point) => point.for ?? []),
    against: points.flatMap((point) => point.against ?? []),
  };
}

/**
 * A mode that brings another about explains what that one explains, and itself besides: a name that leads elsewhere goes before the port that refuses
 * there. Only on the same services, and not when it came clearly later.
 */
function withWhatItBrings(all: readonly Weighed[]): readonly Weighed[] {
  return all.map((each) => {
    const brings = modeNamed(each.found.mode)?.brings ?? [];
    const brought = all
      .filter((other) => brings.includes(other.found.mode) && sharesService(each.found, other.found))
      .filter((other) => each.found.sinceMs <= other.found.sinceMs + seenLateMs)
      .toSorted((a, b) => b.score - a.score)[0];
    if (brought === undefined) return each;
    const score = Math.max(each.score, brought.score + 0.5);
    return { ...each, score, for: [...each.for, `it brings about that ${brought.found.text}`] };
  });
}

function sharesService(a: FoundAt, b: FoundAt): boolean {
  return a.services.length === 0 || b.services.length === 0 || a.services.some((name) => b.services.includes(name));
}

interface Point {
  readonly score: number;
  readonly for?: string;
  readonly against?: string;
}

/** Null: it has nothing to do with what failed. */
function relation(failed: Failed, found: FoundAt): Point | null {
  const here = failed.host === null || failed.host === found.host || (found.alsoOn ?? []).includes(failed.host);
  const { service } = failed;
  if (service === null)
    return here && failed.host !== null ? { score: 3, for: `it is on ${failed.host}, which failed` } : null;
  if (found.services.includes(service))
    return here
      ? { score: 4, for: `${service} on ${failed.host ?? found.host} uses ${found.subject}` }
      : {
          score: 2,
          for: `it concerns ${service}`,
          against: `it was seen on ${found.host}, not on ${failed.host ?? ''}`,
        };
  const need = found.services.find((name) => failed.needs.includes(name));
  if (need !== undefined) return { score: 2, for: `${service} needs ${need}, which it concerns` };
  if (found.services.length > 0) return null;
  return here ? { score: 3, for: `all of ${failed.host ?? found.host} depends on it` } : null;
}

/** Null: it was over, or changed, too long before. */
function timing(failed: Failed, found: FoundAt): Point | null {
  const aheadMs = failed.sinceMs - found.sinceMs;
  if (found.untilMs !== null && found.weight !== 'change' && failed.sinceMs - found.untilMs > overCountsForMs)
    return null;
  if (found.weight === 'change' && aheadMs > changeCountsForMs) return null;
  if (aheadMs < -seenLateMs)
    return { score: -2, against: `it was seen only ${durationWords(-aheadMs)} after the failure` };
  if (aheadMs < 0)
    return { score: 1.5, for: `it was seen ${durationWords(-aheadMs)} after the failure, by the next look` };
  const ended =
    found.untilMs !== null && found.untilMs < failed.sinceMs && found.weight !== 'change'
      ? `it was over ${durationWords(failed.sinceMs - found.untilMs)} before`
      : null;
  if (aheadMs > borneMs)
    return { score: 0, against: ended ?? `it has stood for ${durationWords(aheadMs)} without this failure` };
  const near = aheadMs < 600_000 ? 2 : aheadMs < 3_600_000 ? 1.5 : 1;
  const before = `it was so ${durationWords(aheadMs)} before the failure`;
  return ended === null ? { score: near, for: before } : { score: near - 1, for: before, against: ended };
}

function weightPoint(found: FoundAt): Point {
  switch (found.weight) {
    case 'fault':
      return { score: 3 };
    case 'ahead':
      return { score: 1.5, against: 'it was near its limit, not beyond it' };
    case 'change':
      return { score: -1, against: 'a change is no fault by itself' };
    case 'pressure':
      return { score: -0.5, against: 'a busy host alone ends nothing' };
    default:
      return found.weight satisfies never;
  }
}

function harmPoint(cause: Reason, mode: Mode): Point {
  const harm = harmOf(cause);
  if (harm === null) return { score: 0 };
  return mode.harms.includes(harm)
    ? { score: 1, for: `${harmWords(harm)} is how it shows` }
    : { score: -1.5, against: `it seldom shows as ${harmWords(harm)}` };
}

/** What the failure says of itself. Only words that a mode brings about typically: this counts most of all. */
function wordsPoint(cause: Reason, mode: Mode): Point | null {
  const text = saidBy(cause);
  if (mode.words === null || text === '') return null;
  // At the beginning of a word: `hold` does not say `old`.
  const found = new RegExp(`(?<![a-z])(?:${mode.words})`, 'i').exec(text);
  return found === null ? null : { score: 3, for: `what failed says “${found[0]}”` };
}

function order(a: FoundAt, b: FoundAt): number {
  const left = `${a.mode} ${a.subject} ${a.host}`;
  const right = `${b.mode} ${b.subject} ${b.host}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
