// What people ask (rules 600–629): written to the store as intents with an owner, a reason and an expiry, then carried out by the agents they
// concern. A refusal says why, and what to do instead.

import { durationText } from '../model/duration.ts';
import { isLeased, type RunService } from '../model/system.ts';
import { applyDescription } from './apply.ts';
import type { Draft } from './draft.ts';
import type { PersonAnswer, StorePut } from './effect.ts';
import { fenceAsked } from './fence-asked.ts';
import type { PersonRequest } from './input.ts';
import { answer, onceWithinMs, refuse, writeFor } from './intents.ts';
import { isLasting, keys, type IntentRecord, type IntentVerb } from './records.ts';
import { barredRefusal, failoverRefusal, lossRefusal } from './refusals.ts';
import { holderOf } from './view.ts';
import { acknowledge } from '../judge/incident.ts';

const usualForMs = 3_600_000;

type Asked<K extends PersonRequest['kind']> = Extract<PersonRequest, { kind: K }>;

/** A person, or a standby, asks. Answered at once, or when the store has taken the intent. */
export function personAsks(d: Draft, request: number, owner: string, why: string, asks: PersonRequest): void {
  switch (asks.kind) {
    case 'intent':
      intend(d, request, owner, why, asks);
      break;
    case 'end':
      end(d, request, owner, asks);
      break;
    case 'ack':
      ack(d, request, owner, asks.incident);
      break;
    case 'fence':
      fenceAsked(d, request, { owner, why, host: asks.host, confirm: asks.confirm });
      break;
    case 'apply':
      applyDescription(d, request, owner, why, asks);
      break;
    case 'down':
      leave(d, request, owner, why, asks.leaveRunning);
      break;
    default:
      asks satisfies never;
  }
}

function leave(d: Draft, request: number, owner: string, why: string, leaveRunning: boolean): void {
  if (d.s.leaving === null) {
    d.s.leaving = { leaveRunning, quit: false, since: d.mono };
    d.note({ kind: 'person', rule: 600, facts: { verb: 'down', owner, why, leaveRunning } });
    d.reportDirty = true;
    d.touchAll();
  }
  answer(d, request, { ok: true, id: 'down', text: leaveRunning ? 'the agent leaves; services stay' : 'stopping' });
}

function intend(d: Draft, request: number, owner: string, why: string, asks: Asked<'intent'>): void {
  const refusal = whyNot(d, asks);
  if (refusal !== null) return answer(d, request, refusal);
  const record = recordOf(d, owner, why, asks);
  const puts: StorePut[] = [{ key: keys.intent(record.id), value: JSON.stringify(record) }];
  for (const { value } of d.s.intents.values())
    if (isReplaced(value, record)) puts.push({ key: keys.intent(value.id), value: null });
  const { verb, service, host } = record;
  d.note({ kind: 'person', rule: 600, service, facts: { verb, owner, why, host, id: record.id } });
  writeFor(d, request, {
    id: record.id,
    text: textOf(d, record),
    puts,
    compares: [{ key: keys.intent(record.id), revision: 0 }],
  });
}

/** Why this cannot be done; null: it can. */
function whyNot(d: Draft, asks: Asked<'intent'>): PersonAnswer | null {
  const { service: name, host } = asks;
  const { system } = d.s;
  if (system === null) return no('SF-402', 'no description is known yet', 'Try again in a moment.');
  const service = name === null ? null : (d.service(name) ?? null);
  if (name !== null && service === null) {
    const names = system.services.map((each) => each.name).join(', ');
    return no('SF-403', `there is no service "${name}"`, `The services are: ${names}.`);
  }
  if (service !== null && service.kind === 'external')
    return no('SF-404', `${service.name} is external: nothing here runs it`, 'Ask its owner.');
  const run = service?.kind === 'run' ? service : null;
  if (host !== null && !system.hosts.some((each) => each.name === host))
    return no(
      'SF-405',
      `there is no host "${host}"`,
      `The hosts are: ${system.hosts.map((each) => each.name).join(', ')}.`,
    );
  if (host !== null && run !== null && !run.on.some((place) => place.host === host))
    return no(
      'SF-406',
      `${run.name} does not run on ${host}`,
      `It runs on: ${run.on.map((place) => place.host).join(', ')}.`,
    );
  const refusal = ofVerb(d, run, asks);
  if (refusal !== null) return refusal;
  if (!d.s.store.reachable || d.s.store.firstReadAt === null)
    return no(
      'SF-506',
      'the store cannot be reached, so nothing that must hold for every host can be agreed',
      'standfast doctor',
    );
  return null;
}

function ofVerb(d: Draft, run: RunService | null, asks: Asked<'intent'>): PersonAnswer | null {
  const { verb, host, acceptLoss } = asks;
  switch (verb) {
    case 'failover':
      return failoverRefusal(d, run, host, acceptLoss);
    case 'takeover':
      if (run === null || host === null) return no('SF-410', 'a take-over is of one service', 'Name it.');
      if (holderOf(d, run.name) === 'me')
        return no('SF-413', `${run.name} is active here already`, 'Nothing need be done.');
      return barredRefusal(d, run, host);
    case 'maintenance':
    case 'ban':
      if (host === null) return no('SF-405', `${verb} is of a host`, `Name it: standfast ${verb} HOST`);
      if (verb === 'ban' && run !== null && !isLeased(run))
        return no(
          'SF-410',
          `${run.name} is ${run.policy}: it has no one active that could be chosen elsewhere`,
          `To have it not run on ${host}: standfast stop ${run.name}@${host}`,
        );
      return acceptLoss ? null : lossRefusal(d, { verb, host, service: run?.name ?? null, keep: asks.keep });
    case 'restart':
    case 'stop':
    case 'start':
    case 'pause':
      return null;
    default:
      return verb satisfies never;
  }
}

