// Whether the store answers, as far as is known here.

import { monoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import { storeHiccupMs } from './judged.ts';

/** The store does not answer. What is leased goes on until its session ends, or as long as every peer promises. */
export function storeLost(d: Draft, why: string): void {
  if (!d.s.store.reachable) return;
  d.s.store = { ...d.s.store, reachable: false, lostAt: d.mono, why };
  d.note({ kind: 'storeLost', facts: { why } });
  const lookAt = d.mono + storeHiccupMs;
  d.s.incidents = { ...d.s.incidents, nextAt: monoMs(Math.min(lookAt, d.s.incidents.nextAt ?? lookAt)) };
}

/** It answers again. */
export function storeBack(d: Draft): void {
  d.note({
    kind: 'storeBack',
    facts: { awayMs: d.s.store.lostAt === null ? null : Math.round(d.mono - d.s.store.lostAt) },
  });
  d.s.store = { ...d.s.store, reachable: true, lostAt: null, backAt: d.mono, why: null };
  d.incidentsDirty = true;
  d.touchAll();
}
