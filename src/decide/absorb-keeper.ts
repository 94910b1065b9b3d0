// What the keeper owns, as it says after connecting: what runs is taken over, what was thought to run and does not has ended.

import { noBeats } from '../judge/beats.ts';
import type { RunService } from '../model/system.ts';
import { between } from '../model/units.ts';
import { instanceEnded, lostEnd } from './absorb-end.ts';
import { startedNow } from './absorb-start.ts';
import type { Draft } from './draft.ts';
import { retireUnknown } from './former.ts';
import type { Ended, Running } from './input.ts';
import { newInstance } from './new-instance.ts';
import { endInstance } from './role-moves.ts';

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

/**
 * Its manager started it again by itself, or a person did, while nothing here wanted to (paused, waiting) or it is not to run. What runs is watched and shown as
 * what it is, and stopped where it is not to run. While a start of our own is under way nothing is to be done: that takes what it finds.
 */
export function foundRunning(d: Draft, running: Running): void {
  const slot = d.slot(running.service);
  if (d.s.system === null || slot === undefined || slot.now !== null) return;
  const again = slot.lastExit !== null || slot.startError !== null;
  d.setSlot(running.service, {
    restarts: again ? slot.restarts + 1 : slot.restarts,
    startError: null,
    failedUntil: null,
    said: null,
  });
  place(d, running, 'foundRunning');
}

/** Gives instances that ran before the description was known their slots. */
export function placeWaiting(d: Draft): void {
  const { unplaced } = d.s.keeper;
  if (unplaced.length === 0 || d.s.system === null) return;
  d.s.keeper = { ...d.s.keeper, unplaced: [] };
  for (const each of unplaced) place(d, each);
}

function place(d: Draft, running: Running, note: 'adopted' | 'foundRunning' = 'adopted'): void {
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
  const service = d.runService(running.service);
  const readyWithin = service?.ready?.within ?? 0;
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
      beats: starting || (service?.detect.heartbeat ?? null) === null ? null : noBeats,
      adopted: true,
      deadline: running.deadline,
      callUnsure: active && running.term > 0 && isCalled(service) && !d.s.reportedActive.includes(running.instance),
    },
  });
  d.note({
    kind: note,
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
  if (unconfirmed && service !== undefined)
    endInstance(d, service, { why: 'hand-over', rule: 216, orderly: true, planned: true });
}

/** Activated by a call of the agent's own. A signal is the keeper's, in one request with the deadline. */
function isCalled(service: RunService | undefined): boolean {
  return service !== undefined && service.activate !== null && service.activate.kind !== 'signal';
}
