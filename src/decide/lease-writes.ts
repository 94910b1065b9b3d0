// Writing a lease and taking in how that came out. A term that was won in the dark is not used.

import { after, ms, monoMs } from '../model/units.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { StorePut } from './effect.ts';
import type { StoreOutcome } from './input.ts';
import { keys, type Handed, type LeaseRecord } from './records.ts';
import { returnsWithinMs } from './fail-back.ts';
import type { Recovery, Slot } from './slot.ts';
import { leaseOf, reportOf } from './view.ts';

/** What is done with a lease: taken (a new term), released, perhaps with a name of who is next, or given to another host (a new term). */
type LeaseWrite =
  | { readonly kind: 'take' }
  | { readonly kind: 'release'; readonly next: string | null }
  | { readonly kind: 'give'; readonly to: string };

/** Writes the lease, by compare-and-set on what is known of it. Released and given is only what is confirmed inactive here. */
export function writeLease(d: Draft, service: RunService, rule: number, how: LeaseWrite): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const kept = d.s.leases.get(service.name);
  const record = recordFor(d, slot, rule, how);
  const compares = [{ key: keys.lease(service.name), revision: kept?.revision ?? 0 }];
  // The session that it is given to need not be compared: renewed meanwhile it is as good, and of one that is over the lease is free (view.ts, holderOf).
  if (how.kind === 'take') compares.push({ key: keys.session(d.s.me), revision: d.s.own.revision });
  const puts: StorePut[] = [{ key: keys.lease(service.name), value: JSON.stringify(record) }];
  const fulfilled = how.kind === 'release' ? [] : movesAsked(d, service.name);
  const handedOver = slot.handover?.intent ?? null;
  if (how.kind !== 'take' && handedOver !== null && !fulfilled.includes(handedOver)) fulfilled.push(handedOver);
  for (const intent of fulfilled) puts.push({ key: keys.intent(intent), value: null });
  const id = d.ask({ kind: 'store', compares, puts, timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)) });
  d.setSlot(service.name, { leaseTxn: { id, record, rule } });
}

function recordFor(d: Draft, slot: Slot, rule: number, how: LeaseWrite): LeaseRecord {
  const lease = leaseOf(d, slot.service);
  if (how.kind === 'take') {
    const { handed, returns } = lease;
    return heldBy(d.s.me, lease, {
      epoch: d.s.own.epoch,
      instance: slot.now?.id ?? null,
      given: false,
      handed,
      returns,
    });
  }
  const left = { handed: handedBy(d, slot, rule), returns: returnsOf(d, slot) };
  if (how.kind === 'release') return { ...lease, host: null, instance: null, next: how.next, given: false, ...left };
  const { epoch } = d.s.sessions.get(how.to)?.value ?? { epoch: 0 };
  const instance = reportOf(d, slot.service, how.to)?.instance ?? null;
  return heldBy(how.to, lease, { epoch, instance, given: true, ...left });
}

/** Held by that host from now on, in a term of its own. */
function heldBy(
  host: string,
  lease: LeaseRecord,
  how: Pick<LeaseRecord, 'epoch' | 'instance' | 'given' | 'handed' | 'returns'>,
): LeaseRecord {
  return { term: lease.term + 1, host, next: null, ...how };
}

/** What people and standbys asked of it is done with the move. */
function movesAsked(d: Draft, service: string): string[] {
  const found: string[] = [];
  for (const { value } of d.s.intents.values())
    if ((value.verb === 'takeover' || value.verb === 'failover') && value.service === service) found.push(value.id);
  return found;
}

/** When it went back to the preferred host, this time too. */
function returnsOf(d: Draft, slot: Slot): readonly number[] {
  const lately = leaseOf(d, slot.service).returns.filter((at) => d.now.wall - at < returnsWithinMs);
  return slot.handover?.rule === 220 ? [...lately, Math.round(d.now.wall)] : lately;
}

function handedBy(d: Draft, slot: Slot, rule: number): Handed | null {
  const { recovery } = slot;
  if (recovery === null) return null;
  return {
    cause: recovery.cause,
    from: recovery.from,
    rule,
    planned: recovery.planned,
    boot: d.s.boot,
    endedAt: recovery.endedAt,
    detectedAt: recovery.detectedAt,
    endedAtMs: recovery.endedAtMs,
  };
}

/** Takes in how a write of a lease came out. True when it was one. */
export function leaseOutcome(d: Draft, id: number, answer: StoreOutcome): boolean {
  for (const slot of d.s.slots.values()) {
    if (slot.leaseTxn?.id !== id) continue;
    const { record, rule } = slot.leaseTxn;
    d.setSlot(slot.service, { leaseTxn: null });
    switch (answer.kind) {
      case 'applied':
        leaseApplied(d, slot, record, rule, answer.revision);
        break;
      case 'refused':
        for (const change of answer.current)
          if (change.kind === 'lease') leaseSeen(d, change.service, change.value, change.revision);
        break;
      case 'unknown':
        // Whether it was applied is told by the watch; a grant needs certainty, so a term that was won in the dark is not used.
        d.setSlot(slot.service, { leaseUnsureUntil: after(d.mono, d.s.timing.ttl / 8) });
        break;
      default:
        answer satisfies never;
    }
    return true;
  }
  return false;
}

