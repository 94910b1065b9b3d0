// What people ask (rules 600–629): written to the store as intents with an owner, a reason and an expiry, then carried out by the agents they
// concern. A refusal says why, and what to do instead.

import { isLeased, type RunService } from '../model/system.ts';
import { ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { PersonAnswer, StorePut } from './effect.ts';
import { failoverIntent } from './wishes.ts';
import type { PersonRequest, StoreOutcome } from './input.ts';
import { keys, type IntentRecord } from './records.ts';
import { firstMatch, type Row } from './row.ts';
import { rank } from './rank.ts';
import { holderOf, intentsFor, liveHolder } from './view.ts';
import { acknowledge } from '../judge/incidents.ts';

/** One-time intents end by themselves if nobody could carry them out. */
const onceWithinMs = 60_000;
const usualForMs = 3_600_000;

/** A person, or a standby, asks. Answered at once, or when the store has taken the intent. */
export function personAsks(d: Draft, request: number, owner: string, why: string, asks: PersonRequest): void {
  switch (asks.kind) {
    case 'intent':
      intend(d, request, owner, why, asks);
      break;
    case 'resume':
      resume(d, request, owner, asks.service);
      break;
    case 'ack':
      ack(d, request, owner, asks.incident);
      break;
    case 'down':
      if (d.s.leaving === null) {
        d.s.leaving = { leaveRunning: asks.leaveRunning, quit: false };
        d.note({ kind: 'person', rule: 600, facts: { verb: 'down', owner, why, leaveRunning: asks.leaveRunning } });
        d.reportDirty = true;
        d.touchAll();
      }
      answer(d, request, {
        ok: true,
        id: 'down',
        text: asks.leaveRunning ? 'the agent leaves; services stay' : 'stopping',
      });
      break;
    default:
      asks satisfies never;
  }
}

function answer(d: Draft, request: number | null, what: PersonAnswer): void {
  if (request !== null) d.tell({ kind: 'answer', request, answer: what });
}

function refuse(d: Draft, request: number, code: string, why: string, next: string): void {
  answer(d, request, { ok: false, code, why, next });
}

function intend(
  d: Draft,
  request: number,
  owner: string,
  why: string,
  asks: Extract<PersonRequest, { kind: 'intent' }>,
): void {
  const { service: name, host, verb } = asks;
  const { system } = d.s;
  if (system === null) return refuse(d, request, 'SF-402', 'no description is known yet', 'Try again in a moment.');
  const service = name === null ? null : (d.service(name) ?? null);
  if (name !== null && service === null)
    return refuse(
      d,
      request,
      'SF-403',
      `there is no service "${name}"`,
      `The services are: ${system.services.map((each) => each.name).join(', ')}.`,
    );
  if (service !== null && service.kind === 'external')
    return refuse(d, request, 'SF-404', `${service.name} is external: nothing here runs it`, 'Ask its owner.');
  const run = service?.kind === 'run' ? service : null;
  if (host !== null && !system.hosts.some((each) => each.name === host))
    return refuse(
      d,
      request,
      'SF-405',
      `there is no host "${host}"`,
      `The hosts are: ${system.hosts.map((each) => each.name).join(', ')}.`,
    );
  if (host !== null && run !== null && !run.on.some((place) => place.host === host))
    return refuse(
      d,
      request,
      'SF-406',
      `${run.name} does not run on ${host}`,
      `It runs on: ${run.on.map((place) => place.host).join(', ')}.`,
    );
  if (verb === 'failover') {
    const refusal = failoverRefusal(d, run, host, asks.acceptLoss);
    if (refusal !== null) return answer(d, request, refusal);
  }
  if (verb === 'takeover' && run !== null && holderOf(d, run.name) === 'me')
    return refuse(d, request, 'SF-413', `${run.name} is active here already`, 'Nothing need be done.');
  if (!d.s.store.reachable || d.s.store.firstReadAt === null)
    return refuse(
      d,
      request,
      'SF-506',
      'the store cannot be reached, so nothing that must hold for every host can be agreed',
      'standfast doctor',
    );
  const lasting = verb === 'stop' || verb === 'pause';
  d.s.counter += 1;
  const id = `${verb}-${d.s.life}${d.s.counter}`;
  const hosts = run === null ? system.hosts.map((each) => each.name) : run.on.map((place) => place.host);
  const record: IntentRecord = {
    id,
    verb,
    service: name,
    host,
    pending: lasting || verb === 'failover' || verb === 'takeover' ? [] : host === null ? hosts : [host],
    owner,
    why,
    acceptLoss: asks.acceptLoss,
    atMs: Math.round(d.now.wall),
    untilMs:
      verb === 'stop'
        ? asks.forMs === null
          ? null
          : d.now.wall + asks.forMs
        : Math.round(d.now.wall + (verb === 'pause' ? (asks.forMs ?? usualForMs) : onceWithinMs)),
  };
  const puts: StorePut[] = [{ key: keys.intent(id), value: JSON.stringify(record) }];
  // A start takes back every stop that would keep it from starting.
  if (verb === 'start')
    for (const { value } of d.s.intents.values())
      if (value.verb === 'stop' && covers(record, value)) puts.push({ key: keys.intent(value.id), value: null });
  d.note({ kind: 'person', rule: 600, service: name, facts: { verb, owner, why, host, id } });
  write(d, request, {
    id,
    text: `${verb} ${name ?? system.name}${host === null ? '' : ` ${verb === 'failover' ? 'to' : 'on'} ${host}`}: under way`,
    puts,
    compares: [{ key: keys.intent(id), revision: 0 }],
  });
}

function covers(start: IntentRecord, stop: IntentRecord): boolean {
  return (
    (start.service === null || stop.service === start.service) &&
    (start.host === null || stop.host === start.host || stop.host === null)
  );
}

/** Why a service cannot be moved now; null: it can. */
function failoverRefusal(
  d: Draft,
  service: RunService | null,
  to: string | null,
  acceptLoss: boolean,
): PersonAnswer | null {
  const no = (code: string, why: string, next: string): PersonAnswer => ({ ok: false, code, why, next });
  if (service === null) return no('SF-410', 'a failover is of one service', 'Name it: standfast failover SERVICE.');
  if (!isLeased(service))
    return no(
      'SF-410',
      `${service.name} is ${service.policy}: it has no one active that could move`,
      `standfast restart ${service.name}`,
    );
  const holder = liveHolder(d, service.name);
  if (to !== null && to === holder) return no('SF-411', `${service.name} is on ${to} already`, 'Nothing need be done.');
  const ranking = rank(d, service, { acceptLoss, ...(holder === null ? {} : { without: holder }) });
  const target = to ?? ranking.ranked[0];
  if (target !== undefined && ranking.ranked.includes(target)) return null;
  const out = ranking.excluded.find((each) => each.host === (to ?? each.host));
  if (out?.waitsFor === 'catch-up') {
    const behind = Number(out.facts['behindMs']) / 1000;
    const limit = Number(out.facts['mayLoseMs']) / 1000;
    return no(
      'SF-412',
      `${out.host} would lose ${behind.toFixed(0)} s of ${service.name}'s state; its limit is ${limit} s`,
      `Wait until it has caught up, or accept the loss: standfast failover ${service.name} --to ${out.host} --accept-loss`,
    );
  }
  return no(
    'SF-411',
    `no host can take ${service.name} now${out === undefined ? '' : `: ${out.host} waits for ${out.waitsFor}`}`,
    `standfast explain ${service.name}`,
  );
}

function resume(d: Draft, request: number, owner: string, service: string | null): void {
  const found = [...d.s.intents.values()].filter(
    ({ value }) => value.verb === 'pause' && (service === null || value.service === service),
  );
  if (found.length === 0)
    return refuse(
      d,
      request,
      'SF-414',
      `${service ?? 'nothing'} is ${service === null ? '' : 'not '}paused`,
      'standfast intents',
    );
  if (!d.s.store.reachable) return refuse(d, request, 'SF-506', 'the store cannot be reached', 'standfast doctor');
  d.note({ kind: 'person', rule: 600, service, facts: { verb: 'resume', owner } });
  write(d, request, {
    id: found[0]?.value.id ?? '',
    text: `${service ?? 'the system'} is no longer paused`,
    compares: [],
    puts: found.map(({ value }) => ({ key: keys.intent(value.id), value: null })),
  });
}

function ack(d: Draft, request: number, owner: string, id: string): void {
  const list = acknowledge(d.s.incidents.list, id, owner, d.now.wall);
  if (list === null) return refuse(d, request, 'SF-415', `there is no open incident "${id}"`, 'standfast incidents');
  d.note({ kind: 'person', rule: 600, facts: { verb: 'ack', owner, incident: id } });
  d.s.incidents = { ...d.s.incidents, list };
  write(d, request, {
    id,
    text: `${owner} has ${id}`,
    compares: [{ key: keys.incidents, revision: d.s.incidents.revision }],
    puts: [{ key: keys.incidents, value: JSON.stringify({ incidents: list }) }],
  });
}

function write(
  d: Draft,
  request: number | null,
  what: { id: string; text: string; mark?: string; compares: { key: string; revision: number }[]; puts: StorePut[] },
): void {
  const id = d.ask({ kind: 'store', compares: what.compares, puts: what.puts, timeoutMs: ms(2000) });
  d.s.requests = new Map(d.s.requests).set(id, { request, id: what.id, text: what.text, mark: what.mark ?? null });
}

/** Takes in how the write of an intent came out. True when it was one. */
export function intentOutcome(d: Draft, id: number, outcome: StoreOutcome): boolean {
  const waiting = d.s.requests.get(id);
  if (waiting === undefined) return false;
  const requests = new Map(d.s.requests);
  requests.delete(id);
  d.s.requests = requests;
  switch (outcome.kind) {
    case 'applied':
      answer(d, waiting.request, { ok: true, id: waiting.id, text: waiting.text });
      break;
    case 'refused':
      answer(d, waiting.request, {
        ok: false,
        code: 'SF-416',
        why: 'somebody else changed the same thing at the same time',
        next: 'Look at it and try again: standfast intents',
      });
      break;
    case 'unknown':
      // What we do unasked is done again.
      if (waiting.mark !== null)
        d.s.carriedOut = new Map([...d.s.carriedOut].filter(([each]) => each !== waiting.mark));
      answer(d, waiting.request, {
        ok: false,
        code: 'SF-507',
        why: `it is not known whether it was written: ${outcome.why}`,
        next: 'standfast intents tells',
      });
      break;
    default:
      outcome satisfies never;
  }
  return true;
}

interface AskedFacts {
  readonly holder: 'me' | 'other' | 'free';
  readonly asked: boolean;
  readonly underWay: boolean;
  /** What asked for the hand-over under way is over. */
  readonly takenBack: boolean;
  readonly forMs: number;
  readonly takeoverByOther: boolean;
  readonly standbyTrigger: boolean;
}

export const askedRows: readonly Row<AskedFacts, 'nothing' | 'begin' | 'beginTakeover' | 'giveUp'>[] = [
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
    when: (f) => f.underWay && (f.takenBack || f.forMs > 30_000),
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
    n: 608,
    name: 'take-over-asked',
    when: (f) => f.holder === 'me' && !f.underWay && f.takeoverByOther && f.standbyTrigger,
    then: () => 'beginTakeover',
    why: 'its standby judged the active unfit and asked to take over',
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

/** Begins, and gives up, what people and standbys asked of this service here. */
export function decideAsked(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  if (slot === undefined || !isLeased(service)) return;
  const intent = failoverIntent(d, service.name);
  const takeover = [...d.s.intents.values()].find(
    ({ value }) =>
      value.verb === 'takeover' &&
      value.service === service.name &&
      value.host !== d.s.me &&
      (value.untilMs ?? Infinity) > d.now.wall,
  );
  const facts: AskedFacts = {
    holder: holderOf(d, service.name),
    asked: intent !== null && intent.host !== d.s.me,
    underWay: slot.handover !== null,
    takenBack: slot.handover !== null && slot.handover.intent !== null && !isInForce(d, slot.handover.intent),
    forMs: slot.handover === null ? 0 : d.mono - slot.handover.since,
    takeoverByOther: takeover !== undefined,
    standbyTrigger: service.trigger === 'standby',
  };
  const row = firstMatch(askedRows, facts, d.fired);
  const move = row.then(facts);
  if (move === 'nothing') return;
  if (row.quiet !== true)
    d.note({
      kind: 'rule',
      rule: row.n,
      service: service.name,
      instance: slot.now?.id ?? null,
      facts: { host: d.s.me, to: intent?.host ?? takeover?.value.host ?? null, owner: intent?.owner ?? null },
    });
  if (move === 'giveUp') d.setSlot(service.name, { handover: null });
  else if (move === 'begin')
    d.setSlot(service.name, {
      handover: { intent: intent?.id ?? null, to: intent?.host ?? null, since: d.mono, rule: row.n },
    });
  else
    d.setSlot(service.name, {
      handover: { intent: takeover?.value.id ?? null, to: takeover?.value.host ?? null, since: d.mono, rule: row.n },
    });
  if (move !== 'giveUp') d.wakeBy(d.mono + 30_001);
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

/** Takes our name off the one-time intents that are done here; the last takes the intent away. */
export function settleIntents(d: Draft): void {
  if (!d.s.store.reachable) return;
  for (const { revision, value } of d.s.intents.values()) {
    const over = value.untilMs !== null && value.untilMs + onceWithinMs < d.now.wall;
    const done = value.pending.includes(d.s.me) && isCarriedOut(d, value);
    if (!over && !done) continue;
    const mark = `settle ${value.id} ${revision}`;
    if (d.s.carriedOut.has(mark)) continue;
    d.carriedOut(mark, value.id);
    const pending = value.pending.filter((host) => host !== d.s.me);
    const next = over || pending.length === 0 ? null : JSON.stringify({ ...value, pending });
    write(d, null, {
      id: value.id,
      text: '',
      mark,
      compares: [{ key: keys.intent(value.id), revision }],
      puts: [{ key: keys.intent(value.id), value: next }],
    });
  }
}

function isCarriedOut(d: Draft, intent: IntentRecord): boolean {
  const services = intent.service === null ? [...d.s.slots.keys()] : [intent.service];
  return services.every((name) => {
    const slot = d.slot(name);
    if (slot === undefined) return true;
    if (d.s.carriedOut.has(`${intent.id} ${name}`)) return true;
    // Nothing to restart where nothing runs.
    return intent.verb === 'restart' && slot.now === null;
  });
}
