// Moves that somebody asked for (rules 602–612): a person by name, a standby, or what follows from a person's word: a host that is worked on, banned, or no
// longer the service's, and an instance that is to run otherwise than it does.

import { isLeased, type RunService } from '../model/system.ts';
import { isOutdated } from './change.ts';
import type { Draft } from './draft.ts';
import type { IntentRecord } from './records.ts';
import { firstMatch, type Row } from './row.ts';
import { rank } from './rank.ts';
import type { Slot } from './slot.ts';
import { barredFrom, holderOf, intentsFor, isPaused, reportOf, type Holder } from './view.ts';
import { failoverIntent } from './wishes.ts';

interface AskedFacts {
  readonly holder: Holder;
  readonly asked: boolean;
  readonly underWay: boolean;
  /** What asked for the hand-over under way is over. */
  readonly takenBack: boolean;
  readonly forMs: number;
  readonly takeoverByOther: boolean;
  readonly standbyTrigger: boolean;
  /** It is active here and must not be, and another host is able. */
  readonly toMoveAway: boolean;
  /** It is active here, not as now described, and another host is able that runs it as described. */
  readonly toMoveForChange: boolean;
}

type AskedMove = 'nothing' | 'begin' | 'beginTakeover' | 'beginAway' | 'beginChange' | 'giveUp';

/** How long a hand-over waits for a host that can take it. */
const giveUpAfterMs = 30_000;

/** Rules 602–612, first match wins. */
export const askedRows: readonly Row<AskedFacts, AskedMove>[] = [
  {
    n: 602,
    name: 'hand-over-is-over',
    when: (f) => f.underWay && f.holder !== 'me',
    then: () => 'giveUp',
    why: 'the lease is no longer ours, so the hand-over has come to its end',
    quiet: true,
  },
  {
    n: 604,
    name: 'give-hand-over-up',
    when: (f) => f.underWay && (f.takenBack || f.forMs > giveUpAfterMs),
    then: () => 'giveUp',
    why: 'it was taken back, or its time is over and nobody could take the service',
  },
  {
    n: 606,
    name: 'hand-over-asked',
    when: (f) => f.holder === 'me' && !f.underWay && f.asked,
    then: () => 'begin',
    why: 'a person asked for it to move',
  },
  {
    n: 607,
    name: 'move-away',
    when: (f) => f.holder === 'me' && !f.underWay && f.toMoveAway,
    then: () => 'beginAway',
    why: 'it must not be active on this host, and another is able',
  },
  {
    n: 608,
    name: 'take-over-asked',
    when: (f) => f.holder === 'me' && !f.underWay && f.takeoverByOther && f.standbyTrigger,
    then: () => 'beginTakeover',
    why: 'its standby judged the active unfit and asked to take over',
  },
  {
    n: 609,
    name: 'move-for-change',
    when: (f) => f.holder === 'me' && !f.underWay && f.toMoveForChange,
    then: () => 'beginChange',
    why: 'it is to run otherwise than it does here, and another host already runs it so',
  },
  {
    n: 610,
    name: 'nothing-asked',
    when: () => true,
    then: () => 'nothing',
    why: 'nobody asked for a hand-over here',
    quiet: true,
  },
];

