// Whose session has stood still (rules 160–169). Watched on our own monotonic clock for ttl·(1 + drift) of the ttl that the session itself names,
// then marked dead by a compare-and-set on the very revision that was watched.

import { after, ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { StoreOutcome } from './input.ts';
import { keys, type SessionRecord } from './records.ts';
import { firstMatch, type Row } from './row.ts';
import { drift } from '../model/timings.ts';
import type { PeerSession } from './state.ts';
import { latenessSince } from './view.ts';

interface PeerFacts {
  readonly dead: boolean;
  readonly listed: boolean;
  readonly deposing: boolean;
  readonly storeReachable: boolean;
  readonly silentMs: number;
  readonly ttlMs: number;
  readonly ownSession: boolean;
  /** How long ago it began to answer again; null: it never failed to. */
  readonly storeBackMs: number | null;
}

/** After the store's return everybody renews within this share of ttl: nobody is taken for lost meanwhile. */
const backWithin = 0.5;

/** Rules 160–169, first match wins. */
export const deposeRows: readonly Row<PeerFacts, 'nothing' | 'wait' | 'waitForReturn' | 'depose'>[] = [
  {
    n: 160,
    name: 'session-is-over',
    when: (f) => f.dead || f.deposing,
    then: () => 'nothing',
    why: 'the session is dead already, or its deposition is under way',
    quiet: true,
  },
  {
    n: 162,
    name: 'not-on-its-list',
    when: (f) => !f.listed || !f.ownSession,
    then: () => 'nothing',
    why: 'only hosts that the session names may depose it, and only while they have a session of their own',
    quiet: true,
  },
  {
    n: 164,
    name: 'session-moves',
    when: (f) => f.silentMs < f.ttlMs * (1 + drift),
    then: () => 'wait',
    why: 'it was seen to move within ttl and drift',
    quiet: true,
  },
  {
    n: 166,
    name: 'no-deposition-without-store',
    when: (f) => !f.storeReachable,
    then: () => 'nothing',
    why: 'the store does not answer us, so the silence may be ours',
    quiet: true,
  },
  {
    n: 167,
    name: 'wait-after-store-came-back',
    when: (f) => f.storeBackMs !== null && f.storeBackMs < f.ttlMs * backWithin,
    then: () => 'waitForReturn',
    why: 'the store has just come back, and who could not renew meanwhile is about to',
    quiet: true,
  },
  {
    n: 168,
    name: 'depose-when-session-silent',
    when: () => true,
    then: () => 'depose',
    why: 'its session stood still past ttl and drift',
  },
];

/** Deposes the hosts whose sessions stood still. */
export function watchPeers(d: Draft): void {
  for (const [host, session] of d.s.sessions) {
    if (host === d.s.me) continue;
    const facts: PeerFacts = {
      dead: session.value.dead,
      listed: isListed(d, session.value),
      storeBackMs: d.s.store.backAt === null ? null : d.mono - d.s.store.backAt,
      deposing: session.deposing !== null || (session.deposeAgainAt !== null && d.mono < session.deposeAgainAt),
      storeReachable: d.s.store.reachable,
      silentMs: d.mono - session.seenAt,
      ttlMs: session.value.ttlMs,
      ownSession: d.s.own.revision > 0 && d.s.leaving === null,
    };
    const row = firstMatch(deposeRows, facts, d.fired);
    const move = row.then(facts);
    if (!facts.dead && session.deposeAgainAt !== null && d.mono < session.deposeAgainAt)
      d.wakeBy(session.deposeAgainAt);
    if (move === 'wait') d.wakeBy(session.seenAt + session.value.ttlMs * (1 + drift));
    if (move === 'waitForReturn') d.wakeBy((d.s.store.backAt ?? d.mono) + session.value.ttlMs * backWithin);
    if (move === 'depose') {
      d.note({ kind: 'rule', rule: row.n, facts: { host, silentMs: Math.round(facts.silentMs), ttlMs: facts.ttlMs } });
      const record: SessionRecord = { ...session.value, dead: true };
      const id = d.ask({
        kind: 'store',
        compares: [{ key: keys.session(host), revision: session.revision }],
        puts: [{ key: keys.session(host), value: JSON.stringify(record) }],
        timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)),
      });
      setPeer(d, host, { ...session, deposing: id });
    }
  }
}

