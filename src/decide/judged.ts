// How everything stands, from what this agent knows: the input of the incidents and of what people see.

import { failuresThatCount } from '../judge/verdict.ts';
import { gradeExternal, gradeHost, gradeService, gradeStore, neededActive } from '../judge/wholes.ts';
import type { Reason, Verdict } from '../judge/reason.ts';
import type { JudgedInstance, JudgedService, JudgedSystem } from '../judge/roots.ts';
import { goingOn, type DesiredIncident } from '../judge/incidents.ts';
import type { Live } from '../judge/lose.ts';
import type { HostState } from '../model/states.ts';
import { isLeased, type ExternalService, type RunService } from '../model/system.ts';
import { ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import { unfenced } from './fence.ts';
import { plannedOn } from './planned-on.ts';
import { standingModes } from './found.ts';
import type { IntentRecord } from './records.ts';
import type { ExternalState } from './state.ts';
import { failoverIntent } from './wishes.ts';
import {
  activeOutside,
  barredFrom,
  isLive,
  isLost,
  isUnheld,
  latenessSince,
  leaseOf,
  plannedDown,
  reportOf,
} from './view.ts';

/** Everything judged, for `desiredIncidents`. */
export function judgeSystem(d: Draft): JudgedSystem {
  const { system } = d.s;
  return {
    services: (system?.services ?? []).map((service) =>
      service.kind === 'run' ? judgeRun(d, service) : judgeExternal(d, service),
    ),
    hosts: (system?.hosts ?? []).map(({ name }) => {
      const state = hostShown(d, name);
      return {
        name,
        state,
        verdict: d.s.leaving === null ? gradeHost(name, state, silentMs(d, name)) : gradeHost(name, 'up', null),
      };
    }),
    store: gradeStore(d.s.store.reachable || isHiccup(d), d.s.store.why),
    others: [...d.s.incidents.others, ...standing(d), ...unfenced(d), ...standingModes(d), ...surprises(d)],
  };
}

/** One lost answer is no outage of the store. */
export const storeHiccupMs = 500;
/** Nor is one that is only just formed: so long it may take to answer for the first time in a life of this agent. */
export const firstReadWithinMs = 10_000;

function isHiccup(d: Draft): boolean {
  const { firstReadAt, lostAt } = d.s.store;
  if (firstReadAt === null) return !isNeverRead(d);
  return lostAt !== null && d.mono - lostAt < storeHiccupMs;
}

/** It was asked for long enough, and has not answered in this life: another store, say, in place of the one that is remembered. */
export function isNeverRead(d: Draft): boolean {
  const { firstReadAt, lostAt } = d.s.store;
  return firstReadAt === null && lostAt !== null && d.mono - lostAt >= firstReadWithinMs;
}

/** What nothing that can be seen ends: it stays until a person has taken it, or a day is over. */
function standing(d: Draft): DesiredIncident[] {
  return d.s.incidents.list
    .filter(
      (each) =>
        each.resolvedAtMs === null &&
        each.cause.kind === 'kill-late' &&
        each.ackBy === null &&
        d.now.wall - each.sinceMs < standsForMs,
    )
    .filter((each) => !d.s.incidents.others.some(({ key }) => key === each.key))
    .map(goingOn);
}

const standsForMs = 86_400_000;

/** Services whose last recovery took what was not predicted: until one fits again, or a day is over. */
function surprises(d: Draft): DesiredIncident[] {
  return (d.s.system?.services ?? []).flatMap((service) => {
    if (service.kind !== 'run') return [];
    const judged = service.on
      .flatMap(({ host }) => reportOf(d, service.name, host)?.predicted ?? [])
      .toSorted((a, b) => b.atMs - a.atMs)[0];
    if (judged?.surprise === null || judged === undefined || d.now.wall - judged.atMs >= standsForMs) return [];
    return [
      {
        key: `model:${service.name}`,
        severity: 3 as const,
        service: service.name,
        instance: null,
        host: null,
        cause: { kind: 'model-surprise' as const, facts: judged.surprise },
        also: [],
      },
    ];
  });
}

/** The state of a host as its session shows it. */
export function hostState(d: Draft, host: string): HostState {
  if (host === d.s.me) return 'up';
  const session = d.s.sessions.get(host);
  if (session === undefined) return 'unknown';
  if (session.value.dead) return 'down';
  // After an outage of the store everybody's session is old: silence counts from its return.
  const since = Math.max(session.seenAt, d.s.store.backAt ?? session.seenAt);
  // While we stood still ourselves we could not hear anybody.
  const silent = d.mono - since - latenessSince(d, since);
  return d.s.store.reachable && silent > session.value.ttlMs ? 'silent' : 'up';
}

/** The same with what people have against it: what is worked on may be away without a word. */
export function hostShown(d: Draft, host: string): HostState {
  const state = hostState(d, host);
  if (hostIntent(d, host, 'maintenance') !== null) return 'maintenance';
  return state === 'up' && hostIntent(d, host, 'ban') !== null ? 'banned' : state;
}

/** What a person has against this host as a whole and is in force; null: nothing. */
export function hostIntent(d: Draft, host: string, verb: 'maintenance' | 'ban'): IntentRecord | null {
  const found = [...d.s.intents.values()].find(
    ({ value }) =>
      value.verb === verb && value.host === host && value.service === null && (value.untilMs ?? Infinity) > d.now.wall,
  );
  return found?.value ?? null;
}

/** Since when nothing was heard of a host that is not up; null: it is up, or never was. */
export function silentMs(d: Draft, host: string): number | null {
  const session = d.s.sessions.get(host);
  return session === undefined || host === d.s.me ? null : Math.round(d.mono - session.seenAt);
}

/** An instance as it shows here: of a host that is gone nothing is known. */
export function judgeInstance(d: Draft, service: RunService, host: string): JudgedInstance {
  const state = hostState(d, host);
  const report = reportOf(d, service.name, host);
  const lost = isLost(d, host);
  if (lost || state === 'unknown') {
    const left = d.s.sessions.get(host)?.value.left === true || d.s.leaving !== null;
    const expected =
      plannedDown(d, service, host) === null &&
      !left &&
      (lost || (everActive(d, service.name) && d.mono >= (beginsBy(d, service) ?? Infinity)));
    return {
      host,
      phase: left ? 'down' : 'unknown',
      severity: expected ? service.severity : 0,
      cause: expected ? { kind: 'not-heard-of', facts: { planned: plannedOn(d, service, host) } } : null,
    };
  }
  if (report === null) return { host, phase: 'unknown', severity: 0, cause: null };
  return { host, phase: report.phase, severity: report.severity, cause: report.cause };
}

/** A host never heard of in this life may only just begin: so long it is given. Null: the store was not read yet. */
function beginsBy(d: Draft, service: RunService): number | null {
  return d.s.store.firstReadAt === null ? null : d.s.store.firstReadAt + service.objective.recoverWithin;
}

/** A planned move, from when it was asked for, is no loss while it takes no longer than a recovery may. Until when that is; null: none is on its way. */
function movesUntilMs(d: Draft, service: RunService): number | null {
  const { handed } = leaseOf(d, service.name);
  const handover = d.slot(service.name)?.handover ?? null;
  const began = [
    ...(handed?.planned === true ? [handed.endedAtMs] : []),
    ...(handover === null ? [] : [d.now.wall - (d.mono - handover.since)]),
    failoverIntent(d, service.name)?.atMs ?? null,
  ].filter((each) => each !== null);
  const untilMs = Math.max(...began, 0) + service.objective.recoverWithin;
  return untilMs > d.now.wall ? untilMs : null;
}

/** Stopped here only to be started anew, as a person or another description wants it: that is no loss either. */
function isRestarted(d: Draft, service: RunService): boolean {
  const ending = d.slot(service.name)?.now?.ending ?? null;
  return ending?.planned === true && (ending.why === 'restart' || ending.why === 'changed');
}

/** When the judgement changes by time alone; null: it does not. */
export function judgeAgainAt(d: Draft): number | null {
  const services = (d.s.system?.services ?? []).filter((each) => each.kind === 'run');
  const moments = services.flatMap((service) => {
    const begins = service.on.some(({ host }) => hostState(d, host) === 'unknown') ? beginsBy(d, service) : null;
    const moved = movesUntilMs(d, service);
    return [begins ?? 0, moved === null ? 0 : d.mono + (moved - d.now.wall)].filter((at) => at > d.mono);
  });
  return moments.length === 0 ? null : Math.min(...moments);
}

function everActive(d: Draft, service: string): boolean {
  const lease = leaseOf(d, service);
  return d.s.everUsable.has(service) || (lease.term > 1 && !isUnheld(lease));
}

function judgeRun(d: Draft, service: RunService): JudgedService {
  const instances = service.on.map(({ host }) => judgeInstance(d, service, host));
  const active = instances.filter((each) => each.phase === 'active').length + activeOutside(d, service).length;
  const planned = d.s.leaving === null && service.on.some(({ host }) => plannedDown(d, service, host) === null);
  const begun = everActive(d, service.name);
  // Started as planned, and within its time: after a loss the instance itself is graded until it is back.
  const starting = instances.some((each) => each.phase === 'starting');
  const moving =
    (starting || isRestarted(d, service) || movesUntilMs(d, service) !== null) &&
    instances.every((each) => each.severity === 0);
  const verdict: Verdict = gradeService({
    severity: service.severity,
    wanted: planned && !moving && (active > 0 || begun || instances.some((each) => each.severity !== 0)),
    active,
    needed: service.policy === 'hot-active/hot-active' ? neededActive(service) : 1,
    noneForMs: null,
    waitsFor: null,
    instances: [],
  });
  return {
    name: service.name,
    needs: service.needs,
    leased: isLeased(service),
    usable: !planned || active > 0 || verdict.severity === 0,
    verdict,
    instances,
  };
}

function judgeExternal(d: Draft, service: ExternalService): JudgedService {
  const verdict = externalVerdict(service, d.s.externals.get(service.name));
  return {
    name: service.name,
    needs: service.needs,
    leased: false,
    usable: isExternalUsable(d, service),
    verdict,
    instances: [],
  };
}

/** The verdict on an external part by its checks. */
export function externalVerdict(service: ExternalService, state: ExternalState | undefined): Verdict {
  const checks = [...(state?.checks ?? [])].map(([name, check]) => ({
    name,
    severity: service.detect.checks.find((each) => each.name === name)?.severity ?? (1 as const),
    result: check.result,
    text: check.text,
    failures: check.failures,
    every: ms(5000),
  }));
  return gradeExternal(service.severity, checks, failuresThatCount(ms(0), ms(1)));
}

/** An external is of use while its checks do not say otherwise; what they have not said yet is taken for good. */
export function isExternalUsable(d: Draft, service: ExternalService): boolean {
  return !externalVerdict(service, d.s.externals.get(service.name)).reasons.some(
    (reason: Reason) => reason.kind === 'external-down',
  );
}

/** How things stand, for trying what can be lost. */
export function liveView(d: Draft): Live {
  const { system } = d.s;
  return {
    hosts: (system?.hosts ?? []).map(({ name }) => ({ name, state: hostState(d, name) })),
    storeReachable: d.s.store.reachable,
    services: (system?.services ?? []).map((service) => {
      if (service.kind === 'external')
        return {
          name: service.name,
          notExpected: false,
          externalOk: service.detect.checks.length === 0 ? null : isExternalUsable(d, service),
          instances: [],
        };
      return {
        name: service.name,
        notExpected: service.on.every(({ host }) => plannedDown(d, service, host) !== null),
        externalOk: null,
        instances: service.on.map(({ host }) => {
          const { phase, severity } = judgeInstance(d, service, host);
          const report = reportOf(d, service.name, host);
          const tooOld =
            service.mayLose !== null &&
            report !== null &&
            report.behindMs !== null &&
            report.behindMs > service.mayLose;
          const waits = report !== null && report.failedUntilMs !== null && report.failedUntilMs > d.now.wall;
          return {
            host,
            phase,
            severity,
            mayTakeOver: isLive(d, host) && !tooOld && !waits && barredFrom(d, service, host) === null,
          };
        }),
      };
    }),
  };
}
