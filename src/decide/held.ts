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

/** A kill of something leased that has not come to its end for as long as detection may take. */
export function isHung(state: State, now: number): boolean {
  for (const { instance } of holdsUnderLease(state))
    if (instance.phase === 'stopping' && instance.killedAt !== null && now - instance.killedAt > state.timing.ttl) return true;
  return false;
}
