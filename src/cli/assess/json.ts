// `assess --json`: the contract's keys, and what was added to them.

import type { AssessJson, VerdictJson } from '../../api-assess.ts';
import type { Verdict } from '../../prove/analysis.ts';
import type { Assessment } from '../../prove/assessment.ts';
import type { Advice } from './advise.ts';

/** The object that scripts read. */
export function assessmentJson(assessment: Assessment, advice: readonly Advice[]): AssessJson {
  const { system, stated, analysis, failovers, prospect, pairs, grid, warnings } = assessment;
  const { whole, cutSetCount, cutSets, services, contributions, structure } = analysis;
  const [low, high] = whole.interval;
  return {
    system: system.name,
    stated,
    ...verdictJson({
      ...whole,
      unavailability: prospect.unavailability,
      interval: [low + prospect.failovers, Math.min(1, high + prospect.failovers)],
    }),
    structural: prospect.structural,
    inFailovers: prospect.failovers,
    unavailabilityIfAssumedWrong: analysis.ifAssumedWrong,
    cutSetCount: cutSetCount === null ? null : String(cutSetCount),
    cutSets: cutSets.map((set) => set.parts.map((part) => part.name)),
    cutSetProbabilities: cutSets.map((set) => set.probability),
    services: [...services].map(([name, verdict]) => {
      const passing = failovers.shareOfService.get(name) ?? 0;
      const [least, most] = verdict.interval;
      return {
        name,
        ...verdictJson({
          ...verdict,
          unavailability: Math.min(1, verdict.unavailability + passing),
          interval: [least + passing, Math.min(1, most + passing)],
        }),
        inFailovers: passing,
      };
    }),
    grid,
    objective: {
      met: prospect.met,
      missed: prospect.missed,
      unavailableMs: system.objective.unavailable,
      perMs: system.objective.per,
      recoverWithinMs: system.objective.recoverWithin,
      epsilon: prospect.epsilon,
      chanceOfMoreThanEpsilon: prospect.moreThanEpsilon,
      chanceOfMoreThanUnavailable: prospect.moreThanX,
      chanceOfMissInYear: prospect.missInYear,
    },
    yearly: {
      meanMs: prospect.yearlyMs,
      rangeMs: prospect.yearlyRangeMs,
      outages: prospect.perYear,
      failovers: prospect.failoversPerYear,
      unavailabilityWithoutRate: prospect.withoutRate,
    },
    outages: prospect.kinds
      .slice(0, 100)
      .map(({ kind, parts, rate, durationMs }) => ({ kind, parts, perYear: rate * 31_557_600_000, durationMs })),
    pairs,
    importance: contributions.map(({ part, birnbaum, share }) => ({ part: part.name, birnbaum, fussellVesely: share })),
    figures: structure.parts.map(({ name, figure: { unavailability, mtbf, mttr, from, source } }) => ({
      part: name,
      unavailability,
      mtbfMs: mtbf,
      mttrMs: mttr,
      from,
      source,
    })),
    advice: advice.map(({ change, after, patch }) => ({
      what: change.what,
      cost: change.cost,
      unavailability: after.prospect.unavailability,
      survives: after.analysis.whole.survives,
      survivesParts: after.analysis.whole.survivesParts,
      patch,
    })),
    warnings,
  };
}

function verdictJson({ unavailability, interval, exact, survives, survivesParts }: Verdict): VerdictJson {
  return { unavailability, unavailabilityInterval: interval, exact, survives, survivesParts };
}
