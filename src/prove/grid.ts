// The Four Hamiltons grid (mission rows FH1 to FH3): what is each fault met with? For each component × instance, host and every kind
// of domain described: it is avoided, masked, bounded, fixed fast, or met with nothing; and why one may think so. Every cell is
// tried: the fault domain is taken away, and what is left of the component is counted. Redundancy is never a mask for what all
// copies share (FM5).

import type { ExternalService, RunService, System } from '../model/system.ts';
import { isLeased } from '../model/system.ts';
import type { Timings } from '../model/timings.ts';
import { nothingMeasured, timingsOf } from '../model/timings.ts';
import { modeCells } from './grid-modes.ts';
import type { MeasuredTimings } from './outages.ts';
import { lostQuorum, membersOf } from './store-members.ts';
import type { Topology } from './topology.ts';
import { topologyOf } from './topology.ts';
import { durationWords, listWords, shareWords } from './words.ts';

/** In the order of what consumers feel: the first, nothing; the last, all of it. */
export type Strategy = 'avoid' | 'mask' | 'bound' | 'fixFast' | 'none';

/** How one fault of one component is met. */
export interface GridCell {
  /** A service, the store, an agent, a common cause (`software:pricer`), or a failure mode of the catalogue (`mode:disk-space`). */
  readonly component: string;
  /** `instance`, `host`, or a kind of domain. */
  readonly domain: string;
  readonly strategy: Strategy;
  /** Why one may think so, in words. */
  readonly evidence: string;
  /** True when the evidence is a measurement older than 30 days. */
  readonly stale?: boolean;
}

/** The last real failovers of a service. */
export interface SeenFailover {
  /** Of the last one. */
  readonly zMs: number;
  /** The worst of the last ten. */
  readonly worstMs: number;
  /** For people: `2026-11-20`. */
  readonly day: string;
  /** Older than 30 days: much may have changed since. */
  readonly stale: boolean;
}

/** The last failover of a service that people asked for: a rehearsal of what an unasked one does once it is noticed. */
export interface Rehearsal {
  readonly zMs: number;
  readonly day: string;
  readonly stale: boolean;
}

/** The whole grid, in the order of the description. */
export function gridOf(
  system: System,
  timings: MeasuredTimings,
  seen: Readonly<Record<string, SeenFailover>>,
  rehearsed: Readonly<Record<string, Rehearsal>>,
): GridCell[] {
  const topology = topologyOf(system);
  const domains = ['instance', 'host', ...topology.kinds.filter((kind) => kind !== 'instance' && kind !== 'host')];
  const services = system.services.flatMap((service) =>
    domains.map((domain) => ({
      component: service.name,
      domain,
      ...(service.kind === 'external'
        ? externalCell(service, domain)
        : serviceCell(
            service,
            domain,
            topology,
            system,
            timingsOf(service, timings[service.name] ?? nothingMeasured),
            // What was seen is a process that ended; a lost host is noticed later.
            domain === 'instance' ? seen[service.name] : undefined,
            rehearsed[service.name],
          )),
    })),
  );
  const shared = system.services.flatMap((service) => (service.kind === 'run' ? commonCauseCells(service) : []));
  const needsStore = system.services.some(isLeased);
  return [
    ...services,
    ...shared,
    ...modeCells(system, services),
    ...(needsStore
      ? domains.map((domain) => ({ component: 'store', domain, ...storeCell(domain, topology, system) }))
      : []),
    ...(needsStore ? system.hosts.map((host) => agentCell(host.name)) : []),
  ];
}

type Answer = Pick<GridCell, 'strategy' | 'evidence' | 'stale'>;

/** What may be lost at once in this kind of domain, and which places of the service go with it. */
interface Loss {
  readonly what: string;
  readonly hosts: readonly string[];
}

