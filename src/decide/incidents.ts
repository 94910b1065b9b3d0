// Incidents are kept in the store by one agent, the reporter: the first host of the description whose session lives. Each is told once, also when
// the reporter changes, since what was told stands in the incident.

import { addDone, markTold, untold, type Incident } from '../judge/incident.ts';
import { reconcile, type DesiredIncident } from '../judge/incidents.ts';
import { desiredIncidents } from '../judge/roots.ts';
import { after, monoMs, ms } from '../model/units.ts';
import { comingBack } from './coming-back.ts';
import type { Draft } from './draft.ts';
import type { Outcome } from './effect.ts';
import { noteSuspects, withSuspects } from './found.ts';
import type { StoreOutcome } from './input.ts';
import { isNeverRead, judgeAgainAt, judgeSystem } from './judged.ts';
import { keys } from './records.ts';
import { merged, unsaved, unstored, wasTold } from './unsaved.ts';

/** Not worked out oftener than this: what is over sooner is told in the journal alone. Of many services seldomer, since all are judged each time. */
const atMostEvery = { ms: 50, msPerService: 0.5 };
/** While something is open it is looked at for what time alone changes. */
const whileOpenEveryMs = 1000;

/** True when this agent is the one that keeps the incidents. */
function isReporter(d: Draft): boolean {
  const { system } = d.s;
  if (system === null) return false;
  // Before it is known who lives, the first alone calls people, so that not everybody does.
  if (d.s.store.firstReadAt === null) return system.hosts[0]?.name === d.s.me;
  for (const { name } of system.hosts) {
    if (name === d.s.me) return true;
    const session = d.s.sessions.get(name);
    if (session !== undefined && !session.value.dead) return false;
  }
  return false;
}

/** Opens, updates, resolves and tells. */
export function keepIncidents(d: Draft): void {
  if (!keepsThem(d)) {
    if (d.s.incidents.reporterSince !== null) d.s.incidents = { ...d.s.incidents, reporterSince: null };
    raiseOthers(d);
    handOver(d);
    if (d.s.store.firstReadAt === null) d.wakeBy(d.s.incidents.nextAt);
    return;
  }
  const begins = d.s.incidents.reporterSince === null;
  if (begins) d.s.incidents = { ...d.s.incidents, reporterSince: d.mono };
  const kept = d.s.incidents;
  const due = begins || (kept.nextAt !== null && d.mono >= kept.nextAt);
  if (!d.incidentsDirty && !due) return d.wakeBy(kept.nextAt);
  const restMs = Math.max(atMostEvery.ms, atMostEvery.msPerService * (d.s.system?.services.length ?? 0));
  if (d.incidentsDirty && kept.workedAt !== null && d.mono - kept.workedAt < restMs) {
    const nextAt = after(kept.workedAt, restMs);
    d.s.incidents = { ...kept, nextAt };
    return d.wakeBy(nextAt);
  }
  if (kept.writing !== null) {
    // Looked at again in the step that hears how the write came out.
    d.s.incidents = { ...kept, nextAt: d.mono };
    return;
  }
  // What stands in the store is not known before it was read: that it cannot be is all that is new.
  const isJudged = ({ key }: { readonly key: string }): boolean => !isNeverRead(d) || key === 'store';
  const desired = desiredIncidents(judgeSystem(d));
  const wanted = [...desired, ...comingBack(d, desired)].filter(isJudged);
  const { open: judged } = reconcile(kept.list.filter(isJudged), wanted, d.now.wall);
  const open = [...judged, ...kept.list.filter((each) => !isJudged(each))];
  const list = withSuspects(d, withDone(d, open));
  const changed = JSON.stringify(list) !== JSON.stringify(kept.list);
  const anyOpen = list.some((incident) => incident.resolvedAtMs === null);
  const again = [anyOpen ? d.mono + whileOpenEveryMs : null, judgeAgainAt(d)].filter((each) => each !== null);
  const nextAt = again.length === 0 ? null : monoMs(Math.min(...again));
  d.s.incidents = { ...kept, list: changed ? list : kept.list, workedAt: d.mono, nextAt, doneNotes: [] };
  d.wakeBy(nextAt);
  if (changed) {
    noteEvents(d, kept.list, list);
    noteSuspects(d, kept.list, list);
  }
  writeOrTell(d);
}

