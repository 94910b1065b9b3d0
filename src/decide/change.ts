// A description that changes under what runs (rules 527, 528, 609, 616): who has to be started anew, and whose turn it is. One instance of a service at a
// time, those that are not active first, so that each change is seen to work before the next is made.

import { isMadeSo, madeOfInstance } from '../model/made-of.ts';
import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { InstanceReport } from './records.ts';
import type { Slot } from './slot.ts';
import { isLive, liveHolder, plannedDown, reportOf } from './view.ts';

/** True when that instance runs otherwise than the description in use here says. What does not run is not. */
export function isOutdated(d: Draft, service: RunService, host: string, instance: string | null): boolean {
  if (instance === null || (host === d.s.me && d.s.retired.has(service.name))) return false;
  const made = madeOfInstance(instance);
  return made !== null && !isMadeSo(service, host, made);
}

/** Whether an instance is to be started anew for a changed description, and whether it may be now. */
export type Turn = 'not outdated' | 'now' | { readonly waitsFor: string };

/** Whether the instance here is to be started anew, and what that waits for. */
export function turnOf(d: Draft, service: RunService, slot: Slot): Turn {
  const { now } = slot;
  if (now === null || !isOutdated(d, service, d.s.me, now.id)) return 'not outdated';
  const others = service.on
    .map(({ host }) => host)
    .filter((host) => host !== d.s.me && isLive(d, host) && plannedDown(d, service, host) === null);
  if (others.length === 0) return 'now';
  const cold = service.policy === 'hot-active/cold-passive';
  const holder = isLeased(service) ? liveHolder(d, service.name) : null;
  if (isLeased(service)) {
    if (now.term > 0) return cold ? 'now' : { waitsFor: 'another host that runs it as described' };
    if (holder === null) return { waitsFor: 'an active one' };
  }
  const order = service.on.map(({ host }) => host);
  for (const host of others) {
    const report = reportOf(d, service.name, host);
    if (!isSettled(service, report)) return { waitsFor: `${service.name}@${host}` };
    const before = order.indexOf(host) < order.indexOf(d.s.me) && host !== holder;
    if (before && isOutdated(d, service, host, report?.instance ?? null))
      return { waitsFor: `${service.name}@${host}` };
  }
  return 'now';
}

/** In a phase in which nothing is expected to happen next. */
function isSettled(service: RunService, report: InstanceReport | null): boolean {
  if (report === null) return false;
  switch (report.phase) {
    case 'active':
      return true;
    case 'standby':
    case 'passive':
      return isLeased(service);
    case 'down':
      return service.policy === 'hot-active/cold-passive';
    case 'starting':
    case 'stopping':
    case 'failed':
      return false;
    default:
      return report.phase satisfies never;
  }
}
