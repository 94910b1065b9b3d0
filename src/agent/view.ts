// What people see of the state: the status, in the contract's words.

import type { HostView, InstanceView, IntentView, ServiceView, StatusView } from '../api.ts';
import { Draft } from '../decide/draft.ts';
import {
  externalVerdict,
  hostIntent,
  hostShown,
  hostState,
  judgeInstance,
  judgeSystem,
  liveView,
} from '../decide/judged.ts';
import { isOutdated } from '../decide/change.ts';
import { plannedOn } from '../decide/planned-on.ts';
import type { HostReport, InstanceReport } from '../decide/records.ts';
import type { State } from '../decide/state.ts';
import { intentsFor, isPaused, lastHeard, leaseOf, liveHolder, plannedDown, reportOf } from '../decide/view.ts';
import { usedIn } from '../judge/budget.ts';
import { consumersWithout } from '../judge/consumers.ts';
import type { Incident } from '../judge/incident.ts';
import { notUsable, whatCanBeLost } from '../judge/lose.ts';
import { gravest, gravity, type Reason } from '../judge/reason.ts';
import { statusSentence, type PlannedOutage } from '../judge/sentence.ts';
import { reasonWords } from '../judge/words.ts';
import { causeText, incidentView } from './incident-view.ts';
import { isLeased, type RunService, type Severity, type System } from '../model/system.ts';
import { wallMs, type Now } from '../model/units.ts';

/** The status as this agent sees it now; null before it knows a description. */
export function statusOf(state: State, now: Now, storeKind: string): StatusView | null {
  const { system } = state;
  if (system === null) return null;
  const d = new Draft(state, now);
  const judged = judgeSystem(d);
  const verdicts = new Map(judged.services.map((each) => [each.name, each.verdict]));
  const services = system.services.map((service) =>
    service.kind === 'run'
      ? runView(d, service, verdicts.get(service.name)?.severity ?? 0)
      : externalView(d, service.name),
  );
  const severity = gravest([
    ...services.map((each) => each.severity),
    ...judged.hosts.map((each) => each.verdict.severity),
    judged.store.severity,
    ...judged.others.filter((each) => each.cause.kind === 'mode').map((each) => each.severity),
  ]);
  const live = liveView(d);
  const canLose = whatCanBeLost(system, live);
  const open = state.incidents.list
    .filter((incident) => incident.resolvedAtMs === null)
    .toSorted((a, b) => gravity(b.severity) - gravity(a.severity))
    .map((incident) => ({ ...incident, cause: untilNow(d, incident.cause, reportOn(d, incident)) }));
  const missing = missingNow(d, system, notUsable(system, live));
  return {
    system: system.name,
    about: system.about,
    severity,
    sentence: statusSentence({
      system: system.name,
      severity,
      known: true,
      storeReachable: state.store.reachable,
      storeWhy: state.store.why,
      plannedDown: plannedOutage(d, system),
      starting: services
        .filter(
          (each) => each.external === null && !each.scheduledDown && each.active.length === 0 && each.severity === 0,
        )
        .map((each) => each.name),
      services: services.filter((each) => each.external === null && !each.scheduledDown).length,
      missing,
      // What comes and goes is no trouble while it is gone.
      troubles: open
        .filter((incident) => incident.present || incident.settlingSinceMs !== null)
        .map((incident) => ({ severity: incident.severity, text: causeText(incident) })),
      canLose,
      paused: system.services
        .filter((service) => service.kind === 'run' && isPaused(d, service.name))
        .map((service) => service.name),
    }),
    atMs: Math.round(now.wall),
    objective: {
      unavailableMs: system.objective.unavailable,
      perMs: system.objective.per,
      recoverWithinMs: system.objective.recoverWithin,
      usedMs: Math.round(used(d, system)),
    },
    canLose: {
      instances: canLose.instances,
      hosts: canLose.hosts,
      notInstances: canLose.notInstances,
      notHosts: canLose.notHosts,
    },
    store: {
      kind: storeKind,
      reachable: state.store.reachable,
      why: state.store.reachable ? null : state.store.why,
    },
    description: {
      hash: state.described?.hash ?? system.hash,
      revision: state.described?.revision ?? null,
    },
    hosts: system.hosts.map(({ name }) => hostView(d, name)),
    services,
    incidents: open.map((incident) => incidentView(system, incident)),
  };
}

function runView(d: Draft, service: RunService, whole: Severity): ServiceView {
  const instances = service.on.map(({ host }) => instanceView(d, service, host));
  const downBecause = whyDown(d, service);
  return {
    name: service.name,
    policy: service.policy,
    severity: gravest([whole, ...instances.map((each) => each.severity)]),
    active: instances.filter((each) => each.phase === 'active').map((each) => each.host),
    term: leaseOf(d, service.name).term,
    instances,
    external: null,
    scheduledDown: downBecause !== null,
    downBecause,
    paused: isPaused(d, service.name),
  };
}