/** Begins, and gives up, what was asked of this service here. */
export function decideAsked(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined || !isLeased(service)) return;
  const intent = failoverIntent(d, service.name);
  const takeover = takeoverByOther(d, service.name);
  const holder = holderOf(d, service.name);
  const able = holder === 'me' && slot.handover === null ? ableNow(d, service, slot) : { away: null, changed: null };
  const facts: AskedFacts = {
    holder,
    asked: intent !== null && intent.host !== d.s.me,
    underWay: slot.handover !== null,
    takenBack: slot.handover !== null && slot.handover.intent !== null && !isInForce(d, slot.handover.intent),
    forMs: slot.handover === null ? 0 : d.mono - slot.handover.since,
    takeoverByOther: takeover !== null,
    standbyTrigger: service.trigger === 'standby',
    toMoveAway: able.away !== null,
    toMoveForChange: able.changed !== null,
  };
  const row = firstMatch(askedRows, facts, d.fired);
  const move = row.then(facts);
  if (move === 'nothing') return;
  const begin = (of: { intent: string | null; to: string | null; cause: string | null }): void =>
    d.setSlot(service.name, { handover: { ...of, since: d.mono, rule: row.n } });
  const say = (to: string | null, owner: string | null): void => {
    if (row.quiet === true) return;
    const facts = { host: d.s.me, to, owner };
    d.note({ kind: 'rule', rule: row.n, service: service.name, instance: slot.now?.id ?? null, facts });
  };
  switch (move) {
    case 'giveUp':
      say(intent?.host ?? takeover?.host ?? null, intent?.owner ?? null);
      d.setSlot(service.name, { handover: null });
      return;
    case 'begin':
      say(intent?.host ?? null, intent?.owner ?? null);
      begin({ intent: intent?.id ?? null, to: intent?.host ?? null, cause: null });
      break;
    case 'beginTakeover':
      say(takeover?.host ?? null, null);
      begin({ intent: takeover?.id ?? null, to: takeover?.host ?? null, cause: null });
      break;
    case 'beginAway':
      say(able.away, whoBars(d, service)?.owner ?? null);
      begin({ intent: null, to: able.away, cause: awayBecause(d, service) });
      break;
    case 'beginChange':
      say(able.changed, null);
      begin({ intent: null, to: able.changed, cause: 'planned: its description changed' });
      break;
    default:
      move satisfies never;
  }
  d.wakeBy(d.mono + giveUpAfterMs + 1);
}

/** Where it could go at once: when it must not be active here, and when it is to run otherwise than it does. */
function ableNow(
  d: Draft,
  service: RunService,
  slot: Slot,
): { readonly away: string | null; readonly changed: string | null } {
  const none = { away: null, changed: null };
  if (slot.now === null || slot.now.phase !== 'active' || isPaused(d, service.name) || d.s.leaving !== null)
    return none;
  const barred = barredFrom(d, service, d.s.me);
  // What a person stopped here is stopped, and the others see to it that it is active.
  const mustGo = barred === 'maintenance' || barred === 'banned' || d.s.retired.has(service.name);
  const outdated = isOutdated(d, service, d.s.me, slot.now.id);
  if (!mustGo && (!outdated || service.policy === 'hot-active/cold-passive')) return none;
  const { ranked } = rank(d, service, { without: d.s.me });
  if (mustGo) return { away: ranked[0] ?? null, changed: null };
  const asDescribed = ranked.find(
    (host) => !isOutdated(d, service, host, reportOf(d, service.name, host)?.instance ?? null),
  );
  return { away: null, changed: asDescribed ?? null };
}

function awayBecause(d: Draft, service: RunService): string {
  const intent = whoBars(d, service);
  return intent === null ? 'planned: its description changed' : `${intent.verb} by ${intent.owner}`;
}

/** The word of a person that keeps it from being active here. */
function whoBars(d: Draft, service: RunService): IntentRecord | null {
  return intentsFor(d, 'maintenance', service.name, d.s.me)[0] ?? intentsFor(d, 'ban', service.name, d.s.me)[0] ?? null;
}

function takeoverByOther(d: Draft, service: string): IntentRecord | null {
  for (const { value } of d.s.intents.values())
    if (
      value.verb === 'takeover' &&
      value.service === service &&
      value.host !== d.s.me &&
      (value.untilMs ?? Infinity) > d.now.wall
    )
      return value;
  return null;
}

function isInForce(d: Draft, id: string): boolean {
  const intent = d.s.intents.get(id)?.value;
  return intent !== undefined && (intent.untilMs === null || intent.untilMs > d.now.wall);
}

/** What a person asked to be started is forgiven its failures and its being finished. */
export function decideStartAsked(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  for (const intent of intentsFor(d, 'start', service.name, d.s.me)) {
    const mark = `${intent.id} ${service.name}`;
    if (!intent.pending.includes(d.s.me) || d.s.carriedOut.has(mark)) continue;
    d.carriedOut(mark, intent.id);
    d.note({ kind: 'rule', rule: 612, service: service.name, facts: { host: d.s.me, owner: intent.owner } });
    d.setSlot(service.name, {
      failures: [],
      failedUntil: null,
      finishedAtMs: null,
      startError: null,
      said: null,
      leaseSaid: null,
    });
  }
}
