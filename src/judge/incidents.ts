// Brings the incidents that are kept in line with those that should be open, and says what there is to tell about it.
//
// Opening is damped, resolving never (but for flapping, which says so): an incident that opened and resolved more than five times
// within ten minutes stays open, marked flapping, until it has been quiet for three times its usual swing, between one and ten
// minutes. When a root is mended while what suffered from it is still coming back, the incident stays open with those names until
// they are back too (at most `settleMs`), instead of being resolved and opened again thirty times. What is noted on one: incident.ts.

import { hash32 } from './hash.ts';
import type { Incident, IncidentEvent, IncidentEventKind } from './incident.ts';
import { isGraver } from './reason.ts';
import type { Reason } from './reason.ts';
import type { FaultSeverity } from '../model/system.ts';
import type { WallMs } from '../model/units.ts';

/** An incident that should be open now. Of `service`, `instance` and `host` what does not apply is null. */
export interface DesiredIncident {
  /** The same as long as it is about the same: `host:b`, `service:pricer`, `store`, or what `others` say. */
  readonly key: string;
  /** The gravest of the root and of what is joined. */
  readonly severity: FaultSeverity;
  readonly service: string | null;
  /** `pricer@a`. */
  readonly instance: string | null;
  readonly host: string | null;
  readonly cause: Reason;
  /** What else is not fine because of it: a service when none of it is fine, else its instances; sorted. */
  readonly also: readonly string[];
}

/** The incidents as they are now to be kept. */
export interface Reconciled {
  /** Open ones and those resolved within the last ten minutes or with something untold; at most 500 of the latter. */
  readonly open: readonly Incident[];
  /** What is new since the last time; each is also in its incident, untold. */
  readonly events: readonly { readonly incident: Incident; readonly event: IncidentEvent }[];
}

const windowMs = 600_000;
const mostTurns = 5;
const mostEvents = 50;
const mostResolved = 500;

/** How long those that suffered may take to come back under the incident of their root. */
const settleMs = 120_000;

/** `kept`: what the last call gave. The same input gives the same output, so two agents that write it agree. */
export function reconcile(kept: readonly Incident[], desired: readonly DesiredIncident[], nowMs: WallMs): Reconciled {
  const wanted = new Map(desired.map((each) => [each.key, each]));
  const settling = settlingRoots(kept, wanted, nowMs);
  const next: Incident[] = [];
  for (const incident of kept) {
    if (incident.resolvedAtMs !== null) {
      if (isWorthKeeping(incident, nowMs)) next.push(incident);
      continue;
    }
    const want = wanted.get(incident.key);
    const suffering = settling.get(incident.key);
    wanted.delete(incident.key);
    if (want !== undefined) next.push(present(incident, want, nowMs));
    else if (suffering !== undefined) {
      for (const each of suffering) wanted.delete(each.key);
      next.push(settlingOn(incident, suffering, nowMs));
    } else next.push(absent(incident, joinedTo(incident, desired), nowMs));
  }
  for (const want of wanted.values()) {
    const earlier = kept.filter((each) => each.key === want.key && each.sinceMs === nowMs).length;
    next.push(opened(want, incidentId(want.key, nowMs, earlier), turnsOf(kept, want.key, nowMs), nowMs));
  }
  return { open: bounded(next), events: newEvents(kept, next) };
}

/** What keeps an open incident as it is. */
export function goingOn({ key, severity, service, instance, host, cause, also }: Incident): DesiredIncident {
  return { key, severity, service, instance, host, cause, also };
}

