// What `check` says of an etcd as the store: whether its election is over before sessions end. Else the loss of the host that leads it demotes what is
// active on others, since that host cannot promise any more.

import { durationText } from './duration.ts';
import { longestElection, managedElection, mostElectionTimeout } from './election.ts';
import { isLeased, type System } from './system.ts';
import { sessionTtl } from './timings.ts';
import type { Ms } from './units.ts';

/** Of `check --json`: null for an embedded store. */
export interface StoreCheck {
  readonly kind: 'etcd';
  readonly managed: boolean;
  readonly ttlMs: Ms;
  /** How long an election may last: ttl·3/4 − room − a silent member's time. */
  readonly longestElectionMs: Ms;
  /** Of a managed etcd its own, else the most that will do; 0: none would. */
  readonly electionTimeoutMs: Ms;
  /** Null: it is somebody's own, and not known to us. */
  readonly fits: boolean | null;
  readonly advice: readonly string[];
}

/** The sum for the system's sessions; null when nothing hangs on it. */
export function checkStore(system: System): StoreCheck | null {
  const { store } = system;
  if (store.kind === 'embedded' || !system.services.some(isLeased)) return null;
  const ttl = sessionTtl(system);
  const longest = longestElection(ttl);
  const sum = `Sessions last ${durationText(ttl)}, so an election of etcd may take ${durationText(longest)} (ttl·3/4 − room − a silent member)`;
  const lost = 'the loss of the host that leads etcd may demote services on others, which come back after the election';
  const common = { kind: 'etcd', ttlMs: ttl, longestElectionMs: longest } as const;
  if (store.managed) {
    const { timeout, fits } = managedElection(ttl);
    const advice = fits
      ? [
          `${sum}: its members stand for election after ${durationText(timeout)} to ${durationText(2 * timeout)}.`,
          ...fewHosts(system),
        ]
      : [
          `${sum}, and ${durationText(2 * timeout)} is the least that is safe: ${lost}. A longer recoverWithin would do.`,
          ...fewHosts(system),
        ];
    return { ...common, managed: true, electionTimeoutMs: timeout, fits, advice };
  }
  const most = mostElectionTimeout(ttl);
  const advice =
    most === 0
      ? `${sum}, which no election timeout keeps: ${lost}. A longer recoverWithin would do.`
      : `${sum}: start its members with --election-timeout ${most} or less and --heartbeat-interval ${Math.max(10, Math.round(most / 10))} (etcd's own are 1000 and 100). With more, ${lost}.`;
  return { ...common, managed: false, electionTimeoutMs: most, fits: most === 0 ? false : null, advice: [advice] };
}

function fewHosts(system: System): string[] {
  return system.hosts.length >= 3
    ? []
    : [
        `With ${system.hosts.length === 1 ? 'one host' : 'two hosts'} it has one member, on ${system.hosts[0]?.name ?? ''}: while that is lost nothing can take over. A third host makes it three.`,
      ];
}
