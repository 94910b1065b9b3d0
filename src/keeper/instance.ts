// One instance as the keeper holds it, from its first fork until the agent has written down how it ended.

import type { Role } from '../model/states.ts';
import type { Cgroup } from './cgroup.ts';
import type { Guard } from './guard.ts';
import type { EndedInstance, InstanceId, StartedInstance } from '../ports.ts';
import type { MonoMs, WallMs } from '../model/units.ts';

/** A process of ours, or one adopted, until its end was taken note of. */
export interface Owned {
  readonly instance: InstanceId;
  readonly service: string;
  readonly host: string;
  /** Also its process group and its session. */
  readonly pid: number;
  readonly startTicks: number;
  readonly startedAt: MonoMs;
  readonly startedAtMs: WallMs;
  readonly adopted: boolean;
  readonly cgroup: Cgroup | null;
  /** Null until it is first needed. */
  guard: Guard | null;
  role: Role;
  /** The term it was last made active under; 0 without a lease. */
  term: number;
  /** Armed while it may act as active under a lease. */
  deadline: MonoMs | null;
  /** The answer to the last activation, for when it is asked twice. */
  activatedAt: MonoMs | null;
  /** Set when it is to end: whose doing. */
  endingBy: EndedInstance['by'] | null;
  /** Since when the keeper kills; null while it is left alone or asked in an orderly way. */
  killedAt: MonoMs | null;
  /** Armed between an orderly stop and its SIGKILL. */
  force: { readonly at: MonoMs; readonly timer: NodeJS.Timeout } | null;
  /** How and when the main process ended. */
  exit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly at: MonoMs;
    readonly atMs: WallMs;
  } | null;
  ended: EndedInstance | null;
  /** Something of it still lived when it was first looked for. */
  foundLiving: boolean;
  /** Its main process ended by itself, and something of it lived on. */
  leftBehind: boolean;
  /** Whether the command was reached: `underWay` while the lines of shell before it run. */
  launch: 'underWay' | 'runs' | 'failed';
  /** An agent was told of it before that was known, so that its end must be told too. */
  told: boolean;
  /** Resolves when nothing of it lives. */
  readonly gone: PromiseWithResolvers<void>;
  /** Role changes go one after the other. */
  turn: Promise<unknown>;
}

/** What is new in every instance. */
export function fresh(): Pick<
  Owned,
  | 'guard'
  | 'deadline'
  | 'activatedAt'
  | 'endingBy'
  | 'killedAt'
  | 'force'
  | 'exit'
  | 'ended'
  | 'foundLiving'
  | 'leftBehind'
  | 'launch'
  | 'told'
  | 'gone'
  | 'turn'
> {
  return {
    guard: null,
    deadline: null,
    activatedAt: null,
    endingBy: null,
    killedAt: null,
    force: null,
    exit: null,
    ended: null,
    foundLiving: false,
    leftBehind: false,
    launch: 'underWay',
    told: false,
    gone: Promise.withResolvers<void>(),
    turn: Promise.resolve(),
  };
}

/** What the agent is told of it. */
export function tellStarted(owned: Owned): StartedInstance {
  return {
    instance: owned.instance,
    service: owned.service,
    pid: owned.pid,
    startTicks: owned.startTicks,
    startedAt: owned.startedAt,
    startedAtMs: owned.startedAtMs,
    role: owned.role,
    term: owned.term,
    deadline: owned.deadline,
    adopted: owned.adopted,
  };
}

/** The term it may be acting as active under; 0 when none. */
export function activeTerm(owned: Owned): number {
  return owned.deadline !== null || owned.role === 'active' ? owned.term : 0;
}
