// `assess --json`: the contract's keys, and what was added to them.

import type { Analysis, Verdict } from '../../prove/analysis.ts';
import type { GridCell } from '../../prove/grid.ts';

/** The object that scripts read. */
export function assessmentJson(analysis: Analysis, grid: readonly GridCell[]): Record<string, unknown> {
  const { whole, cutSetCount, cutSets, services } = analysis;
  return {
    ...verdictJson(whole),
    cutSetCount: cutSetCount === null ? null : String(cutSetCount),
    cutSets: cutSets.map((set) => set.parts.map((part) => part.name)),
    services: [...services].map(([name, verdict]) => ({ name, ...verdictJson(verdict) })),
    grid,
  };
}

function verdictJson({ unavailability, interval, exact, survives }: Verdict): Record<string, unknown> {
  return { unavailability, unavailabilityInterval: interval, exact, survives };
}
