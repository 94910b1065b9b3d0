// Until when what is leased here may be active (rules 120–149). Counted from when a renewal was *sent*, never from when its answer came; with
// the store away, from when every peer that could depose us was *asked* and all promised. Promises prolong, they never revive.

import { after, monoMs, ms, type MonoMs } from '../model/units.ts';
import type { Draft } from './draft.ts';
import { holdsUnderLease, isHung } from './held.ts';
import { firstMatch, type Row } from './row.ts';

interface ValidityFacts {
  readonly holds: number;
  readonly valid: boolean;
  readonly lapsed: boolean;
  readonly deposed: boolean;
  readonly grew: boolean;
}

type ValidityMove = 'nothing' | 'kill' | 'extend';

/** Rules 120–139, first match wins. */
export const validityRows: readonly Row<ValidityFacts, ValidityMove>[] = [
  {
    n: 120,
    name: 'nothing-leased',
    when: (f) => f.holds === 0,
    then: () => 'nothing',
    why: 'nothing here is active under a lease',
    quiet: true,
  },
  {
    n: 122,
    name: 'end-when-deposed',
    when: (f) => f.deposed,
    then: () => 'kill',
    why: 'our session was deposed, so another host may be active by now',
  },
  {
    n: 124,
    name: 'end-when-lapsed',
    when: (f) => f.lapsed,
    then: () => 'kill',
    why: 'neither the store nor every peer prolonged our session in time',
  },
  {
    n: 126,
    name: 'extend-deadlines',
    when: (f) => f.grew,
    then: () => 'extend',
    why: 'the session is valid for longer than the keeper knows',
    quiet: true,
  },
  {
    n: 128,
    name: 'deadlines-stand',
    when: () => true,
    then: () => 'nothing',
    why: 'the keeper knows the present deadline',
    quiet: true,
  },
];

/** Extends the deadlines of what is leased here, or ends it. */
export function keepValidity(d: Draft): void {
  const held = holdsUnderLease(d);
  const { own } = d.s;
  const facts: ValidityFacts = {
    holds: held.length,
    valid: own.validUntil !== null && d.mono < own.validUntil,
    deposed: own.validUntil === null && d.s.store.firstReadAt !== null && own.revision === 0 && own.deposed,
    lapsed: own.validUntil !== null && d.mono >= own.validUntil,
    grew: own.validUntil !== null && (own.extendedUntil === null || own.validUntil > own.extendedUntil),
  };
  const row = firstMatch(validityRows, facts, d.fired);
  const move = row.then(facts);
  switch (move) {
    case 'nothing':
      break;
    case 'kill':
      for (const { slot, instance } of held) {
        if (instance.ending !== null && instance.killedAt !== null) continue;
        d.note({
          kind: 'rule',
          rule: row.n,
          service: slot.service,
          instance: instance.id,
          term: instance.term,
          facts: { instance: instance.id, ...withoutPromise(d, row.n) },
        });
        const id = d.ask({ kind: 'kill', instance: instance.id });
        d.setInstance(slot.service, {
          phase: 'stopping',
          since: d.mono,
          effect: id,
          killedAt: d.mono,
          ending: { why: row.n === 122 ? 'deposed' : 'its lease lapsed', rule: row.n, failure: false, planned: false },
        });
      }
      break;
    case 'extend':
      extend(d);
      break;
    default:
      move satisfies never;
  }
  if (held.length > 0 && own.validUntil !== null && own.validUntil > d.mono) d.wakeBy(own.validUntil);
}

/** Which hosts would have had to promise, when it was that. */
function withoutPromise(d: Draft, rule: number): { readonly noPromise?: readonly string[] } {
  const { ask, store } = d.s;
  return rule === 124 && !store.reachable && ask !== null && ask.waiting.length > 0 ? { noPromise: ask.waiting } : {};
}

function extend(d: Draft): void {
  const until = d.s.own.validUntil;
  if (until === null) return;
  // Only what our own lease of our own epoch covers: anything else runs into its deadline.
  const instances = holdsUnderLease(d)
    .filter(({ slot, instance }) => {
      const lease = d.s.leases.get(slot.service)?.value;
      // What is being killed needs no longer than it has: its deadline says whether it was late.
      return (
        instance.killedAt === null &&
        lease?.host === d.s.me &&
        lease.epoch === d.s.own.epoch &&
        lease.term === instance.term
      );
    })
    .map(({ slot, instance }) => {
      if (slot.now !== null) d.setQuietly(slot.service, { now: { ...slot.now, deadline: until } });
      return { instance: instance.id, term: instance.term };
    });
  d.s.own = { ...d.s.own, extendedUntil: until };
  if (instances.length > 0) d.tell({ kind: 'extend', until, instances });
}

interface PromiseFacts {
  readonly holds: number;
  readonly valid: boolean;
  readonly storeRead: boolean;
  readonly silentMs: number;
  readonly ttlMs: number;
  readonly askedMsAgo: number | null;
  readonly keeperAnswers: boolean;
  readonly hung: boolean;
}

