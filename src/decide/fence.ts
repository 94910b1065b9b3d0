// Fencing a lost host before its services are taken over (rules 290–299). One record for each host in the store says how far it is: claimed,
// confirmed or failed. Claiming is a compare-and-set on that record, on our own session and on the dead session itself, so that of several
// challengers one fences, a host that comes back at that moment is left alone, and one session epoch is fenced once.
//
// Unknown is failed: without a confirmation nobody takes over, and an incident says what a person can do. Not covered: an agent that says
// `off` of a machine that is on; its own tests.

import type { DesiredIncident } from '../judge/incidents.ts';
import { isLeased, type Fence, type RunService } from '../model/system.ts';
import { after, ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { Outcome } from './effect.ts';
import { fenceRows, type FenceFacts, type FenceMove } from './fence-rows.ts';
import type { StoreOutcome } from './input.ts';
import { keys, type FenceRecord } from './records.ts';
import { firstMatch, type Row } from './row.ts';
import type { Fencing } from './state.ts';
import { leaseOf, reportOf } from './view.ts';

/** What a service that demands it has to wait for before its lease is taken from a lost host; null: nothing stands in the way. */
export function beforeTaking(
  d: Draft,
  service: RunService,
): { readonly row: Row<FenceFacts, FenceMove>; readonly move: FenceMove; readonly host: string } | null {
  const { host, epoch } = leaseOf(d, service.name);
  // Who gave it up has named nobody, and was confirmed inactive before; of our own instances our own keeper knows.
  if (!service.fenceBeforeTakeover || host === null || host === d.s.me) return null;
  const session = d.s.sessions.get(host);
  if (session?.value.left === true && session.value.epoch === epoch) return null;
  const record = recordOf(d, host, epoch);
  const facts: FenceFacts = {
    back: session !== undefined && !session.value.dead && isOver(d, service, host, epoch),
    state: record?.state ?? 'none',
    claimerLives: record !== null && claimerLives(d, record),
    underWay: d.s.fencing.has(host),
    described: fenceOf(d, host) !== null,
  };
  const row = firstMatch(fenceRows, facts, d.fired);
  return { row, move: row.then(facts), host };
}

/** What is known of the fencing of that loss, or of a later one: who was off then was off since this one too. Null: nothing. */
function recordOf(d: Draft, host: string, epoch: number): FenceRecord | null {
  const record = d.s.fences.get(host)?.value ?? null;
  return record !== null && record.epoch >= epoch ? record : null;
}

/** A later session of that host, and its own word that it runs nothing of it that could be active. */
function isOver(d: Draft, service: RunService, host: string, epoch: number): boolean {
  const session = d.s.sessions.get(host);
  const report = reportOf(d, service.name, host);
  if (session === undefined || session.value.epoch <= epoch || report === null) return false;
  if (d.s.reports.get(host)?.report.boot !== session.value.boot) return false;
  return (
    report.phase === 'down' || report.phase === 'starting' || report.phase === 'passive' || report.phase === 'standby'
  );
}

/** A claim of ours that is not under way here is of a former life, or was won in the dark: like that of a lost host it is nobody's. */
function claimerLives(d: Draft, record: FenceRecord): boolean {
  if (record.by === d.s.me) return false;
  const session = d.s.sessions.get(record.by);
  return session !== undefined && !session.value.dead && session.value.epoch === record.byEpoch;
}

function fenceOf(d: Draft, host: string): Fence | null {
  return d.s.system?.hosts.find(({ name }) => name === host)?.fence ?? null;
}

/** Claims the fencing of a host; whoever's write is applied does it. */
export function claimFence(d: Draft, host: string, epoch: number): void {
  const record: FenceRecord = {
    epoch,
    state: 'claimed',
    by: d.s.me,
    byEpoch: d.s.own.epoch,
    how: 'agent',
    owner: null,
    why: '',
    atMs: Math.round(d.now.wall),
  };
  const id = d.ask({
    kind: 'store',
    compares: [
      { key: keys.fence(host), revision: d.s.fences.get(host)?.revision ?? 0 },
      { key: keys.session(d.s.me), revision: d.s.own.revision },
      { key: keys.session(host), revision: d.s.sessions.get(host)?.revision ?? 0 },
    ],
    puts: [{ key: keys.fence(host), value: JSON.stringify(record) }],
    timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)),
  });
  setFencing(d, host, { stage: 'claiming', id, record });
}

