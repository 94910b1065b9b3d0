// What lies on hosts of other machines, asked through an agent of this one (peers.call): journals, outputs, details. What a host told last is kept, so
// that while it cannot be asked people see that, with its age, and what is asked again is only what came since.

import type { DetailsView, GapView } from '../api-web.ts';
import type { ElsewhereAnswer, ElsewhereQuestion, JournalLine } from '../api.ts';
import type { JournalQuery } from '../journal/query.ts';
import { errorWords } from '../model/error-words.ts';

/** Hosts that are not of this machine. Rejects never: what cannot be had is told with why. */
export interface Far {
  /** The lines that fit, oldest first: as new as can be had, else as they were last known. */
  journal(host: string, query: JournalQuery): Promise<Told<readonly JournalLine[]>>;
  /** The last lines of a service's output. */
  output(host: string, service: string, lines: number): Promise<Told<readonly string[]>>;
  details(host: string): Promise<Told<DetailsView>>;
}

/** `of` null: nothing was ever told. `gap` null: it is as new as can be. */
export interface Told<T> {
  /** Null: it was never heard. */
  readonly of: T | null;
  /** Why it is old or missing; null: it is as it is now. */
  readonly gap: GapView | null;
}

/** So many lines a host tells at most. */
const mostLines = 5_000;
/** An answer serves all who ask within this. */
const freshForMs = 1_000;
/** A page does not wait longer; an answer that comes later serves the next who asks. */
const waitMs = 2_500;
/** A host that did not answer in time is not waited for again so soon. */
const silentForMs = 10_000;
/** Lines of a journal may come a little out of order. */
const overlapMs = 10_000;
/** Of all that is kept: questions, and lines. Those asked longest ago go first. */
const most = { questions: 400, lines: 60_000 };

/** Nothing is asked yet. */
export function openFar(ask: (question: ElsewhereQuestion) => Promise<ElsewhereAnswer>): Far {
  const kept = new Map<string, Kept>();
  const silentUntil = new Map<string, { readonly at: number; readonly why: string }>();

  /** Asks, unless that was just done; gives what is known after `waitMs` in any case. `covers`: what is known answers the question, but for what came since. */
  const renewed = async (key: string, question: ElsewhereQuestion, covers: boolean): Promise<string | null> => {
    const entry = kept.get(key) ?? { value: null, asOfMs: null, askedAt: -Infinity, asking: null };
    kept.delete(key);
    kept.set(key, entry);
    forget(kept);
    if (covers && performance.now() - entry.askedAt < freshForMs) return null;
    const silent = silentUntil.get(question.host);
    if (silent !== undefined && performance.now() < silent.at) return silent.why;
    const began = performance.now();
    const inTime = (answer: Promise<string | null>): Promise<string | null> =>
      within(began + waitMs - performance.now(), answer);
    // What is under way may have been asked of a shorter time.
    while (!covers && entry.asking !== null && (await inTime(entry.asking)) !== 'late');
    entry.asking ??= ask(question)
      .catch((error: unknown): ElsewhereAnswer => ({
        ok: false,
        why: errorWords(error),
      }))
      .then((answer) => {
        entry.asking = null;
        if (!answer.ok) return answer.why;
        silentUntil.delete(question.host);
        entry.askedAt = performance.now();
        entry.asOfMs = Date.now();
        entry.value = take(question, entry.value, answer.body);
        return null;
      });
    const why = await inTime(entry.asking);
    if (why !== 'late') return why;
    const notAnswered = 'its agent does not answer';
    silentUntil.set(question.host, { at: performance.now() + silentForMs, why: notAnswered });
    return notAnswered;
  };
  const told = <T>(host: string, key: string, why: string | null, read: (value: Value) => T | null): Told<T> => {
    const { value = null, asOfMs = null } = kept.get(key) ?? {};
    const of = value === null ? null : read(value);
    return { of, gap: why === null ? null : { host, why, asOfMs: of === null ? null : asOfMs } };
  };

  return {
    async journal(host, query) {
      const { sinceMs = 0, untilMs, service, kinds, incident, limit } = query;
      const key = JSON.stringify(['journal', host, service, kinds, incident]);
      const known = kept.get(key)?.value;
      const covers = known?.kind === 'journal' && (known.sinceMs <= sinceMs || known.full);
      const last = known?.kind === 'journal' && covers ? known.lines.at(-1) : undefined;
      const fromMs = last === undefined ? sinceMs : Math.max(sinceMs, last.atMs - overlapMs);
      const body = { sinceMs: fromMs, limit: mostLines, service, kinds, incident };
      const why = await renewed(key, { host, what: 'journal', body }, covers);
      const found = told(host, key, why, (value) => (value.kind === 'journal' ? value : null));
      if (found.of === null) return { of: null, gap: found.gap };
      const { lines, full } = found.of;
      const fitting = lines.filter(
        (line) =>
          line.atMs >= sinceMs &&
          line.atMs <= (untilMs ?? Infinity) &&
          (service === undefined || line.service === service) &&
          (kinds === undefined || kinds.includes(line.kind)),
      );
      const first = lines[0];
      const cut = full && first !== undefined && first.atMs > sinceMs && fitting.length < (limit ?? Infinity);
      const older: GapView | null = cut
        ? { host, why: `of its journal only the newest ${lines.length} lines are shown here`, asOfMs: Date.now() }
        : null;
      return { of: limit === undefined ? fitting : fitting.slice(-limit), gap: found.gap ?? older };
    },
    async output(host, service, lines) {
      const key = JSON.stringify(['output', host, service, lines]);
      const why = await renewed(key, { host, what: 'output', body: { service, lines } }, true);
      return told(host, key, why, (value) => (value.kind === 'output' ? value.lines : null));
    },
    async details(host) {
      const key = JSON.stringify(['details', host]);
      const why = await renewed(key, { host, what: 'details', body: null }, true);
      return told(host, key, why, (value) => (value.kind === 'details' ? value.details : null));
    },
  };
}

