// The phase that an instance on any host should be in, for people: from what is known here of the lease, which may be newer than what that host last reported.

import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { nextHolder, secondPhase } from './phase.ts';
import { rank } from './rank.ts';
import type { ReportedPhase } from './records.ts';
import { barredFrom, leaseOf, liveHolder, plannedDown } from './view.ts';
import { failoverIntent } from './wishes.ts';

/**
 * The phase that the instance on any host should be in, as far as is known here. Of a service with one active always some host is to be active, also while it
 * moves: what a host reports of its own plan may be older than what this one knows of the lease.
 */
export function plannedOn(d: Draft, service: RunService, host: string): ReportedPhase {
  if (d.s.leaving !== null && !d.s.leaving.leaveRunning) return 'down';
  if (plannedDown(d, service, host) !== null) return 'down';
  if (!isLeased(service)) return 'active';
  if (host === activeNext(d, service)) return 'active';
  return secondPhase(service);
}

function activeNext(d: Draft, service: RunService): string | null {
  const holder = liveHolder(d, service.name);
  if (holder === null) return nextHolder(d, service) ?? lastHolder(d, service);
  const moves =
    holder === d.s.me
      ? (d.slot(service.name)?.handover ?? null) !== null
      : failoverIntent(d, service.name) !== null || barredFrom(d, service, holder) !== null;
  if (!moves) return holder;
  const to = (holder === d.s.me ? d.slot(service.name)?.handover?.to : failoverIntent(d, service.name)?.host) ?? null;
  return to ?? rank(d, service, { without: holder }).ranked[0] ?? holder;
}

/** Who had it last and is to have it again: all that could are lost. */
function lastHolder(d: Draft, service: RunService): string | null {
  const { host } = leaseOf(d, service.name);
  return host === null || barredFrom(d, service, host) !== null ? null : host;
}
