// A managed etcd, as the description implies it: which hosts have a member, and at which addresses. Every agent computes the same.

import { isIPv6 } from 'node:net';
import type { Host, System } from '../../model/system.ts';

/** More members make it slower and no safer in practice; an even number bears no more losses than the odd one below it. */
const counts = [5, 3, 1] as const;
/** Where clients ask and where members talk; etcd's own 2379 and 2380 are left to an etcd of the machine's. */
const firstPort = { client: 23_790, peer: 23_800 } as const;

export interface PlannedMember {
  readonly host: string;
  readonly address: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/**
 * The members: on the first 5, 3 or 1 of the described hosts. Hosts that share an address (to try things out on one machine) get
 * ports of their own, counted up by their place in the list.
 */
export function plannedMembers(system: System): readonly PlannedMember[] {
  const count = counts.find((each) => each <= system.hosts.length) ?? 0;
  const chosen = system.hosts.slice(0, count);
  return chosen.map((host, index) => {
    const before = chosen.slice(0, index).filter((each) => each.address === host.address).length;
    const at = (port: number): string => `http://${inUrl(host)}:${port + before}`;
    return { host: host.name, address: host.address, clientUrl: at(firstPort.client), peerUrl: at(firstPort.peer) };
  });
}

/** Where its clients ask. */
export function managedEndpoints(system: System): readonly string[] {
  return plannedMembers(system).map((member) => member.clientUrl);
}

function inUrl(host: Host): string {
  const address = host.address.replace(/^\[|\]$/g, '');
  return isIPv6(address) ? `[${address}]` : address;
}
