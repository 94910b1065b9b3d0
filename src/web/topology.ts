// What is described, as a graph for the pages.

import type { TopologyView } from '../api-web.ts';
import type { Need, System } from '../model/system.ts';

/** The description as nodes and what they need, for a picture. */
export function topologyOf(system: System): TopologyView {
  return {
    system: system.name,
    serves: system.serves,
    domains: system.domains.map(({ name, kind, in: within }) => ({ name, kind, in: within })),
    hosts: system.hosts.map(({ name, address, in: within }) => ({ name, address, in: within })),
    services: system.services.map((service) => ({
      name: service.name,
      policy: service.kind === 'run' ? service.policy : 'external',
      external: service.kind === 'external',
      on: service.kind === 'run' ? service.on.map((place) => place.host) : [],
      prefer: service.kind === 'run' ? service.prefer : null,
      needs: service.needs === null ? [] : [...new Set(namesIn(service.needs))],
      impact: service.impact,
      recoverWithinMs: service.kind === 'run' ? service.objective.recoverWithin : system.objective.recoverWithin,
      runbook: service.kind === 'run' ? service.runbook : null,
    })),
  };
}

function namesIn(need: Need): string[] {
  switch (need.kind) {
    case 'service':
      return [need.name];
    case 'all':
    case 'anyOf':
    case 'atLeast':
      return need.of.flatMap(namesIn);
    default:
      return need satisfies never;
  }
}