/** Silent for so many of its lives, it would have been deposed long ago, were there anybody to do it. */
const livesUntilGivenUp = 3;

/**
 * Gives up what nobody deposes: what ran on a host that fell silent is not known any more, though its lease, if it holds one, stands. Where nobody may
 * depose it, as on hosts that share no leased service, that is after ttl·(1 + drift).
 */
export function giveUpSilent(d: Draft): void {
  if (!d.s.store.reachable) return;
  for (const [host, session] of d.s.sessions) {
    const { value, seenAt, givenUpAt } = session;
    if (host === d.s.me || value.dead || givenUpAt !== null) continue;
    const lives = value.mayDepose.length === 0 ? 1 + drift : livesUntilGivenUp;
    const since = Math.max(seenAt, d.s.store.backAt ?? seenAt);
    const at = since + latenessSince(d, since) + value.ttlMs * lives;
    if (d.mono < at) {
      d.wakeBy(at);
      continue;
    }
    setPeer(d, host, { ...session, givenUpAt: d.mono });
    d.note({ kind: 'hostSilent', facts: { host, epoch: value.epoch, silentMs: Math.round(d.mono - seenAt) } });
    d.touchAll();
    d.usableDirty = true;
    d.incidentsDirty = true;
  }
}

/** It names us, and this very machine where it names one. */
function isListed(d: Draft, session: SessionRecord): boolean {
  return session.mayDepose.includes(d.s.me) && (session.machines[d.s.me] ?? d.s.machine) === d.s.machine;
}

/** Takes in how a deposition came out. True when it was one. */
export function deposeOutcome(d: Draft, id: number, answer: StoreOutcome): boolean {
  for (const [host, session] of d.s.sessions) {
    if (session.deposing !== id) continue;
    if (answer.kind === 'applied') peerSessionSeen(d, host, { ...session.value, dead: true }, answer.revision);
    else {
      setPeer(d, host, {
        ...session,
        deposing: null,
        deposeAgainAt: answer.kind === 'unknown' ? after(d.mono, d.s.timing.ttl / 8) : null,
      });
      if (answer.kind === 'refused')
        for (const change of answer.current)
          if (change.kind === 'session' && change.host === host && change.value !== null)
            peerSessionSeen(d, host, change.value, change.revision);
    }
    return true;
  }
  return false;
}

/** A peer's session as it now stands. Only a newer revision counts as having been seen to move. */
export function peerSessionSeen(d: Draft, host: string, value: SessionRecord | null, revision: number): void {
  const known = d.s.sessions.get(host);
  if (value === null) {
    const sessions = d.own('sessions', d.s.sessions);
    sessions.delete(host);
    d.s.sessions = sessions;
    d.touchAll();
    return;
  }
  if (known !== undefined && revision <= known.revision) return;
  const died = value.dead && known?.value.dead !== true;
  setPeer(d, host, {
    revision,
    value,
    // Of a dead one the last moment at which it was seen to live stays: the loss is counted from there.
    seenAt: value.dead && known !== undefined ? known.seenAt : d.mono,
    deposing: null,
    deposeAgainAt: null,
    deposedAt: died ? d.mono : value.dead ? (known?.deposedAt ?? d.mono) : null,
    givenUpAt: null,
  });
  const returns = known !== undefined && known.givenUpAt !== null;
  if (died || returns || known === undefined || known.value.dead !== value.dead || known.value.epoch !== value.epoch) {
    d.touchAll();
    d.incidentsDirty = true;
    if (died)
      d.note({
        kind: value.left ? 'hostLeft' : 'hostLost',
        facts: { host, epoch: value.epoch, silentMs: known === undefined ? null : Math.round(d.mono - known.seenAt) },
      });
  }
}

function setPeer(d: Draft, host: string, session: PeerSession): void {
  const sessions = d.own('sessions', d.s.sessions);
  sessions.set(host, session);
  d.s.sessions = sessions;
}
