// Why a service, an incident or a decision is as it is: the story from the journal, how it stands now, what it waits for, what one can do.
// Pure: entries and status in, explanation out.

import type { JournalLine, ServiceView } from '../../api.ts';
import type { JsonValue } from '../../model/json.ts';
import type { LastWords } from '../outputs/last-words.ts';
import { safe } from '../text.ts';
import { clockText, durationText } from '../times.ts';
import { factText } from './facts.ts';
import {
  heldBackText,
  incidentState,
  modesText,
  serviceState,
  standingText,
  withoutAgent,
  type Known,
} from './state-words.ts';
import { worded } from './words.ts';

/** One thing that happened. */
export interface Step {
  readonly atMs: number;
  readonly text: string;
  /** The rule that decided it; null: it was no decision. */
  readonly rule: number | null;
  readonly facts: Readonly<Record<string, JsonValue>>;
  /** For people only: what stands at the end of the line, and whether the line is needed at all. */
  readonly aside: string;
  readonly detail: boolean;
}

/** What `explain` shows. */
export interface Explanation {
  /** What could not be looked at. */
  readonly gaps: readonly string[];
  readonly subject: string;
  /** How it stands now, as sentences. */
  readonly state: string;
  readonly steps: readonly Step[];
  /** Null: it waits for nothing. */
  readonly waitingFor: string | null;
  /** Commands. */
  readonly youCan: readonly string[];
  /** Failure modes that may be behind it, in words, the likeliest first. */
  readonly modes: readonly string[];
  /** The last lines of each instance that is not as it should be. */
  readonly wrote: readonly LastWords[];
  /** What consumers noticed; null when nothing. */
  readonly consumers: string | null;
  /** Of a decision: each fact that it rests on. */
  readonly facts: readonly string[];
}

/** Of a service. */
export function explainService(name: string, known: Known): Explanation {
  const service = known.status?.services.find((each) => each.name === name) ?? null;
  const hosts = new Set(
    service?.instances.map((each) => each.host) ??
      known.lines.filter((line) => line.service === name).map((line) => line.host),
  );
  const lines = known.lines.filter((line) => line.service === name || (line.service === null && concerns(line, hosts)));
  return {
    subject: name,
    gaps: known.unreadable,
    state: service === null ? withoutAgent(known) : serviceState(service, lines, known),
    wrote: known.wrote,
    steps: stepsOf(lines, known),
    waitingFor: waitingOf(
      lines.filter((line) => line.service === name),
      service,
    ),
    youCan: serviceCommands(name, service, known),
    modes: [
      ...modesText(
        (known.status?.incidents ?? []).filter(
          (each) => each.service === name || each.also.some((also) => also.split('@')[0] === name),
        ),
      ),
      ...(service === null ? [] : [...standingText(service, known.found), ...heldBackText(service, known.found)]),
    ],
    facts: [],
    consumers: consumersText(
      lines.filter((line) => line.service === name),
      name,
      known,
    ),
  };
}

/** Of an incident: what happened to all that it names, from a little before it opened. */
export function explainIncident(id: string, known: Known): Explanation | null {
  const own = known.lines.filter((line) => line.kind === 'incident' && line.because['id'] === id);
  const view = known.status?.incidents.find((each) => each.id === id) ?? null;
  const first = own[0];
  if (first === undefined && view === null) return null;
  const fromMs = (first?.atMs ?? view?.sinceMs ?? 0) - 5_000;
  const resolved = own.findLast((line) => line.because['event'] === 'resolved');
  const toMs = resolved === undefined ? Infinity : resolved.atMs + 1_000;
  const services = new Set([...own.map((line) => line.service), view?.service ?? null].filter((each) => each !== null));
  const hosts = new Set(
    [...own.map((line) => line.because['host']), view?.host ?? null].filter((each) => typeof each === 'string'),
  );
  const lines = known.lines.filter(
    (line) =>
      line.atMs >= fromMs &&
      line.atMs <= toMs &&
      (line.kind === 'incident'
        ? line.because['id'] === id
        : line.service === null
          ? concerns(line, hosts)
          : services.has(line.service)),
  );
  const service = known.status?.services.find((each) => each.name === view?.service) ?? null;
  return {
    subject: id,
    gaps: known.unreadable,
    state:
      view === null
        ? resolved === undefined
          ? withoutAgent(known)
          : `Incident ${safe(id)} is over since ${clockText(resolved.atMs, known.nowMs)}.`
        : incidentState(view, known),
    wrote: known.wrote,
    steps: stepsOf(lines, known),
    waitingFor: waitingOf(lines, service),
    youCan: [
      ...(view !== null && view.ackBy === null && view.resolvedAtMs === null ? [known.command(`ack ${id}`)] : []),
      ...(view?.service === null || view === null ? [] : [known.command(`explain ${view.service}`)]),
    ],
    modes: view === null ? [] : modesText([view]),
    facts: [],
    consumers: view === null ? null : `Impact: ${safe(view.impact)}${view.impact.endsWith('.') ? '' : '.'}`,
  };
}

