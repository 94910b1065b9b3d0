// What the other hosts told that detectors compare with their own.

import type { State } from '../decide/state.ts';
import type { Host } from '../model/system.ts';
import type { Now } from '../model/units.ts';
import type { Watch } from '../observe/modes/watch.ts';

type Heard = Pick<State, 'me' | 'reports' | 'sessions'>;

/** A session is renewed every quarter of its time: who is silent for so much of it is lost, or soon will be. */
const silentShare = 0.5;
/** Renewals may be late on a busy host. */
const silentFromMs = 5000;

/** Every host that ever reported; of one that is silent now, nothing that it told: it may be otherwise since, and it cannot say so. */
export function peersOf(state: Heard, hosts: readonly Pick<Host, 'name' | 'address'>[], now: Now): Watch['peers'] {
  const heardNow = heardHosts(state, now);
  return hosts.flatMap(({ name, address }) => {
    const heard = name === state.me ? undefined : state.reports.get(name);
    if (heard === undefined) return [];
    if (!heardNow.includes(name)) return [{ host: name, address, facts: {}, clockAheadMs: 0 }];
    // Word that comes from the future shows a clock that is ahead; word that comes late shows nothing.
    const aheadMs = heard.report.atMs - (now.wall - (now.mono - heard.heardAt));
    return [
      { host: name, address, facts: heard.report.facts, clockAheadMs: Math.max(0, 1000 * Math.floor(aheadMs / 1000)) },
    ];
  });
}

/** Other hosts whose sessions are renewed. */
export function heardHosts(state: Heard, now: Now): readonly string[] {
  return [...state.sessions]
    .filter(
      ([, { value, seenAt }]) => !value.dead && now.mono - seenAt <= Math.max(silentFromMs, silentShare * value.ttlMs),
    )
    .map(([host]) => host)
    .toSorted((a, b) => (a < b ? -1 : 1));
}
