// Writing a lease and taking in how that came out. A term that was won in the dark is not used.

import { after, ms, monoMs } from '../model/units.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { StorePut } from './effect.ts';
import type { StoreOutcome } from './input.ts';
import { keys, type Handed, type LeaseRecord } from './records.ts';
import { returnsWithinMs } from './fail-back.ts';
import { type Recovery, type Slot } from './state.ts';
import { leaseOf } from './view.ts';

/** Takes the lease (a new term) or gives it away. */
export function writeLease(
  d: Draft,
  service: RunService,
  rule: number,
  how: { next: string | null; take: boolean },
): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const kept = d.s.leases.get(service.name);
  const lease = leaseOf(d, service.name);
  const record: LeaseRecord = how.take
    ? {
        term: lease.term + 1,
        host: d.s.me,
        epoch: d.s.own.epoch,
        instance: slot.now?.id ?? null,
        next: null,
        handed: lease.handed,
        returns: lease.returns,
      }
    : {
        ...lease,
        host: null,
        instance: null,
        next: how.next,
        handed: handedBy(d, slot, rule),
        returns: returnsOf(d, slot),
      };
  const compares = [{ key: keys.lease(service.name), revision: kept?.revision ?? 0 }];
  if (how.take) compares.push({ key: keys.session(d.s.me), revision: d.s.own.revision });
  const puts: StorePut[] = [{ key: keys.lease(service.name), value: JSON.stringify(record) }];
  if (how.take)
    for (const { value } of d.s.intents.values())
      if ((value.verb === 'takeover' || value.verb === 'failover') && value.service === service.name)
        puts.push({ key: keys.intent(value.id), value: null });
  const handedOver = slot.handover?.intent ?? null;
  if (!how.take && handedOver !== null) puts.push({ key: keys.intent(handedOver), value: null });
  const id = d.ask({ kind: 'store', compares, puts, timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)) });
  d.setSlot(service.name, { leaseTxn: { id, record, rule } });
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
  if (record.host === null) {
    d.setSlot(slot.service, { recovery: null, handover: null, grant: null });
    return;
  }
  if (!good) return;
  d.setSlot(slot.service, {
    grant: { term: record.term, epoch: record.epoch, rule },
    recovery: d.slot(slot.service)?.recovery ?? recoveryOf(d, before?.value ?? null, rule),
  });
}

/** What the take-over mends: as the releasing agent told it, or the loss of the host that held it. */
function recoveryOf(d: Draft, before: LeaseRecord | null, rule: number): Recovery | null {
  if (before === null) return null;
  const { handed } = before;
  if (before.host === null) {
    if (handed === null) return null;
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