function leaseApplied(d: Draft, slot: Slot, record: LeaseRecord, rule: number, revision: number): void {
  const before = d.s.leases.get(slot.service);
  // The session that paid for it may have been deposed meanwhile: then nothing follows from it.
  const good = record.host === d.s.me && record.epoch === d.s.own.epoch && d.s.own.revision > 0;
  leaseSeen(d, slot.service, record, revision);
  // An answer counts only if the revision it speaks of is still the newest known.
  if (d.s.leases.get(slot.service)?.revision !== revision) return;
  if (record.host !== d.s.me) {
    d.setSlot(slot.service, { recovery: null, handover: null, grant: null });
    return;
  }
  if (!good) return;
  d.setSlot(slot.service, {
    grant: { term: record.term, epoch: record.epoch, rule },
    recovery: d.slot(slot.service)?.recovery ?? recoveryOf(d, before?.value ?? null, rule),
  });
}

/**
 * News of a lease that its former holder gave to this host: an activation is paid for, as by a write of our own. Only what was written while this life
 * watched is news, and each only once; of what it found written when it first read the store a life before may have made use.
 */
export function leaseGiven(d: Draft, service: string, value: LeaseRecord | null, revision: number): void {
  const slot = d.slot(service);
  if (value?.given !== true || value.host !== d.s.me || slot === undefined || d.s.own.revision === 0) return;
  if (value.epoch !== d.s.own.epoch || revision <= (d.s.leases.get(service)?.revision ?? 0)) return;
  leaseSeen(d, service, value, revision);
  const rule = value.handed?.rule ?? 0;
  // What cannot be active at once is left to the rules of a holder whose instance is down: another host may be sooner.
  const able =
    slot.now === null ? d.runService(service)?.policy === 'hot-active/cold-passive' : slot.now.phase === 'ready';
  d.setSlot(service, {
    grant: able ? { term: value.term, epoch: value.epoch, rule } : null,
    recovery: slot.recovery ?? (value.handed === null ? null : mendingOf(d, value.handed)),
  });
}

/** What the take-over mends: as the releasing agent told it, or the loss of the host that held it. */
function recoveryOf(d: Draft, before: LeaseRecord | null, rule: number): Recovery | null {
  if (before === null) return null;
  if (before.host === null) return before.handed === null ? null : mendingOf(d, before.handed);
  const session = d.s.sessions.get(before.host);
  if (session === undefined || before.host === d.s.me) return null;
  return {
    cause: `host ${before.host} silent`,
    from: before.host,
    rule,
    planned: false,
    endedAt: session.seenAt,
    endedAtMs: d.now.wall - (d.mono - session.seenAt),
    detectedAt: session.deposedAt ?? d.mono,
  };
}

/** What whoever had it told of why it did not keep it. */
function mendingOf(d: Draft, handed: Handed): Recovery {
  const sameClock = handed.boot === d.s.boot;
  const endedAt = sameClock ? handed.endedAt : d.mono - Math.max(0, d.now.wall - handed.endedAtMs);
  return {
    cause: handed.cause,
    from: handed.from,
    rule: handed.rule,
    planned: handed.planned,
    endedAt: monoMs(endedAt),
    endedAtMs: handed.endedAtMs,
    detectedAt: monoMs(sameClock ? handed.detectedAt : endedAt + (handed.detectedAt - handed.endedAt)),
  };
}

/** A lease as it now stands in the store. */
export function leaseSeen(d: Draft, service: string, value: LeaseRecord | null, revision: number): void {
  const known = d.s.leases.get(service);
  if (known !== undefined && revision <= known.revision) return;
  const leases = d.own('leases', d.s.leases);
  if (value === null) leases.delete(service);
  else leases.set(service, { revision, value });
  d.s.leases = leases;
  const slot = d.slot(service);
  // A lease that names another, or another term, takes back what we were granted.
  if (
    slot?.grant !== null &&
    slot !== undefined &&
    (value === null || value.host !== d.s.me || value.term !== slot.grant.term)
  )
    d.setSlot(service, { grant: null });
  if (value !== null && value.host !== null && value.term !== known?.value.term)
    d.s.incidents = {
      ...d.s.incidents,
      doneNotes: [
        ...d.s.incidents.doneNotes.slice(-50),
        { service, text: `${value.host} made active (term ${value.term})` },
      ],
    };
  if (slot !== undefined && slot.leaseUnsureUntil !== null) d.setSlot(service, { leaseUnsureUntil: null });
  if (value?.host !== known?.value.host) d.incidentsDirty = true;
  d.touch(service);
}

/** How the last write came out is not known, and the watch has not told it yet. */
export function isUnsure(d: Draft, slot: Slot): boolean {
  return slot.leaseUnsureUntil !== null && d.mono < slot.leaseUnsureUntil;
}
