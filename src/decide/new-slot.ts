import type { Slot } from './slot.ts';

/** A slot in which nothing runs or ran. */
export function emptySlot(service: string): Slot {
  return {
    service,
    now: null,
    failures: [],
    restarts: 0,
    lastExit: null,
    startError: null,
    wantedSince: null,
    planned: null,
    failing: false,
    unproven: new Map(),
    finishedAtMs: null,
    bMs: [],
    iMs: [],
    switchMs: [],
    predicted: null,
    leaseTxn: null,
    leaseUnsureUntil: null,
    grant: null,
    recovery: null,
    freeSince: null,
    handover: null,
    failedUntil: null,
    mustStand: false,
    said: null,
    leaseSaid: null,
  };
}
