// What this agent believes of services on hosts, its own from its slots and others' from their reports. Questions only, no decisions.

import { isScheduled, nextChange } from '../model/schedule.ts';
import { isLeased, type RunService, type Service } from '../model/system.ts';
import { monoMs, wallMs, type MonoMs } from '../model/units.ts';
import type { Barred } from '../judge/choice.ts';
import type { PlannedDown } from '../judge/reason.ts';
import type { Draft } from './draft.ts';
import {
  unwrittenLease,
  type HostReport,
  type InstanceReport,
  type IntentRecord,
  type LeaseRecord,
} from './records.ts';

/** The newest report of that instance; null: none heard. Own ones are as of the last step. */
export function reportOf(d: Draft, service: string, host: string): InstanceReport | null {
  if (host === d.s.me) return d.s.reported.get(service) ?? null;
  const report = d.s.reports.get(host)?.report;
  return report === undefined ? null : (instanceIn(report, service) ?? null);
}

/** What a host's report says of its instance of that service. */
export function instanceIn(report: HostReport, service: string): InstanceReport | undefined {
  let index = indexes.get(report);
  if (index === undefined) {
    index = new Map(report.instances.map((each) => [each.service, each]));
    indexes.set(report, index);
  }
  return index.get(service);
}

const indexes = new WeakMap<HostReport, Map<string, InstanceReport>>();

/** True while the host's agent has a living session. */
export function isLive(d: Draft, host: string): boolean {
  if (host === d.s.me) return d.s.own.revision > 0 && d.s.leaving === null;
  const session = d.s.sessions.get(host);
  return session !== undefined && !session.value.dead && d.s.reports.get(host)?.report.leaving !== true;
}

/** Who has a lease under a session that lives; `free`: nobody. */
export type Holder = 'me' | 'other' | 'free';

/**
 * Who holds the lease: one whose session is known dead, or gone on to a later epoch, is free. A lease may be heard of before the session that
 * paid for it (it comes with a refused write): what is known of that session is then too old to say that it is over.
 */
export function holderOf(d: Draft, service: string): Holder {
  const lease = d.s.leases.get(service)?.value;
  if (lease === undefined || lease.host === null) return 'free';
  if (lease.host === d.s.me) return d.s.own.revision > 0 && lease.epoch === d.s.own.epoch ? 'me' : 'free';
  const session = d.s.sessions.get(lease.host);
  if (session === undefined) return d.s.store.revision >= (d.s.leases.get(service)?.revision ?? 0) ? 'free' : 'other';
  return session.value.epoch > lease.epoch || (session.value.epoch === lease.epoch && session.value.dead)
    ? 'free'
    : 'other';
}

/** The host that holds the lease alive; null: nobody. */
export function liveHolder(d: Draft, service: string): string | null {
  return holderOf(d, service) === 'free' ? null : (d.s.leases.get(service)?.value.host ?? null);
}

/** Intents in force for a service on a host. */
export function intentsFor(d: Draft, verb: IntentRecord['verb'], service: string, host: string): IntentRecord[] {
  const found: IntentRecord[] = [];
  for (const { value } of d.s.intents.values())
    if (
      value.verb === verb &&
      (value.service === null || value.service === service) &&
      (value.host === null || value.host === host)
    )
      if (value.untilMs === null || value.untilMs > d.now.wall) found.push(value);
  return found;
}

/** True while a person has us act on nothing for this service. */
export function isPaused(d: Draft, service: string): boolean {
  return intentsFor(d, 'pause', service, d.s.me).length > 0;
}

/** Why the service should not run on that host now; null: it should. */
export function plannedDown(d: Draft, service: RunService, host: string): PlannedDown | null {
  if (!isPlaced(d, service.name, host)) return 'removed';
  if (intentsFor(d, 'maintenance', service.name, host).some((intent) => !intent.keep)) return 'maintenance';
  if (intentsFor(d, 'stop', service.name, host).length > 0) return 'asked';
  if (service.schedule !== null) {
    if (!isScheduled(service.schedule, d.now.wall)) return 'schedule';
  }
  if (service.finishes && isFinished(d, service)) return 'finished';
  return null;
}

