// What the journals of this machine's hosts say, for the console: lines as sentences, explanations, the time axis, past incidents.

import { existsSync } from 'node:fs';
import type { ExplanationView, Happening, JournalPage } from '../api-web.ts';
import type { IncidentView, JournalLine, StatusView } from '../api.ts';
import type { Known } from '../cli/explain/explanation.ts';
import { worded, type Vocabulary } from '../cli/explain/words.ts';
import { explained } from '../cli/verbs/explain.ts';
import { readJournal, type JournalQuery } from '../journal/query.ts';
import type { SystemLayout } from '../layout.ts';
import type { JsonValue } from '../model/json.ts';
import type { JournalQuestion } from '../serve/web/port.ts';

export interface Records {
  page(question: JournalQuestion): JournalPage;
  explain(subject: string, sinceMs: number, status: StatusView | null): ExplanationView | null;
  happenings(sinceMs: number): readonly Happening[];
  pastIncidents(sinceMs: number): readonly IncidentView[];
}

/** A search looks at so many lines and no more: the console must go on answering. */
const mostSearched = 50_000;
/** Of the time axis, newest first. */
const mostHappenings = 2_000;

export function openRecords(of: {
  readonly layout: SystemLayout;
  /** Described hosts, and those of them whose folder lies on this machine. */
  readonly hosts: () => { readonly described: readonly string[]; readonly here: readonly string[] };
  readonly vocabulary: Vocabulary;
}): Records {
  const read = (
    query: JournalQuery,
    only: string | null = null,
  ): { lines: readonly JournalLine[]; missing: string[] } => {
    const { described, here } = of.hosts();
    const missing = described
      .filter((host) => !here.includes(host))
      .map((host) => `${host}: its journal is on another machine`);
    const files = here
      .filter((host) => only === null || host === only)
      .map((host) => of.layout.host(host).journalFile)
      .filter((file) => existsSync(file));
    const lines = readJournal(files, query, (problem) => {
      missing.push(`${problem.code} ${problem.what}: ${problem.why}. ${problem.next}`);
    });
    return { lines, missing };
  };
  const say = (line: JournalLine): JournalPage['lines'][number] => {
    const { text, aside } = worded(line, of.vocabulary, Date.now());
    return { ...line, text, aside };
  };

  return {
    page(question) {
      const narrowed = question.search !== null || question.untilMs !== null;
      const { lines, missing } = read(
        {
          sinceMs: question.sinceMs ?? undefined,
          service: question.service ?? undefined,
          kinds: question.kinds ?? undefined,
          incident: question.incident ?? undefined,
          limit: narrowed ? mostSearched : question.limit + 1,
        },
        question.host,
      );
      const words = (question.search ?? '')
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '');
      const fitting = lines
        .filter((line) => question.untilMs === null || line.atMs <= question.untilMs)
        .map(say)
        .filter((line) => {
          if (words.length === 0) return true;
          const text =
            `${line.text} ${line.aside} ${line.kind} ${line.instance ?? ''} ${JSON.stringify(line.because)}`.toLowerCase();
          return words.every((word) => text.includes(word));
        });
      return {
        lines: fitting.slice(Math.max(0, fitting.length - question.limit)),
        more: fitting.length > question.limit || (narrowed && lines.length >= mostSearched),
        missing,
      };
    },
    explain(subject, sinceMs, status) {
      const { lines, missing } = read({ sinceMs, limit: mostSearched });
      const known: Known = {
        lines,
        unreadable: missing,
        status,
        vocabulary: of.vocabulary,
        nowMs: Date.now(),
        command: (words) => `standfast ${words}`,
      };
      const found = explained(subject, known);
      if (found === null) return null;
      return {
        subject: found.subject,
        state: found.state,
        steps: found.steps.map(({ atMs, text, rule, facts, detail }) => ({ atMs, text, rule, facts, detail })),
        waitingFor: found.waitingFor,
        youCan: found.youCan,
        consumers: found.consumers,
        missing: found.gaps,
      };
    },
    happenings(sinceMs) {
      const { lines } = read({ sinceMs, kinds: Object.keys(kindOfHappening), limit: mostHappenings });
      return lines.flatMap((line) => {
        const kind = happeningOf(line);
        if (kind === null) return [];
        const { text } = worded(line, of.vocabulary, Date.now());
        const id = line.because['id'];
        const subject =
          line.kind === 'incident' && typeof id === 'string' ? id : (line.service ?? `${line.seq}@${line.host}`);
        return [{ atMs: line.atMs, kind, service: line.service, host: line.host, text, subject }];
      });
    },
    pastIncidents(sinceMs) {
      return incidentsIn(read({ sinceMs, kinds: ['incident', 'person'], limit: mostHappenings }).lines, say);
    },
  };
}

const kindOfHappening: Readonly<Record<string, Happening['kind']>> = {
  failover: 'failover',
  started: 'restart',
  incident: 'incident',
  person: 'person',
  description: 'description',
  hostLost: 'host',
  hostLeft: 'host',
  storeLost: 'store',
  storeBack: 'store',
};

function happeningOf(line: JournalLine): Happening['kind'] | null {
  const kind = kindOfHappening[line.kind] ?? null;
  if (kind !== 'incident') return kind;
  const event = line.because['event'];
  return event === 'opened' ? 'incident' : event === 'resolved' ? 'resolved' : null;
}

/** The incidents that these lines tell of, as they were last told, newest first. */
function incidentsIn(
  lines: readonly JournalLine[],
  say: (line: JournalLine) => { readonly text: string },
): readonly IncidentView[] {
  const byId = new Map<string, IncidentView>();
  for (const line of lines) {
    const text = (name: string): string | null => textOf(line.because[name]);
    if (line.kind === 'person') {
      const taken = byId.get(text('verb') === 'ack' ? (text('incident') ?? '') : '');
      if (taken !== undefined) byId.set(taken.id, { ...taken, ackBy: text('owner') });
      continue;
    }
    const id = text('id');
    if (id === null) continue;
    const event = text('event');
    const before = byId.get(id);
    const severity = severityOf(line.because['severity']) ?? before?.severity ?? 3;
    const also = line.because['also'];
    byId.set(id, {
      id,
      severity,
      service: line.service ?? before?.service ?? null,
      instance: line.instance ?? before?.instance ?? null,
      host: text('host') ?? before?.host ?? null,
      cause: event === 'opened' || before === undefined ? say(line).text : before.cause,
      impact: before?.impact ?? '',
      sinceMs: before?.sinceMs ?? line.atMs,
      resolvedAtMs: event === 'resolved' ? line.atMs : (before?.resolvedAtMs ?? null),
      also: Array.isArray(also) ? also.map(String) : (before?.also ?? []),
      done: before?.done ?? [],
      next: `standfast explain ${id}`,
      ackBy: before?.ackBy ?? null,
      mode: before?.mode ?? null,
      modes: before?.modes ?? [],
      flapping: event === 'flapping' || before?.flapping === true,
    });
  }
  return [...byId.values()].toSorted((a, b) => b.sinceMs - a.sinceMs);
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function severityOf(value: JsonValue | undefined): IncidentView['severity'] | null {
  return value === 0 || value === 1 || value === 2 || value === 3 ? value : null;
}
