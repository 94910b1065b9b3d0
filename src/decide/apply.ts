// Another description for a system that runs (rule 615): written by compare-and-set on the one that it was made from, after every host is known to be able to
// read it, and while nothing runs that no lease, or another one, would hold apart from what is to come.

import { changesGuard } from '../model/change-plan.ts';
import { bringsOf } from '../model/format.ts';
import type { System } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { PersonRequest } from './input.ts';
import { refuse, writeFor } from './intents.ts';
import { keys } from './records.ts';
import { hostState } from './judged.ts';
import { reportOf } from './view.ts';

/** Writes the description, or says why not. */
export function applyDescription(
  d: Draft,
  request: number,
  owner: string,
  why: string,
  asks: Extract<PersonRequest, { kind: 'apply' }>,
): void {
  const { description, system, revision } = asks;
  const before = d.s.system;
  const { described } = d.s;
  if (before === null || described === null || !d.s.store.reachable)
    return refuse(d, request, 'SF-506', 'the store cannot be reached', 'standfast doctor');
  if (system.name !== before.name)
    return refuse(
      d,
      request,
      'SF-421',
      `it describes the system ${system.name}, and this is ${before.name}`,
      `Start it beside this one: standfast up PATH`,
    );
  if (keptBy(system) !== keptBy(before))
    return refuse(
      d,
      request,
      'SF-421',
      'the store of a running system cannot be changed',
      'Take it down, then up with the new description: standfast down',
    );
  if (described.revision !== revision) return refuse(d, request, taken.code, taken.why, taken.next);
  const cannot = whoCannotRead(d, description.format);
  if (cannot.length > 0)
    return refuse(
      d,
      request,
      'SF-420',
      `it is in form ${description.format} (${bringsOf(description.format)}), and ${cannot.map(({ host, reads }) => `the agent of ${host} reads ${reads} at most`).join(', ')}`,
      `Bring ${cannot.length === 1 ? 'that host' : 'those hosts'} to the same version of Standfast first.`,
    );
  const running = stillRunning(d, before, system);
  if (running.length > 0)
    return refuse(
      d,
      request,
      'SF-422',
      `${running.join('; ')}: what holds it apart from a second active changes, so nothing of it may run meanwhile`,
      'standfast apply stops it, changes it and starts it again; or: standfast stop SERVICE, apply, standfast start SERVICE',
    );
  d.note({
    kind: 'person',
    rule: 615,
    facts: { verb: 'apply', owner, why, hash: description.hash.slice(0, 12), was: before.hash.slice(0, 12) },
  });
  writeFor(d, request, {
    id: description.hash.slice(0, 12),
    text: `description ${description.hash.slice(0, 12)} is in force`,
    compares: [{ key: keys.description, revision }],
    puts: [{ key: keys.description, value: JSON.stringify(description) }],
    taken,
  });
}

/** Who keeps the store. From one to another it goes with everything down: two stores could each make an instance active. */
function keptBy({ store }: System): string {
  return store.kind === 'etcd' && store.managed ? 'managed etcd' : store.kind;
}

const taken = {
  code: 'SF-419',
  why: 'the description was changed by somebody else since you looked',
  next: 'Look at the difference, and apply again: standfast apply PATH',
};

/** Agents of an older version that have a part in the system now. */
function whoCannotRead(d: Draft, format: number): { host: string; reads: number }[] {
  const found: { host: string; reads: number }[] = [];
  for (const { name: host } of d.s.system?.hosts ?? []) {
    const reads = host === d.s.me ? d.s.lastReport?.reads : d.s.reports.get(host)?.report.reads;
    if (reads !== undefined && reads < format) found.push({ host, reads });
  }
  return found;
}

/** Instances, in words, that would have to have ended. */
function stillRunning(d: Draft, before: System, after: System): string[] {
  const found: string[] = [];
  for (const service of before.services) {
    const next = after.services.find((each) => each.name === service.name);
    if (service.kind !== 'run' || next?.kind !== 'run' || !changesGuard(service, next)) continue;
    for (const { host } of service.on) {
      const state = hostState(d, host);
      const left = d.s.sessions.get(host)?.value.left === true;
      if (state === 'down' && left) continue;
      if (state !== 'up' || !isTold(d, host)) {
        found.push(`whether ${service.name} runs on ${host} is not known`);
        continue;
      }
      const phase = host === d.s.me ? ownPhase(d, service.name) : (reportOf(d, service.name, host)?.phase ?? 'unknown');
      if (phase !== 'down' && phase !== 'failed') found.push(`${service.name} is ${phase} on ${host}`);
    }
  }
  return found;
}

/** Whether its keeper has told in the life of its agent what runs there. */
function isTold(d: Draft, host: string): boolean {
  if (host === d.s.me) return d.s.keeper.pid !== null;
  return d.s.reports.get(host)?.report.keeperPid !== null;
}

function ownPhase(d: Draft, service: string): string {
  return d.slot(service)?.now === null ? 'down' : (reportOf(d, service, d.s.me)?.phase ?? 'starting');
}
