// The own session (rules 100–119): one key, renewed every ttl/4, that says "this host's agent lives". A renewal is a compare-and-set on
// our own last revision, so that who was deposed cannot come back by renewing. Its argument is in docs/safety.md.

import { isLeased, sharesLeaseWith, type System } from '../model/system.ts';
import { after, ms, type MonoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { StoreOutcome } from './input.ts';
import { storeLost } from './store-state.ts';
import { holdsUnderLease, isHung } from './held.ts';
import { keys, type HostReport, type SessionRecord } from './records.ts';
import { firstMatch, type Row } from './row.ts';
import { drift, type Kept, type SentRenewal } from './state.ts';

interface SessionFacts {
  readonly storeRead: boolean;
  readonly reachable: boolean;
  readonly hasSystem: boolean;
  readonly owned: boolean;
  readonly inFlight: boolean;
  readonly closing: boolean;
  readonly closed: boolean;
  readonly entry: 'none' | 'dead' | 'same boot' | 'other boot' | 'other machine';
  readonly entrySilentMs: number;
  readonly entryTtlMs: number;
  readonly due: boolean;
  readonly keeperSilentMs: number;
  readonly ttlMs: number;
  readonly holds: boolean;
  readonly hung: boolean;
  readonly leavingAndDown: boolean;
}

type SessionMove =
  | { readonly move: 'nothing' }
  | { readonly move: 'wait'; readonly forMs: number }
  | { readonly move: 'renew'; readonly epoch: 'same' | 'entry' | 'next' }
  | { readonly move: 'deposeFormer' }
  | { readonly move: 'close' };

const nothing = (): SessionMove => ({ move: 'nothing' });
const keeperIsSilent = (f: SessionFacts): boolean => f.keeperSilentMs > f.ttlMs / 2;
/** What is leased here may have to be ended, and cannot: a session, old or new, would only keep others from taking over. */
const isSick = (f: SessionFacts): boolean => f.holds && (f.hung || keeperIsSilent(f));

export const sessionRows: readonly Row<SessionFacts, SessionMove>[] = [
  {
    n: 100,
    name: 'session-closed',
    when: (f) => f.closed || f.closing || !f.hasSystem,
    then: nothing,
    why: 'this agent has left, or knows no description yet',
    quiet: true,
  },
  {
    n: 102,
    name: 'close-session-when-all-is-down',
    when: (f) => f.leavingAndDown,
    then: () => ({ move: 'close' }),
    why: 'everything here is down and we were asked to leave, so the others need not wait for our silence',
  },
  {
    n: 104,
    name: 'wait-until-store-was-read',
    when: (f) => !f.storeRead,
    then: nothing,
    why: 'what stands in the store is not known in this life yet',
    quiet: true,
  },
  {
    n: 106,
    name: 'one-renewal-at-a-time',
    when: (f) => f.inFlight,
    then: nothing,
    why: 'the last renewal has not been answered',
    quiet: true,
  },
  {
    n: 108,
    name: 'begin-first-epoch',
    when: (f) => !f.owned && f.due && f.entry === 'none' && !isSick(f),
    then: () => ({ move: 'renew', epoch: 'next' }),
    why: 'no session of this host stands in the store',
  },
  {
    n: 110,
    name: 'begin-next-epoch',
    when: (f) => !f.owned && f.due && f.entry === 'dead' && !isSick(f),
    then: () => ({ move: 'renew', epoch: 'next' }),
    why: 'the former session of this host was closed or deposed',
  },
  {
    n: 112,
    name: 'go-on-in-the-same-epoch',
    when: (f) => !f.owned && f.due && f.entry === 'same boot' && !isSick(f),
    then: () => ({ move: 'renew', epoch: 'entry' }),
    why: 'the session in the store belongs to this boot of this machine, so its instances are still ours',
  },
  {
    n: 113,
    name: 'leave-former-machine-to-others',
    when: (f) => !f.owned && f.entry === 'other machine',
    then: nothing,
    why: 'a session of another machine under our name: hosts that it names may have promised it to wait, so only they may end it',
  },
  {
    n: 114,
    name: 'depose-former-machine',
    when: (f) => !f.owned && f.due && f.entry === 'other boot' && f.entrySilentMs >= f.entryTtlMs * (1 + drift),
    then: () => ({ move: 'deposeFormer' }),
    why: 'a session of another boot under our name stood still past ttl and drift',
  },
  {
    n: 115,
    name: 'wait-for-former-machine',
    when: (f) => !f.owned && f.entry === 'other boot',
    then: (f) => ({ move: 'wait', forMs: f.entryTtlMs * (1 + drift) - f.entrySilentMs }),
    why: 'a session of another boot under our name may still be alive; we wait like everybody else',
  },
  {
    n: 116,
    name: 'no-renewal-without-keeper',
    when: (f) => f.holds && keeperIsSilent(f),
    then: nothing,
    why: 'the keeper does not answer, so nobody here can end what is active: the lease is let go',
  },
  {
    n: 117,
    name: 'no-renewal-while-hung',
    when: (f) => f.holds && f.hung,
    then: nothing,
    why: 'a kill has hung for longer than detection may take, so this host is sick: the lease is let go',
  },
  {
    n: 118,
    name: 'renew',
    when: (f) => f.due,
    then: () => ({ move: 'renew', epoch: 'same' }),
    why: 'a quarter of ttl is over since the last renewal was sent',
    quiet: true,
  },
  { n: 119, name: 'renewed', when: () => true, then: nothing, why: 'the next renewal is not due', quiet: true },
];

/** Renews, begins, adopts or closes this host's session. */
export function keepSession(d: Draft): void {
  const facts = sessionFacts(d);
  const row = firstMatch(sessionRows, facts, d.fired);
  const move = row.then(facts);
  if (row.quiet !== true && d.s.own.saidRule !== row.n)
    d.note({
      kind: 'session',
      rule: row.n,
      facts: { host: d.s.me, epoch: d.s.own.epoch, keeperSilentMs: Math.round(facts.keeperSilentMs) },
    });
  d.s.own = { ...d.s.own, saidRule: row.n };
  switch (move.move) {
    case 'nothing':
      break;
    case 'wait':
      d.wakeBy(d.mono + move.forMs);
      break;
    case 'renew':
      renew(d, move.epoch);
      break;
    case 'deposeFormer':
      deposeFormer(d);
      break;
    case 'close':
      close(d);
      break;
    default:
      move satisfies never;
  }
  if (d.s.own.inFlight === null && (d.s.own.revision > 0 || d.s.own.nextRenewAt > d.mono))
    // A renewal that is due and withheld is looked at again a little later.
    d.wakeBy(d.s.own.nextRenewAt > d.mono ? d.s.own.nextRenewAt : d.mono + d.s.timing.ttl / 8);
}

function sessionFacts(d: Draft): SessionFacts {
  const { own, store, keeper, timing, leaving, system } = d.s;
  const entry = own.entry?.value ?? null;
  return {
    storeRead: store.firstReadAt !== null,
    reachable: store.reachable,
    hasSystem: system !== null,
    owned: own.revision > 0,
    inFlight: own.inFlight !== null,
    closing: own.closing !== null,
    closed: own.closed,
    entry: entry === null ? 'none' : whose(d, entry),
    entrySilentMs: own.entrySeenAt === null ? 0 : d.mono - own.entrySeenAt,
    entryTtlMs: entry?.ttlMs ?? timing.ttl,
    due: d.mono >= own.nextRenewAt,
    keeperSilentMs: keeper.answeredAt === null ? Number.MAX_SAFE_INTEGER : d.mono - keeper.answeredAt,
    ttlMs: timing.ttl,
    // Also what has ended meanwhile: renewed, the lease would be kept from hosts that can use it.
    holds: holdsUnderLease(d).length > 0 || namedInLease(d),
    hung: isHung(d),
    leavingAndDown:
      leaving !== null && (leaving.leaveRunning || [...d.s.slots.values()].every((slot) => slot.now === null)),
  };
}

/** A lease in the store counts on our session. */
function namedInLease(d: Draft): boolean {
  if (d.s.own.revision === 0) return false;
  for (const { value } of d.s.leases.values()) if (value.host === d.s.me && value.epoch === d.s.own.epoch) return true;
  return false;
}

/** Nobody promises one that nobody may depose: such a session ends by standing still, whosever it was. */
function whose(d: Draft, entry: SessionRecord): 'dead' | 'same boot' | 'other boot' | 'other machine' {
  if (entry.dead) return 'dead';
  // A version that did not name its machine: its boot says as much as it did then.
  const isOther = entry.machine !== '' && entry.machine !== d.s.machine;
  if (isOther && entry.mayDepose.length > 0) return 'other machine';
  return entry.boot === d.s.boot ? 'same boot' : 'other boot';
}

function renew(d: Draft, which: 'same' | 'entry' | 'next'): void {
  const { own, system } = d.s;
  if (system === null) return;
  const epoch =
    which === 'same'
      ? own.epoch
      : which === 'entry'
        ? (own.entry?.value.epoch ?? 1)
        : (own.entry?.value.epoch ?? 0) + 1;
  const list = mayDepose(d, system);
  const machines = machinesOf(d, list);
  const nonce = `${d.s.life}.${d.s.counter + 1}`;
  const ttlMs = ttlToName(d, which);
  const record: SessionRecord = {
    epoch,
    dead: false,
    left: false,
    nonce,
    boot: d.s.boot,
    keeper: d.s.keeper.pid === null ? '' : `${d.s.keeper.pid}.${d.s.keeper.startTicks}`,
    ttlMs,
    mayDepose: list,
    machine: d.s.machine,
    machines,
  };
  const puts = [{ key: keys.session(d.s.me), value: JSON.stringify(record) }];
  const report = reportToWrite(d);
  if (report !== null) puts.push({ key: keys.report(d.s.me), value: JSON.stringify(report) });
  const id = d.ask({
    kind: 'store',
    compares: [{ key: keys.session(d.s.me), revision: which === 'same' ? own.revision : (own.entry?.revision ?? 0) }],
    puts,
    timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)),
  });
  const sent: SentRenewal = { id, nonce, sentAt: d.mono, list, machines, epoch, ttlMs, reportSeq: report?.seq ?? null };
  d.s.own = {
    ...own,
    inFlight: id,
    sent: [...own.sent.slice(-32), sent],
    nextRenewAt: after(d.mono, d.s.timing.ttl / 4),
  };
}

