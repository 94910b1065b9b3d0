// The life of one instance on this host (rules 500–599): started, restarted, stopped in order, ended when unfit.

import { isLeased, type RunService } from '../model/system.ts';
import type { MonoMs } from '../model/units.ts';
import type { JsonValue } from '../model/json.ts';
import type { PlannedDown } from '../judge/reason.ts';
import { turnOf } from './change.ts';
import type { Draft } from './draft.ts';
import { grade } from './grade.ts';
import { lifeRows, type LifeFacts } from './instance-rows.ts';
import { rank } from './rank.ts';
import { standsForMs } from './new-instance.ts';
import { becameReady } from './absorb-seen.ts';
import { beginStart, endInstance } from './role-moves.ts';
import { firstMatch } from './row.ts';
import type { Instance, Slot } from './slot.ts';
import { termsOf } from './terms.ts';
import { intentsFor, isLost, isPaused, missingNeeds, needsOf, plannedDown, reportOf } from './view.ts';

/** Decides what to do with this service's instance here. */
export function decideLife(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const facts = lifeFacts(d, service, slot);
  const row = firstMatch(lifeRows, facts, d.fired);
  const move = row.then(facts);
  const shown: Record<string, JsonValue> = { host: d.s.me };
  switch (move.move) {
    case 'nothing':
      break;
    case 'wait': {
      if (move.forMs !== null) d.wakeBy(d.mono + move.forMs);
      const said = `${row.n} ${move.waitsFor}`;
      if (slot.said === said) break;
      d.note({
        kind: 'wait',
        rule: row.n,
        service: service.name,
        facts: {
          ...shown,
          waitsFor: move.waitsFor,
          tries: facts.tries,
          ...(move.forMs === null ? {} : { nextAtMs: Math.round(d.now.wall + move.forMs) }),
        },
      });
      d.setQuietly(service.name, { said });
      break;
    }
    case 'start': {
      const leased = isLeased(service);
      const role = !leased ? 'active' : service.policy === 'hot-active/warm-active' ? 'standby' : 'passive';
      beginStart(d, service, { role, term: 0, deadline: null });
      if (!leased && slot.recovery !== null && slot.recovery.rule === 0)
        d.setSlot(service.name, { recovery: { ...slot.recovery, rule: row.n } });
      const instance = d.slot(service.name)?.now?.id ?? null;
      d.note({
        kind: 'rule',
        rule: row.n,
        service: service.name,
        instance,
        facts: { ...shown, role, tries: facts.tries },
      });
      break;
    }
    case 'ready': {
      d.note({
        kind: 'rule',
        rule: row.n,
        service: service.name,
        instance: slot.now?.id ?? null,
        facts: { ...shown, tries: facts.tries },
      });
      if (slot.now !== null) becameReady(d, service, slot.now, slot.now.standsSince ?? d.mono);
      break;
    }
    case 'stop': {
      d.note({
        kind: 'rule',
        rule: row.n,
        service: service.name,
        instance: slot.now?.id ?? null,
        facts: { ...shown, why: move.why, ...(row.n === 509 ? { leftBehind: facts.leftBehind.join(', ') } : {}) },
      });
      endInstance(d, service, { why: move.why, rule: row.n, orderly: true, planned: true });
      if (move.why === 'restart') finishRestart(d, service);
      break;
    }
    case 'endAgain': {
      d.note({
        kind: 'rule',
        rule: row.n,
        service: service.name,
        instance: slot.now?.id ?? null,
        facts: { ...shown, why: slot.now?.ending?.why ?? null },
      });
      endInstance(d, service, { why: '', rule: row.n, orderly: false });
      break;
    }
    case 'fail': {
      const found = grade(d, service, slot).reasons[0];
      d.note({
        kind: 'rule',
        rule: row.n,
        service: service.name,
        instance: slot.now?.id ?? null,
        facts: {
          ...shown,
          why: move.why,
          ...(found?.kind === move.why ? { found: { kind: found.kind, facts: { ...found.facts } } } : {}),
        },
      });
      endInstance(d, service, { why: move.why, rule: row.n, orderly: move.orderly, failure: true });
      break;
    }
    default:
      move satisfies never;
  }
}