function opened(want: DesiredIncident, id: string, earlier: readonly number[], nowMs: number): Incident {
  const turns = [...earlier, nowMs];
  const flapping = turns.length > mostTurns;
  const { key, severity, service, instance, host, cause, also } = want;
  const bare: Incident = {
    id,
    key,
    severity,
    worst: severity,
    service,
    instance,
    host,
    cause,
    also,
    sinceMs: nowMs,
    resolvedAtMs: null,
    joined: null,
    done: [],
    ackBy: null,
    ackAtMs: null,
    flapping,
    present: true,
    settlingSinceMs: null,
    turns,
    events: [],
    suspects: [],
  };
  const told = withEvent(bare, 'opened', nowMs);
  return flapping ? withEvent(told, 'flapping', nowMs) : told;
}

/** It is (again) as it should not be. */
function present(incident: Incident, want: DesiredIncident, nowMs: number): Incident {
  const { severity, service, instance, host, cause, also } = want;
  const turns = recent(
    incident.present || incident.settlingSinceMs !== null ? incident.turns : [...incident.turns, nowMs],
    nowMs,
  );
  const updated: Incident = {
    ...incident,
    severity,
    worst: isGraver(severity, incident.worst) ? severity : incident.worst,
    service,
    instance,
    host,
    cause,
    also,
    present: true,
    settlingSinceMs: null,
    turns,
  };
  if (isGraver(severity, incident.severity)) {
    // While it flaps only what is graver than ever is news.
    return incident.flapping && !isGraver(severity, incident.worst) ? updated : withEvent(updated, 'worsened', nowMs);
  }
  if (isGraver(incident.severity, severity)) return incident.flapping ? updated : withEvent(updated, 'eased', nowMs);
  return updated;
}

/** The root is mended, these are not yet back. */
function settlingOn(incident: Incident, suffering: readonly DesiredIncident[], nowMs: number): Incident {
  const severity = suffering.reduce<FaultSeverity>(
    (worst, each) => (isGraver(each.severity, worst) ? each.severity : worst),
    3,
  );
  const names = new Set(suffering.flatMap((each) => [nameOf(each), ...each.also]));
  const updated: Incident = {
    ...incident,
    severity,
    also: [...names].toSorted(),
    present: false,
    settlingSinceMs: incident.settlingSinceMs ?? nowMs,
  };
  return isGraver(incident.severity, severity) && !incident.flapping ? withEvent(updated, 'eased', nowMs) : updated;
}

/** It is no more as it should not be: resolved, unless it comes and goes. */
function absent(incident: Incident, joined: string | null, nowMs: number): Incident {
  const wasThere = incident.present || incident.settlingSinceMs !== null;
  const turns = recent(wasThere ? [...incident.turns, nowMs] : incident.turns, nowMs);
  const gone: Incident = { ...incident, present: false, settlingSinceMs: null, turns };
  if (joined === null && !incident.flapping && turns.length > mostTurns)
    return withEvent({ ...gone, flapping: true }, 'flapping', nowMs);
  const last = incident.flapping ? (turns.at(-1) ?? null) : null;
  if (joined === null && last !== null && nowMs - last < quietMs(turns)) return gone;
  return withEvent({ ...gone, resolvedAtMs: nowMs, joined }, 'resolved', nowMs);
}

/** How long one that flapped must be quiet: three times its mean swing in the last ten minutes, between one and ten minutes. */
function quietMs(turns: readonly number[]): number {
  const span = (turns.at(-1) ?? 0) - (turns[0] ?? 0);
  const swing = turns.length > 1 ? span / (turns.length - 1) : 0;
  return Math.min(windowMs, Math.max(60_000, 3 * swing));
}

/** Open roots that are mended, with the desired incidents that are wholly what is left of them. */
function settlingRoots(
  kept: readonly Incident[],
  wanted: ReadonlyMap<string, DesiredIncident>,
  nowMs: number,
): ReadonlyMap<string, readonly DesiredIncident[]> {
  const found = new Map<string, readonly DesiredIncident[]>();
  const open = kept.filter((each) => each.resolvedAtMs === null);
  const taken = new Set(open.map((each) => each.key));
  for (const incident of open) {
    if (wanted.has(incident.key) || incident.also.length === 0) continue;
    if (incident.settlingSinceMs !== null && nowMs - incident.settlingSinceMs >= settleMs) continue;
    const left = [...wanted.values()].filter(
      (want) =>
        !taken.has(want.key) &&
        !isRootOfItsOwn(want) &&
        [nameOf(want), ...want.also].every((name) => isAmong(name, incident.also)),
    );
    for (const want of left) taken.add(want.key);
    if (left.length > 0) found.set(incident.key, left);
  }
  return found;
}

