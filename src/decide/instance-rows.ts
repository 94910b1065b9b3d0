// The rows of an instance's life (rules 500–599), first match wins.

import type { Turn } from './change.ts';
import type { Row } from './row.ts';
import type { InstancePhase } from './slot.ts';

/** One service on this host, and what is wanted of it. */
export interface LifeFacts {
  readonly keeperUp: boolean;
  readonly paused: boolean;
  readonly leaveRunning: boolean;
  readonly phase: 'none' | InstancePhase;
  /** An effect for it has not come back. */
  readonly busy: boolean;
  /** It should run here, in whatever role. */
  readonly wanted: boolean;
  readonly plannedBecause: string;
  /** Only a grant of the lease may start it. */
  readonly startsByLease: boolean;
  /** Who needs it and still runs, when everything is to stop. */
  readonly dependants: readonly string[];
  /** Who needs it and runs on, on hosts that do not go down. */
  readonly leftBehind: readonly string[];
  readonly missingNeeds: readonly string[];
  /** How long it still waits before it tries again; 0 or less: it does not. */
  readonly backOffMs: number;
  /** Failures in a row. */
  readonly tries: number;
  /** Its end was asked for, was not heard of in time, and nothing is under way. */
  readonly endOverdue: boolean;
  readonly startOverdue: boolean;
  /** It has to stand for a moment before it counts as ready, and has; null: it need not. */
  readonly stood: boolean | null;
  readonly activateOverdue: boolean;
  /** What makes it unfit to go on; null: nothing. */
  readonly unhealthy: string | null;
  /** It is active, under a lease, and only people may move or end it. */
  readonly manualActive: boolean;
  readonly restartAsked: boolean;
  /** It is active, is not to run here, and is to move before it is stopped. */
  readonly movesFirst: boolean;
  /** Whether it is to be started anew as described now. */
  readonly turn: Turn;
}

type LifeMove =
  | { readonly move: 'nothing' }
  | { readonly move: 'wait'; readonly forMs: number | null; readonly waitsFor: string }
  | { readonly move: 'start' }
  | { readonly move: 'ready' }
  | { readonly move: 'endAgain' }
  | { readonly move: 'stop'; readonly why: string }
  | { readonly move: 'fail'; readonly why: string; readonly orderly: boolean };

const nothing = (): LifeMove => ({ move: 'nothing' });
const running = (f: LifeFacts): boolean => f.phase !== 'none' && f.phase !== 'stopping';