/** The description in force has it run there. What runs on as it was before is not placed anywhere. */
function isPlaced(d: Draft, service: string, host: string): boolean {
  if (host === d.s.me && d.s.retired.has(service)) return false;
  const found = d.service(service);
  return found?.kind === 'run' && found.on.some((place) => place.host === host);
}

/** Hosts that the description no longer has it on, where it is active until it has moved. */
export function activeOutside(d: Draft, service: RunService): string[] {
  const isOutside = (host: string): boolean => !service.on.some((place) => place.host === host);
  const isActive = (host: string): boolean => isOutside(host) && reportOf(d, service.name, host)?.phase === 'active';
  const found = [...d.s.reports.keys()].filter(
    (host) => isActive(host) && d.s.sessions.get(host)?.value.dead === false,
  );
  return isActive(d.s.me) ? [d.s.me, ...found] : found;
}

/** What keeps it from being active on that host, where it may run all the same; null: nothing. */
export function barredFrom(d: Draft, service: RunService, host: string): Barred | null {
  const down = plannedDown(d, service, host);
  if (down !== null) return down === 'maintenance' ? 'maintenance' : 'asked';
  if (intentsFor(d, 'maintenance', service.name, host).length > 0) return 'maintenance';
  return intentsFor(d, 'ban', service.name, host).length > 0 ? 'banned' : null;
}

/** True when it ended well in the present window of its schedule; without a schedule, until it is started by a person. */
function isFinished(d: Draft, service: RunService): boolean {
  const leased = isLeased(service);
  for (const { host } of service.on) {
    if (!leased && host !== d.s.me) continue;
    const at =
      host === d.s.me
        ? (d.slot(service.name)?.finishedAtMs ?? null)
        : (reportOf(d, service.name, host)?.finishedAtMs ?? null);
    if (at === null) continue;
    if (service.schedule === null) return true;
    const over = nextChange(service.schedule, wallMs(at));
    if (over === null || over > d.now.wall) return true;
  }
  return false;
}

/** The lease as known, or what stands for a lease never written. */
export function leaseOf(d: Draft, service: string): LeaseRecord {
  return d.s.leases.get(service)?.value ?? unwrittenLease;
}

/** Nobody has held it in this store: it was never written, or its term alone was taken over from another store. */
export function isUnheld(lease: LeaseRecord): boolean {
  return lease.term === 0 || (lease.host === null && lease.epoch === 0);
}

/** Names of the services that this service's needs mention. */
export function needsOf(service: Service): string[] {
  const names: string[] = [];
  const open = service.needs === null ? [] : [service.needs];
  for (let need = open.pop(); need !== undefined; need = open.pop())
    if (need.kind === 'service') names.push(need.name);
    else open.push(...need.of);
  return names;
}

/** Which needs keep it from starting; empty: none. Of an `anyOf` that fails all are named. */
export function missingNeeds(d: Draft, service: Service): string[] {
  if (service.needs === null) return [];
  const missing = new Set<string>();
  const met = (need: NonNullable<Service['needs']>): boolean => {
    switch (need.kind) {
      case 'service': {
        const usable = d.s.usable.get(need.name) ?? false;
        if (!usable) missing.add(need.name);
        return usable;
      }
      case 'all':
        return need.of.map(met).every(Boolean);
      case 'anyOf':
        return need.of.map(met).some(Boolean);
      case 'atLeast':
        return need.of.map(met).filter(Boolean).length >= need.k;
      default:
        return need satisfies never;
    }
  };
  return met(service.needs) ? [] : [...missing];
}

/** What it reported last says nothing any more: others have ended its session, or would have, were there anybody to do it. */
export function isLost(d: Draft, host: string): boolean {
  const session = d.s.sessions.get(host);
  return host !== d.s.me && session !== undefined && (session.value.dead || session.givenUpAt !== null);
}

/** When anything of another host was last heard, its session or its report; null: never. */
export function lastHeard(d: Draft, host: string): MonoMs | null {
  const heard = [d.s.reports.get(host)?.heardAt, d.s.sessions.get(host)?.seenAt].filter((at) => at !== undefined);
  return heard.length === 0 ? null : monoMs(Math.max(...heard));
}

/** How late our own loop ran since then; older lateness explains no silence that is found only now. */
export function latenessSince(d: Draft, since: number): number {
  return d.s.lateness.reduce((sum, { at, lateMs }) => (at >= since ? sum + lateMs : sum), 0);
}
