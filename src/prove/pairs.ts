// Each leased service that fails over as a pair: its active instance and the next in line, with the rates of what takes one of them
// and not the other. What both share is structure, and counted there.

import type { LeasedService, System } from '../model/system.ts';
import { isLeased } from '../model/system.ts';
import { assumedCoverage } from './assumptions.ts';
import type { Gap } from './outages.ts';
import { activePlace, personMs } from './outages.ts';
import type { PairShares } from './pair.ts';
import { pairShares } from './pair.ts';
import type { Part } from './part.ts';
import { frequencyOf } from './part.ts';
import { propagation } from './propagate.ts';
import { yearMs } from './prospect.ts';
import type { Structure } from './structure.ts';

/** What one pair is to be expected to do. */
export interface PairProspect {
  readonly service: string;
  /** Failures of the active one in a year, each a failover. */
  readonly perYear: number;
  /** z, in the mean of what may be lost. */
  readonly switchMs: number;
  readonly shares: PairShares;
  /** The same if one failover in twenty fails and waits for a person. */
  readonly ifSomeFail: PairShares;
}

/** More services than this are not looked at one by one. */
const mostServices = 1000;

/** The pairs of a system, in the order of the description; those whose parts state no rates are left out. */
export function pairsOf(system: System, structure: Structure, gapOf: Gap): PairProspect[] {
  const leased = system.services.filter(isLeased);
  if (leased.length === 0 || leased.length > mostServices) return [];
  const taking = takenBy(structure);
  return leased.flatMap((service) => pairOf(service, structure, taking, gapOf));
}

/** By the gate of an instance, the parts that take it and leave its group standing. */
type Taking = (instance: number, group: number) => readonly Part[];

function takenBy({ tree, parts, instances }: Structure): Taking {
  const propagate = propagation(tree.gates);
  const watched = new Set([...instances.values()].flat());
  const takers = new Map<number, { readonly part: Part; readonly down: ReadonlySet<number> }[]>();
  for (const [index, part] of parts.entries()) {
    const down = propagate([tree.part(index)]);
    for (const gate of down) if (watched.has(gate)) takers.set(gate, [...(takers.get(gate) ?? []), { part, down }]);
  }
  return (instance, group) =>
    (takers.get(instance) ?? []).filter(({ down }) => !down.has(group)).map(({ part }) => part);
}

function pairOf(service: LeasedService, structure: Structure, taking: Taking, gapOf: Gap): PairProspect[] {
  const places = structure.instances.get(service.name) ?? [];
  const group = structure.groups.get(service.name) ?? 0;
  const active = taking(places[activePlace(service)] ?? 0, group).filter((part) => frequencyOf(part.figure) !== null);
  const failureRate = rateOf(active);
  if (failureRate === 0) return [];
  // A cold one has no process that could fail; its host can.
  const waiting =
    service.policy === 'hot-active/cold-passive' ? active.filter((part) => part.kind !== 'instance') : active;
  const repairMs =
    active.reduce((sum, part) => sum + (part.figure.mttr ?? 0) / (part.figure.mtbf ?? 1), 0) / failureRate;
  const switchMs =
    active.reduce((sum, part) => sum + gapOf(service, part.kind) / (part.figure.mtbf ?? Infinity), 0) / failureRate;
  const pair = {
    failureRate,
    standbyRate: rateOf(waiting),
    repairRate: 1 / repairMs,
    crews: 2,
    switchMs,
    personMs,
  } as const;
  return [
    {
      service: service.name,
      perYear: active.reduce((sum, part) => sum + (frequencyOf(part.figure) ?? 0), 0) * yearMs,
      switchMs,
      shares: pairShares({ ...pair, coverage: 1 }),
      ifSomeFail: pairShares({ ...pair, coverage: assumedCoverage }),
    },
  ];
}

function rateOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.figure.mtbf === null ? 0 : 1 / part.figure.mtbf), 0);
}
