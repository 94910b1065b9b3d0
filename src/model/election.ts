// What an election of etcd may take. A renewal must come through before its session ends, also when the member that led etcd was lost with its
// host: the last one was sent ttl/4 ago at most, a silent member is passed by after `silentMemberMs`, and the holder must be inactive `room` early.
//
//     longest election ≤ ttl·3/4 − room − silentMemberMs
//
// A follower stands for election after a time drawn from [election-timeout, 2·election-timeout) (etcd's raft, tickElection), so the longest is twice
// the timeout and a little for the vote. A split vote takes another round; with three members it is rare, and promises then bridge it.

import { ms, type Ms } from './units.ts';

/** Least room between a holder's deadline and its session's end (`roomFor`). */
const room = 50;
/** For the vote itself: two round trips and two writes to disk. */
const vote = 50;
/** Heartbeats go ten to a timeout, as etcd advises. A member on a busy machine misses those of a shorter timeout without being ill. */
const timeout = { least: 150, most: 1000, perHeartbeat: 10 } as const;

/** More members make it slower and no safer in practice; an even number bears no more losses than the odd one below it. */
const memberCounts = [5, 3, 1] as const;

/** How many members a managed etcd has on so many hosts; they are on the first ones. */
export function managedMembers(hosts: number): number {
  return memberCounts.find((each) => each <= hosts) ?? 0;
}

/** A member that is silent for so long in a call of this limit is not waited for alone: the next is asked as well. */
export function silentMemberMs(callLimitMs: number): number {
  return Math.min(100, Math.max(50, callLimitMs / 4));
}

/** The longest that an election may take for sessions of this ttl to outlive it. */
export function longestElection(ttl: Ms): Ms {
  return ms(Math.max(0, Math.floor(ttl * 0.75 - room - silentMemberMs(ttl / 2))));
}

/** Timings for a managed etcd: `--heartbeat-interval` and `--election-timeout`. `fits` false: its election may outlast a session. */
export function managedElection(ttl: Ms): { readonly heartbeat: Ms; readonly timeout: Ms; readonly fits: boolean } {
  const wanted = Math.floor((longestElection(ttl) - vote) / 2);
  const election = Math.min(timeout.most, Math.max(timeout.least, wanted));
  return {
    heartbeat: ms(Math.max(10, Math.round(election / timeout.perHeartbeat))),
    timeout: ms(election),
    fits: wanted >= timeout.least,
  };
}

/** The `--election-timeout` that an etcd of one's own must not exceed; 0: none would do. */
export function mostElectionTimeout(ttl: Ms): Ms {
  const most = Math.floor((longestElection(ttl) - vote) / 2);
  return ms(most >= 50 ? most : 0);
}
