// Takes in what the keeper and the probes tell of the instances here.

import { addBeat, noBeats } from '../judge/beats.ts';
import { addFailure, nextTry } from '../judge/backoff.ts';
import { isLeased, type RunService } from '../model/system.ts';
import { between, type MonoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { Outcome } from './effect.ts';
import type { Ended, Running, Seen } from './input.ts';
import { retireUnknown } from './former.ts';
import { endInstance } from './role-moves.ts';
import { newInstance } from './new-instance.ts';
import { becameActive, hotLoss } from './recovery.ts';
import { termsOf } from './terms.ts';
import { needsOf } from './view.ts';
import type { CheckState, Instance, Slot } from './state.ts';

/** Everything that the keeper owns, after connecting: what runs is taken over, what we thought to run and does not has ended. */
export function keeperHello(
  d: Draft,
  keeper: { pid: number; startTicks: number },
  running: readonly Running[],
  ended: readonly Ended[],
): void {
  d.s.keeper = {
    ...d.s.keeper,
    up: true,
    pid: keeper.pid,
    startTicks: keeper.startTicks,
    answeredAt: d.mono,
    unplaced: [],
  };
  d.s.own = { ...d.s.own, extendedUntil: null };
  const alive = new Set(running.map((each) => each.instance));
  for (const each of ended) instanceEnded(d, each);
  for (const slot of d.s.slots.values()) {
    const { now } = slot;
    if (now !== null && !alive.has(now.id) && now.starting === null) instanceEnded(d, lostEnd(d, slot.service, now));
  }
  for (const each of running) place(d, each);
  d.touchAll();
}

function lostEnd(d: Draft, service: string, instance: Instance): Ended {
  return {
    instance: instance.id,
    service,
    code: null,
    signal: null,
    endedAt: d.mono,
    goneAt: d.mono,
    endedAtMs: d.now.wall,
    by: 'keeper-lost',
    term: instance.term,
  };
}

/** Gives instances that ran before the description was known their slots. */
export function placeWaiting(d: Draft): void {
  const { unplaced } = d.s.keeper;
  if (unplaced.length === 0 || d.s.system === null) return;
  d.s.keeper = { ...d.s.keeper, unplaced: [] };
  for (const each of unplaced) place(d, each);
}

function place(d: Draft, running: Running): void {
  if (d.s.system === null) {
    d.s.keeper = { ...d.s.keeper, unplaced: [...d.s.keeper.unplaced, running] };
    return;
  }
  // It ran under a description that is no longer in force: it is ended as orderly as what is known of it allows.
  if (d.slot(running.service) === undefined) retireUnknown(d, running.service, running.term > 0);
  const slot = d.slot(running.service);
  if (slot?.now?.id === running.instance) {
    if (slot.now.startedAt === null) startedNow(d, slot.now, running);
    return;
  }
  if (slot === undefined || slot.now !== null) {
    d.note({
      kind: 'unknownInstance',
      service: running.service,
      instance: running.instance,
      facts: { pid: running.pid },
    });
    d.ask({ kind: 'kill', instance: running.instance });
    return;
  }
  const active = running.role === 'active';
  // The keeper remembers the last term of what was deactivated. A deadline that stands says that nobody had it confirmed yet.
  const unconfirmed = !active && running.deadline !== null;
  const readyWithin = d.runService(running.service)?.ready?.within ?? 0;
  // The agent before may have died while it was still starting: it is asked again whether it is ready.
  const starting = !(active && running.term > 0) && between(running.startedAt, d.mono) < readyWithin;
  d.setSlot(running.service, {
    now: {
      ...newInstance(running.instance, running.role, active || unconfirmed ? running.term : 0, d.mono),
      phase: starting ? 'starting' : active ? 'active' : 'ready',
      requestedAt: running.startedAt,
      pid: running.pid,
      startTicks: running.startTicks,
      startedAt: running.startedAt,
      startedAtMs: running.startedAtMs,
      readyAt: starting ? null : d.mono,
      activeAt: active && !starting ? d.mono : null,
      beats: starting ? null : noBeats,
      adopted: true,
      deadline: running.deadline,
      callUnsure:
        active &&
        running.term > 0 &&
        isCalled(d.runService(running.service)) &&
        !d.s.reportedActive.includes(running.instance),
    },
  });
  d.note({
    kind: 'adopted',
    service: running.service,
    instance: running.instance,
    term: running.term,
    facts: { host: d.s.me, pid: running.pid, role: running.role },
  });
  d.tell({
    kind: 'observe',
    instance: running.instance,
    service: running.service,
    pid: running.pid,
    startTicks: running.startTicks,
  });
  const service = d.runService(running.service);
  if (unconfirmed && service !== undefined)
    endInstance(d, service, { why: 'hand-over', rule: 216, orderly: true, planned: true });
}

/** Activated by a call of the agent's own. A signal is the keeper's, in one request with the deadline. */
function isCalled(service: RunService | undefined): boolean {
  return service !== undefined && service.activate !== null && service.activate.kind !== 'signal';
}

/** A start was carried out, or came to nothing. */
export function startOutcome(d: Draft, id: number, outcome: Outcome, running: Running | null): void {
  for (const slot of d.s.slots.values()) {
    if (slot.now?.starting !== id) continue;
    const service = d.runService(slot.service);
    if (service === undefined) return;
    d.setInstance(slot.service, { starting: null, effect: slot.now.effect === id ? null : slot.now.effect });
    // Unknown: the keeper's next hello tells whether it runs, or its time to become ready passes.
    if (outcome.kind === 'done' && running !== null) startedNow(d, slot.now, running);
    else if (outcome.kind === 'failed') startFailed(d, service, slot, outcome.why);
    return;
  }
}

/** The instance runs: its probes may begin. It may be that its end was asked for meanwhile. */
function startedNow(d: Draft, instance: Instance, running: Running): void {
  d.setInstance(running.service, {
    pid: running.pid,
    startTicks: running.startTicks,
    startedAt: running.startedAt,
    startedAtMs: running.startedAtMs,
  });
  d.note({
    kind: 'started',
    service: running.service,
    instance: instance.id,
    term: instance.term,
    facts: { host: d.s.me, pid: running.pid, role: instance.role },
  });
  if (instance.phase === 'starting')
    d.tell({
      kind: 'observe',
      instance: instance.id,
      service: running.service,
      pid: running.pid,
      startTicks: running.startTicks,
    });
}

function startFailed(d: Draft, service: RunService, slot: Slot, why: string): void {
  if (slot.now === null) return;
  const failures = addFailure(slot.failures, d.mono, 0, service.backOff.upTo);
  const next = nextTry(failures, service.backOff.upTo, d.mono, slot.service);
  d.setSlot(slot.service, { now: null, startError: why, failures, failing: true, failedUntil: next.at });
  d.note({
    kind: 'startFailed',
    service: slot.service,
    instance: slot.now.id,
    facts: { host: d.s.me, why, tries: next.tries, nextAtMs: Math.round(d.now.wall + next.at - d.mono) },
  });
}

/** How an activation, deactivation, stop or kill came out. */
export function effectOutcome(d: Draft, id: number, outcome: Outcome, at: MonoMs): boolean {
  for (const slot of d.s.slots.values()) {
    const { now } = slot;
    if (now === null || now.effect !== id) continue;
    const service = d.runService(slot.service);
    if (service === undefined) return true;
    d.setInstance(slot.service, { effect: null });
    if (now.phase === 'activating' || (now.phase === 'active' && outcome.kind !== 'done'))
      activateOutcome(d, service, outcome, at);
    else if (now.phase === 'deactivating') deactivateOutcome(d, service, outcome);
    else if (now.phase === 'stopping' && outcome.kind === 'failed') endRefused(d, service, now, outcome.why);
    return true;
  }
  return false;
}

/**
 * What could not be stopped in order is killed; of what the keeper does not own nothing lives, unless its start is still on the way to the
 * keeper: then it is killed again (rule 503). One that is unknown is settled by the next hello, or by 503.
 */
function endRefused(d: Draft, service: RunService, instance: Instance, why: string): void {
  d.note({ kind: 'endFailed', service: service.name, instance: instance.id, facts: { why } });
  if (instance.killedAt === null)
    endInstance(d, service, { why: instance.ending?.why ?? why, rule: instance.ending?.rule ?? 512, orderly: false });
  else if (instance.starting === null) instanceEnded(d, lostEnd(d, service.name, instance));
}

function activateOutcome(d: Draft, service: RunService, outcome: Outcome, at: MonoMs): void {
  const instance = d.slot(service.name)?.now;
  if (instance === undefined || instance === null) return;
  if (outcome.kind !== 'done') {
    d.note({
      kind: 'activateFailed',
      service: service.name,
      instance: instance.id,
      term: instance.term,
      facts: { host: d.s.me, outcome: outcome.kind, why: outcome.why },
    });
    d.setSlot(service.name, { activateError: outcome.why });
    // Unknown is never done, and never undone either: it may be active, so it is ended.
    endInstance(d, service, {
      why: `could not be activated: ${outcome.why}`,
      rule: 522,
      orderly: false,
      failure: true,
    });
    return;
  }
  if (service.active !== null) d.tell({ kind: 'awaitActive', instance: instance.id });
  else
    becameActive(
      d,
      service,
      at,
      service.activate === null || service.activate.kind === 'signal' ? null : between(instance.activateAt ?? at, at),
    );
}

function deactivateOutcome(d: Draft, service: RunService, outcome: Outcome): void {
  const slot = d.slot(service.name);
  if (slot?.now === null || slot?.now === undefined) return;
  const instance = slot.now;
  // From when it was told: what it still serves while it finishes is more than was promised.
  const recovery: Slot['recovery'] = {
    cause: plannedCause(d, slot),
    from: d.s.me,
    rule: slot.handover?.rule ?? 216,
    planned: true,
    endedAt: instance.since,
    endedAtMs: d.now.wall - (d.mono - instance.since),
    detectedAt: instance.since,
  };
  if (outcome.kind !== 'done') {
    d.note({
      kind: 'deactivateFailed',
      service: service.name,
      instance: instance.id,
      term: instance.term,
      facts: { host: d.s.me, outcome: outcome.kind, why: outcome.why },
    });
    d.setSlot(service.name, { recovery });
    // It has had its time to finish what it had begun: one that said no is asked to end, one that said nothing may hang.
    const orderly = outcome.kind === 'failed';
    endInstance(d, service, { why: 'hand-over', rule: 216, orderly, planned: true, withinMs: termsOf(d, service).d });
    return;
  }
  const role = service.policy === 'hot-active/warm-active' ? 'standby' : 'passive';
  d.setSlot(service.name, {
    now: {
      ...instance,
      phase: 'ready',
      role,
      term: 0,
      since: d.mono,
      activeAt: null,
      activateAt: null,
      deadline: null,
    },
    recovery,
  });
  d.note({
    kind: 'deactivated',
    service: service.name,
    instance: instance.id,
    term: instance.term,
    facts: { host: d.s.me },
  });
}

function plannedCause(d: Draft, slot: Slot): string {
  const intent =
    slot.handover?.intent === null || slot.handover === null ? undefined : d.s.intents.get(slot.handover.intent);
  if (slot.handover !== null && slot.handover.cause !== null) return slot.handover.cause;
  return intent === undefined ? 'planned' : `planned by ${intent.value.owner}`;
}

/** An instance has ended: nothing of it lives. */
export function instanceEnded(d: Draft, ended: Ended): void {
  d.tell({ kind: 'forget', instance: ended.instance });
  const { unplaced } = d.s.keeper;
  if (unplaced.length > 0)
    d.s.keeper = { ...d.s.keeper, unplaced: unplaced.filter((each) => each.instance !== ended.instance) };
  const slot = d.slotOf(ended.instance);
  const service = slot === undefined ? undefined : d.runService(slot.service);
  if (slot?.now === null || slot === undefined || service === undefined) return;
  const instance = slot.now;
  d.tell({ kind: 'unobserve', instance: ended.instance });
  const asked = instance.ending?.planned === true || (instance.ending === null && ended.by === 'stop');
  const finished = service.finishes && ended.by === 'itself' && ended.code === 0 && !asked;
  // A deadline or a lost keeper ends what is not at fault: it is down, and need not wait before it is tried again.
  const failed = !asked && !finished && (instance.ending === null ? ended.by === 'itself' : instance.ending.failure);
  const since = instance.readyAt ?? instance.startedAt ?? instance.requestedAt;
  const failures = failed
    ? addFailure(slot.failures, d.mono, between(since, ended.endedAt), service.backOff.upTo)
    : slot.failures;
  const next = failed ? nextTry(failures, service.backOff.upTo, d.mono, slot.service) : null;
  d.note({
    kind: 'ended',
    service: slot.service,
    instance: ended.instance,
    term: ended.term,
    facts: {
      host: d.s.me,
      code: ended.code,
      signal: ended.signal,
      by: ended.by,
      why: instance.ending?.why ?? null,
      endedAtMs: Math.round(ended.endedAtMs),
      seenAfterMs: round(d.mono - ended.endedAt),
      finished,
      tries: next?.tries ?? 0,
    },
  });
  const lost = instance.activeAt !== null || instance.activateAt !== null;
  d.setSlot(slot.service, {
    now: null,
    lastExit: { code: ended.code, signal: ended.signal, atMs: Math.round(ended.endedAtMs) },
    activateError: instance.ending?.rule === 522 ? (slot.activateError ?? null) : null,
    failures,
    failing: !finished && (!asked || slot.failing),
    wantedSince: d.mono,
    failedUntil: next?.at ?? null,
    finishedAtMs: finished ? Math.round(ended.endedAtMs) : slot.finishedAtMs,
    said: null,
    leaseSaid: null,
    recovery:
      slot.recovery ?? (lost && !finished && isToBeMended(instance) ? recoveryFrom(d, slot, instance, ended) : null),
  });
  // What it needs may have waited for it to end.
  for (const need of needsOf(service)) d.touch(need);
  if (!asked && !finished && service.policy === 'hot-active/hot-active') hotLoss(d, service, ended);
  if (isLeased(service)) lateKill(d, service, ended, instance);
}

/** What was stopped because it is not to run is no loss; what moves or restarts is, though planned. */
function isToBeMended(instance: Instance): boolean {
  return (
    instance.ending === null ||
    instance.ending.failure ||
    instance.ending.why === 'hand-over' ||
    instance.ending.why === 'restart' ||
    instance.ending.why === 'changed'
  );
}

/** What is to be mended, counted from when it last served. */
function recoveryFrom(d: Draft, slot: Slot, instance: Instance, ended: Ended): NonNullable<Slot['recovery']> {
  const silentSince = instance.ending?.why === 'beat-late' ? (instance.beats?.lastAt ?? null) : null;
  const ours = instance.ending !== null;
  const withKeeper = ended.by === 'keeper-lost' ? d.s.keeper.lostAt : null;
  const endedAt =
    silentSince ?? withKeeper ?? (ours && instance.ending?.failure === true ? instance.since : ended.endedAt);
  return {
    cause: causeOf(d, slot, instance, ended),
    from: d.s.me,
    rule: instance.ending?.rule ?? 0,
    planned: instance.ending?.planned === true,
    endedAt,
    endedAtMs: Math.round(d.now.wall - (d.mono - endedAt)),
    // What we ended ourselves was detected when we set about it.
    detectedAt: instance.ending?.failure === true ? instance.since : ours ? ended.endedAt : d.mono,
  };
}

function causeOf(d: Draft, slot: Slot, instance: Instance, ended: Ended): string {
  if (instance.ending?.why === 'hand-over') return plannedCause(d, slot);
  if (instance.ending !== null) return instance.ending.why;
  if (ended.by === 'keeper-lost') return 'keeper lost';
  if (ended.by === 'deadline') return 'lease lapsed';
  return ended.signal !== null ? `killed (${ended.signal})` : ended.code === null ? 'ended' : `exit ${ended.code}`;
}

/** A kill at the deadline, the keeper's or ours, that took longer than room may have let two be active: a person has to know. */
function lateKill(d: Draft, service: RunService, ended: Ended, instance: Instance): void {
  const byUs = instance.ending?.rule === 122 || instance.ending?.rule === 124;
  const limit = instance.deadline ?? d.s.own.extendedUntil;
  // One that ended under no term was never active: its activation came to nothing.
  if ((ended.by !== 'deadline' && !byUs) || ended.by === 'keeper-lost' || ended.term === 0 || limit === null) return;
  const late = ended.goneAt - limit;
  if (late <= d.s.timing.room) return;
  d.note({
    kind: 'mayHaveOverlapped',
    service: service.name,
    instance: instance.id,
    term: instance.term,
    facts: { lateMs: round(late), roomMs: d.s.timing.room },
  });
  d.s.incidents = {
    ...d.s.incidents,
    others: [
      ...d.s.incidents.others.filter((each) => each.key !== `overlap:${service.name}`),
      {
        key: `overlap:${service.name}`,
        severity: 1,
        service: service.name,
        instance: `${service.name}@${d.s.me}`,
        host: d.s.me,
        cause: { kind: 'kill-late', facts: { tookMs: round(late), roomMs: d.s.timing.room } },
        also: [],
      },
    ],
  };
}

/** What the probes saw. */
export function seen(d: Draft, each: Seen): void {
  const slot = d.slotOf(each.instance);
  if (slot?.now === null || slot === undefined) return;
  const service = d.runService(slot.service);
  if (service === undefined) return;
  const instance = slot.now;
  switch (each.kind) {
    case 'ready':
      if (instance.phase === 'starting' && instance.startedAt !== null) becameReady(d, service, instance, each.at);
      break;
    case 'active':
      if (instance.phase === 'activating')
        becameActive(d, service, each.at, between(instance.activateAt ?? instance.readyAt ?? each.at, each.at));
      break;
    case 'beat':
      setInstanceQuietly(d, slot, { beats: addBeat(instance.beats ?? noBeats, each.at) });
      d.touch(slot.service);
      break;
    case 'status':
      d.setInstance(slot.service, {
        status: {
          status: each.status,
          subsystems: each.subsystems,
          why: each.why,
          at: each.at,
          failures: each.status === null ? (instance.status?.failures ?? 0) + 1 : 0,
        },
        behindMs: each.behindMs ?? (each.status === null ? instance.behindMs : null),
      });
      break;
    case 'check': {
      const before = instance.checks.get(each.check);
      const failed = each.result === 'critical' || each.result === 'unknown';
      const state: CheckState = {
        result: each.result,
        text: each.text,
        at: each.at,
        failures: failed ? (before?.failures ?? 0) + 1 : 0,
      };
      const checks = new Map(instance.checks).set(each.check, state);
      if (before?.result === each.result && before.text === each.text && !failed)
        setInstanceQuietly(d, slot, { checks });
      else d.setInstance(slot.service, { checks });
      break;
    }
    case 'files':
      d.setInstance(slot.service, { missingFiles: each.missing });
      break;
    case 'processGone':
      d.setInstance(slot.service, { processGone: true });
      break;
    default:
      each satisfies never;
  }
}

/** Nothing that is reported has changed: no report is made. */
function setInstanceQuietly(d: Draft, slot: Slot, change: Partial<Instance>): void {
  if (slot.now !== null) d.setQuietly(slot.service, { now: { ...slot.now, ...change } });
}

function becameReady(d: Draft, service: RunService, instance: Instance, at: MonoMs): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  // Of one that an agent before had started it is not known when it became ready.
  const bMs = instance.adopted ? null : round(Math.max(0, between(instance.requestedAt, at)));
  const beats = service.detect.heartbeat === null ? null : noBeats;
  d.setSlot(service.name, {
    bMs: bMs === null ? slot.bMs : [...slot.bMs, bMs].slice(-10),
    now: { ...instance, phase: 'ready', readyAt: at, since: d.mono, beats },
  });
  d.note({ kind: 'ready', service: service.name, instance: instance.id, facts: { host: d.s.me, bMs } });
  if (instance.role !== 'active') {
    settled(d, service.name);
    return;
  }
  // Started as active: its environment says so. An `activate` is sent all the same, since a service may know only that.
  const bareSignal = service.ready === null && service.activate?.kind === 'signal';
  if (instance.term > 0 && service.activate !== null && !bareSignal && d.s.own.validUntil !== null) {
    const id = d.ask({
      kind: 'activate',
      instance: instance.id,
      service: service.name,
      term: instance.term,
      deadline: d.s.own.validUntil,
    });
    d.setInstance(service.name, {
      phase: 'activating',
      since: d.mono,
      activateAt: at,
      deadline: d.s.own.validUntil,
      effect: id,
    });
  } else if (service.active !== null) {
    d.tell({ kind: 'awaitActive', instance: instance.id });
    d.setInstance(service.name, { phase: 'activating', since: d.mono, activateAt: at });
  } else becameActive(d, service, at, null);
}

/** It is where it should be: a later failure is a new one. */
function settled(d: Draft, service: string): void {
  const slot = d.slot(service);
  if (slot?.failing === true) d.setSlot(service, { failing: false });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
