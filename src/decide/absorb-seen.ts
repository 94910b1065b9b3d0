// Takes in what the probes saw of the instances here.

import { addBeat, noBeats } from '../judge/beats.ts';
import type { RunService } from '../model/system.ts';
import { between } from '../model/units.ts';
import type { MonoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { Seen } from './input.ts';
import { becameActive } from './recovery.ts';
import type { CheckState, Instance, Slot } from './slot.ts';

/** What the probes saw. */
export function seen(d: Draft, each: Seen): void {
  const slot = d.slotOf(each.instance);
  if (slot?.now === null || slot === undefined) return;
  const service = d.runService(slot.service);
  if (service === undefined) return;
  const instance = slot.now;
  switch (each.kind) {
    case 'ready':
      if (instance.phase !== 'starting' || instance.startedAt === null) break;
      // Rule 518 says when it has stood long enough.
      if (service.ready === null && slot.mustStand) d.setInstance(slot.service, { standsSince: each.at });
      else becameReady(d, service, instance, each.at);
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
          goodAt: each.status === null || each.status === 'failed' ? (instance.status?.goodAt ?? null) : each.at,
          failures: each.status === null ? (instance.status?.failures ?? 0) + 1 : 0,
        },
        behindMs: each.behindMs ?? (each.status === null ? instance.behindMs : null),
      });
      break;
    case 'check': {
      const before = instance.checks.get(each.check);
      const failed = each.result === 'critical' || each.result === 'unknown';
      const state: CheckState = {
        ...(each.shownAs === undefined ? {} : { shownAs: each.shownAs }),
        result: each.result,
        text: each.text,
        at: each.at,
        goodAt: failed ? (before?.goodAt ?? null) : each.at,
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
    case 'notYet':
      if (instance.phase === 'starting' || instance.phase === 'activating')
        d.setInstance(slot.service, { notYet: each.text });
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

/** Of use since `at`, or to be activated now. */
export function becameReady(d: Draft, service: RunService, instance: Instance, at: MonoMs): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  // Of one that an agent before had started it is not known when it became ready.
  const bMs = instance.adopted ? null : round(Math.max(0, between(instance.requestedAt, at)));
  const beats = service.detect.heartbeat === null ? null : noBeats;
  d.setSlot(service.name, {
    bMs: bMs === null ? slot.bMs : [...slot.bMs, bMs].slice(-10),
    now: { ...instance, phase: 'ready', readyAt: at, since: d.mono, beats, notYet: null },
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