function lossesOf(service: RunService, domain: string, topology: Topology): Loss[] {
  const places = service.on.map((place) => place.host);
  if (domain === 'instance') return places.map((host) => ({ what: `${service.name}@${host}`, hosts: [host] }));
  if (domain === 'host') return places.map((host) => ({ what: `host ${host}`, hosts: [host] }));
  return topology.domainsOfKind(domain).flatMap((name) => {
    const hosts = topology.hostsIn(name).filter((host) => places.includes(host));
    return hosts.length === 0 ? [] : [{ what: name, hosts }];
  });
}

/** The worst of all losses in this kind of domain counts. */
function serviceCell(
  service: RunService,
  domain: string,
  topology: Topology,
  system: System,
  timings: Timings,
  seen: SeenFailover | undefined,
  rehearsed: Rehearsal | undefined,
): Answer {
  const losses = lossesOf(service, domain, topology);
  if (losses.length === 0)
    return {
      strategy: 'none',
      evidence: `no ${domain} is described around ${listWords(service.on.map((place) => place.host))}: what its loss does is not known`,
    };
  const worst = losses.toSorted((a, b) => b.hosts.length - a.hosts.length)[0];
  if (worst === undefined) return { strategy: 'none', evidence: '' };
  const left = service.on.map((place) => place.host).filter((host) => !worst.hosts.includes(host));
  if (left.length === 0) return lostCell(service, domain, worst, system, timings);
  return leftCell(service, worst, left, timings, seen, rehearsed);
}

/** Nothing of it is left. */
function lostCell(service: RunService, domain: string, worst: Loss, system: System, timings: Timings): Answer {
  if (domain === 'instance') {
    const { z } = timings;
    return {
      strategy: 'fixFast',
      evidence: `on one host only; Standfast starts it again, within ${durationWords(z)} as declared or assumed`,
    };
  }
  const under = service.on.length === 1 ? 'its only host' : `all of ${listWords(worst.hosts)}`;
  const what = domain === 'host' ? `${worst.what} is its only one` : `${worst.what} lies under ${under}`;
  return { strategy: 'fixFast', evidence: `${what}; up again when it is repaired${repairOf(worst, domain, system)}` };
}

function repairOf(worst: Loss, domain: string, system: System): string {
  const name = domain === 'host' ? worst.hosts[0] : worst.what;
  const found = [...system.hosts, ...system.domains].find((each) => each.name === name)?.reliability;
  const repair = found?.mttr ?? found?.recoverWithin ?? null;
  return repair === null ? ', and how long that takes is not stated' : `, in ${durationWords(repair)} as stated`;
}

/** Some instances are left: do they take over, in time, and can they carry the load? */
function leftCell(
  service: RunService,
  worst: Loss,
  left: readonly string[],
  timings: Timings,
  seen: SeenFailover | undefined,
  rehearsed: Rehearsal | undefined,
): Answer {
  const { capacity, load } = service;
  const working = isLeased(service) ? 1 : left.length;
  if (capacity !== null && load !== null && working * capacity < load)
    return {
      strategy: 'bound',
      evidence: `with ${worst.what} gone ${listWords(left)} can carry ${working * capacity} of a load of ${load} (capacity ${capacity} each)`,
    };
  if (!isLeased(service)) {
    const { consumers } = service;
    const gap =
      consumers?.kind === 'balancer'
        ? `the balancer notices within ${durationWords(consumers.detectsWithin)}`
        : 'consumers drop duplicates, so there is no gap';
    return {
      strategy: 'mask',
      evidence: `${service.policy}: ${listWords(left)} goes on with ${worst.what} gone; ${gap}`,
    };
  }
  if (service.trigger === 'manual')
    return {
      strategy: 'fixFast',
      evidence: `${listWords(left)} can take over from ${worst.what}, but only when a person says so (trigger: manual)`,
    };
  const sum = `z ${durationWords(timings.z)} of ${durationWords(timings.declaredZ)} allowed`;
  if (!timings.fits)
    return {
      strategy: 'fixFast',
      evidence: `${service.policy}: ${listWords(left)} takes over from ${worst.what}, but too late: ${sum}`,
    };
  return {
    strategy: 'mask',
    evidence: `${service.policy}: ${listWords(left)} takes over from ${worst.what}; ${sum}${seenWords('measured', seen)}${seenWords('rehearsed', rehearsed)}`,
    ...(isStale(seen, rehearsed) ? { stale: true } : {}),
  };
}