/** Rules 140–149, first match wins. */
export const promiseRows: readonly Row<PromiseFacts, 'nothing' | 'ask'>[] = [
  {
    n: 140,
    name: 'no-promise-needed',
    when: (f) => f.holds === 0 || f.silentMs < f.ttlMs * 0.4,
    then: () => 'nothing',
    why: 'nothing is leased here, or the store renewed us lately',
    quiet: true,
  },
  {
    n: 142,
    name: 'no-promise-for-who-lapsed',
    when: (f) => !f.valid || !f.storeRead,
    then: () => 'nothing',
    why: 'promises prolong, they never revive, and are asked for only after the store was read in this life',
    quiet: true,
  },
  {
    n: 143,
    name: 'no-promise-without-keeper',
    when: (f) => !f.keeperAnswers,
    then: () => 'nothing',
    why: 'the keeper does not answer, so nobody here can end what is active',
    quiet: true,
  },
  {
    n: 144,
    name: 'asked-already',
    when: (f) => f.askedMsAgo !== null && f.askedMsAgo < f.ttlMs / 4,
    then: () => 'nothing',
    why: 'the peers were asked less than a quarter of ttl ago',
    quiet: true,
  },
  {
    n: 145,
    name: 'no-promise-while-hung',
    when: (f) => f.hung,
    then: () => 'nothing',
    why: 'a kill has hung for longer than detection may take: whoever promised would keep alive what is let go',
    quiet: true,
  },
  {
    n: 146,
    name: 'ask-every-peer',
    when: () => true,
    then: () => 'ask',
    why: 'the store has not renewed us for 0.4 ttl: if every host that may depose us promises, we stay',
  },
];

/** Asks every host that might depose us to promise that it has just seen us, when the store does not answer. */
export function keepPromises(d: Draft): void {
  const { own, ask, timing } = d.s;
  const newest = Math.max(own.appliedSentAt ?? Number.NEGATIVE_INFINITY, own.promisedAt ?? Number.NEGATIVE_INFINITY);
  const facts: PromiseFacts = {
    holds: holdsUnderLease(d).length,
    valid: own.validUntil !== null && d.mono < own.validUntil,
    storeRead: d.s.store.firstReadAt !== null,
    silentMs: d.mono - newest,
    ttlMs: timing.ttl,
    askedMsAgo: ask === null ? null : d.mono - ask.askedAt,
    hung: isHung(d),
    keeperAnswers: d.s.keeper.answeredAt !== null && d.mono - d.s.keeper.answeredAt <= timing.ttl / 2,
  };
  const row = firstMatch(promiseRows, facts, d.fired);
  if (row.then(facts) === 'ask') {
    const hosts = peersToAsk(d);
    if (d.s.ask === null || d.mono - (own.promisedAt ?? own.appliedSentAt ?? 0) > timing.ttl)
      d.note({ kind: 'rule', rule: row.n, facts: { hosts, silentMs: Math.round(facts.silentMs) } });
    // By the clock, so that a late answer to a former life of this agent is none to this one.
    const number = Math.max((ask?.ask ?? 0) + 1, Math.floor(d.mono));
    d.s.ask = { ask: number, askedAt: d.mono, waiting: hosts };
    d.tell({ kind: 'askPromise', ask: number, hosts, epoch: own.epoch });
    if (hosts.length === 0) promised(d, d.mono);
  }
  if (facts.holds > 0 && facts.valid) {
    const next = Math.max(newest + timing.ttl * 0.4, (d.s.ask?.askedAt ?? 0) + timing.ttl / 4);
    d.wakeBy(next > d.mono ? next : d.mono + timing.ttl / 8);
  }
}

/** The last list known applied, and every list sent since: a renewal whose answer was lost may have named more hosts. */
function peersToAsk(d: Draft): string[] {
  const hosts = new Set(d.s.own.list);
  for (const sent of d.s.own.sent) for (const host of sent.list) hosts.add(host);
  hosts.delete(d.s.me);
  return [...hosts].toSorted();
}

/** A peer promised, or refused. */
export function promiseAnswered(
  d: Draft,
  answer: { readonly from: string; readonly machine: string; readonly ask: number; readonly given: boolean },
): void {
  const { ask } = d.s;
  const { from } = answer;
  if (ask === null || ask.ask !== answer.ask || !answer.given || !ask.waiting.includes(from)) return;
  if (!mayPromise(d, from, answer.machine)) return;
  const waiting = ask.waiting.filter((host) => host !== from);
  d.s.ask = { ...ask, waiting };
  if (waiting.length === 0) promised(d, ask.askedAt);
}

/**
 * A promise binds the machine that gives it. It counts when no other machine of that host's name could depose us under any list that may stand
 * in the store: each that names the host names this machine of it.
 */
function mayPromise(d: Draft, host: string, machine: string): boolean {
  const { own } = d.s;
  return [own, ...own.sent].every(({ list, machines }) => !list.includes(host) || machines[host] === machine);
}

function promised(d: Draft, askedAt: MonoMs): void {
  const { own, timing } = d.s;
  if (own.validUntil === null || d.mono >= own.validUntil) return;
  // Who promised waits for the ttl of the renewal that stands in the store, which may be any that was sent since the last one known.
  const ttl = Math.min(own.entry?.value.ttlMs ?? timing.ttl, ...own.sent.map((sent) => sent.ttlMs));
  const until = after(askedAt, ms(ttl - timing.room));
  d.s.own = { ...own, promisedAt: askedAt, validUntil: monoMs(Math.max(until, own.validUntil)) };
}

/** A peer asks us: a promise counts as having just seen a renewal, no more. Refused when we know its session to be over. */
export function promiseAsked(d: Draft, from: string, ask: number, epoch: number): void {
  const session = d.s.sessions.get(from);
  const given = session === undefined || (!session.value.dead && session.value.epoch === epoch);
  if (given && session !== undefined) {
    const sessions = d.own('sessions', d.s.sessions);
    sessions.set(from, { ...session, seenAt: d.mono });
    d.s.sessions = sessions;
  }
  d.tell({ kind: 'answerPromise', to: from, ask, given });
}
