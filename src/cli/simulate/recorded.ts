// A recorded incident, out of the journals: when it opened and closed, what befell the system from outside, what was active before, and
// what each service's recovery took.

import type { JournalLine } from '../../api.ts';
import type { JsonValue } from '../../model/json.ts';
import type { Need, System } from '../../model/system.ts';
import type { RecordedFault } from '../../prove/simulate/replay.ts';

/** Times are Unix ms, gaps ms. */
export interface Recorded {
  readonly id: string;
  readonly key: string;
  readonly openedAtMs: number;
  /** Null: it is open still, or its end was not recorded. */
  readonly resolvedAtMs: number | null;
  readonly faults: readonly RecordedFault[];
  readonly activeOn: Readonly<Record<string, string>>;
  /** By service, how long its recoveries took then. */
  readonly gaps: Readonly<Record<string, number>>;
  readonly untilMs: number;
}

/** What leads to an incident lies no further back than this. */
const lookBackMs = 60_000;
/** So long after its end the system is watched still. */
const afterwardsMs = 60_000;
const longestMs = 6 * 3_600_000;
/** Hosts that tell of one loss differ by so much, and a renewal on its way is lost with its host. */
const sameMs = 1000;

/** The incident of that id in these lines (oldest first); null: there is none. */
export function recordedIncident(lines: readonly JournalLine[], id: string, system: System): Recorded | null {
  const own = lines.filter((line) => line.kind === 'incident' && line.because['id'] === id);
  const opened = own[0];
  if (opened === undefined) return null;
  const key = textOf(opened.because['key']);
  const resolved = own.findLast((line) => line.because['event'] === 'resolved') ?? null;
  const last = resolved?.atMs ?? lines.at(-1)?.atMs ?? opened.atMs;
  const endMs = Math.min(last, opened.atMs + longestMs);
  const all = faultsIn(lines, opened.atMs - lookBackMs, endMs, system);
  const about = concerns(key, system);
  // What led to it: the first of its own kind; whatever befell the system from then on is part of the story.
  const first = all.find((fault) => about(fault) && fault.atMs <= opened.atMs + 1000);
  const fromMs = first?.atMs ?? opened.atMs;
  const faults = all.filter((fault) => fault.atMs >= fromMs);
  const gaps: Record<string, number> = {};
  for (const { kind, service, because } of lines) {
    const [ended, z] = [because['endedAtMs'], because['zMs']];
    if (kind !== 'failover' || service === null || typeof ended !== 'number' || typeof z !== 'number') continue;
    if (because['planned'] !== true && ended >= fromMs - sameMs && ended <= endMs)
      gaps[service] = (gaps[service] ?? 0) + z;
  }
  return {
    id,
    key,
    openedAtMs: opened.atMs,
    resolvedAtMs: resolved?.atMs ?? null,
    faults,
    activeOn: activeBefore(lines, fromMs),
    gaps,
    untilMs: Math.max(endMs, ...faults.map((fault) => fault.untilMs ?? fault.atMs)) + afterwardsMs,
  };
}

