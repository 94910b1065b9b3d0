// The own session (rules 100–119): one key, renewed every ttl/4, that says "this host's agent lives". A renewal is a compare-and-set on
// our own last revision, so that who was deposed cannot come back by renewing. Its argument is in docs/safety.md.

import { after, ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import { holdsUnderLease, isHung } from './held.ts';
import { keys } from './records.ts';
import type { SessionRecord } from './records.ts';
import { firstMatch } from './row.ts';
import { renew } from './session-renewal.ts';
import { sessionRows } from './session-rows.ts';
import type { SessionFacts } from './session-rows.ts';

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
      leaving !== null &&
      (leaving.leaveRunning || (keeper.pid !== null && [...d.s.slots.values()].every((slot) => slot.now === null))),
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