/** We are the reporter and know enough to be. */
function keepsThem(d: Draft): boolean {
  const { system, store, own, leaving } = d.s;
  return (
    system !== null &&
    (store.firstReadAt !== null || isNeverRead(d)) &&
    leaving === null &&
    (own.revision > 0 || !store.reachable) &&
    isReporter(d)
  );
}

/** What this agent alone has found is written by it, whoever keeps the incidents. */
function raiseOthers(d: Draft): void {
  const { others, writing, list } = d.s.incidents;
  if (others.length === 0 || writing !== null || !d.s.store.reachable || d.s.own.revision === 0) return;
  const missing = othersLeft(others, list);
  if (missing.length > 0) writeIncidents(d, [...list, ...reconcile([], missing, d.now.wall).open]);
}

/** What was told here while the store was away is for the reporter of now to carry on: who was told of it is to be told that it is over. */
function handOver(d: Draft): void {
  const { writing, stored, list } = d.s.incidents;
  if (writing !== null || !d.s.store.reachable || d.s.own.revision === 0) return;
  const left = unsaved(stored, list).filter(wasTold);
  if (left.length > 0) writeIncidents(d, [...(stored ?? []), ...left]);
}

/** What a former life of this agent kept and could not save. */
export function rememberedIncidents(d: Draft, incidents: readonly Incident[]): void {
  const { list, revision } = d.s.incidents;
  if (revision > 0 || list.length > 0) return;
  d.s.incidents = { ...d.s.incidents, list: incidents };
  d.incidentsDirty = true;
}

/** Those that do not stand in the store yet. */
function othersLeft(
  others: readonly DesiredIncident[],
  stored: readonly Incident[] | null,
): readonly DesiredIncident[] {
  return others.filter(({ key }) => stored?.some((each) => each.key === key && each.resolvedAtMs === null) !== true);
}

/** What stands in the store is told: two that both think they report cannot both write, so they do not both tell. */
function writeOrTell(d: Draft): void {
  const { list, stored, writing } = d.s.incidents;
  if (writing !== null) return;
  if (d.s.store.reachable && list !== stored && (list.length > 0 || (stored?.length ?? 0) > 0)) writeIncidents(d, list);
  else tell(d);
}

function withDone(d: Draft, open: readonly Incident[]): readonly Incident[] {
  let list = open;
  for (const note of d.s.incidents.doneNotes)
    for (const incident of list)
      if (
        incident.resolvedAtMs === null &&
        incident.cause.kind !== 'mode' &&
        (incident.service === note.service ||
          incident.also.some((name) => name === note.service || name.startsWith(`${note.service}@`)))
      )
        list = addDone(list, incident.id, note.text);
  return list;
}

function noteEvents(d: Draft, before: readonly Incident[], after_: readonly Incident[]): void {
  const known = new Map(before.map((incident) => [incident.id, incident.events.at(-1)?.n ?? 0]));
  for (const incident of after_)
    for (const event of incident.events)
      if (event.n > (known.get(incident.id) ?? 0))
        d.note({
          kind: 'incident',
          rule: 700,
          service: incident.service,
          instance: incident.instance,
          facts: {
            id: incident.id,
            event: event.kind,
            severity: event.severity,
            key: incident.key,
            cause: { kind: incident.cause.kind, facts: { ...incident.cause.facts } },
            also: incident.also,
            host: incident.host,
            // The record alone tells of what is over: the store forgets it.
            ...(event.kind === 'resolved' ? { done: incident.done, ackBy: incident.ackBy } : {}),
          },
        });
}

function writeIncidents(d: Draft, list: readonly Incident[]): void {
  const id = d.ask({
    kind: 'store',
    compares: [{ key: keys.incidents, revision: d.s.incidents.revision }],
    puts: [{ key: keys.incidents, value: JSON.stringify({ incidents: list }) }],
    timeoutMs: ms(2000),
  });
  d.s.incidents = { ...d.s.incidents, writing: id, wanted: list, list };
}

/**
 * Sends what was not told; it is marked only when it went out, so that a successor sends what we could not. What a former reporter found it
 * may be telling at this moment, so that is left to it for a ttl.
 */
