// The phase of an instance here, as people and other hosts see it.

import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { ReportedPhase } from './records.ts';
import type { Slot } from './state.ts';
import { plannedDown } from './view.ts';

/** The phase as people see it. */
export function phaseShown(d: Draft, service: RunService, slot: Slot): ReportedPhase {
  const instance = slot.now;
  if (instance === null) {
    const waits = slot.failedUntil !== null && slot.failedUntil > d.mono;
    return (waits || slot.startError !== null) && plannedDown(d, service, d.s.me) === null ? 'failed' : 'down';
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
