// What sits in what: hosts in domains, domains in domains, nested and crossing.

import type { Host, System } from '../model/system.ts';

/** Questions about what lies in what. */
export interface Topology {
  /** Every domain that a host lies in, at any depth, in the order of the description. */
  domainsOf(host: string): readonly string[];
  /** The hosts that go down with a domain, in the order of the description. */
  hostsIn(domain: string): readonly string[];
  /** The kinds of domain described, in order of their first mention. */
  readonly kinds: readonly string[];
  domainsOfKind(kind: string): readonly string[];
}

/** Works out once what lies in what. */
export function topologyOf(system: System): Topology {
  const parents = new Map(system.domains.map((domain) => [domain.name, domain.in]));
  const above = (starts: readonly string[]): Set<string> => {
    const found = new Set<string>(starts);
    for (const name of found) for (const parent of parents.get(name) ?? []) found.add(parent);
    return found;
  };
  const lies = new Map(system.hosts.map((host: Host) => [host.name, above(host.in)]));
  const order = system.domains.map((domain) => domain.name);
  const kinds = [...new Set(system.domains.map((domain) => domain.kind))];
  const inside = new Map(
    order.map((domain) => [
      domain,
      system.hosts.map((host) => host.name).filter((name) => lies.get(name)?.has(domain) === true),
    ]),
  );
  return {
    domainsOf: (host) => order.filter((domain) => lies.get(host)?.has(domain) === true),
    hostsIn: (domain) => inside.get(domain) ?? [],
    kinds,
    domainsOfKind: (kind) => system.domains.filter((domain) => domain.kind === kind).map((domain) => domain.name),
  };
}