function tell(d: Draft): void {
  const since = d.s.incidents.reporterSince ?? d.mono;
  const beganAt = d.now.wall - (d.mono - since);
  const isLeft = (atMs: number): boolean => atMs < beganAt && d.mono - since < d.s.timing.ttl;
  const underWay = new Set(d.s.incidents.telling.values());
  const telling = new Map(d.s.incidents.telling);
  for (const { incident, event } of untold(d.s.incidents.list)) {
    const mark = `${incident.id} ${event.n}`;
    if (underWay.has(mark)) continue;
    if (isLeft(event.atMs)) {
      const nextAt = after(since, Math.min(d.s.timing.ttl, (d.s.incidents.nextAt ?? Infinity) - since));
      d.s.incidents = { ...d.s.incidents, nextAt };
      d.wakeBy(nextAt);
      continue;
    }
    telling.set(d.ask({ kind: 'notify', incident, event }), mark);
  }
  d.s.incidents = { ...d.s.incidents, telling };
}

/** A notification went out, or was given up. True when it was one. */
export function toldOutcome(d: Draft, id: number, outcome: Outcome): boolean {
  const mark = d.s.incidents.telling.get(id);
  if (mark === undefined) return false;
  const telling = new Map(d.s.incidents.telling);
  telling.delete(id);
  const [incident = ''] = mark.split(' ');
  if (outcome.kind !== 'done') d.note({ kind: 'notTold', rule: 702, facts: { incident, why: outcome.why } });
  const toldMarks = [...d.s.incidents.toldMarks, mark];
  d.s.incidents = { ...d.s.incidents, telling, toldMarks, list: withMarks(d.s.incidents.list, toldMarks) };
  writeMarks(d);
  return true;
}

/** Whoever told something sees to it that this stands in the store, also when another has become the reporter meanwhile. */
function writeMarks(d: Draft): void {
  const { writing, toldMarks, list } = d.s.incidents;
  if (toldMarks.length > 0 && writing === null && d.s.store.reachable) writeIncidents(d, list);
}

function withMarks(list: readonly Incident[], marks: readonly string[]): readonly Incident[] {
  let marked = list;
  for (const mark of marks) {
    const [incident = '', n = '0'] = mark.split(' ');
    marked = markTold(marked, incident, Number(n));
  }
  return marked;
}

/** Those that are not told yet as far as the store goes. */
function marksLeft(marks: readonly string[], stored: readonly Incident[] | null): readonly string[] {
  if (marks.length === 0 || stored === null) return marks;
  const open = new Set(untold(stored).map(({ incident, event }) => `${incident.id} ${event.n}`));
  return marks.filter((mark) => open.has(mark));
}

/** Takes in how the write of the incidents came out. True when it was one. */
export function incidentsOutcome(d: Draft, id: number, answer: StoreOutcome): boolean {
  const kept = d.s.incidents;
  if (kept.writing !== id) return false;
  d.s.incidents = { ...kept, writing: null, wanted: null };
  switch (answer.kind) {
    case 'applied':
      if (answer.revision > kept.revision)
        d.s.incidents = {
          ...d.s.incidents,
          revision: answer.revision,
          stored: kept.wanted,
          toldMarks: marksLeft(kept.toldMarks, kept.wanted),
          others: othersLeft(kept.others, kept.wanted),
        };
      d.incidentsDirty ||= kept.list !== kept.wanted;
      if (keepsThem(d)) writeOrTell(d);
      else writeMarks(d);
      break;
    case 'refused':
      for (const change of answer.current)
        if (change.kind === 'incidents') incidentsSeen(d, change.revision, change.value?.incidents ?? []);
      d.incidentsDirty = true;
      break;
    case 'unknown':
      d.incidentsDirty = true;
      break;
    default:
      answer satisfies never;
  }
  return true;
}

/** The incidents as they now stand in the store, by whomever. */
export function incidentsSeen(d: Draft, revision: number, incidents: readonly Incident[]): void {
  const kept = d.s.incidents;
  if (revision <= kept.revision) return;
  const { wanted } = kept;
  if (wanted !== null && JSON.stringify(wanted) === JSON.stringify(incidents)) {
    // Our own write, heard of before its answer.
    d.s.incidents = {
      ...kept,
      revision,
      stored: wanted,
      toldMarks: marksLeft(kept.toldMarks, wanted),
      others: othersLeft(kept.others, wanted),
    };
    return;
  }
  const toldMarks = marksLeft(kept.toldMarks, incidents);
  const goesOn = keepsThem(d) && kept.workedAt !== null;
  const list = goesOn ? merged(kept.list, incidents) : [...incidents, ...unstored({ ...kept, theirs: incidents })];
  d.s.incidents = {
    ...kept,
    revision,
    stored: incidents,
    toldMarks,
    others: othersLeft(kept.others, incidents),
    list: withMarks(list, toldMarks),
  };
  d.incidentsDirty = true;
  writeMarks(d);
}