/** The newest incidents, for who gave none that there is: `id since`. */
export function incidentsIn(lines: readonly JournalLine[]): readonly string[] {
  const opened = lines.filter((line) => line.kind === 'incident' && line.because['event'] === 'opened');
  return opened
    .slice(-10)
    .toReversed()
    .map((line) => textOf(line.because['id']));
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Ends that nobody asked for, hosts and stores that were lost, externals that did not answer. In order. */
function faultsIn(lines: readonly JournalLine[], fromMs: number, toMs: number, system: System): RecordedFault[] {
  const found: RecordedFault[] = [];
  const externals = new Set(system.services.flatMap(({ kind, name }) => (kind === 'external' ? [name] : [])));
  for (const [index, line] of lines.entries()) {
    const { kind, atMs, service, host, because } = line;
    if (atMs < fromMs || atMs > toMs) continue;
    if (kind === 'ended' && service !== null) {
      const by = because['by'];
      if ((by !== 'itself' && by !== 'keeper-lost') || because['finished'] === true) continue;
      const endedAtMs = because['endedAtMs'];
      found.push(instanceFault(lines, index, typeof endedAtMs === 'number' ? endedAtMs : atMs));
    } else if (kind === 'rule' && service !== null && because['found'] !== undefined)
      found.push(instanceFault(lines, index, atMs));
    else if (kind === 'hostLost') {
      const silentMs = because['silentMs'];
      const lost = typeof because['host'] === 'string' ? because['host'] : '';
      if (typeof silentMs !== 'number' || isKnown(found, 'host', lost, atMs)) continue;
      // It lived until after its last renewal; the next thing that it wrote shows it back.
      const back = lines.find((each) => each.host === lost && each.atMs > atMs && each.kind === 'session');
      found.push({
        atMs: atMs - silentMs + 1,
        untilMs: back === undefined || back.atMs > toMs ? null : back.atMs,
        what: { kind: 'host', host: lost },
      });
    } else if (kind === 'storeLost') {
      if (isKnown(found, 'store', '', atMs)) continue;
      const back = lines.find((each) => each.kind === 'storeBack' && each.host === host && each.atMs > atMs);
      found.push({ atMs, untilMs: back?.atMs ?? null, what: { kind: 'store' } });
    } else if (kind === 'incident' && because['event'] === 'opened' && service !== null && externals.has(service)) {
      const over = lines.find(
        (each) => each.because['id'] === because['id'] && each.because['event'] === 'resolved' && each.atMs > atMs,
      );
      found.push({ atMs, untilMs: over?.atMs ?? null, what: { kind: 'external', service } });
    }
  }
  return found.toSorted((a, b) => a.atMs - b.atMs);
}

/** Several hosts tell of the same loss. */
function isKnown(found: readonly RecordedFault[], kind: 'host' | 'store', host: string, atMs: number): boolean {
  return found.some(
    ({ what, untilMs, atMs: since }) =>
      what.kind === kind &&
      (what.kind !== 'host' || what.host === host) &&
      since <= atMs &&
      (untilMs ?? Infinity) > atMs,
  );
}

function instanceFault(lines: readonly JournalLine[], index: number, atMs: number): RecordedFault {
  const line = lines[index];
  const { service = '', host = '', instance = null, term = null } = line ?? {};
  // An instance that was made active, and of which nothing has been heard since but its end.
  const wasActive =
    (term ?? 0) > 0 || lines.slice(0, index).some((each) => each.kind === 'active' && each.instance === instance);
  return { atMs, untilMs: null, what: { kind: 'instance', service: service ?? '', host, wasActive } };
}

function activeBefore(lines: readonly JournalLine[], atMs: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { kind, service, host, atMs: when } of lines)
    if (kind === 'active' && service !== null && when < atMs) found[service] = host;
  return found;
}

/** Whether a fault may be what the incident of this key is about. */
function concerns(key: string, system: System): (fault: RecordedFault) => boolean {
  const [kind = '', name = ''] = key.split(/:(.*)/s);
  const names = new Set(kind === 'service' ? [name, ...neededBy(system, name)] : []);
  return ({ what }) => {
    switch (what.kind) {
      case 'instance':
      case 'external':
        return names.has(what.service);
      case 'host':
        return kind === 'host' ? what.host === name : kind === 'service' || kind === 'store';
      case 'store':
        return kind === 'store' || kind === 'service';
      default:
        return what satisfies never;
    }
  };
}

function neededBy(system: System, name: string): Set<string> {
  const found = new Set<string>();
  const open = [name];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const needs = system.services.find((service) => service.name === one)?.needs ?? null;
    for (const each of needs === null ? [] : namesIn(needs)) {
      if (found.has(each)) continue;
      found.add(each);
      open.push(each);
    }
  }
  return found;
}

function namesIn(need: Need): string[] {
  return need.kind === 'service' ? [need.name] : need.of.flatMap(namesIn);
}
