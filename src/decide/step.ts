// The core: what one agent decides, as a pure function. Takes the input in, judges, decides and returns; every phase has a name below.

import type { Now, MonoMs } from '../model/units.ts';
import { isLeased } from '../model/system.ts';
import { absorb } from './absorb.ts';
import { giveUpSilent, watchPeers } from './depose.ts';
import { Draft, type Because } from './draft.ts';
import type { Effect } from './effect.ts';
import { keepFencing } from './fence.ts';
import { notePlan } from './grade.ts';
import { keepIncidents } from './incidents.ts';
import type { Input } from './input.ts';
import { decideLife } from './instance.ts';
import { decideLease } from './lease.ts';
import { quitWhenDown } from './leaving.ts';
import { decideAsked, decideStartAsked } from './asked.ts';
import { retireOrphans } from './former.ts';
import { settleIntents } from './intents.ts';
import { leaveWhenRemoved, tidyRetired } from './retire.ts';
import { makeReport, reportService } from './report.ts';
import { keepSession } from './session.ts';
import type { State } from './state.ts';
import { neededNames, spreadUsable } from './usable.ts';
import { keepPromises, keepValidity } from './validity.ts';
import { placeWaiting } from './absorb-keeper.ts';
import { wakeForSchedules } from './wake.ts';

/** What one input leads to. */
export interface Decided {
  readonly state: State;
  readonly effects: readonly Effect[];
  readonly because: readonly Because[];
  /** Every rule that matched, in order, also the quiet ones that `because` leaves out. */
  readonly fired: readonly number[];
  /** When to call again without an input; null: only with one. */
  readonly wakeAt: MonoMs | null;
}

/** A service is looked at again when what it decided touched it; more rounds than this in one step would be a rule that never settles. */
const mostRounds = 16;

/** Decides what to do about one input. Never throws for what the world did; a broken invariant throws, and the agent stops loudly. */
export function step(state: State, input: Input, now: Now): Decided {
  const d = new Draft(state, now);
  absorb(d, input);
  placeWaiting(d);
  const begins = state.own.revision === 0 && d.s.own.revision > 0;
  if (begins || input.kind === 'storeRead' || input.kind === 'keeperHello') retireOrphans(d);
  keepValidity(d);
  giveUpSilent(d);
  let round = 0;
  for (let touched = d.takeTouched(); touched.length > 0; touched = d.takeTouched()) {
    round += 1;
    if (round > mostRounds) throw new Error(`no end of deciding about ${touched.join(', ')}`);
    for (const name of touched) decideService(d, name);
    spreadUsable(d, d.usableDirty ? neededNames(d, touched) : touched);
    d.usableDirty = false;
  }
  leaveWhenRemoved(d);
  keepSession(d);
  watchPeers(d);
  keepFencing(d);
  keepValidity(d);
  keepPromises(d);
  settleIntents(d);
  if (d.reportDirty || d.s.lastReport === null) makeReport(d);
  keepIncidents(d);
  quitWhenDown(d);
  wakeForSchedules(d);
  return { state: { ...d.s, wakeAt: d.wake }, effects: d.effects, because: d.because, fired: d.fired, wakeAt: d.wake };
}

/** One service on this host: what people asked, then its lease, then its instance, then what to report. */
function decideService(d: Draft, name: string): void {
  // Whatever it asked to be woken for is over; of one that is forgotten nothing else would say so.
  d.about(name);
  const service = d.runService(name);
  if (service === undefined) return d.about(null);
  notePlan(d, service);
  decideStartAsked(d, service);
  if (isLeased(service)) {
    decideAsked(d, service);
    decideLease(d, service);
  }
  decideLife(d, service);
  reportService(d, service);
  d.about(null);
  tidyRetired(d, service);
}
