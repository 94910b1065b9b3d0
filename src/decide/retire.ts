// From one description to the next, on this host: what is placed here anew gets a slot; what is to run here no more is retired, that is, keeps its old
// description until it has ended and its lease is given away. A host that the description no longer names leaves when nothing of it is left (rule 616).

import { isLeased, type RunService, type System } from '../model/system.ts';
import { noBeats } from '../judge/beats.ts';
import type { Draft } from './draft.ts';
import { isOutdated } from './change.ts';
import { emptySlot } from './new-slot.ts';
import type { Slot } from './slot.ts';
import { holderOf } from './view.ts';

/** Takes another description up. */
export function changeSlots(d: Draft, before: System | null, after: System): void {
  const slots = d.own('slots', d.s.slots);
  const retired = d.own('retired', d.s.retired);
  for (const slot of slots.values()) {
    const was = retired.get(slot.service) ?? placedHere(d, before, slot.service);
    const is = placedHere(d, after, slot.service);
    if (was === undefined) continue;
    if (is !== undefined && isLeased(is) === isLeased(was)) retired.delete(slot.service);
    else retired.set(slot.service, was);
  }
  for (const service of after.services)
    if (service.kind === 'run' && placedHere(d, after, service.name) !== undefined && !slots.has(service.name))
      slots.set(service.name, emptySlot(service.name));
  d.s.slots = slots;
  d.s.retired = retired;
  d.heldNow = null;
  for (const slot of slots.values()) watchAnew(d, slot);
}

function placedHere(d: Draft, system: System | null, name: string): RunService | undefined {
  const found = system?.services.find((each) => each.name === name);
  return found?.kind === 'run' && found.on.some((place) => place.host === d.s.me) ? found : undefined;
}

/** What runs on as it is may have to be looked at otherwise. */
function watchAnew(d: Draft, slot: Slot): void {
  const { now } = slot;
  const service = d.runService(slot.service);
  if (now === null || now.pid === null || service === undefined || d.s.retired.has(slot.service)) return;
  if (now.phase === 'stopping' || isOutdated(d, service, d.s.me, now.id)) return;
  d.tell({ kind: 'unobserve', instance: now.id });
  d.tell({
    kind: 'observe',
    instance: now.id,
    service: slot.service,
    pid: now.pid,
    startTicks: now.startTicks,
  });
  const asked = new Set(service.detect.checks.map((each) => each.name));
  d.setInstance(slot.service, {
    checks: new Map([...now.checks].filter(([name]) => asked.has(name))),
    status: service.detect.status === null ? null : now.status,
    beats: service.detect.heartbeat === null ? null : now.phase === 'starting' ? now.beats : (now.beats ?? noBeats),
  });
}

/** Forgets what is retired once nothing of it is left; where it is placed again it begins as new. */
export function tidyRetired(d: Draft, service: RunService): void {
  const { name } = service;
  const slot = d.slot(name);
  if (!d.s.retired.has(name) || slot === undefined || slot.now !== null || slot.leaseTxn !== null) return;
  if (isLeased(service) && holderOf(d, name) === 'me') return;
  const retired = d.own('retired', d.s.retired);
  retired.delete(name);
  d.s.retired = retired;
  const slots = d.own('slots', d.s.slots);
  const again = placedHere(d, d.s.system, name) !== undefined;
  if (again) slots.set(name, emptySlot(name));
  else {
    slots.delete(name);
    const reported = d.own('reported', d.s.reported);
    reported.delete(name);
    d.s.reported = reported;
  }
  d.s.slots = slots;
  d.heldNow = null;
  d.reportDirty = true;
  d.incidentsDirty = true;
  d.note({ kind: 'retired', service: name, facts: { host: d.s.me, again } });
  if (again) d.touch(name);
  // What it kept from being stopped goes on.
  for (const other of d.s.retired.keys()) d.touch(other);
}

/** A host that is described no longer goes when nothing runs here any more. */
export function leaveWhenRemoved(d: Draft): void {
  const { system, leaving } = d.s;
  if (system === null || leaving !== null || d.s.slots.size > 0 || d.s.keeper.unplaced.length > 0) return;
  if (system.hosts.some((host) => host.name === d.s.me)) return;
  d.s.leaving = { leaveRunning: false, quit: false, since: d.mono };
  d.note({ kind: 'person', rule: 616, facts: { host: d.s.me } });
  d.reportDirty = true;
}