interface Kept {
  value: Value | null;
  /** When that was told, Unix ms. */
  asOfMs: number | null;
  /** Monotonic. */
  askedAt: number;
  /** Resolves to why there was no answer; null: there was one. */
  asking: Promise<string | null> | null;
}

type Value =
  | {
      readonly kind: 'journal';
      readonly lines: readonly JournalLine[];
      /** From then on they are all that fit, unless `full`. */
      readonly sinceMs: number;
      /** There are older ones, and they are not told. */
      readonly full: boolean;
    }
  | { readonly kind: 'output'; readonly lines: readonly string[] }
  | { readonly kind: 'details'; readonly details: DetailsView };

/** What is known after an answer. An agent of the same system gave it: of its lines and details only the form is looked at. */
function take(question: ElsewhereQuestion, before: Value | null, body: unknown): Value | null {
  switch (question.what) {
    case 'journal':
      return joined(sinceIn(question.body), before, Array.isArray(body) ? body.filter(isLine) : []);
    case 'output':
    case 'outputSince': {
      const lines: unknown[] = isRecord(body) && Array.isArray(body['lines']) ? body['lines'] : [];
      return { kind: 'output', lines: lines.filter((line) => typeof line === 'string') };
    }
    case 'details':
      return isDetails(body)
        ? { kind: 'details', details: { ...body, figures: 'figures' in body ? body.figures : null } }
        : null;
    default:
      return question.what satisfies never;
  }
}

function joined(sinceMs: number, before: Value | null, lines: readonly JournalLine[]): Value {
  const full = lines.length >= mostLines;
  const goesOn = before?.kind === 'journal' && before.sinceMs <= sinceMs && before.lines.length > 0 && !full;
  if (!goesOn) return { kind: 'journal', lines, sinceMs, full };
  const known = new Set(before.lines.map((line) => line.seq));
  const all = [...before.lines, ...lines.filter((line) => !known.has(line.seq))].toSorted(
    (one, other) => one.atMs - other.atMs || one.seq - other.seq,
  );
  const cut = all.length > mostLines;
  return {
    kind: 'journal',
    lines: cut ? all.slice(-mostLines) : all,
    sinceMs: before.sinceMs,
    full: before.full || cut,
  };
}

function sinceIn(body: unknown): number {
  return isRecord(body) && typeof body['sinceMs'] === 'number' ? body['sinceMs'] : 0;
}

function within(ms: number, answer: Promise<string | null>): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('late'), ms);
    void answer.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

function forget(kept: Map<string, Kept>): void {
  let lines = 0;
  for (const { value } of kept.values()) lines += value === null || value.kind === 'details' ? 0 : value.lines.length;
  for (const [key, { value }] of kept) {
    if (kept.size <= most.questions && lines <= most.lines) break;
    if (kept.size === 1) break;
    kept.delete(key);
    lines -= value === null || value.kind === 'details' ? 0 : value.lines.length;
  }
}

function isLine(value: unknown): value is JournalLine {
  return (
    isRecord(value) &&
    typeof value['seq'] === 'number' &&
    typeof value['atMs'] === 'number' &&
    typeof value['host'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isRecord(value['because'])
  );
}

function isDetails(value: unknown): value is DetailsView {
  return (
    isRecord(value) &&
    typeof value['host'] === 'string' &&
    Array.isArray(value['measured']) &&
    Array.isArray(value['checks']) &&
    Array.isArray(value['outages'])
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
