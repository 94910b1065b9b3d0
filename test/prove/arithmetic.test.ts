// Closed forms against the chain, Poisson sums against what can be said without them, ε as in the text that asks for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOfMore, chanceOfMoreThan, lostWithChance } from '../../src/prove/downtime.ts';
import type { OutageKind } from '../../src/prove/outages.ts';
import type { Pair } from '../../src/prove/pair.ts';
import { pairShares } from '../../src/prove/pair.ts';
import { assessmentOf } from '../../src/prove/assessment.ts';
import { systemOf } from './draw.ts';

const hour = 3_600_000;

function pair(of: Partial<Pair>): Pair {
  return {
    failureRate: 1 / (1000 * hour),
    standbyRate: 1 / (1000 * hour),
    repairRate: 1 / (4 * hour),
    crews: 2,
    switchMs: 0,
    coverage: 1,
    personMs: hour / 4,
    ...of,
  };
}

function near(found: number, expected: number, within = 1e-12): void {
  assert.ok(Math.abs(found - expected) <= within * Math.abs(expected), `${found} is not ${expected}`);
}

test('the chain of a pair comes to the closed forms where they hold, however small the shares', () => {
  for (const mtbf of [1, 10, 1e3, 1e6, 1e9])
    for (const mttr of [0.01, 1, 100]) {
      const failureRate = 1 / (mtbf * hour);
      const repairRate = 1 / (mttr * hour);
      const rates = { failureRate, standbyRate: failureRate, repairRate };
      near(pairShares(pair(rates)).unavailability, parallelPair(failureRate, repairRate));
      near(pairShares(pair({ ...rates, crews: 1 })).unavailability, parallelPairOneCrew(failureRate, repairRate));
      near(pairShares(pair({ ...rates, standbyRate: 0, crews: 1 })).unavailability, coldPair(failureRate, repairRate));
    }
});

test('a switch costs its rate times its length, and a failed one a person', () => {
  const quick = pairShares(pair({ switchMs: 2000 }));
  near(quick.switching, 2000 / (1000 * hour), 0.01);
  near(quick.bothBroken, parallelPair(1 / (1000 * hour), 1 / (4 * hour)), 0.01);
  const half = pairShares(pair({ switchMs: 2000, coverage: 0.5 }));
  near(half.stuck, (0.5 * (hour / 4)) / (1000 * hour), 0.01);
  assert.ok(half.unavailability > quick.unavailability);
});

test('10 minutes in 60 at 2 minutes each: five recoveries', () => {
  const system = systemOf(`system: s
objective: { unavailable: 10m, per: 60m, recoverWithin: 2m }
hosts: {}
services: { e: { external: true, mtbf: 100h, mttr: 1m } }`);
  const { prospect } = assessmentOf(system, {
    stated: true,
    mostCutSets: 10,
    measured: {},
    timings: {},
    seen: {},
    rehearsed: {},
  });
  assert.equal(prospect.epsilon, 5);
  // One failure in 100 h and a minute: in an hour the chance of six or more is λ⁶/6! to the first order.
  const expected = hour / (100 * hour + 60_000);
  near(prospect.moreThanEpsilon, (expected ** 6 / 720) * (1 - (6 / 7) * expected), 1e-3);
  // A year: 8766 h / 100.017 h of a minute each.
  near(prospect.yearlyMs, 365.25 * 24 * hour * (1 / 6001));
  assert.ok(prospect.yearlyRangeMs[0] < prospect.yearlyMs && prospect.yearlyMs < prospect.yearlyRangeMs[1]);
});

test('the chance of more than n follows Poisson, with its digits when it is tiny', () => {
  near(chanceOfMoreThan(0, 0.5), -Math.expm1(-0.5));
  near(chanceOfMoreThan(1, 0.5), 1 - Math.exp(-0.5) * 1.5);
  near(chanceOfMoreThan(5, 1e-4), 1e-24 / 720, 1e-3);
  near(chanceOfMoreThan(4.9, 3), chanceOfMoreThan(4, 3));
});

test('time lost: equal outages are counted, varying ones are never taken too lightly', () => {
  const equal: OutageKind = {
    kind: 'failover',
    parts: ['a'],
    services: [],
    rate: 3 / hour,
    durationMs: 60_000,
    spread: 'fixed',
  };
  // More than 10 minutes in an hour: eleven or more.
  near(chanceOfMore([equal], hour, 600_000), chanceOfMoreThan(10, 3), 1e-6);
  const varying: OutageKind = { ...equal, kind: 'outage', rate: 0.01 / hour, spread: 'exponential' };
  // Nearly always one at most: then it lasts longer than 10 minutes with e^-10.
  const chance = chanceOfMore([varying], hour, 600_000);
  assert.ok(chance >= 0.01 * Math.exp(-10) * 0.99 && chance < 0.01 * Math.exp(-10) * 1.6, String(chance));
  assert.equal(chanceOfMore([], hour, 1), 0);
});

test('the range of a year: none in most years, or close to the mean when there are many', () => {
  const rare: OutageKind = {
    kind: 'outage',
    parts: ['a'],
    services: [],
    rate: 0.01 / (8766 * hour),
    durationMs: hour,
    spread: 'exponential',
  };
  assert.equal(lostWithChance([rare], 8766 * hour, 0.95), 0);
  const often: OutageKind = { ...rare, rate: 1 / hour, durationMs: 1000, spread: 'fixed' };
  const high = lostWithChance([often], 8766 * hour, 0.95);
  near(high, 8766 * 1000 + 1.645 * 1000 * Math.sqrt(8766), 1e-3);
});

/** Two that work independently, a crew for each, no gap: both broken at once. Any textbook: (λ/(λ+μ))². */
function parallelPair(failureRate: number, repairRate: number): number {
  const share = failureRate / (failureRate + repairRate);
  return share * share;
}

/** Two that work and one crew, no gap: 2ρ²/(1 + 2ρ + 2ρ²) with ρ = λ/μ (birth and death with one server). */
function parallelPairOneCrew(failureRate: number, repairRate: number): number {
  const ratio = failureRate / repairRate;
  return (2 * ratio * ratio) / (1 + 2 * ratio + 2 * ratio * ratio);
}

/** One that works, one that waits cold and cannot fail, one crew, no gap: ρ²/(1 + ρ + ρ²). */
function coldPair(failureRate: number, repairRate: number): number {
  const ratio = failureRate / repairRate;
  return (ratio * ratio) / (1 + ratio + ratio * ratio);
}