/** Of the hosts that may depose us, as their sessions say now. */
function machinesOf(d: Draft, hosts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    hosts.flatMap((host) => {
      const machine = d.s.sessions.get(host)?.value.machine ?? '';
      return machine === '' ? [] : [[host, machine]];
    }),
  );
}

/** Who shares a leased service with us as described; and as it was described before, as long as something of that is left here. */
function mayDepose(d: Draft, system: System): readonly string[] {
  const list = sharesLeaseWith(system, d.s.me);
  if (d.s.retired.size === 0) return list;
  const former = [...d.s.retired.values()].filter(isLeased).flatMap((each) => each.on.map((place) => place.host));
  // One of which nothing is known but that its lease is ours: whoever could depose us so far still may.
  return [...new Set([...list, ...former, ...d.s.own.list])].filter((host) => host !== d.s.me);
}

/**
 * The description's ttl; after a change to a shorter one, as much as deadlines that stand already reach beyond it: who may depose must not
 * count less than what the keeper was told.
 */
function ttlToName(d: Draft, which: 'same' | 'entry' | 'next'): number {
  const { own, timing } = d.s;
  if (which === 'next') return timing.ttl;
  if (which === 'entry') return Math.max(timing.ttl, own.entry?.value.ttlMs ?? 0);
  return own.validUntil === null ? timing.ttl : Math.max(timing.ttl, Math.ceil(own.validUntil + timing.room - d.mono));
}

