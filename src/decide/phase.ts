// The phase of an instance here, as people and other hosts see it, and the phase it should be in.

import type { PlannedDown } from '../judge/reason.ts';
import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { ReportedPhase } from './records.ts';
import type { Slot } from './slot.ts';
import { barredFrom, holderOf, isLive, leaseOf, plannedDown } from './view.ts';

/** The phase as people see it. */
export function phaseShown(d: Draft, service: RunService, slot: Slot): ReportedPhase {
  const instance = slot.now;
  if (instance === null) {
    const waits = slot.failedUntil !== null && slot.failedUntil > d.mono;
    if (waits && plannedDown(d, service, d.s.me) === null) return 'failed';
    // A cold one that could not be started is of no interest while it is not to run.
    return slot.startError !== null && plannedPhase(d, service).phase !== 'down' ? 'failed' : 'down';
  }
  const warm = isLeased(service) && service.policy !== 'hot-active/cold-passive';
  const waiting = service.policy === 'hot-active/warm-active' ? 'standby' : 'passive';
  switch (instance.phase) {
    case 'starting':
      return 'starting';
    case 'ready':
      return warm ? waiting : 'starting';
    case 'activating':
      return warm ? waiting : 'starting';
    case 'active':
    case 'deactivating':
      return 'active';
    case 'stopping':
      return 'stopping';
    default:
      return instance.phase satisfies never;
  }
}

/** The phase it should be in, and why when that is `down`. */
export function plannedPhase(
  d: Draft,
  service: RunService,
): { readonly phase: ReportedPhase; readonly because: PlannedDown } {
  if (d.s.leaving !== null && !d.s.leaving.leaveRunning) return { phase: 'down', because: 'asked' };
  const down = plannedDown(d, service, d.s.me);
  if (down !== null) return { phase: 'down', because: down };
  if (!isLeased(service)) return { phase: 'active', because: 'unsaid' };
  const second = secondPhase(service);
  const holder = holderOf(d, service.name);
  const active =
    holder === 'me' ? d.slot(service.name)?.handover === null : holder === 'free' && nextHolder(d, service) === d.s.me;
  return active ? { phase: 'active', because: 'unsaid' } : { phase: second, because: 'policy' };
}

/** The phase of those that are not active. */
export function secondPhase(service: RunService): ReportedPhase {
  if (service.policy === 'hot-active/cold-passive') return 'down';
  return service.policy === 'hot-active/warm-active' ? 'standby' : 'passive';
}

/** Who is to have a free lease, as far as can be said before anybody takes it. */
export function nextHolder(d: Draft, service: RunService): string | null {
  const { next } = leaseOf(d, service.name);
  if (next !== null && isLive(d, next)) return next;
  const able = service.on
    .map(({ host }) => host)
    .filter((host) => isLive(d, host) && barredFrom(d, service, host) === null);
  return service.prefer !== null && able.includes(service.prefer) ? service.prefer : (able[0] ?? null);
}
