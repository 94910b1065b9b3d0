// From a description to its fault tree: what must fail, and together with what, for each service and for the system to be
// unavailable. The rules, in words, stand in docs/proof.md.

import type { Need, RunService, Service, System } from '../model/system.ts';
import { isLeased, sharesLeaseWith } from '../model/system.ts';
import {
  assumedOfAgent,
  assumedOfCommonCause,
  assumedOfDomain,
  assumedOfExternal,
  assumedOfHost,
  assumedOfInstance,
  assumedOfMember,
  assumedOfStore,
} from './assumptions.ts';
import type { FaultTree } from './fault-tree.ts';
import { newFaultTree } from './fault-tree.ts';
import type { FiguresChosen } from './figures.ts';
import { figureFor } from './figures.ts';
import type { Figure, Part } from './part.ts';
import { lostQuorum, membersOf } from './store-members.ts';

/** The fault tree of a description, and which gate means what. All numbers are gates of `tree`. */
export interface Structure {
  readonly tree: FaultTree;
  /** The parts that can fail; gates name them by their place here. */
  readonly parts: readonly Part[];
  /** The gate that says when consumers are not served. */
  readonly system: number;
  /** By service, in the order of the description: it, or what it needs, has failed. */
  readonly services: ReadonlyMap<string, number>;
  /** By service that runs here: no instance is left, whatever it needs and whatever its software does. */
  readonly groups: ReadonlyMap<string, number>;
  /** By service that runs here, for each of its places in the order of `on`: this instance is not there. */
  readonly instances: ReadonlyMap<string, readonly number[]>;
  /** The store has failed. */
  readonly store: number;
}

/** The fault tree of a system that was read without errors (so that needs and domains lead nowhere round in circles). */
export function structureOf(system: System, chosen: FiguresChosen): Structure {
  const building = newBuilding(system, chosen);
  const services = new Map<string, number>();
  for (const service of inOrderOfNeeds(system)) services.set(service.name, building.service(service, services));
  return {
    tree: building.tree,
    parts: building.parts,
    system: building.tree.or(system.serves.map((name) => services.get(name) ?? 0)),
    services: new Map(system.services.map((service) => [service.name, services.get(service.name) ?? 0])),
    groups: building.groups,
    instances: building.instances,
    store: building.store(),
  };
}

interface Building {
  readonly tree: FaultTree;
  readonly parts: readonly Part[];
  readonly groups: ReadonlyMap<string, number>;
  readonly instances: ReadonlyMap<string, readonly number[]>;
  service(service: Service, made: ReadonlyMap<string, number>): number;
  store(): number;
}

