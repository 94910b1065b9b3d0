// What most rows are made on.
import type { BedOptions } from '../bed.ts';

/** An etcd that Standfast runs itself, and an outage of two seconds or of one. */
export const at2s = { store: 'managed', recoverWithin: '2s' } as const satisfies BedOptions;
export const at1s = { store: 'managed', recoverWithin: '1s' } as const satisfies BedOptions;
/** An etcd of the testbed's own, to whose data something can be done. */
export const ownAt2s = { store: 'own', recoverWithin: '2s' } as const satisfies BedOptions;
