// A failover pair as a Markov chain: an active one and one that waits, with all that the closed forms leave out: the switch takes
// time, does not always work, and the one that waits can fail unnoticed or not at all. Tried against the closed forms for the cases where they hold.

import { shareOfTime } from './chain.ts';
import type { Move } from './chain.ts';

/** Rates per millisecond, times in milliseconds; all times exponential. */
export interface Pair {
  /** Of the active one. */
  readonly failureRate: number;
  /** Of the one that waits: 0 for a cold one that cannot fail while it does not run; the same as above when both work. */
  readonly standbyRate: number;
  /** Of one crew, per millisecond. */
  readonly repairRate: number;
  /** How many can be repaired at once. */
  readonly crews: 1 | 2;
  /** z = d + s + b + i; 0 when the other goes on without a gap. */
  readonly switchMs: number;
  /** The share of failovers that work. One that does not waits for a person. */
  readonly coverage: number;
  /** How long a person needs then. */
  readonly personMs: number;
}

/** Shares of time, from 0 to 1. */
export interface PairShares {
  /** All of the time that consumers are not served. */
  readonly unavailability: number;
  /** Of it: while a failover is under way. */
  readonly switching: number;
  /** Of it: while a failed failover waits for a person. */
  readonly stuck: number;
  /** Of it: while both are broken. */
  readonly bothBroken: number;
}

const [both, one, none, switching, stuck, switchingThenNone] = [0, 1, 2, 3, 4, 5] as const;

/** How a pair spends its time. Rates above 0; `switchMs` 0 means that no time passes. */
export function pairShares(pair: Pair): PairShares {
  const { failureRate, standbyRate, repairRate, crews, switchMs, coverage, personMs } = pair;
  const moves: Move[] = [
    { from: both, to: one, rate: standbyRate },
    { from: one, to: both, rate: repairRate },
    { from: one, to: none, rate: failureRate },
    // With one of two repaired, it is started: from none at all there is nothing to switch from.
    { from: none, to: one, rate: crews * repairRate },
  ];
  const stuckShare = 1 - coverage;
  if (switchMs > 0) {
    moves.push(
      { from: both, to: switching, rate: failureRate },
      { from: switching, to: one, rate: coverage / switchMs },
      { from: switching, to: switchingThenNone, rate: standbyRate },
      { from: switchingThenNone, to: none, rate: 1 / switchMs },
    );
    if (stuckShare > 0) moves.push({ from: switching, to: stuck, rate: stuckShare / switchMs });
  } else {
    moves.push({ from: both, to: one, rate: failureRate * coverage });
    if (stuckShare > 0) moves.push({ from: both, to: stuck, rate: failureRate * stuckShare });
  }
  if (stuckShare > 0) moves.push({ from: stuck, to: one, rate: 1 / personMs });
  const share = shareOfTime(6, moves);
  const of = (state: number): number => share[state] ?? 0;
  const inSwitch = of(switching) + of(switchingThenNone);
  return {
    unavailability: inSwitch + of(stuck) + of(none),
    switching: inSwitch,
    stuck: of(stuck),
    bothBroken: of(none),
  };
}
