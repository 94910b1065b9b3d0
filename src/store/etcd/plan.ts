// A managed etcd, as the description implies it: which hosts have a member, at which addresses, and how soon they elect. Every agent computes the same.

import { isIPv6 } from 'node:net';
import { managedElection } from '../../model/election.ts';
import type { Host, System } from '../../model/system.ts';
import { sessionTtl } from '../../model/timings.ts';
import { etcdTlsFiles } from './tls-files.ts';

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
  /** What members show to clients and to each other; null: plain http, as older versions formed it. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
  /** The folder where we make and renew these certificates ourselves; null: they are the user's own, or there are none. */
  readonly made: string | null;
  /** Every described host, at the first `up`: who may have part in it before there is a store to ask. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}

/** Whose certificates: the user's own where `peers` has them, else ours, in `folder`; `plain` keeps what an older version formed without any. */
export type EtcdTls = { readonly kind: 'plain' } | { readonly kind: 'made'; readonly folder: string };

/**
 * The members are on the first 5, 3 or 1 of the described hosts. Hosts that share an address (to try things out on one machine) get
 * ports of their own, counted up by their place in the list.
 */
export function planOf(system: System, otherwise: EtcdTls): EtcdPlan {
  const count = counts.find((each) => each <= system.hosts.length) ?? 0;
  const chosen = system.hosts.slice(0, count);
  const made = system.peers.own === null && otherwise.kind === 'made' ? etcdTlsFiles(otherwise.folder) : null;
  const tls = made === null ? system.peers.own : { ca: made.ca, cert: made.member, key: made.member };
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
    made: made?.folder ?? null,
    hosts: system.hosts.map((host) => ({ name: host.name, address: plain(host) })),
  };
}

function plain(host: Host): string {
  return host.address.replace(/^\[|\]$/g, '');
}

function inUrl(host: Host): string {
  return isIPv6(plain(host)) ? `[${plain(host)}]` : plain(host);
}