function no(code: string, why: string, next: string): PersonAnswer {
  return { ok: false, code, why, next };
}

function recordOf(d: Draft, owner: string, why: string, asks: Asked<'intent'>): IntentRecord {
  const { verb, service, host } = asks;
  d.s.counter += 1;
  const found = service === null ? undefined : d.service(service);
  const all = (d.s.system?.hosts ?? []).map((each) => each.name);
  const hosts = found?.kind === 'run' ? found.on.map((place) => place.host) : all;
  return {
    id: `${verb}-${d.s.life}${d.s.counter}`,
    verb,
    service,
    host,
    pending: isLasting(verb) || verb === 'failover' || verb === 'takeover' ? [] : host === null ? hosts : [host],
    owner,
    why,
    acceptLoss: asks.acceptLoss,
    keep: asks.keep,
    atMs: Math.round(d.now.wall),
    untilMs: untilOf(d, verb, asks.forMs),
  };
}

/** Only a stop may stay until it is taken back: what it keeps down shows, with the name of who stopped it. */
function untilOf(d: Draft, verb: IntentVerb, forMs: number | null): number | null {
  if (verb === 'stop' && forMs === null) return null;
  return Math.round(d.now.wall + (isLasting(verb) ? (forMs ?? usualForMs) : onceWithinMs));
}

/** A start takes back every stop that would keep it from starting; the same thing asked anew takes the place of what stands. */
function isReplaced(known: IntentRecord, asked: IntentRecord): boolean {
  if (asked.verb === 'start')
    return (
      known.verb === 'stop' &&
      (asked.service === null || known.service === asked.service) &&
      (asked.host === null || known.host === asked.host || known.host === null)
    );
  return (
    isLasting(asked.verb) && known.verb === asked.verb && known.service === asked.service && known.host === asked.host
  );
}

/** What was agreed, as told to who asked. */
function textOf(d: Draft, record: IntentRecord): string {
  const { verb, service, host, untilMs } = record;
  const what = service ?? d.s.system?.name ?? 'everything';
  const forText = untilMs === null ? '' : ` for ${durationText(untilMs - record.atMs)}`;
  switch (verb) {
    case 'maintenance':
      return `host ${host ?? ''} is in maintenance${forText}: ${record.keep ? 'what is active there moves away' : 'what runs there moves away or stops'}. It ends sooner with: standfast maintenance ${host ?? ''} --end`;
    case 'ban':
      return `host ${host ?? ''} is banned${service === null ? '' : ` for ${service}`}${forText}: nothing is made active there. It ends sooner with: standfast ban ${host ?? ''}${service === null ? '' : ` ${service}`} --end`;
    case 'pause':
      return `${what} is paused${forText}: observed and graded, nothing is done. It ends sooner with: standfast resume${service === null ? '' : ` ${service}`}`;
    case 'failover':
      return `failover ${what}${host === null ? '' : ` to ${host}`}: under way`;
    case 'restart':
    case 'stop':
    case 'start':
    case 'takeover':
      return `${verb} ${what}${host === null ? '' : ` on ${host}`}: under way`;
    default:
      return verb satisfies never;
  }
}

/** Takes back a pause, a maintenance or a ban. A pause without a service, and a ban without one, take back all of them. */
function end(d: Draft, request: number, owner: string, asks: Asked<'end'>): void {
  const { verb, service, host } = asks;
  const of = [...d.s.intents.values()].map(({ value }) => value).filter((each) => each.verb === verb);
  const found = of.filter(
    (each) => (host === null || each.host === host) && (service === null || each.service === service),
  );
  const what = `${service ?? host ?? 'nothing'}${service !== null && host !== null ? ` on ${host}` : ''}`;
  if (found.length === 0) {
    const wider = of.find((each) => each.service === null && (host === null || each.host === host));
    return refuse(
      d,
      request,
      'SF-414',
      wider !== undefined && service !== null
        ? `${what} has no ${verb} of its own: ${wider.owner} asked for it for ${wider.host === null ? 'the whole system' : `all of host ${wider.host}`}`
        : `there is no ${verb}${what === 'nothing' ? '' : ` of ${what}`} in force`,
      wider !== undefined && service !== null
        ? `To end that: standfast ${verb === 'pause' ? 'resume' : `${verb} ${wider.host ?? ''} --end`}`
        : 'standfast intents lists what is.',
    );
  }
  if (!d.s.store.reachable) return refuse(d, request, 'SF-506', 'the store cannot be reached', 'standfast doctor');
  d.note({ kind: 'person', rule: 600, service, facts: { verb: `end ${verb}`, owner, host } });
  const which = service ?? host ?? 'the system';
  writeFor(d, request, {
    id: found[0]?.id ?? '',
    text: `${which} is no longer ${verb === 'pause' ? 'paused' : verb === 'ban' ? 'banned' : 'in maintenance'}`,
    compares: [],
    puts: found.map((each) => ({ key: keys.intent(each.id), value: null })),
  });
}

function ack(d: Draft, request: number, owner: string, id: string): void {
  const list = acknowledge(d.s.incidents.list, id, owner, d.now.wall);
  if (list === null) return refuse(d, request, 'SF-415', `there is no open incident "${id}"`, 'standfast incidents');
  d.note({ kind: 'person', rule: 600, facts: { verb: 'ack', owner, incident: id } });
  d.s.incidents = { ...d.s.incidents, list };
  writeFor(d, request, {
    id,
    text: `${owner} has ${id}`,
    compares: [{ key: keys.incidents, revision: d.s.incidents.revision }],
    puts: [{ key: keys.incidents, value: JSON.stringify({ incidents: list }) }],
  });
}
