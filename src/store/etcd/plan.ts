// A managed etcd, as the description implies it: which hosts have a member, at which addresses, and how soon they elect. Every agent computes the same.

import { isIPv6 } from 'node:net';
import { managedElection } from '../../model/election.ts';
import type { Host, System } from '../../model/system.ts';
import { sessionTtl } from '../../model/timings.ts';

/** More members make it slower and no safer in practice; an even number bears no more losses than the odd one below it. */
const counts = [5, 3, 1] as const;
/** Where clients ask, where members talk, and where they say whether they were formed. etcd's own 2379 and 2380 are left to an etcd of the machine's. */
const firstPort = { client: 23_790, peer: 23_800, forming: 23_810 } as const;

export interface PlannedMember {
  readonly host: string;
  /** Without brackets. */
  readonly address: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly formingPort: number;
}

export interface EtcdPlan {
  readonly members: readonly PlannedMember[];
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** Certificates of the user's own, for members and clients; null: plain http. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
}

/**
 * The members are on the first 5, 3 or 1 of the described hosts. Hosts that share an address (to try things out on one machine) get
 * ports of their own, counted up by their place in the list.
 */
export function planOf(system: System): EtcdPlan {
  const count = counts.find((each) => each <= system.hosts.length) ?? 0;
  const chosen = system.hosts.slice(0, count);
  const tls = system.peers.own;
  const scheme = tls === null ? 'http' : 'https';
  const { heartbeat, timeout } = managedElection(sessionTtl(system));
  return {
    members: chosen.map((host, index) => {
      const before = chosen.slice(0, index).filter((each) => each.address === host.address).length;
      const at = (port: number): string => `${scheme}://${inUrl(host)}:${port + before}`;
      return {
        host: host.name,
        address: plain(host),
        clientUrl: at(firstPort.client),
        peerUrl: at(firstPort.peer),
        formingPort: firstPort.forming + before,
      };
    }),
    heartbeatMs: heartbeat,
    electionMs: timeout,
    tls,
  };
}

function plain(host: Host): string {
  return host.address.replace(/^\[|\]$/g, '');
}

function inUrl(host: Host): string {
  return isIPv6(plain(host)) ? `[${plain(host)}]` : plain(host);
}
