import type { MonoMs } from '../model/units.ts';
import type { Instance } from './slot.ts';

/** One that ends sooner than this after its start was never of use: of a process without `ready`, that it exists says too little then. */
export const standsForMs = 1000;

/** An instance of which nothing is known but that it is being started. */
export function newInstance(id: string, role: Instance['role'], term: number, at: MonoMs): Instance {
  return {
    id,
    phase: 'starting',
    role,
    term,
    pid: null,
    startTicks: 0,
    requestedAt: at,
    startedAt: null,
    startedAtMs: null,
    standsSince: null,
    readyAt: null,
    activateAt: null,
    activeAt: null,
    since: at,
    starting: null,
    effect: null,
    ending: null,
    beats: null,
    status: null,
    behindMs: null,
    checks: new Map(),
    missingFiles: [],
    processGone: false,
    adopted: false,
    callUnsure: false,
    killedAt: null,
    deadline: null,
  };
}