function seenWords(how: 'measured' | 'rehearsed', seen: Rehearsal | undefined): string {
  if (seen === undefined) return '';
  return `; ${how} ${durationWords(seen.zMs)} on ${seen.day}${seen.stale ? ' (stale: older than 30 days)' : ''}`;
}

/** There is evidence, and none of it is new. */
function isStale(...evidence: readonly (Rehearsal | undefined)[]): boolean {
  const there = evidence.filter((each) => each !== undefined);
  return there.length > 0 && there.every((each) => each.stale);
}

/** A hosted part counts for what its owner states. */
function externalCell(service: ExternalService, domain: string): Answer {
  const { unavailability, mtbf, mttr, recoverWithin } = service.reliability;
  if (unavailability !== null)
    return {
      strategy: 'avoid',
      evidence: `its owner sees to every ${domain} and states unavailability ${shareWords(unavailability)}`,
    };
  if (mtbf !== null && (mttr ?? recoverWithin) !== null)
    return {
      strategy: 'avoid',
      evidence: `its owner sees to every ${domain} and states mtbf ${durationWords(mtbf)}, back in ${durationWords(mttr ?? recoverWithin ?? 0)}`,
    };
  if (service.needs !== null) return { strategy: 'none', evidence: 'only a name for what it needs: see there' };
  return { strategy: 'none', evidence: 'its owner states nothing (unavailability:, or mtbf: and mttr:)' };
}

/** One fault, all copies at once. */
function commonCauseCells(service: RunService): GridCell[] {
  const copies = service.on.length === 1 ? 'its only instance runs' : `all ${service.on.length} instances run`;
  const back =
    service.restart.alternative === null ? 'back by the last good version' : 'its restart has an alternative';
  return [
    {
      component: `software:${service.name}`,
      domain: 'instance',
      strategy: 'fixFast',
      evidence: `${copies} the same program, so redundancy masks nothing; ${back}`,
    },
    {
      component: `configuration:${service.name}`,
      domain: 'instance',
      strategy: 'fixFast',
      evidence: `${copies} from one description, so redundancy masks nothing; back by the description before`,
    },
  ];
}

function storeCell(domain: string, topology: Topology, system: System): Answer {
  const members = membersOf(system);
  if (members.length === 0)
    return domain === 'instance'
      ? {
          strategy: 'bound',
          evidence: 'embedded, one file: while it is away holders stay by the promises of all, and nobody takes over',
        }
      : {
          strategy: 'none',
          evidence: `embedded, one file on the machine that all hosts share: it goes with that machine`,
        };
  const lost = lostQuorum(members.length);
  const sizes =
    domain === 'instance' || domain === 'host'
      ? [1]
      : topology
          .domainsOfKind(domain)
          .map((name) => members.filter(({ host }) => host !== null && topology.hostsIn(name).includes(host)).length);
  const worst = Math.max(0, ...sizes);
  if (worst === 0) return { strategy: 'none', evidence: `no ${domain} is described around its members` };
  if (worst < lost)
    return {
      strategy: 'mask',
      evidence: `${members.length} members need ${members.length - lost + 1}; one ${domain} takes ${worst}`,
    };
  return {
    strategy: 'bound',
    evidence: `one ${domain} takes ${worst} of ${members.length} members, and no majority is left: nobody takes over until it is back`,
  };
}

function agentCell(host: string): GridCell {
  return {
    component: `agent:${host}`,
    domain: 'instance',
    strategy: 'mask',
    evidence: 'its keeper starts it again, the services run on; if it stays away, what was active under a lease moves',
  };
}
