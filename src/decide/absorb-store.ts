// Takes in what the store holds and how writes to it came out.

import { sessionTtl } from '../model/timings.ts';
import { isLeased, type System } from '../model/system.ts';
import { deposeOutcome, peerSessionSeen } from './depose.ts';
import type { Draft } from './draft.ts';
import { fenceSeen, fenceWritten } from './fence.ts';
import { incidentsOutcome, incidentsSeen } from './incidents.ts';
import type { StoreOutcome } from './input.ts';
import { leaseGiven, leaseOutcome, leaseSeen } from './lease-writes.ts';
import { intentOutcome, intentSeen } from './intents.ts';
import type { HostReport, RecordChange } from './records.ts';
import { goOnMending } from './recovery.ts';
import { changeSlots } from './retire.ts';
import { ownEntrySeen, sessionOutcome } from './session-outcome.ts';
import { holderOf, instanceIn, needsOf } from './view.ts';
import { storeBack } from './store-state.ts';

/** The whole store, as read at one revision: what we knew and it does not hold is gone. */
export function storeRead(d: Draft, revision: number, entries: readonly RecordChange[], system: System): void {
  const first = d.s.store.firstReadAt === null;
  d.s.store = {
    reachable: true,
    firstReadAt: d.s.store.firstReadAt ?? d.mono,
    revision,
    lostAt: null,
    backAt: first || d.s.store.reachable ? d.s.store.backAt : d.mono,
    why: null,
    reasons: [],
  };
  useSystem(d, system);
  const held = new Set(entries.map((entry) => keyOf(entry)));
  for (const service of d.s.leases.keys()) if (!held.has(`lease ${service}`)) leaseSeen(d, service, null, revision);
  for (const host of d.s.sessions.keys()) if (!held.has(`session ${host}`)) peerSessionSeen(d, host, null, revision);
  for (const host of d.s.fences.keys()) if (!held.has(`fence ${host}`)) fenceSeen(d, host, null, revision);
  const intents = d.own('intents', d.s.intents);
  for (const id of intents.keys()) if (!held.has(`intent ${id}`)) intents.delete(id);
  d.s.intents = intents;
  for (const entry of entries) changed(d, entry);
  if (!held.has(`session ${d.s.me}`)) ownEntrySeen(d, null);
  if (first) d.note({ kind: 'storeRead', facts: { revision } });
  d.touchAll();
  d.incidentsDirty = true;
}

function keyOf(change: RecordChange): string {
  switch (change.kind) {
    case 'lease':
      return `lease ${change.service}`;
    case 'session':
    case 'report':
    case 'fence':
      return `${change.kind} ${change.host}`;
    case 'intent':
      return `intent ${change.id}`;
    case 'incidents':
    case 'description':
      return change.kind;
    default:
      return change satisfies never;
  }
}

/** What changed since, in order. */
export function storeChanges(
  d: Draft,
  revision: number,
  changes: readonly RecordChange[],
  system: System | null,
): void {
  if (!d.s.store.reachable) storeBack(d);
  d.s.store = { ...d.s.store, revision: Math.max(revision, d.s.store.revision) };
  if (system !== null) useSystem(d, system);
  for (const change of changes) {
    if (change.kind === 'lease') leaseGiven(d, change.service, change.value, change.revision);
    changed(d, change);
  }
}

function changed(d: Draft, change: RecordChange): void {
  switch (change.kind) {
    case 'session':
      if (change.host === d.s.me)
        ownEntrySeen(d, change.value === null ? null : { revision: change.revision, value: change.value });
      else peerSessionSeen(d, change.host, change.value, change.revision);
      break;
    case 'lease':
      leaseSeen(d, change.service, change.value, change.revision);
      break;
    case 'report':
      if (change.value !== null && change.host === d.s.me) ownReportSeen(d, change.value);
      else if (change.value !== null) reportHeard(d, change.host, change.value);
      break;
    case 'intent':
      intentSeen(d, change.id, change.value, change.revision);
      break;
    case 'fence':
      fenceSeen(d, change.host, change.value, change.revision);
      break;
    case 'incidents':
      incidentsSeen(d, change.revision, change.value?.incidents ?? []);
      break;
    case 'description':
      d.s.described = change.value === null ? null : { revision: change.revision, hash: change.value.hash };
      break;
    default:
      change satisfies never;
  }
}

