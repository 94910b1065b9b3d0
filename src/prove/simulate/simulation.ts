// A simulation: stretches lived through one by one or beside one another, then put together. The stretches are a matter of the
// years alone and never of how many cores there are, so the same seed gives the same result everywhere.

import { rules } from '../../decide/rules.ts';
import type { System } from '../../model/system.ts';
import type { Measured } from '../../model/timings.ts';
import type { FiguresChosen } from '../figures.ts';
import { yearMs } from '../prospect.ts';
import { structureOf } from '../structure.ts';
import type { Outage } from './availability.ts';
import { budgetMisses, type BudgetMiss } from './budget.ts';
import type { ChunkOptions, ChunkResult } from './chunk.ts';
import { assumedAwayMs } from './faults.ts';
import { shareInterval } from './interval.ts';

/** All that a result depends on; the same gives the same. */
export interface SimulationOptions {
  readonly system: System;
  readonly figures: FiguresChosen;
  readonly timings: Readonly<Record<string, Measured>>;
  /** Any text. */
  readonly seed: string;
  readonly years: number;
  readonly skips: boolean;
  readonly remembers: boolean;
}

/** What happened in all stretches together. */
export interface Simulation {
  readonly seed: string;
  readonly years: number;
  /** How much of it was lived through; less when the system never comes to rest. */
  readonly yearsDone: number;
  readonly faults: number;
  readonly failovers: number;
  readonly unavailabilityMean: number;
  /** 95 %. */
  readonly unavailabilityInterval: readonly [low: number, high: number];
  readonly overlaps: number;
  readonly outages: readonly Outage[];
  readonly budgetMisses: readonly BudgetMiss[];
  /** Outages longer than the system's objective lets one recovery take. */
  readonly longerThanZ: number;
  readonly services: readonly ServiceOutcome[];
  readonly rulesFired: ReadonlyMap<number, number>;
  /** What was asked of the core, and the time lived through without skipping. */
  readonly steps: number;
  readonly livedMs: number;
  readonly remembered: number;
}

interface ServiceOutcome {
  readonly name: string;
  readonly outages: number;
  readonly unavailability: number;
  readonly longestMs: number;
}

/** Longer ones would mix true time with wall clocks; shorter ones would remember less. */
const longestChunkYears = 50;

/** The stretches that make up a simulation. */
export function chunksOf(options: SimulationOptions): ChunkOptions[] {
  const { years, ...rest } = options;
  const count = Math.max(years >= 1 ? 2 : 1, Math.ceil(years / longestChunkYears));
  const lengthMs = Math.round((years * yearMs) / count);
  return Array.from({ length: count }, (_, index) => ({ ...rest, index, lengthMs }));
}

/** Puts the stretches together, in whatever order they were done. */
export function combine(options: SimulationOptions, results: readonly ChunkResult[]): Simulation {
  const chunks = results.toSorted((a, b) => a.index - b.index);
  const { objective } = options.system;
  const sum = (of: (chunk: ChunkResult) => number): number => chunks.reduce((all, chunk) => all + of(chunk), 0);
  const totalMs = sum((chunk) => chunk.lengthMs);
  const outages = chunks.flatMap((chunk) =>
    later(chunk, Math.max(...chunks.map((each) => each.lengthMs)), chunk.outages),
  );
  const fired = new Map<number, number>();
  const known = new Set(rules.map((rule) => rule.n));
  for (const chunk of chunks)
    for (const [rule, times] of chunk.rulesFired) if (known.has(rule)) fired.set(rule, (fired.get(rule) ?? 0) + times);
  return {
    seed: options.seed,
    years: options.years,
    yearsDone: totalMs / yearMs > options.years - 1e-6 ? options.years : totalMs / yearMs,
    faults: sum((chunk) => chunk.faults),
    failovers: sum((chunk) => chunk.failovers),
    unavailabilityMean: lost(outages) / totalMs,
    unavailabilityInterval: shareInterval(lengths(outages), totalMs, longestRepair(options)),
    overlaps: sum((chunk) => chunk.overlaps),
    outages,
    budgetMisses: chunks.flatMap((chunk) => budgetMisses(chunk.outages, objective.unavailable, objective.per)),
    longerThanZ: outages.filter((each) => each.to - each.from > objective.recoverWithin).length,
    services: options.system.services.map(({ name }, place) => {
      const own = chunks.flatMap((chunk) => chunk.services[place]?.outages ?? []);
      return {
        name,
        outages: own.length,
        unavailability: lost(own) / totalMs,
        longestMs: lengths(own).reduce((most, each) => Math.max(most, each), 0),
      };
    }),
    rulesFired: new Map([...fired].toSorted(([a], [b]) => a - b)),
    steps: sum((chunk) => chunk.steps),
    livedMs: sum((chunk) => chunk.livedMs),
    remembered: sum((chunk) => chunk.remembered),
  };
}

function later(chunk: ChunkResult, lengthMs: number, outages: readonly Outage[]): Outage[] {
  const by = chunk.index * lengthMs;
  return outages.map((each) => ({ ...each, from: each.from + by, to: each.to + by }));
}

function lengths(outages: readonly Outage[]): number[] {
  return outages.map((each) => each.to - each.from);
}

function lost(outages: readonly Outage[]): number {
  return lengths(outages).reduce((all, each) => all + each, 0);
}

/** What an outage that was not seen may last: as long as the slowest repair. */
function longestRepair({ system, figures }: SimulationOptions): number {
  return structureOf(system, figures).parts.reduce(
    (most, { figure }) => Math.max(most, figure.mttr ?? assumedAwayMs),
    0,
  );
}
