// Which instances here may be active only as long as the session is valid.

import { isLeased } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { Instance, Slot } from './slot.ts';

/** A service here, and its instance that counts on the session. */
export interface Held {
  readonly slot: Slot;
  readonly instance: Instance;
}

/** Found once for slots that no step has changed since: most steps change none. */
const kept = new WeakMap<object, readonly Held[]>();

/** Instances that are, may be, or are about to be active under a lease: all that a deadline stands over. */
export function holdsUnderLease(d: Draft): readonly Held[] {
  const { slots } = d.s;
  const known = d.heldNow ?? (d.hasOwn('slots') ? null : (kept.get(slots) ?? null));
  if (known !== null) return known;
  const held: Held[] = [];
  for (const slot of slots.values()) {
    if (slot.now === null || slot.now.term === 0) continue;
    const service = d.runService(slot.service);
    if (service !== undefined && isLeased(service)) held.push({ slot, instance: slot.now });
  }
  if (d.hasOwn('slots')) d.heldNow = held;
  else kept.set(slots, held);
  return held;
}

/** A kill of something leased that has not come to its end for as long as detection may take. */
export function isHung(d: Draft): boolean {
  return holdsUnderLease(d).some(
    ({ instance }) =>
      instance.phase === 'stopping' && instance.killedAt !== null && d.mono - instance.killedAt > d.s.timing.ttl,
  );
}
