// What a decision about a lease, or about a life, asks of the instance here: start, activate, deactivate, end.

import type { Role } from '../model/states.ts';
import { monoMs, ms, type Ms } from '../model/units.ts';
import { madeOf } from '../model/made-of.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { grade } from './grade.ts';
import { newInstance } from './new-instance.ts';
import { termsOf } from './terms.ts';

/** Uses a grant: the instance becomes active under the term that was won for it. */
export function activate(d: Draft, service: RunService, rule: number): void {
  const slot = d.slot(service.name);
  const { validUntil } = d.s.own;
  if (slot?.now === null || slot?.now === undefined || slot.grant === null || validUntil === null) return;
  const id = d.ask({
    kind: 'activate',
    instance: slot.now.id,
    service: service.name,
    term: slot.grant.term,
    deadline: validUntil,
  });
  d.setSlot(service.name, {
    grant: null,
    now: {
      ...slot.now,
      phase: 'activating',
      role: 'active',
      term: slot.grant.term,
      since: d.mono,
      activateAt: d.mono,
      deadline: validUntil,
      effect: id,
    },
    recovery:
      slot.recovery === null ? null : { ...slot.recovery, rule: slot.recovery.rule === 0 ? rule : slot.recovery.rule },
  });
  d.s.own = { ...d.s.own, extendedUntil: null };
}

/** The same activation once more: the service is told twice at most, and knows the term already if it was told before. */
export function callAgain(d: Draft, service: RunService): void {
  const instance = d.slot(service.name)?.now;
  const { validUntil } = d.s.own;
  if (instance === undefined || instance === null || validUntil === null) return;
  const id = d.ask({
    kind: 'activate',
    instance: instance.id,
    service: service.name,
    term: instance.term,
    deadline: validUntil,
  });
  // It was most likely called before, so it goes on counting as active.
  d.setInstance(service.name, { effect: id, callUnsure: false, deadline: validUntil });
  d.s.own = { ...d.s.own, extendedUntil: null };
}

/** Uses a grant: a cold one is started as active. */
export function startActive(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  const { validUntil } = d.s.own;
  if (slot === undefined || slot.grant === null || validUntil === null) return;
  const { term } = slot.grant;
  d.setSlot(service.name, { grant: null });
  beginStart(d, service, { role: 'active', term, deadline: validUntil });
  d.s.own = { ...d.s.own, extendedUntil: null };
}

/** Starts a new instance of the service here. */
export function beginStart(
  d: Draft,
  service: RunService,
  as: { role: Role; term: number; deadline: number | null },
): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const instance = `${service.name}@${d.s.me}#${madeOf(service, d.s.me)}.${d.s.life}.${d.s.counter + 1}`;
  const alternative = service.restart.alternative !== null && slot.failures.length >= triesBeforeAlternative;
  const id = d.ask({
    kind: 'start',
    service: service.name,
    instance,
    role: as.role,
    term: as.term,
    deadline: as.deadline === null ? null : monoMs(as.deadline),
    alternative,
  });
  d.setSlot(service.name, {
    restarts: slot.lastExit === null && slot.startError === null ? slot.restarts : slot.restarts + 1,
    said: null,
    leaseSaid: null,
    failedUntil: null,
    now: {
      ...newInstance(instance, as.role, as.term, d.mono),
      starting: id,
      effect: id,
      deadline: as.deadline === null ? null : monoMs(as.deadline),
    },
  });
}

/** After this many failures in a row the declared other way of starting is tried. */
const triesBeforeAlternative = 2;

/** Takes the role back. Where that cannot be confirmed (none declared, or a bare signal) the instance is ended before its lease goes. */
export function deactivate(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  const instance = slot?.now;
  if (slot === undefined || instance === undefined || instance === null) return;
  // What is found unfit serves nobody, and may hear neither call nor signal.
  if (grade(d, service, slot).unhealthy) {
    endInstance(d, service, { why: 'hand-over', rule: 216, orderly: false, planned: true });
    return;
  }
  const call = service.deactivate;
  if (call === null || call.kind === 'signal' || service.policy === 'hot-active/cold-passive') {
    // A standby that judged the active unfit is not kept waiting for as long as an orderly stop may take.
    const asked = slot.handover?.rule === 608;
    const withinMs = asked ? termsOf(d, service).d : null;
    endInstance(d, service, { why: 'hand-over', rule: 216, orderly: true, planned: true, withinMs });
    return;
  }
  const role = service.policy === 'hot-active/warm-active' ? 'standby' : 'passive';
  const id = d.ask({
    kind: 'deactivate',
    instance: instance.id,
    service: service.name,
    term: instance.term,
    role,
    withinMs: drainWithin(service),
  });
  d.setInstance(service.name, { phase: 'deactivating', since: d.mono, effect: id });
}

/** How long the active one has to finish what it has begun: as described, else less than consumers may be without it. In ms. */
function drainWithin(service: RunService): Ms {
  return service.drain?.within ?? ms(Math.min(usualDrainMs, service.objective.recoverWithin / 2));
}

const usualDrainMs = 5000;

/** Ends the present instance: in order within what its `stop` allows, or at once. */
export function endInstance(
  d: Draft,
  service: RunService,
  how: { why: string; rule: number; orderly: boolean; failure?: boolean; planned?: boolean; withinMs?: number | null },
): void {
  const instance = d.slot(service.name)?.now;
  if (instance === undefined || instance === null) return;
  const id = how.orderly
    ? d.ask({
        kind: 'stop',
        instance: instance.id,
        signal: service.stop.signal,
        forcedAfter: ms(Math.min(service.stop.forcedAfter, how.withinMs ?? Number.POSITIVE_INFINITY)),
      })
    : d.ask({ kind: 'kill', instance: instance.id });
  d.setInstance(service.name, {
    phase: 'stopping',
    since: d.mono,
    effect: id,
    killedAt: how.orderly ? instance.killedAt : (instance.killedAt ?? d.mono),
    ending: instance.ending ?? {
      why: how.why,
      rule: how.rule,
      failure: how.failure ?? false,
      planned: how.planned ?? false,
    },
  });
}
