// One machine: a clock of its own rate and origin, a boot, what runs on it, a keeper and an agent that come and go.

import { monoMs, wallMs, type MonoMs, type Now } from '../../../src/model/units.ts';
import type { Ended } from '../../../src/decide/input.ts';
import type { SimAgent } from './agent.ts';
import type { Process, SimKeeper } from './keeper.ts';

/** Unix time at which every world begins: a Monday, midnight UTC. */
export const beganAtMs = Date.UTC(2025, 0, 6);

export class SimHost {
  readonly name: string;
  rate: number;
  offset: number;
  boot = 1;
  /** Another one after it was replaced by a machine of the same name. */
  machine: string;
  lives = 0;
  keepers = 0;
  pids = 100;
  up = true;
  keeper: SimKeeper | null = null;
  agent: SimAgent | null = null;
  /** Everything that lives on it, whoever owns it. */
  readonly processes = new Map<string, Process>();
  /** By service: the address of its route, and until when the kernel lets the machine answer for it. */
  readonly addresses = new Map<string, { instance: string; until: MonoMs }>();
  /** Cut from the store; from single peers. */
  storeCut = false;
  /** What ended while there was no keeper: the next one finds it. */
  readonly diedAlone: Ended[] = [];
  readonly peersCut = new Set<string>();
  /** Cut off from everything. */
  alone = false;
  /** Hears nothing from these, though they hear it. */
  readonly deafTo = new Set<string>();
  /** When the last of what is on its way from the store's watch arrives. */
  watchFreeAt = 0;
  /** Each way to the store takes so much longer (ms). */
  storeSlowMs = 0;
  /** Writes and reads work, and nothing is heard of what others write. */
  watchCut = false;
  /** Of the store that it knows: its identity, and the newest revision that it has seen. */
  knownStore: { identity: number; revision: number } | null = null;
  /** The whole machine stands still: keeper, agent and processes. */
  frozen = false;
  thawedAt = Number.NEGATIVE_INFINITY;
  /** What would have happened meanwhile. */
  readonly thawing: (() => void)[] = [];
  /** The agent dies before the next effect but so many; null: it does not. */
  effectsLeft: number | null = null;
  /** By how much its wall clock is off (ms). */
  wallOff = 0;
  /** It left on purpose, or a person stopped its agent: nobody starts it again. */
  left = false;
  /** It has used a description before, and keeps it on its disk. */
  remembers = false;

  constructor(name: string, rate: number, offset: number) {
    this.name = name;
    this.machine = name;
    this.rate = rate;
    this.offset = offset;
  }

  get bootId(): string {
    return `${this.name}-boot${this.boot}`;
  }

  mono(trueAt: number): MonoMs {
    return monoMs(this.offset + trueAt * this.rate);
  }

  /** The true moment at which this host's clock shows `mono`. */
  trueAt(mono: number): number {
    return (mono - this.offset) / this.rate;
  }

  now(trueAt: number): Now {
    return { mono: this.mono(trueAt), wall: wallMs(beganAtMs + trueAt + this.wallOff) };
  }
}
