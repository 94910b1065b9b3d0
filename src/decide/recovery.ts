// What a loss cost: z = d + s + b + i, measured at every activation that mends one (mission row HA4).

import type { RunService } from '../model/system.ts';
import { monoMs, wallMs, type MonoMs } from '../model/units.ts';
import { addOutage, pruneOutages } from '../judge/budget.ts';
import { predictionOf, surpriseIn } from '../judge/prediction.ts';
import type { Reason } from '../judge/reason.ts';
import type { Draft } from './draft.ts';
import type { Ended } from './input.ts';
import { reportOf } from './view.ts';

/** The instance here is active since `at`. `i`: how long the activation took; null: not measured. */
export function becameActive(d: Draft, service: RunService, at: MonoMs, i: number | null): void {
  const slot = d.slot(service.name);
  if (slot?.now === null || slot?.now === undefined) return;
  const instance = slot.now;
  const { recovery } = slot;
  // Its boot is part of the outage only when it began after the loss.
  const booted = recovery !== null && instance.requestedAt >= recovery.endedAt && instance.readyAt !== null;
  const b = booted && instance.readyAt !== null ? Math.max(0, instance.readyAt - instance.requestedAt) : 0;
  d.setSlot(service.name, {
    iMs: i === null ? slot.iMs : [...slot.iMs, round(i)].slice(-10),
    failing: false,
    recovery: null,
    now: { ...instance, phase: 'active', role: 'active', activeAt: at, since: d.mono },
  });
  d.note({
    kind: 'active',
    service: service.name,
    instance: instance.id,
    term: instance.term,
    facts: { host: d.s.me, iMs: i === null ? null : round(i) },
  });
  if (recovery === null) return;
  const z = Math.max(0, at - recovery.endedAt);
  const detect = Math.max(0, recovery.detectedAt - recovery.endedAt);
  const own = Math.max(0, z - detect - b - (i ?? 0));
  const bMs = booted ? slot.bMs.slice(0, -1) : slot.bMs;
  const predicted = predictionOf(service, { bMs, iMs: slot.iMs, switchMs: slot.switchMs }, booted);
  const measured = {
    dMs: round(detect),
    switchMs: round(own),
    bMs: booted ? round(b) : null,
    iMs: i === null ? null : round(i),
    zMs: round(z),
  };
  // What people asked for takes the time of an orderly end, and the whole of a crash loop that of its back-off: neither is predicted.
  const judged = !recovery.planned;
  const waited = slot.failures.length > 1;
  const isEstimate = foundByAsking.has(recovery.cause);
  const held = { ...measured, ...(waited ? { zMs: null } : {}), ...(isEstimate ? { dMs: null, zMs: null } : {}) };
  const surprise = judged ? surpriseIn(held, predicted) : null;
  d.setSlot(service.name, {
    switchMs: [...slot.switchMs, round(own)].slice(-10),
    ...(judged ? { predicted: { atMs: Math.round(d.now.wall), surprise } } : {}),
  });
  d.note({
    kind: 'failover',
    rule: recovery.rule,
    service: service.name,
    instance: instance.id,
    term: instance.term,
    facts: {
      cause: recovery.cause,
      from: recovery.from,
      to: d.s.me,
      planned: recovery.planned,
      endedAtMs: Math.round(recovery.endedAtMs),
      dMs: round(detect),
      switchMs: round(own),
      bMs: round(b),
      iMs: i === null ? null : round(i),
      zMs: round(z),
      declaredZMs: service.objective.recoverWithin,
      predicted: { ...predicted },
      surprise: surprise === null ? null : surprise.part,
    },
  });
  if (service.policy === 'hot-active/hot-active' && othersActive(d, service)) return;
  countOutage(d, service.name, recovery.endedAtMs, recovery.endedAtMs + z);
}

/** Causes of which only the last good answer is known, up to a whole period before the failure: their d is the most that it can be. */
const foundByAsking: ReadonlySet<string> = new Set<Reason['kind']>([
  'check-failed',
  'says-failed',
  'status-unreadable',
]);

/** One of several hot ones was lost: nobody switches; consumers' gap is what their own way of choosing costs. */
export function hotLoss(d: Draft, service: RunService, ended: Ended): void {
  const slot = d.slot(service.name);
  if (slot === undefined || !othersActive(d, service)) return;
  const to =
    service.on.find(({ host }) => host !== d.s.me && reportOf(d, service.name, host)?.phase === 'active')?.host ?? null;
  const gap = service.consumers?.kind === 'balancer' ? service.consumers.detectsWithin : 0;
  d.setSlot(service.name, { recovery: null });
  d.note({
    kind: 'failover',
    rule: 0,
    service: service.name,
    instance: ended.instance,
    term: 0,
    facts: {
      cause: slot.recovery?.cause ?? 'ended',
      from: d.s.me,
      to,
      planned: false,
      endedAtMs: Math.round(ended.endedAtMs),
      dMs: gap,
      switchMs: 0,
      bMs: 0,
      iMs: 0,
      zMs: gap,
      declaredZMs: service.objective.recoverWithin,
    },
  });
  if (gap > 0) countOutage(d, service.name, ended.endedAtMs, ended.endedAtMs + gap);
}

/** An agent before this one saw it end and died before it was back: the outage goes on, or was over when it was found running. */
export function goOnMending(
  d: Draft,
  service: string,
  mending: { readonly cause: string; readonly fromMs: number },
): void {
  const slot = d.slot(service);
  if (slot === undefined || slot.recovery !== null) return;
  if (slot.now !== null && slot.now.activeAt !== null)
    return countOutage(d, service, mending.fromMs, Math.max(mending.fromMs, slot.now.startedAtMs ?? d.now.wall));
  const endedAt = monoMs(d.mono - Math.max(0, d.now.wall - mending.fromMs));
  d.setSlot(service, {
    failing: true,
    recovery: {
      cause: mending.cause,
      from: d.s.me,
      rule: 0,
      planned: false,
      endedAt,
      endedAtMs: mending.fromMs,
      detectedAt: endedAt,
    },
  });
}

function othersActive(d: Draft, service: RunService): boolean {
  return service.on.some(({ host }) => {
    if (host === d.s.me) return false;
    const session = d.s.sessions.get(host);
    return session !== undefined && !session.value.dead && reportOf(d, service.name, host)?.phase === 'active';
  });
}

/** Consumers went without it; reported, and kept for as long as anybody looks back: pages show a period, each moment of which counts the one before it. */
export function countOutage(d: Draft, service: string, fromMs: number, toMs: number): void {
  const known = d.s.outages.map((each) => ({ ...each, fromMs: wallMs(each.fromMs), toMs: wallMs(each.toMs) }));
  const backMs = 2 * (d.s.system?.objective.per ?? Infinity);
  const outages = addOutage(pruneOutages(known, wallMs(d.now.wall - backMs)), {
    service,
    fromMs: wallMs(Math.round(fromMs)),
    toMs: wallMs(Math.round(toMs)),
  });
  d.s.outages = outages.map((each) => ({ ...each, toMs: each.toMs ?? each.fromMs }));
  d.reportDirty = true;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
