// Incidents that are over, or were open, as the journal tells of them, for the console and the command line: nothing but the record is asked, so they are there when every agent is gone.

import type { IncidentView, JournalLine, SuspectView } from '../api.ts';
import type { JsonValue } from '../model/json.ts';

/** The kinds of lines that tell of incidents. */
export const incidentKinds: readonly string[] = ['incident', 'person', 'modeSuspected'];

/** What the record says in codes and names, in words. */
export interface Words {
  /** Of an incident's line. */
  cause(line: JournalLine): string;
  /** As the description in force declares it; null: none. */
  impact(service: string): string | null;
  /** Where it stands what to do about a failure mode. */
  runbook(mode: string): string;
}

/** The incidents that these lines tell of, as they were last told, newest first. */
export function incidentsIn(lines: readonly JournalLine[], words: Words): readonly IncidentView[] {
  const byId = new Map<string, IncidentView>();
  for (const line of lines) {
    if (line.kind === 'person') {
      const taken = byId.get(textOf(line.because['incident']) ?? '');
      if (taken !== undefined && line.because['verb'] === 'ack')
        byId.set(taken.id, { ...taken, ackBy: textOf(line.because['owner']) });
      continue;
    }
    const id = textOf(line.because['id']);
    const before = byId.get(id ?? '') ?? null;
    if (id === null) continue;
    if (line.kind === 'incident') byId.set(id, after(before, id, line, words));
    else if (before !== null) byId.set(id, suspected(before, line, words));
  }
  return [...byId.values()].toSorted((a, b) => b.sinceMs - a.sinceMs);
}

function after(before: IncidentView | null, id: string, line: JournalLine, words: Words): IncidentView {
  const text = (name: string): string | null => textOf(line.because[name]);
  const event = text('event');
  const service = line.service ?? before?.service ?? null;
  const also = textsOf(line.because['also']) ?? before?.also ?? [];
  return {
    id,
    // What is over is no longer grave; what it was counts.
    severity: event === 'resolved' && before !== null ? before.severity : (severityOf(line) ?? before?.severity ?? 3),
    service,
    instance: line.instance ?? before?.instance ?? null,
    host: text('host') ?? before?.host ?? null,
    cause: event === 'opened' || before === null ? words.cause(line) : before.cause,
    impact:
      (service === null ? null : words.impact(service)) ??
      (also.length > 0 ? `also: ${also.slice(0, 5).join(', ')}` : 'none declared'),
    sinceMs: before?.sinceMs ?? line.atMs,
    resolvedAtMs: event === 'resolved' ? line.atMs : event === 'opened' ? null : (before?.resolvedAtMs ?? null),
    also,
    done: textsOf(line.because['done']) ?? before?.done ?? [],
    next: `standfast explain ${id}`,
    nextIs: 'explain',
    ackBy: text('ackBy') ?? before?.ackBy ?? null,
    mode: before?.mode ?? null,
    modes: before?.modes ?? [],
    flapping: event === 'flapping' || before?.flapping === true,
  };
}

/** The newest suspicion of each mode counts. */
function suspected(incident: IncidentView, line: JournalLine, words: Words): IncidentView {
  const mode = textOf(line.because['mode']);
  if (mode === null) return incident;
  const { aheadMs } = line.because;
  const suspect: SuspectView = {
    mode,
    sure: line.because['sure'] === 'likely' ? 'likely' : 'possible',
    host: textOf(line.because['host']) ?? line.host,
    subject: '',
    text: textOf(line.because['text']) ?? '',
    sinceMs: incident.sinceMs - (typeof aheadMs === 'number' ? aheadMs : 0),
    for: textsOf(line.because['for']) ?? [],
    against: textsOf(line.because['against']) ?? [],
    runbook: words.runbook(mode),
  };
  return { ...incident, modes: [suspect, ...incident.modes.filter((each) => each.mode !== mode)] };
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function textsOf(value: JsonValue | undefined): readonly string[] | null {
  return Array.isArray(value) ? value.map(String) : null;
}

function severityOf(line: JournalLine): IncidentView['severity'] | null {
  const value = line.because['severity'];
  return value === 0 || value === 1 || value === 2 || value === 3 ? value : null;
}