/** Rules 500–599. */
export const lifeRows: readonly Row<LifeFacts, LifeMove>[] = [
  {
    n: 500,
    name: 'no-keeper',
    when: (f) => !f.keeperUp,
    then: nothing,
    why: 'the keeper is not there; nothing can be started or ended',
    quiet: true,
  },
  {
    n: 502,
    name: 'being-ended',
    when: (f) => f.phase === 'stopping' && !f.endOverdue,
    then: nothing,
    why: 'it is being ended',
    quiet: true,
  },
  {
    n: 503,
    name: 'end-again',
    when: (f) => f.phase === 'stopping',
    then: () => ({ move: 'endAgain' }),
    why: 'its end was asked for and has not come in its time, so it is killed (again)',
  },
  {
    n: 504,
    name: 'leave-running',
    when: (f) => f.leaveRunning,
    then: nothing,
    why: 'the agents leave and the services stay',
    quiet: true,
  },
  {
    n: 506,
    name: 'paused',
    when: (f) => f.paused,
    then: nothing,
    why: 'a person paused it: we observe and act on nothing',
  },
  {
    n: 509,
    name: 'stop-though-needed-elsewhere',
    when: (f) =>
      !f.wanted &&
      running(f) &&
      f.dependants.length === 0 &&
      f.leftBehind.length > 0 &&
      !(f.busy && f.phase === 'deactivating'),
    then: (f) => ({ move: 'stop', why: f.plannedBecause }),
    why: 'what needs it runs on a host that does not go down, and would be waited for without end',
  },
  {
    n: 510,
    name: 'stop-waits-for-dependants',
    when: (f) => !f.wanted && running(f) && f.dependants.length > 0,
    then: (f) => ({ move: 'wait', forMs: null, waitsFor: f.dependants.join(', ') }),
    why: 'what needs it is stopped first',
  },
  {
    n: 511,
    name: 'move-before-stop',
    when: (f) => !f.wanted && running(f) && f.movesFirst,
    then: () => ({ move: 'wait', forMs: null, waitsFor: 'another host that can take it' }),
    why: 'it is active and is to move to another host before it is stopped here',
  },
  {
    n: 512,
    name: 'stop-when-not-wanted',
    when: (f) => !f.wanted && running(f) && !(f.busy && f.phase === 'deactivating'),
    then: (f) => ({ move: 'stop', why: f.plannedBecause }),
    why: 'it is not to run here now',
  },
  {
    n: 516,
    name: 'restart-asked',
    when: (f) => running(f) && f.restartAsked && !f.busy,
    then: () => ({ move: 'stop', why: 'restart' }),
    why: 'a person asked for a restart',
  },
  {
    n: 518,
    name: 'has-stood',
    when: (f) => f.phase === 'starting' && f.stood === true,
    then: () => ({ move: 'ready' }),
    why: 'the one before ended at once; this one has stood for a moment, so it counts as ready',
  },
  {
    n: 520,
    name: 'start-overdue',
    when: (f) => f.phase === 'starting' && f.startOverdue,
    then: () => ({ move: 'fail', why: 'not ready in time', orderly: false }),
    why: 'it did not become ready within its time',
  },
  {
    n: 522,
    name: 'activation-overdue',
    when: (f) => f.phase === 'activating' && f.activateOverdue,
    then: () => ({ move: 'fail', why: 'not active in time', orderly: false }),
    why: 'it did not become active within its time',
  },
  {
    n: 524,
    name: 'left-to-people',
    when: (f) => f.unhealthy !== null && f.manualActive,
    then: (f) => ({ move: 'wait', forMs: null, waitsFor: `a person: ${f.unhealthy ?? ''}` }),
    why: 'it is unfit, and its trigger is manual: people decide',
  },
  {
    n: 526,
    name: 'end-the-unfit',
    when: (f) => running(f) && f.unhealthy !== null,
    then: (f) => ({ move: 'fail', why: f.unhealthy ?? '', orderly: false }),
    why: 'as it is, it will not serve again',
  },
  {
    n: 527,
    name: 'change-waits-for-turn',
    when: (f) => running(f) && typeof f.turn === 'object',
    then: (f) => ({ move: 'wait', forMs: null, waitsFor: typeof f.turn === 'object' ? f.turn.waitsFor : '' }),
    why: 'it is to run otherwise than it does, and others are changed first',
  },
  {
    n: 528,
    name: 'change',
    when: (f) => running(f) && f.turn === 'now' && !f.busy,
    then: () => ({ move: 'stop', why: 'changed' }),
    why: 'it is to run otherwise than it does, and it is its turn: it is stopped and started as described',
  },
  { n: 530, name: 'runs', when: running, then: nothing, why: 'it runs as it should, or is on its way', quiet: true },
  {
    n: 532,
    name: 'down-as-planned',
    when: (f) => !f.wanted,
    then: nothing,
    why: 'it is not to run here now, and does not',
    quiet: true,
  },
  {
    n: 534,
    name: 'lease-starts-it',
    when: (f) => f.startsByLease,
    then: nothing,
    why: 'a cold one is started by the lease alone',
    quiet: true,
  },
  {
    n: 536,
    name: 'start-waits-for-needs',
    when: (f) => f.missingNeeds.length > 0,
    then: (f) => ({ move: 'wait', forMs: null, waitsFor: f.missingNeeds.join(', ') }),
    why: 'what it needs is not there',
  },
  {
    n: 538,
    name: 'back-off',
    when: (f) => f.backOffMs > 0,
    then: (f) => ({ move: 'wait', forMs: f.backOffMs, waitsFor: 'back-off' }),
    why: 'it failed again and again; the next try waits longer each time',
  },
  { n: 540, name: 'start', when: () => true, then: () => ({ move: 'start' }), why: 'it should run here and does not' },
];
