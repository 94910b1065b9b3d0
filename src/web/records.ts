// What the journals say, for the console: lines as sentences, explanations, the time axis, past incidents.

import type { ExplanationView, GapView, Happening, JournalPage } from '../api-web.ts';
import type { IncidentView, JournalLine, StatusView } from '../api.ts';
import { pastWords } from '../cli/explain/past-words.ts';
import type { Known } from '../cli/explain/state-words.ts';
import { worded, type Vocabulary } from '../cli/explain/words.ts';
import { explained } from '../cli/verbs/explain.ts';
import { incidentKinds, incidentsIn } from '../journal/past-incidents.ts';
import type { JournalQuestion } from '../serve/web/port.ts';
import type { ReadJournals } from './journals.ts';

interface Records {
  page(question: JournalQuestion): Promise<JournalPage>;
  explain(subject: string, sinceMs: number, status: StatusView | null): Promise<ExplanationView | null>;
  happenings(sinceMs: number): Promise<readonly Happening[]>;
  pastIncidents(sinceMs: number): Promise<readonly IncidentView[]>;
  /** One that was ever open, as the journal tells of it. */
  incident(id: string): Promise<IncidentView | null>;
}

/** A search looks at so many lines and no more: the console must go on answering. */
const mostSearched = 50_000;
/** Of the time axis, newest first. */
const mostHappenings = 2_000;
/** What led to an incident stands before its opening in the record, and what ended it after its end. */
const around = { beforeMs: 10_000, afterMs: 2_000 };

/** Nothing is read before it is asked for. */
export function openRecords(of: {
  readonly read: ReadJournals;
  /** As the description in force declares it. */
  readonly impact: (service: string) => string | null;
  readonly vocabulary: Vocabulary;
}): Records {
  const { read, vocabulary } = of;
  const say = (line: JournalLine): JournalPage['lines'][number] => {
    const { text, aside } = worded(line, vocabulary, Date.now());
    return { ...line, text, aside };
  };
  const words = pastWords(vocabulary, of.impact);
  const tell = async (
    subject: string,
    window: { readonly sinceMs: number; readonly untilMs?: number },
    status: StatusView | null,
  ): Promise<ExplanationView | null> => {
    const { lines, missing } = await read({ ...window, limit: mostSearched });
    const known: Known = {
      lines,
      unreadable: missing.map(gapText),
      status,
      // Modes and outputs stand elsewhere on its pages.
      found: null,
      wrote: [],
      vocabulary,
      nowMs: Date.now(),
      command: (verb) => `standfast ${verb}`,
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
      missing,
    };
  };

  return {
    async page(question) {
      const { lines, missing } = await read(
        {
          sinceMs: question.sinceMs ?? undefined,
          untilMs: question.untilMs ?? undefined,
          service: question.service ?? undefined,
          kinds: question.kinds ?? undefined,
          incident: question.incident ?? undefined,
          limit: question.search === null ? question.limit + 1 : mostSearched,
        },
        question.host,
      );
      const wanted = (question.search ?? '')
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '');
      const fitting = lines.map(say).filter((line) => {
        if (wanted.length === 0) return true;
        const text =
          `${line.text} ${line.aside} ${line.kind} ${line.instance ?? ''} ${JSON.stringify(line.because)}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      });
      return {
        lines: fitting.slice(Math.max(0, fitting.length - question.limit)),
        more: fitting.length > question.limit || lines.length >= mostSearched,
        missing,
      };
    },
    async explain(subject, sinceMs, status) {
      // An incident's story lies between its opening and its end, however long ago that was.
      const own = (await read({ incident: subject, kinds: ['incident'], limit: mostHappenings })).lines;
      const first = own[0];
      if (first === undefined) return await tell(subject, { sinceMs }, status);
      const over = own.findLast((line) => line.because['event'] === 'resolved');
      const isOpen = status?.incidents.some((each) => each.id === subject && each.resolvedAtMs === null) === true;
      const untilMs = over === undefined || isOpen ? undefined : over.atMs + around.afterMs;
      const window = { sinceMs: first.atMs - around.beforeMs, ...(untilMs === undefined ? {} : { untilMs }) };
      return await tell(subject, window, status);
    },
    async happenings(sinceMs) {
      const { lines } = await read({ sinceMs, kinds: Object.keys(kindOfHappening), limit: mostHappenings });
      return lines.flatMap((line) => {
        const kind = happeningOf(line);
        if (kind === null) return [];
        // People know an incident by its cause, not by its name.
        const text =
          line.kind !== 'incident' ? say(line).text : `${kind === 'resolved' ? 'over: ' : ''}${words.cause(line)}`;
        const id = line.because['id'];
        const subject =
          line.kind === 'incident' && typeof id === 'string' ? id : (line.service ?? `${line.seq}@${line.host}`);
        return [{ atMs: line.atMs, kind, service: line.service, host: line.host, text, subject }];
      });
    },
    async pastIncidents(sinceMs) {
      return incidentsIn((await read({ sinceMs, kinds: incidentKinds, limit: mostHappenings })).lines, words);
    },
    async incident(id) {
      const { lines } = await read({ incident: id, kinds: incidentKinds, limit: mostHappenings });
      if (lines.length === 0) return null;
      const suspicions = await read({ kinds: ['modeSuspected'], sinceMs: lines[0]?.atMs, limit: mostHappenings });
      const all = [...lines, ...suspicions.lines.filter((line) => line.because['id'] === id)];
      return (
        incidentsIn(
          all.toSorted((one, other) => one.atMs - other.atMs),
          words,
        ).find((each) => each.id === id) ?? null
      );
    },
  };
}

/** What could not be had, as one sentence. */
function gapText({ host, why }: GapView): string {
  return `${host}: ${why}`;
}

const kindOfHappening: Readonly<Record<string, Happening['kind']>> = {
  failover: 'failover',
  started: 'restart',
  incident: 'incident',
  person: 'person',
  description: 'description',
  hostLost: 'host',
  hostSilent: 'host',
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
