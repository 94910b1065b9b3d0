// The kinds of outage that a system has, how often each comes and how long it lasts. Two sorts: a failover, while one instance
// takes over from another, which lasts z; and an outage proper, a cut set that has failed whole, which lasts until the first
// of its parts is repaired. Parts without a rate bring neither; their share of the time is kept apart.

import type { LeasedService, RunService, System } from '../model/system.ts';
import { isLeased } from '../model/system.ts';
import type { Measured } from '../model/timings.ts';
import { nothingMeasured, timingsOf } from '../model/timings.ts';
import type { CutSet } from './analysis.ts';
import type { PartKind } from './part.ts';
import { frequencyOf } from './part.ts';
import { propagation } from './propagate.ts';
import type { Structure } from './structure.ts';

/** Outages that come about in the same way. */
export interface OutageKind {
  readonly kind: 'failover' | 'outage';
  /** What fails: one part for a failover, a cut set for an outage. */
  readonly parts: readonly string[];
  /** Services that fail over, or nothing. */
  readonly services: readonly string[];
  /** Per millisecond. */
  readonly rate: number;
  readonly durationMs: number;
  /** A failover lasts what its parts add up to; an outage ends when a repair does, which varies. */
  readonly spread: 'fixed' | 'exponential';
}

/** What failovers cost. */
export interface Failovers {
  /** Those that consumers of the system feel. */
  readonly ofSystem: readonly OutageKind[];
  /** The share of time that each service spends in failovers, its own or of what it cannot do without. */
  readonly shareOfService: ReadonlyMap<string, number>;
}

/** Nobody is quicker than this at night; used for `trigger: manual` and for a failover that fails. A judgement of this house. */
export const personMs = 15 * 60_000;

/** By service, what was measured of its starts and switches. */
export type MeasuredTimings = Readonly<Record<string, Measured>>;

/** Every failover that consumers feel, by the part whose failure brings it. */
export function failoversOf(system: System, structure: Structure, gapOf: Gap): Failovers {
  const { tree, parts, groups, instances, services } = structure;
  const propagate = propagation(tree.gates);
  const movable = system.services.filter(
    (service): service is RunService => service.kind === 'run' && gapOf(service, 'host') > 0,
  );
  const movedBy = movesByInstance(movable, instances);
  const named = Map.groupBy(services.keys(), (name) => services.get(name));
  const shareOfService = new Map<string, number>([...services.keys()].map((name) => [name, 0]));
  const ofSystem: OutageKind[] = [];
  for (const [index, part] of parts.entries()) {
    const rate = frequencyOf(part.figure);
    if (rate === null) continue;
    const own = tree.part(index);
    const lasting = propagate([own]);
    const moving = [...lasting].flatMap((gate) => movedBy.get(gate) ?? []);
    // A group that is gone altogether does not fail over.
    const left = [...new Set(moving)].filter((service) => !lasting.has(groups.get(service.name) ?? -1));
    if (left.length === 0) continue;
    const lasts = gapsOf(
      left,
      (moving) => propagate([own, ...moving.map((service) => groups.get(service.name) ?? 0)]),
      (service) => gapOf(service, part.kind),
    );
    for (const [gate, ms] of lasts) {
      if (lasting.has(gate)) continue;
      for (const name of named.get(gate) ?? []) shareOfService.set(name, (shareOfService.get(name) ?? 0) + rate * ms);
    }
    const durationMs = lasting.has(structure.system) ? 0 : (lasts.get(structure.system) ?? 0);
    if (durationMs > 0)
      ofSystem.push({
        kind: 'failover',
        parts: [part.name],
        services: left.map((service) => service.name),
        rate,
        durationMs,
        spread: 'fixed',
      });
  }
  return { ofSystem, shareOfService };
}

/**
 * For every gate that fails while these services move, how long. Just before a moment, those are away whose gap is longer: so a
 * gate is down up to the longest gap at which those that are still away then take it down.
 */
function gapsOf(
  moving: readonly RunService[],
  downWith: (away: readonly RunService[]) => ReadonlySet<number>,
  gapOf: (service: RunService) => number,
): Map<number, number> {
  const gaps = new Map(moving.map((service) => [service, gapOf(service)]));
  const made = new Map<number, number>();
  for (const gap of [...new Set(gaps.values())].toSorted((a, b) => b - a)) {
    const away = moving.filter((service) => (gaps.get(service) ?? 0) >= gap);
    for (const gate of downWith(away)) if (!made.has(gate)) made.set(gate, gap);
  }
  return made;
}

/** How long consumers wait when what serves them is lost by this kind of part while others are left, in ms; 0 when they notice nothing. */
export type Gap = (service: RunService, cause: PartKind) => number;

/** The gap by what was seen, when a process ended: the worst of the last. A lost host is noticed later, so for it, and else, by the parts of z, as measured, declared or assumed. */
export function gapBy(timings: MeasuredTimings, worstSeenMs: (service: string) => number | null): Gap {
  return (service, cause) => {
    if (service.policy === 'single') return 0;
    if (!isLeased(service)) return service.consumers?.kind === 'balancer' ? service.consumers.detectsWithin : 0;
    const seen = cause === 'instance' ? worstSeenMs(service.name) : null;
    if (seen !== null) return seen;
    const { z } = timingsOf(service, timings[service.name] ?? nothingMeasured);
    return service.trigger === 'manual' ? z + personMs : z;
  };
}

/** By the gate of an instance, the services that move when it goes: the active one of a lease, any one behind a balancer. */
function movesByInstance(
  services: readonly RunService[],
  instances: Structure['instances'],
): Map<number, RunService[]> {
  const made = new Map<number, RunService[]>();
  for (const service of services)
    for (const [place, gate] of (instances.get(service.name) ?? []).entries())
      if (!isLeased(service) || place === activePlace(service)) made.set(gate, [...(made.get(gate) ?? []), service]);
  return made;
}

/** The place of a leased service's active instance when all is well. */
export function activePlace(service: LeasedService): number {
  return Math.max(
    0,
    service.on.findIndex(({ host }) => host === service.prefer),
  );
}

/** Outages proper, from the listed cut sets; those of parts without any rate bring none. */
export function outagesOf(cutSets: readonly CutSet[]): OutageKind[] {
  return cutSets.flatMap(({ parts, probability }): OutageKind[] => {
    // Down together, they are left at the sum of their repair rates, and so, in the long run, entered as often.
    const leaving = parts.reduce((sum, part) => sum + (part.figure.mttr === null ? 0 : 1 / part.figure.mttr), 0);
    if (leaving === 0) return [];
    return [
      {
        kind: 'outage',
        parts: parts.map((part) => part.name),
        services: [],
        rate: probability * leaving,
        durationMs: 1 / leaving,
        spread: 'exponential',
      },
    ];
  });
}
