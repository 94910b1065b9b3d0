// Who is active (rules 200–299), for every service with one active. Each activation is preceded by a compare-and-set that grows the term; nobody
// takes a lease from a live session; process death on a live host needs no ttl, since its own agent gives the lease away.

import { restartOrHandOver } from '../judge/choice.ts';
import { after, ms, monoMs } from '../model/units.ts';
import type { RunService } from '../model/system.ts';
import type { JsonValue } from '../model/json.ts';
import type { Draft } from './draft.ts';
import type { StorePut } from './effect.ts';
import type { StoreOutcome } from './input.ts';
import { keys, type Handed, type IntentRecord, type LeaseRecord } from './records.ts';
import { firstMatch } from './row.ts';
import { leaseRows, type LeaseFacts } from './lease-rows.ts';
import { newInstance } from './new-instance.ts';
import { rank } from './rank.ts';
import { drift, type Recovery, type Slot } from './state.ts';
import { holderOf, isLive, isPaused, leaseOf, missingNeeds, plannedDown, reportOf } from './view.ts';

/** Decides what this host does about one service's lease. */
export function decideLease(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  noteFree(d, service);
  if (isUnsure(d, slot)) d.wakeBy(slot.leaseUnsureUntil);
  const facts = leaseFacts(d, service, d.slot(service.name) ?? slot);
  const row = firstMatch(leaseRows, facts, d.fired);
  const move = row.then(facts);
  const journal: Record<string, JsonValue> = { ...facts.shown };
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
      say();
      writeLease(d, service, row.n, { next: move.next, take: false });
      break;
    case 'take':
      say();
      writeLease(d, service, row.n, { next: null, take: true });
      break;
    case 'beginHandover':
      say();
      d.setSlot(service.name, { handover: { intent: null, to: move.to, since: d.mono, rule: row.n } });
      break;
    default:
      move satisfies never;
  }
}

/** How the last write came out is not known, and the watch has not told it yet. */
function isUnsure(d: Draft, slot: Slot): boolean {
  return slot.leaseUnsureUntil !== null && d.mono < slot.leaseUnsureUntil;
}

