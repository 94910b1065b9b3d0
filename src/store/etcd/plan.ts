// A managed etcd, as the description implies it: which hosts have a member, at which addresses, and how soon they elect. Every agent computes the same.

import { isIPv6 } from 'node:net';
import { managedElection, managedMembers } from '../../model/election.ts';
import type { Host, System } from '../../model/system.ts';
import { sessionTtl } from '../../model/timings.ts';
import { etcdTlsFiles } from './tls-files.ts';

/** Where clients ask, where members talk, and where they say whether they were formed. etcd's own 2379 and 2380 are left to an etcd of the machine's. */
const firstPort = { client: 23_790, peer: 23_800, forming: 23_810 } as const;

/** One member, which has the name of its host. */
export interface PlannedMember {
  readonly host: string;
  /** Without brackets. */
  readonly address: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Where its agent answers others while the cluster forms, and gives certificates. */
  readonly formingPort: number;
}

/** The whole of it; the same on every host. */
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
type EtcdTls = { readonly kind: 'plain' } | { readonly kind: 'made'; readonly folder: string };

/**
 * The members are on the first 5, 3 or 1 of the described hosts. Hosts that share an address (to try things out on one machine) get
 * ports of their own, counted up by their place in the list. `former`: members of the etcd that was formed. They stay while their hosts are described, as
 * many as they are: a majority is counted with them, and an etcd of which too few are started never answers.
 */
export function planOf(system: System, otherwise: EtcdTls, former: readonly PlannedMember[]): EtcdPlan {
  const made = system.peers.own === null && otherwise.kind === 'made' ? etcdTlsFiles(otherwise.folder) : null;
  const tls = made === null ? system.peers.own : { ca: made.ca, cert: made.member, key: made.member };
  const scheme = tls === null ? 'http' : 'https';
  const { heartbeat, timeout } = managedElection(sessionTtl(system));
  const members: PlannedMember[] = [];
  for (const host of withMember(system.hosts, former))
    members.push(former.find((each) => isSame(each, host, scheme)) ?? memberOn(host, scheme, portsFrom(host, members)));
  return {
    members,
    heartbeatMs: heartbeat,
    electionMs: timeout,
    tls,
    made: made?.folder ?? null,
    hosts: system.hosts.map((host) => ({ name: host.name, address: plain(host) })),
  };
}

/** Who has a member stays; the first of the others fill up. */
function withMember(hosts: readonly Host[], former: readonly PlannedMember[]): readonly Host[] {
  const stay = former.flatMap((member) => hosts.filter((host) => host.name === member.host));
  const others = hosts.filter((host) => !stay.includes(host));
  return [...stay, ...others.slice(0, Math.max(0, managedMembers(hosts.length) - stay.length))];
}

/** The cluster knows it by its URLs, which are then not to change. */
function isSame(member: PlannedMember, host: Host, scheme: string): boolean {
  return member.host === host.name && member.address === plain(host) && member.peerUrl.startsWith(`${scheme}://`);
}

function memberOn(host: Host, scheme: string, more: number): PlannedMember {
  const at = (port: number): string => `${scheme}://${inUrl(host)}:${port + more}`;
  return {
    host: host.name,
    address: plain(host),
    clientUrl: at(firstPort.client),
    peerUrl: at(firstPort.peer),
    formingPort: firstPort.forming + more,
  };
}

/** How far to count its ports up: the first that no other member of its address has. */
function portsFrom(host: Host, members: readonly PlannedMember[]): number {
  const taken = members.filter((each) => each.address === plain(host)).map((each) => each.formingPort);
  let more = 0;
  while (taken.includes(firstPort.forming + more)) more += 1;
  return more;
}

function plain(host: Host): string {
  return host.address.replace(/^\[|\]$/g, '');
}

function inUrl(host: Host): string {
  return isIPv6(plain(host)) ? `[${plain(host)}]` : plain(host);
}