/** Takes in how a write about a fencing came out. True when it was one. */
export function fenceWritten(d: Draft, id: number, answer: StoreOutcome): boolean {
  for (const [host, fencing] of d.s.fencing) {
    if (fencing.stage === 'calling' || fencing.id !== id) continue;
    switch (answer.kind) {
      case 'applied':
        fenceSeen(d, host, fencing.record, answer.revision);
        if (fencing.stage === 'claiming') callAgent(d, host, fencing.record);
        else {
          setFencing(d, host, null);
          powerOn(d, host, fencing.record);
        }
        break;
      case 'refused':
        setFencing(d, host, null);
        for (const change of answer.current)
          if (change.kind === 'fence') fenceSeen(d, change.host, change.value, change.revision);
        break;
      case 'unknown':
        // A claim won in the dark is not used: its record, if it stands, counts as of a life that does not know of it.
        if (fencing.stage === 'noting')
          setFencing(d, host, { ...fencing, id: null, againAt: after(d.mono, d.s.timing.ttl / 4) });
        else setFencing(d, host, null);
        break;
      default:
        answer satisfies never;
    }
    d.touchAll();
    return true;
  }
  return false;
}

function callAgent(d: Draft, host: string, record: FenceRecord): void {
  const fence = fenceOf(d, host);
  if (fence === null) return setFencing(d, host, null);
  d.note({ kind: 'fencing', rule: 298, facts: { host, epoch: record.epoch, agent: fence.agent } });
  setFencing(d, host, { stage: 'calling', id: d.ask({ kind: 'fence', host, action: 'off', fence }), record });
}

/** Takes in what a fence agent said. True when it was asked here. */
export function fenceOutcome(d: Draft, id: number, outcome: Outcome): boolean {
  for (const [host, fencing] of d.s.fencing) {
    if (fencing.stage !== 'calling' || fencing.id !== id) continue;
    const confirmed = outcome.kind === 'done';
    const why = outcome.kind === 'done' ? '' : outcome.why;
    d.note({
      kind: confirmed ? 'fenced' : 'notFenced',
      rule: confirmed ? 292 : 296,
      facts: { host, epoch: fencing.record.epoch, how: 'agent', ...(confirmed ? {} : { outcome: outcome.kind, why }) },
    });
    const record: FenceRecord = {
      ...fencing.record,
      state: confirmed ? 'confirmed' : 'failed',
      why,
      atMs: Math.round(d.now.wall),
    };
    writeRecord(d, host, record);
    return true;
  }
  return false;
}

function writeRecord(d: Draft, host: string, record: FenceRecord): void {
  const id = d.ask({
    kind: 'store',
    compares: [{ key: keys.fence(host), revision: d.s.fences.get(host)?.revision ?? 0 }],
    puts: [{ key: keys.fence(host), value: JSON.stringify(record) }],
    timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)),
  });
  setFencing(d, host, { stage: 'noting', id, record, againAt: null });
}

/** A result that the store may not have taken is written again, until something newer stands there. */
export function keepFencing(d: Draft): void {
  for (const [host, fencing] of d.s.fencing) {
    if (fencing.stage !== 'noting' || fencing.id !== null) continue;
    if (fencing.againAt !== null && d.mono < fencing.againAt) d.wakeBy(fencing.againAt);
    else writeRecord(d, host, fencing.record);
  }
}

/** Only once its being off stands in the store: who finds it on before that knows that it was never off. */
function powerOn(d: Draft, host: string, record: FenceRecord): void {
  const fence = fenceOf(d, host);
  if (fence?.powerOn === true && record.state === 'confirmed' && record.how === 'agent')
    d.ask({ kind: 'fence', host, action: 'on', fence });
}

/** The record of a host as it now stands in the store. */
export function fenceSeen(d: Draft, host: string, value: FenceRecord | null, revision: number): void {
  const known = d.s.fences.get(host);
  if (known !== undefined && revision <= known.revision) return;
  const fences = new Map(d.s.fences);
  if (value === null) fences.delete(host);
  else fences.set(host, { revision, value });
  d.s.fences = fences;
  d.incidentsDirty = true;
  d.touchAll();
}

/** Hosts that could not be fenced and whose services wait for it: severity 1, since nobody takes them over unasked. */
export function unfenced(d: Draft): DesiredIncident[] {
  return [...d.s.fences].flatMap(([host, { value: record }]) => {
    if (record.state !== 'failed') return [];
    const waiting = servicesWaiting(d, host, record.epoch);
    if (waiting.length === 0) return [];
    return [
      {
        key: `fence:${host}`,
        severity: 1 as const,
        service: null,
        instance: null,
        host,
        cause: { kind: 'not-fenced' as const, facts: { host, why: record.why } },
        also: waiting,
      },
    ];
  });
}

/** Services that the host lost in that epoch and that nobody may take before it is fenced. */
export function servicesWaiting(d: Draft, host: string, epoch: number): string[] {
  return (d.s.system?.services ?? []).flatMap((service) => {
    if (!isLeased(service) || !service.fenceBeforeTakeover) return [];
    const lease = leaseOf(d, service.name);
    const waits = lease.host === host && lease.epoch === epoch && !isOver(d, service, host, epoch);
    return waits ? [service.name] : [];
  });
}

function setFencing(d: Draft, host: string, next: Fencing | null): void {
  const fencing = new Map(d.s.fencing);
  if (next === null) fencing.delete(host);
  else fencing.set(host, next);
  d.s.fencing = fencing;
}