/** Why it is to be down everywhere; where somebody asked, that comes first, since it can be taken back. */
function whyDown(d: Draft, service: RunService): ServiceView['downBecause'] {
  const down = service.on.map(({ host }) => plannedDown(d, service, host));
  const kind = down.find((each) => each === 'asked') ?? down[0] ?? null;
  if (kind === null || down.includes(null)) return null;
  const verb = kind === 'asked' ? 'stop' : kind === 'maintenance' ? 'maintenance' : null;
  const asked = verb === null ? [] : service.on.flatMap(({ host }) => intentsFor(d, verb, service.name, host));
  return { kind, by: asked[0]?.owner ?? null };
}

function instanceView(d: Draft, service: RunService, host: string): InstanceView {
  const judged = judgeInstance(d, service, host);
  const report = reportOf(d, service.name, host);
  const said = host === d.s.me ? whatItWaitsFor(d, service) : null;
  const wait = said === null ? null : waitWords(said);
  return {
    host,
    phase: judged.phase,
    planned: judged.phase === 'unknown' && report === null ? 'unknown' : plannedOn(d, service, host),
    pid: judged.phase === 'unknown' ? null : (report?.pid ?? null),
    startedAtMs: report?.startedAtMs ?? null,
    restarts: report?.restarts ?? 0,
    severity: judged.severity,
    reason: reasonOf(d, judged.cause, report, wait),
    term: report?.term ?? 0,
    role: report?.role ?? null,
    outdated: isOutdated(d, service, host, report?.instance ?? null),
    validForMs: validFor(d, service, host),
    lastExit: report?.lastExit ?? null,
    asOfMs: asOf(d, host),
  };
}

/** What was last said here of why nothing is done: by its lease while nobody has it, else by the instance that does not run. */
function whatItWaitsFor(d: Draft, service: RunService): string | null {
  const slot = d.slot(service.name);
  if (slot === undefined || plannedDown(d, service, d.s.me) !== null) return null;
  if (isLeased(service) && slot.leaseSaid !== null && liveHolder(d, service.name) === null) return slot.leaseSaid;
  return slot.now === null ? slot.said : null;
}

/** Why it is as it is, with the time to the next try as it is now, and what it waits for instead where it does. */
function reasonOf(d: Draft, cause: Reason | null, report: InstanceReport | null, wait: string | null): string | null {
  if (cause === null) return wait;
  const words = reasonWords(untilNow(d, cause, report));
  return wait === null || wait === 'waiting' ? words : `${words}; ${wait}`;
}

/** Of the instance that an incident is about. */
function reportOn(d: Draft, { service, host }: Incident): InstanceReport | null {
  return service === null || host === null ? null : reportOf(d, service, host);
}

function untilNow(d: Draft, cause: Reason, report: InstanceReport | null): Reason {
  if (cause.kind !== 'down' && cause.kind !== 'coming-back') return cause;
  const leftMs = (report?.failedUntilMs ?? 0) - d.now.wall;
  const nextInMs = leftMs > 0 ? Math.round(leftMs) : null;
  return cause.kind === 'down'
    ? { kind: cause.kind, facts: { ...cause.facts, nextInMs } }
    : { kind: cause.kind, facts: { ...cause.facts, nextInMs } };
}

/** A wait is kept as its rule's number and what it waits for; of a write only its revision is. */
function waitWords(said: string): string {
  if (/^\d+ on \d+$/.test(said)) return 'waiting';
  const waitsFor = said.slice(said.indexOf(' ') + 1).replaceAll('"', '');
  return waitsFor === 'null' || waitsFor === 'back-off' ? 'waiting' : `waits for ${waitsFor}`;
}

function validFor(d: Draft, service: RunService, host: string): number | null {
  if (!isLeased(service) || liveHolder(d, service.name) !== host) return null;
  if (host === d.s.me) return d.s.own.validUntil === null ? null : Math.max(0, Math.round(d.s.own.validUntil - d.mono));
  const session = d.s.sessions.get(host);
  return session === undefined ? null : Math.max(0, Math.round(session.seenAt + session.value.ttlMs - d.mono));
}

function asOf(d: Draft, host: string): number {
  if (host === d.s.me) return Math.round(d.now.wall);
  const heardAt = lastHeard(d, host);
  return heardAt === null ? 0 : Math.round(d.now.wall - (d.mono - heardAt));
}

