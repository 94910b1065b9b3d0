// Hosts by what they share: the first domain that the description names for each.

import type { TopologyView } from '../api-web.ts';
import type { HostView } from '../api.ts';

/** `domain` null: hosts that lie in none. */
export interface HostGroup {
  readonly domain: string | null;
  readonly hosts: readonly HostView[];
}

/** In the order of the description. */
export function grouped(hosts: readonly HostView[], topology: TopologyView | undefined): readonly HostGroup[] {
  const domainOf = new Map(topology?.hosts.map((each) => [each.name, each.in[0] ?? null]));
  const byDomain = new Map<string | null, HostView[]>();
  for (const host of hosts) {
    const domain = domainOf.get(host.name) ?? null;
    const group = byDomain.get(domain);
    if (group === undefined) byDomain.set(domain, [host]);
    else group.push(host);
  }
  return [...byDomain].map(([domain, its]) => ({ domain, hosts: its }));
}