/** What the host reports rides on a renewal, only when it changed, at most once a second. */
function reportToWrite(d: Draft): HostReport | null {
  const { lastReport, reportWrittenSeq, reportWrittenAt } = d.s;
  if (lastReport === null || lastReport.seq === reportWrittenSeq) return null;
  if (reportWrittenAt !== null && d.mono - reportWrittenAt < 1000) return null;
  d.s.reportWrittenAt = d.mono;
  return lastReport;
}

function deposeFormer(d: Draft): void {
  const { own } = d.s;
  if (own.entry === null) return;
  const id = d.ask({
    kind: 'store',
    compares: [{ key: keys.session(d.s.me), revision: own.entry.revision }],
    puts: [{ key: keys.session(d.s.me), value: JSON.stringify({ ...own.entry.value, dead: true }) }],
    timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)),
  });
  d.s.own = { ...own, inFlight: id, nextRenewAt: after(d.mono, d.s.timing.ttl / 4) };
}

function close(d: Draft): void {
  const { own, store } = d.s;
  if (d.s.leaving === null) return;
  if (own.revision === 0 || own.entry === null || !store.reachable || d.s.leaving.leaveRunning) {
    d.s.own = { ...own, closed: true };
    return;
  }
  const id = d.ask({
    kind: 'store',
    compares: [{ key: keys.session(d.s.me), revision: own.revision }],
    puts: [
      {
        key: keys.session(d.s.me),
        value: JSON.stringify({ ...own.entry.value, dead: true, left: true, nonce: `${d.s.life}.left` }),
      },
      { key: keys.report(d.s.me), value: lastReport(d) },
    ],
    timeoutMs: ms(1000),
  });
  d.s.own = { ...own, closing: id };
}

/** What is left in the store: nothing of a host that is described no longer, but its session, whose epochs must go on growing. */
function lastReport(d: Draft): string | null {
  const described = d.s.system?.hosts.some((host) => host.name === d.s.me) === true;
  return d.s.lastReport === null || !described ? null : JSON.stringify(d.s.lastReport);
}

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