function lifeFacts(d: Draft, service: RunService, slot: Slot): LifeFacts {
  const instance = slot.now;
  const leaving = d.s.leaving;
  const down = leaving !== null && !leaving.leaveRunning ? 'asked' : plannedDown(d, service, d.s.me);
  if ((down === null) !== (slot.wantedSince !== null))
    d.setQuietly(service.name, { wantedSince: down === null ? d.mono : null });
  const verdict = instance === null ? null : grade(d, service, slot);
  const terms = termsOf(d, service);
  const leased = isLeased(service);
  if (instance?.phase === 'starting') d.wakeBy(instance.since + terms.readyWithin);
  const stands = instance?.standsSince ?? null;
  const standsUntil = stands === null ? null : stands + standsForMs;
  if (instance?.phase === 'starting' && standsUntil !== null) d.wakeBy(standsUntil);
  if (instance?.phase === 'stopping' && instance.effect === null)
    d.wakeBy(instance.since + endWithin(service, instance));
  if (instance?.phase === 'activating') d.wakeBy(instance.since + terms.activeWithin);
  return {
    keeperUp: d.s.keeper.up,
    paused: isPaused(d, service.name) && leaving === null && slot.handover === null,
    leaveRunning: leaving?.leaveRunning ?? false,
    phase: instance?.phase ?? 'none',
    busy: instance?.effect !== null && instance !== null,
    wanted: down === null,
    plannedBecause: down ?? '',
    startsByLease: service.policy === 'hot-active/cold-passive',
    ...(leaving !== null
      ? runningDependants(d, service.name, leaving.since)
      : { dependants: down === null ? [] : stoppingHere(d, service, down), leftBehind: [] }),
    missingNeeds: missingNeeds(d, service),
    backOffMs: slot.failedUntil === null ? 0 : slot.failedUntil - d.mono,
    tries: slot.failures.length,
    endOverdue:
      instance !== null &&
      instance.phase === 'stopping' &&
      instance.effect === null &&
      d.mono - instance.since >= endWithin(service, instance),
    stood: standsUntil === null ? null : d.mono >= standsUntil,
    startOverdue: instance !== null && d.mono - instance.since >= terms.readyWithin,
    activateOverdue: instance !== null && d.mono - instance.since >= terms.activeWithin,
    unhealthy: verdict?.unhealthy === true ? (verdict.reasons[0]?.kind ?? 'unfit') : null,
    manualActive: leased && service.trigger === 'manual' && instance !== null && instance.term > 0,
    restartAsked: restartIntent(d, service.name) !== null,
    movesFirst: leased && leaving === null && instance !== null && movesFirst(d, service, instance, down),
    turn: down === null && leaving === null ? turnOf(d, service, slot) : 'not outdated',
  };
}

/** What is active and cleared from its host goes on until another is able; unless nobody ever is, or a person accepted the loss. */
function movesFirst(d: Draft, service: RunService, instance: Instance, down: PlannedDown | null): boolean {
  if (instance.term === 0 || instance.phase === 'stopping') return false;
  if (down === 'removed') return d.service(service.name)?.kind === 'run';
  if (down !== 'maintenance') return false;
  const forced = intentsFor(d, 'maintenance', service.name, d.s.me).some((each) => each.acceptLoss);
  return !forced || rank(d, service, { without: d.s.me }).ranked.length > 0;
}

/** Of what is cleared from this host: who needs it, runs here and is cleared too, goes first. */
function stoppingHere(d: Draft, service: RunService, down: PlannedDown): string[] {
  if (down !== 'maintenance' && down !== 'removed') return [];
  return [...d.s.slots.values()]
    .filter((slot) => slot.now !== null && slot.service !== service.name)
    .map((slot) => d.runService(slot.service))
    .filter((other) => other !== undefined)
    .filter((other) => needsOf(other).includes(service.name) && plannedDown(d, other, d.s.me) === down)
    .map((other) => other.name);
}

/** How long an end may take to be heard of. */
function endWithin(service: RunService, instance: Instance): number {
  return instance.killedAt === null ? service.stop.forcedAfter + usualEndMs : usualEndMs;
}

const usualEndMs = 1000;

/** Within this an agent that can be told that the system goes down has said that it goes too. */
const toldToGoWithinMs = 5000;

/**
 * Who needs this service and still runs, here or elsewhere: those that go down too are waited for. `leftBehind`: on hosts that were not told, or that only we
 * leave, so that they would run on for ever.
 */
function runningDependants(
  d: Draft,
  name: string,
  leavingSince: MonoMs,
): { readonly dependants: readonly string[]; readonly leftBehind: readonly string[] } {
  const dependants: string[] = [];
  const leftBehind: string[] = [];
  const patience = leavingSince + toldToGoWithinMs;
  for (const other of d.s.system?.services ?? []) {
    if (other.kind !== 'run' || !needsOf(other).includes(name)) continue;
    const where = other.on.map(({ host }) => host).filter((host) => stillRuns(d, other.name, host));
    const stays = where.filter((host) => host !== d.s.me && d.s.reports.get(host)?.report.leaving !== true);
    if (where.length > stays.length || (stays.length > 0 && d.mono < patience)) dependants.push(other.name);
    else leftBehind.push(...stays.map((host) => `${other.name}@${host}`));
    if (stays.length > 0 && d.mono < patience) d.wakeBy(patience);
  }
  return { dependants, leftBehind };
}

function stillRuns(d: Draft, service: string, host: string): boolean {
  if (host === d.s.me) return d.slot(service)?.now !== null && d.slot(service) !== undefined;
  if (d.s.sessions.get(host)?.value.dead !== false || isLost(d, host)) return false;
  const phase = reportOf(d, service, host)?.phase;
  return phase !== undefined && phase !== 'down' && phase !== 'failed';
}

/** The restart that a person asked for and that this host has yet to do. */
function restartIntent(d: Draft, service: string): string | null {
  for (const intent of intentsFor(d, 'restart', service, d.s.me))
    if (intent.pending.includes(d.s.me) && !d.s.carriedOut.has(`${intent.id} ${service}`)) return intent.id;
  return null;
}

function finishRestart(d: Draft, service: RunService): void {
  const id = restartIntent(d, service.name);
  if (id !== null) d.carriedOut(`${id} ${service.name}`, id);
}