/** That a kill came late, say: it does not come from what a host or a service lacks, and is not over when that is back. */
function isRootOfItsOwn({ key }: DesiredIncident): boolean {
  return !/^(?:host:|service:|store$)/.test(key);
}

/** The key of the desired incident that has taken this one in, if any. */
function joinedTo(incident: Incident, desired: readonly DesiredIncident[]): string | null {
  return desired.find((each) => each.key !== incident.key && isAmong(nameOf(incident), each.also))?.key ?? null;
}

/** `pricer@a` is among those that name it, or the whole of `pricer`. */
function isAmong(name: string, names: readonly string[]): boolean {
  return names.includes(name) || names.includes(name.split('@', 1)[0] ?? name);
}

function nameOf(about: Pick<DesiredIncident, 'key' | 'service' | 'instance' | 'host'>): string {
  return about.instance ?? about.service ?? (about.host === null ? about.key : `host ${about.host}`);
}

function turnsOf(kept: readonly Incident[], key: string, nowMs: number): readonly number[] {
  const turns = kept.filter((each) => each.key === key && each.joined === null).flatMap((each) => each.turns);
  return recent(
    [...new Set(turns)].toSorted((a, b) => a - b),
    nowMs,
  );
}

function recent(turns: readonly number[], nowMs: number): readonly number[] {
  return turns.filter((at) => nowMs - at < windowMs).slice(-50);
}

function withEvent(incident: Incident, kind: IncidentEventKind, atMs: number): Incident {
  const n = (incident.events.at(-1)?.n ?? 0) + 1;
  const event: IncidentEvent = { n, kind, severity: incident.severity, atMs, told: false };
  return { ...incident, events: [...incident.events, event].slice(-mostEvents) };
}

function newEvents(before: readonly Incident[], after: readonly Incident[]): Reconciled['events'] {
  const last = new Map(before.map((incident) => [incident.id, incident.events.at(-1)?.n ?? 0]));
  return after.flatMap((incident) =>
    incident.events.filter((event) => event.n > (last.get(incident.id) ?? 0)).map((event) => ({ incident, event })),
  );
}

function isWorthKeeping(incident: Incident, nowMs: number): boolean {
  return nowMs - (incident.resolvedAtMs ?? nowMs) < windowMs || incident.events.some((event) => !event.told);
}

/** The oldest of the resolved go first. */
function bounded(incidents: readonly Incident[]): readonly Incident[] {
  const resolved = incidents.filter((incident) => incident.resolvedAtMs !== null);
  const surplus = new Set(resolved.slice(0, Math.max(0, resolved.length - mostResolved)));
  return surplus.size === 0 ? incidents : incidents.filter((incident) => !surplus.has(incident));
}

const letters = '23456789abcdefghjkmnpqrstuvwxyz'; // read aloud without mistaking one for another

/** `earlier`: how many of this key opened in the same millisecond before it. */
function incidentId(key: string, sinceMs: number, earlier: number): string {
  const name = key.replace(/^service:/, '').replaceAll(/[^\p{L}\p{N}_.]+/gu, '-');
  let left = hash32(`${key} ${sinceMs}${earlier === 0 ? '' : ` ${earlier}`}`);
  let made = '';
  for (let place = 0; place < 6; place += 1) {
    made += letters[left % letters.length] ?? '';
    left = Math.floor(left / letters.length);
  }
  return `${name}-${made}`;
}
