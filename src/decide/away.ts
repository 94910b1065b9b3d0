// The outage of what has no lease while its host is lost: nobody there is left to count it, and nobody takes it over, so whoever sees it counts it. That
// several do is no matter, since the union of what all report is what consumers went without. (Of what has a lease, who takes it over counts.)
//
// Does not cover: what passed before anybody who is left had heard of that host, and the loss of all hosts at once until one is back.

import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { countOutage } from './recovery.ts';
import { isLost, lastHeard, plannedDown, reportOf } from './view.ts';

/** The service has become usable, or has ceased to be. */
export function countAway(d: Draft, service: RunService, usable: boolean): void {
  const fromMs = d.s.away.get(service.name);
  if (usable) {
    if (fromMs === undefined) return;
    setAway(d, service.name, null);
    countOutage(d, service.name, fromMs, d.now.wall);
  } else if (!isLeased(service) && fromMs === undefined) setAway(d, service.name, lostAtMs(d, service));
}

/** When the last host of it was heard that had it active and was lost, by no wish of anybody; null: none was. */
function lostAtMs(d: Draft, service: RunService): number | null {
  const heard = service.on.flatMap(({ host }) => {
    const heardAt = lastHeard(d, host);
    const expected = plannedDown(d, service, host) === null && d.s.sessions.get(host)?.value.left !== true;
    if (heardAt === null || !isLost(d, host) || !expected) return [];
    return reportOf(d, service.name, host)?.phase === 'active' ? [d.now.wall - (d.mono - heardAt)] : [];
  });
  return heard.length === 0 ? null : Math.max(...heard);
}

function setAway(d: Draft, service: string, atMs: number | null): void {
  if (atMs === null && !d.s.away.has(service)) return;
  const away = new Map(d.s.away);
  if (atMs === null) away.delete(service);
  else away.set(service, atMs);
  d.s.away = away;
}