/** What a former life of this agent reported: counts and measurements go on. */
function ownReportSeen(d: Draft, report: HostReport): void {
  if (d.s.lastReport !== null && d.s.lastReport.seq >= report.seq && d.s.remembered) return;
  if (d.s.remembered) return;
  d.s.remembered = true;
  if (report.boot === d.s.boot) d.s.reportSeq = Math.max(d.s.reportSeq, report.seq);
  d.s.outages = [...report.outages, ...d.s.outages];
  // Until the detectors of this life have looked, what the former found stands: else its incidents would be over, and open again.
  if (d.s.findings.length === 0) d.s.findings = report.findings;
  for (const each of report.instances) {
    if (each.phase === 'active' && each.instance !== null) d.s.reportedActive = [...d.s.reportedActive, each.instance];
    const slot = d.slot(each.service);
    if (slot === undefined) continue;
    if (each.phase === 'active' && slot.now?.id === each.instance) d.setInstance(each.service, { callUnsure: false });
    d.setSlot(each.service, {
      restarts: Math.max(slot.restarts, each.restarts),
      lastExit: slot.lastExit ?? each.lastExit,
      finishedAtMs: slot.finishedAtMs ?? each.finishedAtMs,
      bMs: slot.bMs.length > 0 ? slot.bMs : each.bMs,
      iMs: slot.iMs.length > 0 ? slot.iMs : each.iMs,
      switchMs: slot.switchMs.length > 0 ? slot.switchMs : each.switchMs,
      predicted: slot.predicted ?? each.predicted,
    });
    if (each.mending !== null) goOnMending(d, each.service, each.mending);
  }
}

/** A peer's report, through the store or straight from it; the higher `seq` of the boot that its session names counts. */
export function reportHeard(d: Draft, host: string, report: HostReport): void {
  if (host === d.s.me) return;
  const known = d.s.reports.get(host)?.report;
  if (known !== undefined && known.boot === report.boot && known.seq >= report.seq) return;
  // Of another boot than its session: news of a machine that is gone, or of one whose session has yet to begin.
  if (known !== undefined && known.boot !== report.boot && d.s.sessions.get(host)?.value.boot === known.boot) return;
  const reports = d.own('reports', d.s.reports);
  reports.set(host, { report, heardAt: d.mono });
  d.s.reports = reports;
  for (const each of report.instances) {
    const before = known === undefined ? undefined : instanceIn(known, each.service);
    if (
      before === undefined ||
      before.phase !== each.phase ||
      before.severity !== each.severity ||
      before.finishedAtMs !== each.finishedAtMs ||
      before.failedUntilMs !== each.failedUntilMs ||
      before.behindMs !== each.behindMs
    ) {
      d.touch(each.service);
      // What it needs may wait for it to end.
      const service = d.service(each.service);
      if (service !== undefined) for (const need of needsOf(service)) d.touch(need);
    }
  }
  if (known?.findings.length !== 0 || report.findings.length > 0) d.incidentsDirty = true;
  if (known?.leaving !== report.leaving) d.touchAll();
  d.incidentsDirty = true;
}

/** Uses a description: slots for what runs here; what left it is ended by its absence. */
export function useSystem(d: Draft, system: System): void {
  const before = d.s.system;
  if (before?.hash === system.hash && before.folder === system.folder) return;
  d.s.system = system;
  d.s.timing = { ...d.s.timing, ttl: sessionTtl(system) };
  changeSlots(d, before, system);
  const externals = d.own('externals', d.s.externals);
  for (const name of externals.keys()) if (d.service(name)?.kind !== 'external') externals.delete(name);
  for (const service of system.services)
    if (service.kind === 'external' && !externals.has(service.name)) externals.set(service.name, { checks: new Map() });
  d.s.externals = externals;
  d.note({ kind: 'description', facts: { hash: system.hash.slice(0, 12), services: system.services.length } });
  d.s.nextPlanChangeMs = null;
  d.reportDirty = true;
  d.incidentsDirty = true;
  d.touchAll();
}

/** How a write came out, whosever it was. */
export function storeOutcome(d: Draft, id: number, answer: StoreOutcome): void {
  if (answer.kind !== 'unknown' && !d.s.store.reachable && d.s.store.firstReadAt !== null) storeBack(d);
  const known =
    sessionOutcome(d, id, answer) ||
    deposeOutcome(d, id, answer) ||
    leaseOutcome(d, id, answer) ||
    fenceWritten(d, id, answer) ||
    incidentsOutcome(d, id, answer) ||
    intentOutcome(d, id, answer);
  if (!known) d.note({ kind: 'strayOutcome', facts: { id } });
  touchWaiting(d);
}

/** Who may have waited for a write to be answered: services whose lease is free, or ours and not in use. */
function touchWaiting(d: Draft): void {
  for (const slot of d.s.slots.values()) {
    const service = d.runService(slot.service);
    if (service === undefined || !isLeased(service)) continue;
    if ((slot.now?.phase !== 'active' || slot.now.callUnsure) && holderOf(d, slot.service) !== 'other')
      d.touch(slot.service);
  }
}
