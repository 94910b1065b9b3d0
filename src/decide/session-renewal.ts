// A renewal of the own session: what it says, and when it was sent. Everything that a session promises others is in here.

import { isLeased, sharesLeaseWith } from '../model/system.ts';
import type { System } from '../model/system.ts';
import { after, ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import { keys } from './records.ts';
import type { HostReport, SessionRecord } from './records.ts';
import type { SentRenewal } from './state.ts';

/** Sends it. `same`: the session is ours; `entry`: of a former life of this machine, adopted; `next`: a new epoch. */
export function renew(d: Draft, which: 'same' | 'entry' | 'next'): void {
  const { own, system } = d.s;
  if (system === null) return;
  const epoch =
    which === 'same'
      ? own.epoch
      : which === 'entry'
        ? (own.entry?.value.epoch ?? 1)
        : (own.entry?.value.epoch ?? 0) + 1;
  const list = mayDepose(d, system);
  const machines = machinesOf(d, list);
  const nonce = `${d.s.life}.${d.s.counter + 1}`;
  const ttlMs = ttlToName(d, which);
  const record: SessionRecord = {
    epoch,
    dead: false,
    left: false,
    nonce,
    boot: d.s.boot,
    keeper: d.s.keeper.pid === null ? '' : `${d.s.keeper.pid}.${d.s.keeper.startTicks}`,
    ttlMs,
    mayDepose: list,
    machine: d.s.machine,
    machines,
  };
  const puts = [{ key: keys.session(d.s.me), value: JSON.stringify(record) }];
  const report = reportToWrite(d);
  if (report !== null) puts.push({ key: keys.report(d.s.me), value: JSON.stringify(report) });
  const id = d.ask({
    kind: 'store',
    compares: [{ key: keys.session(d.s.me), revision: which === 'same' ? own.revision : (own.entry?.revision ?? 0) }],
    puts,
    timeoutMs: ms(Math.max(d.s.timing.ttl / 2, 100)),
  });
  const sent: SentRenewal = { id, nonce, sentAt: d.mono, list, machines, epoch, ttlMs, reportSeq: report?.seq ?? null };
  d.s.own = {
    ...own,
    inFlight: id,
    sent: [...own.sent.slice(-32), sent],
    nextRenewAt: after(d.mono, d.s.timing.ttl / 4),
  };
}

/** Of the hosts that may depose us, as their sessions say now. */
function machinesOf(d: Draft, hosts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    hosts.flatMap((host) => {
      const machine = d.s.sessions.get(host)?.value.machine ?? '';
      return machine === '' ? [] : [[host, machine]];
    }),
  );
}

/** Who shares a leased service with us as described; and as it was described before, as long as something of that is left here. */
function mayDepose(d: Draft, system: System): readonly string[] {
  const list = sharesLeaseWith(system, d.s.me);
  if (d.s.retired.size === 0) return list;
  const former = [...d.s.retired.values()].filter(isLeased).flatMap((each) => each.on.map((place) => place.host));
  // One of which nothing is known but that its lease is ours: whoever could depose us so far still may.
  return [...new Set([...list, ...former, ...d.s.own.list])].filter((host) => host !== d.s.me);
}

/**
 * The description's ttl; after a change to a shorter one, as much as deadlines that stand already reach beyond it: who may depose must not
 * count less than what the keeper was told.
 */
function ttlToName(d: Draft, which: 'same' | 'entry' | 'next'): number {
  const { own, timing } = d.s;
  if (which === 'next') return timing.ttl;
  if (which === 'entry') return Math.max(timing.ttl, own.entry?.value.ttlMs ?? 0);
  return own.validUntil === null ? timing.ttl : Math.max(timing.ttl, Math.ceil(own.validUntil + timing.room - d.mono));
}

/** What the host reports rides on a renewal, only when it changed, at most once a second. */
function reportToWrite(d: Draft): HostReport | null {
  const { lastReport, reportWrittenSeq, reportWrittenAt } = d.s;
  if (lastReport === null || lastReport.seq === reportWrittenSeq) return null;
  if (reportWrittenAt !== null && d.mono - reportWrittenAt < 1000) return null;
  d.s.reportWrittenAt = d.mono;
  return lastReport;
}
