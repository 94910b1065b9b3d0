// When a service goes back to the host that it prefers: only once all has been quiet there and here, longer each time that it has gone back lately, and no
// more than a few times an hour. So a preferred host that comes and goes does not take the service along.

import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { Slot } from './slot.ts';
import { isOutdated } from './change.ts';
import { leaseOf, reportOf } from './view.ts';

/** How long both must have been quiet before a service goes back for the first time; twice as long after each return of the last hour. */
const quietMs = 30_000;
/** Returns count against the next for so long. */
export const returnsWithinMs = 3_600_000;
/** So many of them are enough. */
const mostReturns = 3;

interface FailBack {
  readonly to: string;
  /** Null: nothing, it may go. */
  readonly waitsFor: string | null;
  /** When to look again; null: when something happens. */
  readonly forMs: number | null;
}

/** Whether it is to go back from here to the preferred host, and what keeps it; null: it is not to. */
export function failBack(d: Draft, service: RunService, slot: Slot, able: readonly string[]): FailBack | null {
  const { prefer } = service;
  const activeAt = slot.now?.activeAt ?? null;
  if (!service.failBack || prefer === null || prefer === d.s.me || activeAt === null || d.s.retired.has(service.name))
    return null;
  const report = reportOf(d, service.name, prefer);
  if (!able.includes(prefer) || report === null || report.severity !== 0)
    return { to: prefer, waitsFor: `the preferred host ${prefer} to be able`, forMs: null };
  if (
    isOutdated(d, service, prefer, report.instance) ||
    (slot.now !== null && isOutdated(d, service, d.s.me, slot.now.id))
  )
    return { to: prefer, waitsFor: 'a change of the description to be over', forMs: null };
  const { returns } = leaseOf(d, service.name);
  const lately = returns.filter((at) => d.now.wall - at < returnsWithinMs);
  const oldest = lately[0];
  if (lately.length >= mostReturns && oldest !== undefined)
    return {
      to: prefer,
      waitsFor: `an hour in which it went back to ${prefer} less than ${mostReturns} times`,
      forMs: Math.max(100, oldest + returnsWithinMs - d.now.wall),
    };
  const needMs = quietMs * 2 ** lately.length;
  const hereMs = needMs - (d.mono - activeAt);
  const thereMs = report.startedAtMs === null ? 0 : needMs - (d.now.wall - report.startedAtMs);
  const leftMs = Math.max(hereMs, thereMs);
  if (leftMs <= 0) return { to: prefer, waitsFor: null, forMs: null };
  return {
    to: prefer,
    waitsFor: `the preferred host ${prefer} and the active one to have been quiet for ${needMs / 1000} s`,
    forMs: Math.max(100, leftMs),
  };
}