function newBuilding(system: System, chosen: FiguresChosen): Building {
  const tree = newFaultTree();
  const parts: Part[] = [];
  const groups = new Map<string, number>();
  const instances = new Map<string, readonly number[]>();

  const part = (of: Omit<Part, 'figure'>, figure: Figure | null): number => {
    if (figure === null) return tree.never();
    parts.push({ ...of, figure });
    return tree.part(parts.length - 1);
  };
  const implied = (of: Omit<Part, 'figure'>, assumed: () => Figure): number =>
    part(of, figureFor(of.name, null, assumed, chosen));

  const domains = new Map<string, number>();
  for (const domain of outerFirst(system)) {
    const own = figureFor(domain.name, domain.reliability, () => assumedOfDomain(domain.kind), chosen);
    const around = domain.in.map((name) => domains.get(name) ?? tree.never());
    const of = { name: domain.name, kind: 'domain', owner: domain.name, host: null } as const;
    domains.set(domain.name, tree.or([part(of, own), ...around]));
  }

  const hosts = new Map<string, number>();
  const agents = new Map<string, number>();
  for (const host of system.hosts) {
    const name = `host:${host.name}`;
    const own = figureFor(name, host.reliability, assumedOfHost, chosen);
    const of = { name, kind: 'host', owner: host.name, host: host.name } as const;
    const down = tree.or([part(of, own), ...host.in.map((domain) => domains.get(domain) ?? tree.never())]);
    hosts.set(host.name, down);
    const agent = { name: `agent:${host.name}`, kind: 'agent', owner: host.name, host: host.name } as const;
    agents.set(host.name, tree.or([implied(agent, assumedOfAgent), down]));
  }
  const hostDown = (name: string): number => hosts.get(name) ?? tree.never();
  const agentDown = (name: string): number => agents.get(name) ?? tree.never();

  const members = membersOf(system);
  const store =
    members.length === 0
      ? implied({ name: 'store', kind: 'store', owner: '', host: null }, assumedOfStore)
      : tree.atLeast(
          lostQuorum(members.length),
          members.map(({ name, host }) => {
            const own = implied(
              { name, kind: 'store', owner: '', host },
              host === null ? assumedOfStore : assumedOfMember,
            );
            return host === null ? own : tree.or([own, hostDown(host)]);
          }),
        );

  /** One of the instances is not there. A leased one dies with the agent that renews its session; others outlive it. */
  const instancesOf = (service: RunService): number[] =>
    service.on.map(({ host }) => {
      const name = `${service.name}@${host}`;
      const figure = figureFor(name, service.reliability, () => assumedOfInstance(service), chosen);
      const own = part({ name, kind: 'instance', owner: service.name, host }, figure);
      return tree.or([own, isLeased(service) ? agentDown(host) : hostDown(host)]);
    });

  /** By host, the agents on its session's list. */
  const lists = new Map<string, readonly number[]>();

  /**
   * All instances are gone; or the store is, and what it is needed for: nobody takes over, and the holder itself
   * steps down as soon as one host of its session's list no longer promises (design: *Store unreachable*).
   */
  const groupOf = (service: RunService, own: readonly number[]): number => {
    const all = tree.and(own);
    if (!isLeased(service)) return all;
    const active = Math.max(
      0,
      service.on.findIndex(({ host }) => host === service.prefer),
    );
    const holder = service.on[active]?.host ?? '';
    let promises = lists.get(holder);
    if (promises === undefined) {
      promises = sharesLeaseWith(system, holder).map(agentDown);
      lists.set(holder, promises);
    }
    return tree.or([all, tree.and([store, tree.or([own[active] ?? tree.never(), ...promises])])]);
  };

  const failureOf = (need: Need, made: ReadonlyMap<string, number>): number => {
    if (need.kind === 'service') return made.get(need.name) ?? tree.never();
    const of = need.of.map((each) => failureOf(each, made));
    switch (need.kind) {
      case 'all':
        return tree.or(of);
      case 'anyOf':
        return tree.and(of);
      case 'atLeast':
        return tree.atLeast(of.length - need.k + 1, of);
      default:
        return need satisfies never;
    }
  };

  return {
    tree,
    parts,
    groups,
    instances,
    store: () => store,
    service(service, made) {
      const { name } = service;
      const needs = service.needs === null ? tree.never() : failureOf(service.needs, made);
      if (service.kind === 'external') {
        // With needs alone it is pure structure, and has no failure of its own.
        const assumed = service.needs === null ? assumedOfExternal : null;
        const own = part(
          { name, kind: 'external', owner: name, host: null },
          figureFor(name, service.reliability, assumed, chosen),
        );
        return tree.or([own, needs]);
      }
      const own = instancesOf(service);
      const group = groupOf(service, own);
      instances.set(name, own);
      groups.set(name, group);
      const shared = (['software', 'configuration'] as const).map((kind) =>
        implied({ name: `${kind}:${name}`, kind, owner: name, host: null }, assumedOfCommonCause),
      );
      return tree.or([...shared, group, needs]);
    },
  };
}

/** What is needed before what needs it. With a stack of its own: a chain may be long. */
function inOrderOfNeeds(system: System): Service[] {
  const byName = new Map(system.services.map((service) => [service.name, service]));
  return sorted(system.services, (service) => namesIn(service.needs).map((name) => byName.get(name)));
}

function outerFirst(system: System): System['domains'][number][] {
  const byName = new Map(system.domains.map((domain) => [domain.name, domain]));
  return sorted(system.domains, (domain) => domain.in.map((name) => byName.get(name)));
}

function sorted<T>(all: readonly T[], before: (one: T) => readonly (T | undefined)[]): T[] {
  const order: T[] = [];
  const state = new Map<T, 'open' | 'done'>();
  const stack: T[] = all.toReversed();
  for (let one = stack.at(-1); one !== undefined; one = stack.at(-1)) {
    if (state.has(one)) {
      stack.pop();
      if (state.get(one) === 'open') order.push(one);
      state.set(one, 'done');
      continue;
    }
    state.set(one, 'open');
    for (const each of before(one).toReversed()) if (each !== undefined && !state.has(each)) stack.push(each);
  }
  return order;
}

function namesIn(need: Need | null): string[] {
  if (need === null) return [];
  return need.kind === 'service' ? [need.name] : need.of.flatMap(namesIn);
}
