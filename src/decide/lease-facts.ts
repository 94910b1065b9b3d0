// What the rows of a lease look at: who holds it, how this host stands, who else could take it and which way back is soonest.

import { restartOrHandOver } from '../judge/choice.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { type LeaseFacts } from './lease-rows.ts';
import { failBack } from './fail-back.ts';
import { rank } from './rank.ts';
import { drift } from '../model/timings.ts';
import type { Slot } from './slot.ts';
import {
  barredFrom,
  holderOf,
  intentsFor,
  isLive,
  isPaused,
  leaseOf,
  isUnheld,
  missingNeeds,
  plannedDown,
  reportOf,
} from './view.ts';
import { isUnsure } from './lease-writes.ts';
import { failoverIntent, takeoverBy } from './wishes.ts';

/** All that the rows of a lease look at. */
export function leaseFacts(d: Draft, service: RunService, slot: Slot): LeaseFacts {
  const { own, store, timing, keeper } = d.s;
  const lease = leaseOf(d, service.name);
  const holder = holderOf(d, service.name);
  const cold = service.policy === 'hot-active/cold-passive';
  const instance = slot.now;
  const barred = plannedDown(d, service, d.s.me);
  const ranking = rank(d, service, {});
  const others = ranking.ranked.filter((host) => host !== d.s.me);
  const place = ranking.ranked.indexOf(d.s.me);
  const best = others[0] ?? null;
  const recovery = chooseRecovery(d, service, slot, best);
  const handover = slot.handover;
  const named = handover?.to ?? null;
  const target = handover === null ? null : named === null ? best : others.includes(named) ? named : null;
  const freshUntil =
    isUnheld(lease) && store.firstReadAt !== null ? store.firstReadAt + timing.ttl * (1 + drift) : null;
  const takeover = takeoverBy(d, service.name);
  const asked = holder === 'free' ? failoverIntent(d, service.name) : null;
  const back = failBack(d, service, slot, others);
  const bans = [...intentsFor(d, 'ban', service.name, d.s.me), ...intentsFor(d, 'maintenance', service.name, d.s.me)];
  return {
    storeRead: store.firstReadAt !== null,
    sessionKnown: own.revision > 0 || own.deposed,
    keeperSaid: keeper.pid !== null,
    inFlight: slot.leaseTxn !== null || isUnsure(d, slot),
    paused: isPaused(d, service.name),
    leaving: d.s.leaving !== null,
    sessionGood:
      own.revision > 0 &&
      store.reachable &&
      keeper.up &&
      keeper.answeredAt !== null &&
      d.mono - keeper.answeredAt <= timing.ttl / 2 &&
      own.validUntil !== null &&
      own.validUntil - d.mono > timing.ttl / 4,
    renewing: own.inFlight !== null,
    holder,
    term: lease.term,
    wanted: barred === null,
    phase: instance?.phase ?? 'none',
    instanceTerm: instance?.term ?? 0,
    callUnsure: instance?.callUnsure ?? false,
    ending: instance?.ending !== null && instance !== null,
    granted: slot.grant !== null && slot.grant.term === lease.term && slot.grant.epoch === own.epoch,
    cold,
    handover: handover !== null,
    handoverTo: target,
    handoverForMs: handover === null ? 0 : d.mono - handover.since,
    ttlMs: timing.ttl,
    trigger: service.trigger,
    // What was given up as planned, or never held, anybody may take; only a loss is a matter of the trigger.
    lost: lease.host !== null || (lease.handed !== null && !lease.handed.planned),
    named: lease.host === null ? lease.next : null,
    namedMe:
      (lease.host === null && lease.next === d.s.me) ||
      // Who released it in answer to the wish has named the next: the wish itself, not yet gone from our view, says nothing more.
      (asked !== null &&
        (lease.host !== null || lease.next === null) &&
        (asked.host === d.s.me || (asked.host === null && place === 0))),
    takeoverMe: takeover === d.s.me,
    takeoverOther: takeover !== null && takeover !== d.s.me ? takeover : null,
    // Turns are counted from when it may be taken at all.
    freeForMs: slot.freeSince === null ? 0 : Math.max(0, d.mono - Math.max(slot.freeSince, freshUntil ?? 0)),
    freshForMs: freshUntil === null ? 0 : freshUntil - d.mono,
    place,
    waitsFor: ranking.excluded.find((each) => each.host === d.s.me)?.waitsFor ?? null,
    choice: recovery.choice,
    best,
    missingNeeds: missingNeeds(d, service),
    backOffMs: slot.failedUntil === null ? 0 : slot.failedUntil - d.mono,
    preferredStarting: isUnheld(lease) && preferredStarts(d, service),
    failBackTo: back?.waitsFor === null ? back.to : null,
    failBackWaits: back === null || back.waitsFor === null ? null : { waitsFor: back.waitsFor, forMs: back.forMs },
    barred: barredFrom(d, service, d.s.me) !== null,
    barredForced: bans.some((each) => each.acceptLoss),
    dMs: Math.max(timing.ttl * (1 + drift), 1000),
    shown: {
      host: d.s.me,
      cause: slot.recovery?.cause ?? lease.handed?.cause ?? null,
      ...(best === null ? {} : { to: best }),
      ...recovery.facts,
    },
  };
}

/**
 * Restart here or give it to another, by what was measured. Our own part, a new term and an activation, is the same either way and left out.
 * People's and the standby's triggers never move it by themselves. */
function chooseRecovery(
  d: Draft,
  service: RunService,
  slot: Slot,
  best: string | null,
): ReturnType<typeof restartOrHandOver> {
  const other = best === null || service.trigger === 'manual' ? null : reportOf(d, service.name, best);
  const warm = service.policy !== 'hot-active/cold-passive';
  const worst = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values));
  const sum = (...parts: (number | null)[]): number | null =>
    parts.reduce((total, part) => (total === null || part === null ? null : total + part), 0);
  const own = sum(worst(slot.bMs), service.policy === 'hot-active/warm-active' ? 0 : (worst(slot.iMs) ?? 0));
  const wait = slot.failedUntil === null ? 0 : Math.max(0, slot.failedUntil - d.mono);
  const started = slot.now?.phase === 'starting' ? Math.max(0, d.mono - slot.now.since) : 0;
  const theirs =
    other === null
      ? null
      : service.policy === 'hot-active/warm-active'
        ? 0
        : service.policy === 'hot-active/warm-passive'
          ? worst(other.iMs)
          : sum(worst(other.bMs), worst(other.iMs) ?? 0);
  // Without a probe it counts as ready because it exists: of one begun anew that tells nothing of when it could serve.
  const isNew = slot.now === null || (slot.recovery !== null && slot.now.requestedAt >= slot.recovery.endedAt);
  const unproven = service.ready === null && warm && isNew;
  return restartOrHandOver({
    // What is already under way costs only the rest.
    restartMs: unproven
      ? null
      : slot.now?.phase === 'ready'
        ? 0
        : own === null
          ? null
          : Math.max(0, own - started) + wait,
    handOverMs: theirs,
    other: other === null ? null : warm ? 'warm' : 'cold',
    failures: slot.failures.length,
  });
}

/** At the very first start the preferred host is given the time that its start may take. */
function preferredStarts(d: Draft, service: RunService): boolean {
  const first = service.prefer ?? service.on[0]?.host;
  if (first === undefined || first === d.s.me) return false;
  const report = reportOf(d, service.name, first);
  return (
    isLive(d, first) && report !== null && report.severity === 0 && report.restarts === 0 && report.planned !== 'down'
  );
}
