// Whether the store answers, as far as is known here.

import { monoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import { firstReadWithinMs, storeHiccupMs } from './judged.ts';

/** Reasons of one outage that are told; members of an etcd fail in turns, and more than these say nothing new. */
const mostReasons = 8;

/**
 * The store does not answer. What is leased goes on until its session ends, or as long as every peer promises. While it is away a reason not yet given in
 * this outage takes the place of the one before: what began as a refused connection may turn out to be another store.
 */
export function storeLost(d: Draft, why: string): void {
  const { reachable, reasons, lostAt } = d.s.store;
  // `lostAt` null: it has not answered in this life, and that is known only now.
  if (!reachable && lostAt !== null) {
    if (reasons.includes(why) || reasons.length >= mostReasons) return;
    d.s.store = { ...d.s.store, why, reasons: [...reasons, why] };
    d.note({ kind: 'storeLost', facts: { why } });
    d.incidentsDirty = true;
    return;
  }
  d.s.store = { ...d.s.store, reachable: false, lostAt: d.mono, why, reasons: [why] };
  d.note({ kind: 'storeLost', facts: { why } });
  const lookAt = d.mono + (d.s.store.firstReadAt === null ? firstReadWithinMs : storeHiccupMs);
  d.s.incidents = { ...d.s.incidents, nextAt: monoMs(Math.min(lookAt, d.s.incidents.nextAt ?? lookAt)) };
}

/** It answers again. */
export function storeBack(d: Draft): void {
  d.note({
    kind: 'storeBack',
    facts: { awayMs: d.s.store.lostAt === null ? null : Math.round(d.mono - d.s.store.lostAt) },
  });
  d.s.store = { ...d.s.store, reachable: true, lostAt: null, backAt: d.mono, why: null, reasons: [] };
  d.incidentsDirty = true;
  d.touchAll();
}
