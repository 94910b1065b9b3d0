// How starts came out: the instance runs and is observed, or it could not be started and is tried again.

import { addFailure, nextTry } from '../judge/backoff.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { Outcome } from './effect.ts';
import type { Running } from './input.ts';
import type { Instance, Slot } from './slot.ts';

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
export function startedNow(d: Draft, instance: Instance, running: Running): void {
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
