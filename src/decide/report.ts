// What this host tells of itself, made anew only for the services that were looked at.

import type { Reason, Verdict } from '../judge/reason.ts';
import { newestFormat } from '../model/format.ts';
import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { grade } from './grade.ts';
import { phaseShown, plannedPhase } from './phase.ts';
import type { HostReport, InstanceReport } from './records.ts';
import type { Slot } from './slot.ts';

/** Brings the report of one service up to date. */
export function reportService(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const verdict = grade(d, service, slot);
  const instance = slot.now;
  if (instance === null && slot.failedUntil !== null && slot.failedUntil > d.mono) d.wakeBy(slot.failedUntil);
  const report: InstanceReport = {
    service: service.name,
    instance: instance?.id ?? null,
    phase: phaseShown(d, service, slot),
    planned: plannedPhase(d, service).phase,
    role: instance?.role ?? null,
    term: instance?.term ?? 0,
    pid: instance?.pid ?? null,
    startedAtMs: instance?.startedAtMs ?? null,
    restarts: slot.restarts,
    severity: verdict.severity,
    cause: causeOf(verdict),
    lastExit: slot.lastExit,
    failedUntilMs:
      slot.failedUntil === null || slot.now !== null ? null : Math.round(d.now.wall + slot.failedUntil - d.mono),
    behindMs: instance?.behindMs ?? null,
    finishedAtMs: slot.finishedAtMs,
    bMs: slot.bMs,
    iMs: slot.iMs,
    switchMs: slot.switchMs,
    mending: mendingOf(service, slot),
    predicted: slot.predicted,
  };
  const before = d.s.reported.get(service.name);
  if (before !== undefined && same(before, report)) return;
  d.s.reported = d.own('reported', d.s.reported).set(service.name, report);
  d.reportDirty = true;
  d.incidentsDirty = true;
  if (before !== undefined && report.restarts > before.restarts)
    d.s.incidents = {
      ...d.s.incidents,
      doneNotes: [
        ...d.s.incidents.doneNotes.slice(-50),
        { service: service.name, text: `restarted on ${d.s.me} (restart ${report.restarts})` },
      ],
    };
}

/** Of one that is on its way in time there is nothing to say, but for what it waits for. */
function causeOf({ severity, reasons }: Verdict): InstanceReport['cause'] {
  const [first = null] = reasons;
  if (severity !== 0) return first;
  return first?.kind === 'changing' && first.facts.notYet !== undefined ? first : null;
}

/** What a next life of this agent goes on counting. Of a leased service the lease says it. */
function mendingOf(service: RunService, { recovery }: Slot): InstanceReport['mending'] {
  return recovery === null || isLeased(service) ? null : { cause: recovery.cause, fromMs: recovery.endedAtMs };
}

/** What is compared as it is; all but what changes by the clock alone. The type sees to it that none is left out. */
const compared = Object.keys({
  service: true,
  instance: true,
  phase: true,
  planned: true,
  role: true,
  term: true,
  pid: true,
  startedAtMs: true,
  restarts: true,
  severity: true,
  lastExit: true,
  finishedAtMs: true,
  bMs: true,
  iMs: true,
  switchMs: true,
  mending: true,
  predicted: true,
} satisfies Record<
  Exclude<keyof InstanceReport, 'cause' | 'failedUntilMs' | 'behindMs'>,
  true
>) as readonly (keyof InstanceReport)[];

/** Equal but for what changes by the clock alone. Asked at every look at a service, so it copies nothing. */
function same(a: InstanceReport, b: InstanceReport): boolean {
  if (Math.abs((a.failedUntilMs ?? 0) - (b.failedUntilMs ?? 0)) > 50) return false;
  if (Math.abs((a.behindMs ?? -1) - (b.behindMs ?? -1)) >= 500) return false;
  if (a.cause?.kind !== b.cause?.kind || counts(a.cause) !== counts(b.cause)) return false;
  return compared.every((key) => equal(a[key], b[key]));
}

/** Equal as plain data. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  for (const key in left) if (!equal(left[key], right[key])) return false;
  for (const key in right) if (!(key in left)) return false;
  return true;
}

/** Whether it has failed often enough to count; how often beyond that changes nothing. */
function counts(cause: Reason | null): boolean {
  return (
    (cause?.kind !== 'check-failed' && cause?.kind !== 'status-unreadable') ||
    cause.facts.timesInARow >= cause.facts.enough
  );
}

/** Makes the report of the host when something in it changed. */
export function makeReport(d: Draft): void {
  const last = d.s.lastReport;
  const instances = [...d.s.reported.values()];
  const leaving = d.s.leaving !== null;
  const changed =
    last === null ||
    last.leaving !== leaving ||
    last.keeperPid !== d.s.keeper.pid ||
    last.outages !== d.s.outages ||
    last.uses !== (d.s.system?.hash ?? null) ||
    last.findings !== d.s.findings ||
    last.facts !== d.s.facts ||
    last.instances.length !== instances.length ||
    instances.some((each, index) => each !== last.instances[index]);
  if (!changed) return;
  // Above all that a former life of this boot told: the store may hold less than what peers heard.
  d.s.reportSeq = Math.max(d.s.reportSeq + 1, Math.floor(d.mono));
  const report: HostReport = {
    seq: d.s.reportSeq,
    agentPid: d.s.agentPid,
    keeperPid: d.s.keeper.pid,
    boot: d.s.boot,
    leaving,
    atMs: Math.round(d.now.wall),
    uses: d.s.system?.hash ?? null,
    reads: newestFormat,
    instances,
    outages: d.s.outages,
    findings: d.s.findings,
    facts: d.s.facts,
  };
  d.s.lastReport = report;
  d.tell({ kind: 'report', report });
}