/** Of one decision, `4711@a`: every fact that it rests on. Null: there is none of that number. */
export function explainDecision(seq: number, host: string | null, known: Known): Explanation | null {
  const line = known.lines.find((each) => each.seq === seq && (host === null || each.host === host));
  if (line === undefined) return null;
  const rule = line.rule === null ? undefined : known.vocabulary.rules.get(line.rule);
  const state =
    rule === undefined
      ? `${safe(line.kind)}: noted without a rule.`
      : `Rule ${rule.n} (${rule.name}) fired: ${rule.why}.`;
  return {
    subject: `${line.seq}@${line.host}`,
    gaps: [],
    state,
    wrote: [],
    steps: stepsOf([line], known),
    waitingFor: typeof line.because['waitsFor'] === 'string' ? line.because['waitsFor'] : null,
    youCan: line.service === null ? [] : [known.command(`explain ${line.service}`)],
    consumers: null,
    modes: [],
    facts: Object.entries(line.because).map(([name, value]) => factText(name, value, known.nowMs)),
  };
}

function stepsOf(lines: readonly JournalLine[], known: Known): Step[] {
  return lines.map((line, index) => {
    const said = worded(line, known.vocabulary, known.nowMs);
    return {
      atMs: line.atMs,
      text: said.text,
      rule: line.rule,
      facts: line.because,
      aside: said.aside,
      detail: said.detail || isToldByNext(lines, index),
    };
  });
}

/** An activation that ends a failover is told with it. */
function isToldByNext(lines: readonly JournalLine[], index: number): boolean {
  const line = lines[index];
  if (line?.kind !== 'active') return false;
  return lines
    .slice(index + 1, index + 4)
    .some((next) => next.kind === 'failover' && next.service === line.service && next.host === line.host);
}

/** What happened to a host or the store, when the service runs there. */
function concerns(line: JournalLine, hosts: ReadonlySet<JsonValue>): boolean {
  switch (line.kind) {
    case 'hostLost':
    case 'hostSilent':
    case 'hostLeft':
    case 'rule':
    case 'incident':
      return hosts.has(line.because['host'] ?? line.host);
    case 'modeFound':
    case 'modeOver':
    case 'modeSuspected':
    case 'keeperLost':
    case 'storeLost':
    case 'storeBack':
    case 'quit':
    case 'person':
      return hosts.has(line.host);
    default:
      return false;
  }
}

/** The waits of each host that nothing but waits has followed; what an instance waits for before what its lease does. */
function waitingOf(lines: readonly JournalLine[], service: ServiceView | null): string | null {
  const waits = new Map<string, JournalLine[]>();
  const settled = new Set<string>();
  for (const line of lines.toReversed()) {
    if (line.kind === 'incident' || settled.has(line.host)) continue;
    if (line.kind === 'wait') waits.set(line.host, [...(waits.get(line.host) ?? []), line]);
    else settled.add(line.host);
  }
  const said = [...waits]
    .filter(([host]) => service === null || stillWaits(service, host))
    .map(([host, found]) => {
      const byInstance = found.toSorted((a, b) => (b.rule ?? 0) - (a.rule ?? 0));
      const names = byInstance.map((line) => line.because['waitsFor']).filter((each) => typeof each === 'string');
      return `${[...new Set(names)].map(safe).join(', ')} (${safe(host)})`;
    });
  if (said.length > 0) return said.join('; ');
  const changing = service?.instances.find((each) => each.phase !== each.planned && each.planned !== 'down');
  return changing === undefined ? null : `${safe(changing.host)} to become ${changing.planned}`;
}

/** A wait that was written down once may be over without a word. */
function stillWaits(service: ServiceView, host: string): boolean {
  const instance = service.instances.find((each) => each.host === host);
  if (instance === undefined || service.severity !== 0) return true;
  // A cold one beside an active one waits for nothing.
  const isAsPlanned = service.scheduledDown || service.active.length > 0;
  return instance.phase !== instance.planned || (instance.phase === 'down' && !isAsPlanned);
}

function serviceCommands(name: string, service: ServiceView | null, known: Known): string[] {
  if (known.status === null) return [known.command('up PATH'), known.command('doctor')];
  if (service === null || service.external !== null) return [known.command('status')];
  const open = known.status.incidents.find(
    (each) => each.resolvedAtMs === null && each.ackBy === null && each.service === name,
  );
  const standby = service.instances.find((each) => each.phase === 'standby' || each.phase === 'passive');
  const stopped =
    service.instances.every((each) => each.phase === 'down' && each.planned === 'down') &&
    (!service.scheduledDown || service.downBecause?.kind === 'asked');
  return [
    ...(open === undefined ? [] : [known.command(`ack ${open.id}`)]),
    known.command(`logs ${name}`),
    ...(service.paused ? [known.command(`resume ${name}`)] : []),
    ...(stopped ? [known.command(`start ${name}`)] : [known.command(`restart ${name}`)]),
    ...(standby !== undefined && service.active.length === 1
      ? [known.command(`failover ${name} --to ${standby.host}`)]
      : []),
  ];
}

function consumersText(lines: readonly JournalLine[], name: string, known: Known): string | null {
  const last = lines.findLast((line) => line.kind === 'failover');
  const z = last?.because['zMs'];
  if (typeof z !== 'number' || known.status === null) return null;
  const { usedMs, unavailableMs, perMs } = known.status.objective;
  return `Consumers had no ${safe(name)} for ${durationText(z)}. Used in the last ${durationText(perMs)}: ${durationText(usedMs)} of ${durationText(unavailableMs)}.`;
}