function externalView(d: Draft, name: string): ServiceView {
  const service = d.service(name);
  const state = d.s.externals.get(name);
  const verdict =
    service?.kind === 'external' ? externalVerdict(service, state) : { severity: 0 as const, reasons: [] };
  const reason = verdict.reasons[0];
  return {
    name,
    policy: 'external',
    severity: verdict.severity,
    active: [],
    term: 0,
    instances: [],
    external: {
      ok: state === undefined || state.checks.size === 0 ? null : verdict.severity === 0,
      reason: reason === undefined ? null : reasonWords(reason),
    },
    scheduledDown: false,
    downBecause: null,
    paused: false,
  };
}

function hostView(d: Draft, host: string): HostView {
  const report: HostReport | null = host === d.s.me ? d.s.lastReport : (d.s.reports.get(host)?.report ?? null);
  const state = hostState(d, host);
  const gone = state === 'down' || state === 'unknown';
  return {
    name: host,
    state: hostShown(d, host),
    uses: gone ? null : (report?.uses ?? null),
    reads: gone ? null : (report?.reads ?? null),
    agentPid: gone ? null : host === d.s.me ? d.s.agentPid : (report?.agentPid ?? null),
    keeperPid: gone ? null : (report?.keeperPid ?? null),
    boot: report?.boot ?? null,
    asOfMs: asOf(d, host) === 0 ? null : asOf(d, host),
    ...askedOf(d, host),
  };
}

function askedOf(d: Draft, host: string): Pick<HostView, 'asked'> {
  const intent = hostIntent(d, host, 'maintenance') ?? hostIntent(d, host, 'ban');
  return intent === null ? {} : { asked: { by: intent.owner, why: intent.why, untilMs: intent.untilMs } };
}

/** What people asked and is in force. */
export function intentViews(state: State, nowMs: number): IntentView[] {
  const inForce = [...state.intents.values()].filter(({ value }) => (value.untilMs ?? Infinity) > nowMs);
  return inForce.map(({ value }) => ({
    id: value.id,
    kind: value.verb === 'takeover' ? 'failover' : value.verb,
    service: value.service,
    host: value.host,
    owner: value.owner,
    why: value.why,
    keep: value.keep,
    atMs: value.atMs,
    untilMs: value.untilMs,
  }));
}

/** How long consumers went without in the running period: by outages that are over, of all hosts, and by those that last. */
function used(d: Draft, system: System): number {
  const reports = [d.s.lastReport, ...[...d.s.reports.values()].map((each) => each.report)];
  const over = reports.flatMap((report) => report?.outages ?? []);
  const lasting = [...d.s.slots.values()].flatMap(({ service, recovery }) =>
    recovery !== null && d.s.usable.get(service) !== true
      ? [{ service, fromMs: recovery.endedAtMs, toMs: d.now.wall }]
      : [],
  );
  const away = [...d.s.away]
    .filter(([service]) => isExpected(d, service))
    .map(([service, fromMs]) => ({ service, fromMs, toMs: d.now.wall }));
  const since = d.now.wall - system.objective.per;
  const outages = [...over, ...lasting, ...away]
    .filter((each) => each.toMs > since)
    .map((each) => ({ service: each.service, fromMs: wallMs(each.fromMs), toMs: wallMs(each.toMs) }));
  return usedIn(system.objective, consumersWithout(system, outages, d.now.wall), d.now.wall);
}

/** Something here runs it, and nobody wants it down. */
function isExpected(d: Draft, name: string): boolean {
  const service = d.runService(name);
  return service?.on.some(({ host }) => plannedDown(d, service, host) === null) ?? false;
}

function missingNow(d: Draft, system: System, out: readonly string[]): { service: string; forMs: number | null }[] {
  return out
    .filter((name) => isExpected(d, name) && system.serves.includes(name))
    .map((service) => {
      const since = d.slot(service)?.recovery?.endedAtMs ?? d.s.away.get(service);
      return { service, forMs: since === undefined ? null : Math.max(0, d.now.wall - since) };
    });
}

function plannedOutage(d: Draft, system: System): PlannedOutage | null {
  if (d.s.leaving !== null) return { kind: 'asked', by: null };
  const runs = system.services.filter((service): service is RunService => service.kind === 'run');
  const reasons = runs.flatMap((service) => service.on.map(({ host }) => plannedDown(d, service, host)));
  if (reasons.length === 0 || reasons.includes(null)) return null;
  if (reasons.some((each) => each === 'asked' || each === 'maintenance'))
    return {
      kind: 'asked',
      by:
        [...d.s.intents.values()].find(({ value }) => value.verb === 'stop' || value.verb === 'maintenance')?.value
          .owner ?? null,
    };
  return reasons.includes('schedule') ? { kind: 'schedule', nextText: null } : { kind: 'finished' };
}
