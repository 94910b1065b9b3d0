// Everything that `assess` tells of a description, in one call.

import type { Reliability, System } from '../model/system.ts';
import { nothingMeasured, timingsOf } from '../model/timings.ts';
import type { Analysis } from './analysis.ts';
import { analyse, usualSteps } from './analysis.ts';
import type { MeasuredParts } from './figures.ts';
import type { GridCell, Rehearsal, SeenFailover } from './grid.ts';
import { gridOf } from './grid.ts';
import type { Failovers, MeasuredTimings } from './outages.ts';
import { failoversOf, gapBy } from './outages.ts';
import type { PairProspect } from './pairs.ts';
import { pairsOf } from './pairs.ts';
import type { Prospect } from './prospect.ts';
import { prospectOf } from './prospect.ts';
import { durationWords, listWords } from './words.ts';

/** What counts besides the description. */
export interface AssessOptions {
  /** Nothing assumed or measured counts; failovers, whose length nobody states, do not either. */
  readonly stated: boolean;
  readonly mostCutSets: number;
  readonly measured: MeasuredParts;
  readonly timings: MeasuredTimings;
  /** The last real failover of each service. */
  readonly seen: Readonly<Record<string, SeenFailover>>;
  /** The last failover of each service that people asked for. */
  readonly rehearsed: Readonly<Record<string, Rehearsal>>;
}

/** All of it, from the structure down to single cells of the grid. */
export interface Assessment {
  readonly system: System;
  readonly stated: boolean;
  readonly analysis: Analysis;
  readonly failovers: Failovers;
  readonly prospect: Prospect;
  /** Leased services that fail over; empty when only stated figures count. */
  readonly pairs: readonly PairProspect[];
  readonly grid: readonly GridCell[];
  /** What may well not be meant as it is written. */
  readonly warnings: readonly string[];
}

/** Assesses a system that was read without errors. */
export function assessmentOf(system: System, options: AssessOptions): Assessment {
  const { stated, measured, mostCutSets, timings, seen, rehearsed } = options;
  const analysis = analyse(system, { figures: { stated, measured }, mostCutSets, steps: usualSteps });
  const gap = gapBy(timings, (service) => (Object.hasOwn(seen, service) ? (seen[service]?.worstMs ?? null) : null));
  const failovers: Failovers = stated
    ? { ofSystem: [], shareOfService: new Map() }
    : failoversOf(system, analysis.structure, gap);
  const late = stated ? [] : lateServices(system, timings);
  return {
    system,
    stated,
    analysis,
    failovers,
    prospect: prospectOf(system, analysis, failovers, late),
    pairs: stated ? [] : pairsOf(system, analysis.structure, gap),
    grid: gridOf(system, timings, seen, rehearsed),
    warnings: warningsOf(system),
  };
}

/** Services whose recovery takes longer than their objective allows. */
function lateServices(system: System, timings: MeasuredTimings): string[] {
  return system.services.flatMap((service) =>
    service.kind === 'run' && !timingsOf(service, timings[service.name] ?? nothingMeasured).fits ? [service.name] : [],
  );
}

function warningsOf(system: System): string[] {
  const named: { readonly name: string; readonly reliability: Reliability }[] = [
    ...system.domains,
    ...system.hosts,
    ...system.services,
  ];
  const slow = named.flatMap(({ name, reliability: { mtbf, mttr, recoverWithin } }) => {
    const repair = mttr ?? recoverWithin;
    return mtbf !== null && repair !== null && repair > mtbf
      ? [
          `${name}: its repair (${durationWords(repair)}) takes longer than it works in between (mtbf ${durationWords(mtbf)}); are the two the right way round?`,
        ]
      : [];
  });
  const never = named.filter(({ reliability }) => reliability.unavailability === 0).map(({ name }) => name);
  const always = named.filter(({ reliability }) => reliability.unavailability === 1).map(({ name }) => name);
  const addresses = new Set(system.hosts.map((host) => host.address));
  return [
    ...slow,
    ...(never.length > 0 ? [`${listWords(never)}: unavailability 0 is taken as never failing`] : []),
    ...(always.length > 0 ? [`${listWords(always)}: unavailability 1 means that it never works`] : []),
    ...(system.hosts.length > 1 && addresses.size === 1
      ? [
          'all hosts have one address: if they are one machine, its loss takes all of them; describe it as a domain that they lie in to have it counted',
        ]
      : []),
    ...emptyDomains(system),
  ];
}

function emptyDomains(system: System): string[] {
  const used = new Set([...system.hosts, ...system.domains].flatMap((each) => each.in));
  const empty = system.domains.map((domain) => domain.name).filter((name) => !used.has(name));
  return empty.length > 0 ? [`nothing lies in ${listWords(empty)}, so its loss changes nothing`] : [];
}
