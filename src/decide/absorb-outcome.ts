// How activations, deactivations, stops and kills came out. Unknown is neither done nor undone.

import type { RunService } from '../model/system.ts';
import { between } from '../model/units.ts';
import type { MonoMs } from '../model/units.ts';
import { instanceEnded, lostEnd, plannedCause } from './absorb-end.ts';
import type { Draft } from './draft.ts';
import type { Outcome } from './effect.ts';
import { becameActive } from './recovery.ts';
import { endInstance } from './role-moves.ts';
import type { Instance, Slot } from './slot.ts';
import { termsOf } from './terms.ts';

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
