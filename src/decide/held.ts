// Which instances here may be active only as long as the session is valid.

import { isLeased } from '../model/system.ts';
import { serviceByName } from './draft.ts';
import type { Instance, Slot, State } from './state.ts';

/** Instances that are, may be, or are about to be active under a lease: all that a deadline stands over. */
export function holdsUnderLease(state: State): { readonly slot: Slot; readonly instance: Instance }[] {
  const held: { slot: Slot; instance: Instance }[] = [];
  for (const slot of state.slots.values()) {
    if (slot.now === null || slot.now.term === 0 || state.system === null) continue;
    const service = serviceByName(state.system.services, slot.service);
    if (service !== undefined && isLeased(service)) held.push({ slot, instance: slot.now });
  }
  return held;
}
