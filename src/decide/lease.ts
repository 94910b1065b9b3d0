// Who is active (rules 200–299), for every service with one active. Each activation is preceded by a compare-and-set that grows the term; nobody
// takes a lease from a live session; process death on a live host needs no ttl, since its own agent gives the lease away.

import type { RunService } from '../model/system.ts';
import type { JsonValue } from '../model/json.ts';
import type { Draft } from './draft.ts';
import { beforeTaking, claimFence } from './fence.ts';
import { firstMatch } from './row.ts';
import { leaseRows, type LeaseFacts, type LeaseMove } from './lease-rows.ts';
import type { Slot } from './slot.ts';
import { holderOf, leaseOf } from './view.ts';
import { leaseFacts } from './lease-facts.ts';
import { isUnsure, writeLease } from './lease-writes.ts';
import { activate, callAgain, deactivate, endInstance, startActive } from './role-moves.ts';

/** Decides what this host does about one service's lease. */
export function decideLease(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  noteFree(d, service);
  if (isUnsure(d, slot)) d.wakeBy(slot.leaseUnsureUntil);
  const facts = leaseFacts(d, service, d.slot(service.name) ?? slot);
  const row = firstMatch(leaseRows, facts, d.fired);
  const move = row.then(facts);
  const journal = shown(facts, move);
  const say = (): void => {
    d.note({
      kind: 'rule',
      rule: row.n,
      service: service.name,
      instance: slot.now?.id ?? null,
      term: facts.term,
      facts: journal,
    });
  };
  switch (move.move) {
    case 'nothing':
      break;
    case 'wait':
      if (move.forMs !== null) d.wakeBy(d.mono + move.forMs);
      if (row.quiet !== true) waitSaid(d, slot, row.n, { ...journal, waitsFor: move.waitsFor });
      break;
    case 'end':
      say();
      endInstance(d, service, { why: move.why, rule: row.n, orderly: move.orderly });
      break;
    case 'activate':
      say();
      activate(d, service, row.n);
      break;
    case 'callAgain':
      say();
      callAgain(d, service);
      break;
    case 'startActive':
      say();
      startActive(d, service);
      break;
    case 'deactivate':
      say();
      deactivate(d, service);
      break;
    case 'release':
      writeSaid(d, slot, row.n, say);
      writeLease(d, service, row.n, { kind: 'release', next: move.next });
      break;
    case 'give':
      writeSaid(d, slot, row.n, say);
      writeLease(d, service, row.n, { kind: 'give', to: move.to });
      break;
    case 'take':
      takeWhenFenced(d, service, slot, () => {
        writeSaid(d, slot, row.n, say);
        writeLease(d, service, row.n, { kind: 'take' });
      });
      break;
    case 'beginHandover':
      say();
      d.setSlot(service.name, { handover: { intent: null, to: move.to, since: d.mono, rule: row.n, cause: null } });
      break;
    default:
      move satisfies never;
  }
}

/** What is journaled: where it goes, or what was weighed; of one that becomes active here neither says anything. */
function shown(facts: LeaseFacts, move: LeaseMove): Record<string, JsonValue> {
  const { to: _best, ...weighed } = facts.shown;
  switch (move.move) {
    case 'activate':
    case 'startActive':
    case 'callAgain':
      return { host: facts.shown['host'] ?? null, cause: facts.shown['cause'] ?? null };
    case 'give':
      return { ...weighed, to: move.to };
    case 'deactivate':
      return facts.handoverTo === null ? { ...facts.shown } : { ...weighed, to: facts.handoverTo };
    default:
      return { ...facts.shown };
  }
}

/** What the lease rows would take is taken when the host that lost it is fenced, where that is demanded. */
function takeWhenFenced(d: Draft, service: RunService, slot: Slot, take: () => void): void {
  const fenced = beforeTaking(d, service);
  if (fenced === null) return take();
  const { row, move, host } = fenced;
  const facts = { host };
  switch (move.move) {
    case 'take':
      d.note({ kind: 'rule', rule: row.n, service: service.name, facts });
      take();
      break;
    case 'wait':
      waitSaid(d, slot, row.n, { ...facts, waitsFor: `${move.waitsFor} ${host}` });
      break;
    case 'fence':
      d.note({ kind: 'rule', rule: row.n, service: service.name, facts });
      claimFence(d, host, leaseOf(d, service.name).epoch);
      break;
    default:
      move satisfies never;
  }
}

/** A wait is told once, until the reason for it changes. */
function waitSaid(d: Draft, slot: Slot, rule: number, facts: Readonly<Record<string, JsonValue>>): void {
  const said = `${rule} ${JSON.stringify(facts['waitsFor'] ?? null)}`;
  if (d.slot(slot.service)?.leaseSaid === said) return;
  d.note({ kind: 'wait', rule, service: slot.service, instance: slot.now?.id ?? null, facts });
  d.setQuietly(slot.service, { leaseSaid: said });
}

/** A write that did not come through is made again and again, by the same rule on the same revision: it is told once. */
function writeSaid(d: Draft, slot: Slot, rule: number, say: () => void): void {
  const said = `${rule} on ${d.s.leases.get(slot.service)?.revision ?? 0}`;
  if (d.slot(slot.service)?.leaseSaid === said) return;
  say();
  d.setQuietly(slot.service, { leaseSaid: said });
}

/** Keeps the moment since which the lease is seen free. */
function noteFree(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const free = holderOf(d, service.name) === 'free';
  if (free && slot.freeSince === null) d.setSlot(service.name, { freeSince: d.mono });
  if (!free && slot.freeSince !== null) d.setSlot(service.name, { freeSince: null });
}
