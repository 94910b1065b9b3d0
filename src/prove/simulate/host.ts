// One machine of the simulated system and what lives on it: a keeper that is never ill, processes, an agent that comes and goes.

import type { Ended, Running } from '../../decide/input.ts';
import type { Role } from '../../model/states.ts';
import type { MonoMs, WallMs } from '../../model/units.ts';
import { monoMs, wallMs } from '../../model/units.ts';
import type { SimAgent } from './agent.ts';

/** One instance; moments are true time in ms. */
export interface Process {
  readonly id: string;
  readonly service: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  role: Role;
  term: number;
  /** Null: it holds no lease. */
  deadline: MonoMs | null;
  /** From when it may have heard that it is active until it has confirmed that it is not, or is gone. */
  mayBeActive: boolean;
  serves: boolean;
  readyAt: number | null;
  /** The agent wants to hear when it serves. */
  awaited: boolean;
  dying: boolean;
}

/** True time, which is every host's monotonic clock here, at the beginning: above every count and duration, below every wall clock. */
export const timeBegan = 1e9;

/** One machine. */
export class SimHost {
  readonly name: string;
  /** Unix ms at the beginning. */
  readonly began: number;
  boot = 0;
  lives = 0;
  pids = 100;
  up = false;
  agent: SimAgent | null = null;
  processes: readonly Process[] = [];
  /** Ends that the agent has not taken note of. */
  ended: readonly Ended[] = [];
  /** By service: the highest term seen in this boot. */
  terms: ReadonlyMap<string, number> = new Map();
  /** It has used a description before. */
  remembers = false;

  constructor(name: string, began: number) {
    this.name = name;
    this.began = began;
  }

  get bootId(): string {
    return `${this.name}-boot${this.boot}`;
  }

  process(id: string): Process | undefined {
    return this.processes.find((running) => running.id === id);
  }

  mono(at: number): MonoMs {
    return monoMs(at);
  }

  wall(at: number): WallMs {
    return wallMs(this.began + at - timeBegan);
  }

  running(): Running[] {
    return this.processes.map((running) => this.runningOf(running));
  }

  runningOf(running: Process): Running {
    return {
      instance: running.id,
      service: running.service,
      pid: running.pid,
      startTicks: running.pid * 10,
      startedAt: this.mono(running.startedAt),
      startedAtMs: this.wall(running.startedAt),
      role: running.role,
      term: running.term,
      deadline: running.deadline,
    };
  }
}
