// Incidents: what, since when, what was done, what next. A table where there is room, else one below the other.

import type { IncidentView } from '../../api.ts';
import { columns } from '../columns.ts';
import type { Terminal } from '../terminal.ts';
import { safe, wrapped } from '../text.ts';
import { agoText, clockText } from '../times.ts';

const roomForTable = 100;

/** The lines; none when there are no incidents. */
export function incidentList(
  incidents: readonly IncidentView[],
  terminal: Terminal,
  nowMs: number,
  options: { readonly ids?: boolean } = {},
): string[] {
  if (incidents.length === 0) return [];
  return terminal.columns() >= roomForTable
    ? asTable(incidents, terminal, nowMs, options.ids ?? false)
    : incidents.flatMap((incident) => asBlock(incident, terminal, nowMs));
}

function asTable(incidents: readonly IncidentView[], terminal: Terminal, nowMs: number, ids: boolean): string[] {
  const rows = incidents.flatMap((incident) => {
    const row = [
      severityText(incident, terminal),
      ids ? safe(incident.id) : '',
      title(incident),
      sinceText(incident, nowMs),
      safe(doneText(incident)),
      safe(incident.next),
    ];
    const under = [likelyText(incident), incident.also.length === 0 ? '' : `also: ${alsoText(incident)}`];
    return [row, ...under.filter((line) => line !== '').map((line) => ['', '', `└ ${line}`, '', '', ''])];
  });
  const width = terminal.columns();
  const third = width === Infinity ? Infinity : Math.floor((width - 24) / 3);
  // Three columns may be long; each is wrapped to its share by splitting its rows, so that all of it can be read.
  const split = rows.flatMap((row) => splitRow(row, third));
  return columns(
    [
      { title: 'sev' },
      { title: 'id' },
      { title: 'incident' },
      { title: 'since' },
      { title: 'what was done' },
      { title: 'next' },
    ],
    split,
    { width, indent: 1 },
  );
}

function splitRow(row: readonly string[], share: number): string[][] {
  if (share === Infinity) return [[...row]];
  const cells = row.map((cell, index) => (index === 2 || index > 3 ? wrapped(cell, share) : [cell]));
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ''));
}

function asBlock(incident: IncidentView, terminal: Terminal, nowMs: number): string[] {
  const width = Math.min(terminal.columns(), roomForTable);
  const indent = '       ';
  const text = (label: string, value: string): string[] =>
    value === '' ? [] : wrapped(`${label}${value}`, width - indent.length).map((line) => indent + line);
  const [first = '', ...rest] = wrapped(title(incident), width - indent.length);
  return [
    ` sev ${severityText(incident, terminal)} ${first}`,
    ...rest.map((line) => indent + line),
    ...text('id ', safe(incident.id)),
    ...text('since ', sinceText(incident, nowMs)),
    ...text('done: ', safe(doneText(incident))),
    ...text('next: ', safe(incident.next)),
    ...text('', likelyText(incident)),
    ...text('also: ', alsoText(incident)),
  ];
}

/** What is likeliest behind it; empty when nothing is known, or when the cause says it. */
function likelyText(incident: IncidentView): string {
  const [first] = incident.modes;
  return first === undefined ? '' : `${first.sure === 'likely' ? 'likely' : 'possibly'}: ${safe(first.text)}`;
}

function title(incident: IncidentView): string {
  const about = incident.instance ?? incident.service ?? (incident.host === null ? null : `host ${incident.host}`);
  const held = incident.ackBy === null ? '' : ` (${safe(incident.ackBy)} has it)`;
  const flaps = incident.flapping ? ' (flapping, so it is told less often)' : '';
  const named = about === null ? '' : safe(about).replace('@', ' on ');
  const cause = safe(incident.cause);
  return `${named === '' || cause.startsWith(named) ? '' : `${named}: `}${cause}${flaps}${held}`;
}

function sinceText(incident: IncidentView, nowMs: number): string {
  const since = `${clockText(incident.sinceMs, nowMs)}`;
  return incident.resolvedAtMs === null
    ? since
    : `${since}, resolved after ${agoText(incident.sinceMs, incident.resolvedAtMs)}`;
}

/** The last things done; a service that comes back again and again has a long list. */
function doneText(incident: IncidentView): string {
  const most = 2;
  const earlier = incident.done.length - most;
  return `${incident.done.slice(-most).join('; ')}${earlier > 0 ? `; and ${earlier} before` : ''}`;
}

/** Thirty names are counted, not listed. */
function alsoText(incident: IncidentView): string {
  const most = 6;
  const names = incident.also.slice(0, most).map(safe).join(', ');
  return incident.also.length > most ? `${names} and ${incident.also.length - most} more` : names;
}

function severityText(incident: IncidentView, terminal: Terminal): string {
  return terminal.paint(incident.severity === 3 ? 'wait' : 'bad', String(incident.severity));
}
