// How renewals came out, and what stands in the store under our own name: ours, a former life's, or what those who deposed us left.

import { after } from '../model/units.ts';
import type { MonoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { StoreOutcome } from './input.ts';
import type { SessionRecord } from './records.ts';
import type { Kept, SentRenewal } from './state.ts';
import { storeLost } from './store-state.ts';

/** Takes in how a renewal, a deposition of our former self or the closing came out. True when it was one of these. */
export function sessionOutcome(d: Draft, id: number, answer: StoreOutcome): boolean {
  const { own } = d.s;
  if (own.closing === id) {
    d.s.own = { ...own, closing: null, closed: answer.kind !== 'refused' };
    if (answer.kind === 'refused') ownEntrySeen(d, entryOf(d, answer));
    return true;
  }
  if (own.inFlight !== id) return own.sent.some((each) => each.id === id);
  d.s.own = { ...own, inFlight: null };
  const sent = own.sent.find((each) => each.id === id);
  switch (answer.kind) {
    case 'applied':
      if (sent !== undefined) applied(d, sent, answer.revision);
      // Our former self was deposed: the new epoch need not wait.
      else d.s.own = { ...d.s.own, nextRenewAt: d.mono };
      break;
    case 'refused':
      ownEntrySeen(d, entryOf(d, answer));
      break;
    case 'unknown':
      // Reads may go on where writes do not, on a full disk for example: what cannot renew us is as good as away.
      if (d.s.store.reachable && own.appliedSentAt !== null && d.mono - own.appliedSentAt > d.s.timing.ttl / 2)
        storeLost(d, answer.why);
      break;
    default:
      answer satisfies never;
  }
  return true;
}

function entryOf(d: Draft, answer: Extract<StoreOutcome, { kind: 'refused' }>): Kept<SessionRecord> | null {
  for (const change of answer.current)
    if (change.kind === 'session' && change.host === d.s.me && change.value !== null)
      return { revision: change.revision, value: change.value };
  return null;
}

/**
 * What stands under our own name, from a refused renewal or from the watch. One of our own nonces: that renewal was applied though its answer
 * was lost. Anything else at a newer revision: we were deposed, or another life of us took over.
 */
export function ownEntrySeen(d: Draft, entry: Kept<SessionRecord> | null): void {
  const { own } = d.s;
  const known = own.entry?.revision ?? 0;
  // The watch tells late what an answer has told before: what is older than the newest known says nothing, least of all that we still live.
  if (entry !== null && (entry.revision < known || (entry.revision === known && own.revision > 0))) return;
  const sent = entry === null ? undefined : ownRenewal(d, entry.value);
  if (sent !== undefined && entry !== null) {
    applied(d, sent, entry.revision);
    return;
  }
  const lost = own.revision > 0;
  d.s.own = {
    ...own,
    entry,
    entrySeenAt: entry === null || entry.revision !== known ? d.mono : own.entrySeenAt,
    revision: 0,
    deposed: own.deposed || lost,
    appliedSentAt: lost ? null : own.appliedSentAt,
    validUntil: lost ? null : own.validUntil,
    nextRenewAt: d.mono,
  };
  if (lost) {
    d.note({ kind: 'session', rule: 130, facts: { host: d.s.me, epoch: own.epoch, dead: entry?.value.dead ?? true } });
    d.touchAll();
  }
}

/** The renewal of this life that wrote it. One so long ago that we no longer have it counts as sent when the last one known was. */
function ownRenewal(d: Draft, value: SessionRecord): SentRenewal | undefined {
  const { own } = d.s;
  if (value.dead) return undefined;
  const sent = own.sent.find((each) => each.nonce === value.nonce);
  if (sent !== undefined || own.appliedSentAt === null || !value.nonce.startsWith(`${d.s.life}.`)) return sent;
  const { nonce, epoch, ttlMs, mayDepose: list, machines } = value;
  return { id: 0, nonce, sentAt: own.appliedSentAt, list, machines, epoch, ttlMs, reportSeq: null };
}

function applied(d: Draft, sent: SentRenewal, revision: number): void {
  const { own, system } = d.s;
  // An answer counts only if the revision it speaks of is still the newest known.
  if (system === null || revision < (own.entry?.revision ?? 0)) return;
  if (sent.reportSeq !== null) d.s.reportWrittenSeq = Math.max(d.s.reportWrittenSeq, sent.reportSeq);
  const sentAt: MonoMs =
    own.appliedSentAt !== null && own.appliedSentAt > sent.sentAt ? own.appliedSentAt : sent.sentAt;
  const first = own.revision === 0;
  const record: SessionRecord = {
    epoch: sent.epoch,
    dead: false,
    left: false,
    nonce: sent.nonce,
    boot: d.s.boot,
    keeper: '',
    ttlMs: sent.ttlMs,
    mayDepose: sent.list,
    machine: d.s.machine,
    machines: sent.machines,
  };
  // A late answer may be of an older one: what counts is when that one was sent, and the ttl that it named.
  const until = after(sent.sentAt, sent.ttlMs - d.s.timing.room);
  d.s.own = {
    ...own,
    revision,
    epoch: sent.epoch,
    entry: { revision, value: record },
    entrySeenAt: d.mono,
    appliedSentAt: sentAt,
    validUntil: own.validUntil !== null && own.validUntil > until && !first ? own.validUntil : until,
    deposed: false,
    list: sent.list,
    machines: sent.machines,
    // Later ones may still be applied by the store, earlier ones can no longer be.
    sent: own.sent.filter((each) => each.sentAt > sent.sentAt || each.id === sent.id),
  };
  if (first) d.touchAll();
}
