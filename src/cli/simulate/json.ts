// `simulate --json`: the contract's keys, and what was added to them.

import type { Simulation } from '../../prove/simulate/simulation.ts';
import { causesOf, spreadOf } from '../../prove/simulate/summary.ts';

/** The object that scripts read: of the same seed, the same bytes. */
export function simulationJson(simulation: Simulation): Record<string, unknown> {
  const {
    seed,
    years,
    yearsDone,
    failovers,
    unavailabilityMean,
    unavailabilityInterval,
    overlaps,
    faults,
    outages,
    budgetMisses,
    services,
  } = simulation;
  return {
    seed: /^(0|[1-9]\d{0,14})$/.test(seed) ? Number(seed) : seed,
    years,
    yearsDone,
    failovers,
    unavailabilityMean,
    unavailabilityInterval,
    overlaps,
    budgetMisses: budgetMisses.length,
    budgetMissCauses: Object.fromEntries(causesOf(budgetMisses)),
    faults,
    outages: {
      ...spreadOf(outages),
      longerThanZ: simulation.longerThanZ,
      causes: Object.fromEntries(causesOf(outages)),
    },
    services: services.map((each) => ({ ...each })),
    rulesFired: Object.fromEntries([...simulation.rulesFired].map(([rule, times]) => [String(rule), times])),
  };
}