/** A wait is told once, until the reason for it changes. */
function waitSaid(d: Draft, slot: Slot, rule: number, facts: Readonly<Record<string, JsonValue>>): void {
  const said = `${rule} ${JSON.stringify(facts['waitsFor'] ?? null)}`;
  if (d.slot(slot.service)?.leaseSaid === said) return;
  d.note({ kind: 'wait', rule, service: slot.service, instance: slot.now?.id ?? null, facts });
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

function leaseFacts(d: Draft, service: RunService, slot: Slot): LeaseFacts {
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
    lease.term === 0 && store.firstReadAt !== null ? store.firstReadAt + timing.ttl * (1 + drift) : null;
  const takeover = takeoverBy(d, service.name);
  const asked = holder === 'free' ? failoverIntent(d, service.name) : null;
  const failBackTo = failBackTarget(d, service, slot, others);
  return {
    storeRead: store.firstReadAt !== null,
    sessionKnown: own.revision > 0 || own.deposed,
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
    preferredStarting: lease.term === 0 && preferredStarts(d, service),
    failBackTo,
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
  return restartOrHandOver({
    // What is already under way costs only the rest.
    restartMs: slot.now?.phase === 'ready' ? 0 : own === null ? null : Math.max(0, own - started) + wait,
    handOverMs: theirs,
    other: other === null ? null : warm ? 'warm' : 'cold',
    failures: slot.failures.length,
  });
}

/** The host whose standby asked to take over; null: none did. */
function takeoverBy(d: Draft, service: string): string | null {
  for (const { value } of d.s.intents.values())
    if (
      value.verb === 'takeover' &&
      value.service === service &&
      (value.untilMs === null || value.untilMs > d.now.wall)
    )
      return value.host;
  return null;
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

/** Back to the preferred host once it has been ready, and the service quiet, for long enough not to flap. */
function failBackTarget(d: Draft, service: RunService, slot: Slot, others: readonly string[]): string | null {
  const { prefer } = service;
  if (!service.failBack || prefer === null || prefer === d.s.me || !others.includes(prefer)) return null;
  const report = reportOf(d, service.name, prefer);
  const activeAt = slot.now?.activeAt ?? null;
  if (report === null || report.severity !== 0 || activeAt === null) return null;
  const quiet = Math.min(
    stableMs - (d.mono - activeAt),
    report.startedAtMs === null ? 0 : stableMs - (d.now.wall - report.startedAtMs),
  );
  if (d.mono - activeAt < stableMs || (report.startedAtMs !== null && d.now.wall - report.startedAtMs < stableMs)) {
    d.wakeBy(d.mono + Math.max(100, quiet, stableMs - (d.mono - activeAt)));
    return null;
  }
  return prefer;
}

/** How long both must have been quiet before a service goes back. */
const stableMs = 30_000;

function activate(d: Draft, service: RunService, rule: number): void {
  const slot = d.slot(service.name);
  const { validUntil } = d.s.own;
  if (slot?.now === null || slot?.now === undefined || slot.grant === null || validUntil === null) return;
  const id = d.ask({
    kind: 'activate',
    instance: slot.now.id,
    service: service.name,
    term: slot.grant.term,
    deadline: validUntil,
  });
  d.setSlot(service.name, {
    grant: null,
    now: {
      ...slot.now,
      phase: 'activating',
      role: 'active',
      term: slot.grant.term,
      since: d.mono,
      activateAt: d.mono,
      deadline: validUntil,
      effect: id,
    },
    recovery:
      slot.recovery === null ? null : { ...slot.recovery, rule: slot.recovery.rule === 0 ? rule : slot.recovery.rule },
  });
  d.s.own = { ...d.s.own, extendedUntil: null };
}

/** The same activation once more: the service is told twice at most, and knows the term already if it was told before. */
function callAgain(d: Draft, service: RunService): void {
  const instance = d.slot(service.name)?.now;
  const { validUntil } = d.s.own;
  if (instance === undefined || instance === null || validUntil === null) return;
  const id = d.ask({
    kind: 'activate',
    instance: instance.id,
    service: service.name,
    term: instance.term,
    deadline: validUntil,
  });
  // It was most likely called before, so it goes on counting as active.
  d.setInstance(service.name, { effect: id, callUnsure: false, deadline: validUntil });
  d.s.own = { ...d.s.own, extendedUntil: null };
}

function startActive(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  const { validUntil } = d.s.own;
  if (slot === undefined || slot.grant === null || validUntil === null) return;
  const { term } = slot.grant;
  d.setSlot(service.name, { grant: null });
  beginStart(d, service, { role: 'active', term, deadline: validUntil });
  d.s.own = { ...d.s.own, extendedUntil: null };
}

/** Starts a new instance of the service here. */
export function beginStart(
  d: Draft,
  service: RunService,
  as: { role: 'active' | 'standby' | 'passive'; term: number; deadline: number | null },
): void {
  const slot = d.slot(service.name);
  if (slot === undefined) return;
  const instance = `${service.name}@${d.s.me}#${d.s.life}.${d.s.counter + 1}`;
  const alternative = service.restart.alternative !== null && slot.failures.length >= triesBeforeAlternative;
  const id = d.ask({
    kind: 'start',
    service: service.name,
    instance,
    role: as.role,
    term: as.term,
    deadline: as.deadline === null ? null : monoMs(as.deadline),
    alternative,
  });
  d.setSlot(service.name, {
    restarts: slot.lastExit === null && slot.startError === null ? slot.restarts : slot.restarts + 1,
    said: null,
    leaseSaid: null,
    failedUntil: null,
    now: {
      ...newInstance(instance, as.role, as.term, d.mono),
      starting: id,
      effect: id,
      deadline: as.deadline === null ? null : monoMs(as.deadline),
    },
  });
}

/** After this many failures in a row the declared other way of starting is tried. */
const triesBeforeAlternative = 2;

/** Takes the role back. Where that cannot be confirmed (none declared, or a bare signal) the instance is ended before its lease goes. */
function deactivate(d: Draft, service: RunService): void {
  const instance = d.slot(service.name)?.now;
  if (instance === undefined || instance === null) return;
  const call = service.deactivate;
  if (call === null || call.kind === 'signal' || service.policy === 'hot-active/cold-passive') {
    endInstance(d, service, { why: 'hand-over', rule: 216, orderly: true, planned: true });
    return;
  }
  const role = service.policy === 'hot-active/warm-active' ? 'standby' : 'passive';
  const id = d.ask({ kind: 'deactivate', instance: instance.id, service: service.name, term: instance.term, role });
  d.setInstance(service.name, { phase: 'deactivating', since: d.mono, effect: id });
}

/** Ends the present instance: in order within what its `stop` allows, or at once. */
export function endInstance(
  d: Draft,
  service: RunService,
  how: { why: string; rule: number; orderly: boolean; failure?: boolean; planned?: boolean },
): void {
  const instance = d.slot(service.name)?.now;
  if (instance === undefined || instance === null) return;
  const id = how.orderly
    ? d.ask({ kind: 'stop', instance: instance.id, signal: service.stop.signal, forcedAfter: service.stop.forcedAfter })
    : d.ask({ kind: 'kill', instance: instance.id });
  d.setInstance(service.name, {
    phase: 'stopping',
    since: d.mono,
    effect: id,
    killedAt: how.orderly ? instance.killedAt : (instance.killedAt ?? d.mono),
    ending: instance.ending ?? {
      why: how.why,
      rule: how.rule,
      failure: how.failure ?? false,
      planned: how.planned ?? false,
    },
  });
}

/** Takes the lease (a new term) or gives it away. */
function writeLease(d: Draft, service: RunService, rule: number, how: { next: string | null; take: boolean }): void {
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
      }
    : { ...lease, host: null, instance: null, next: how.next, handed: handedBy(d, slot, rule) };
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

/** A person's wish that the service move; its `host` is where to, null for wherever is best. */
export function failoverIntent(d: Draft, service: string): IntentRecord | null {
  for (const { value } of d.s.intents.values())
    if (
      value.verb === 'failover' &&
      value.service === service &&
      (value.untilMs === null || value.untilMs > d.now.wall)
    )
      return value;
  return null;
}
