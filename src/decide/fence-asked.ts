// What a person says of a lost host: that it is off (seen with their own eyes), or that fencing it is to be tried again (rule 630).

import type { Draft } from './draft.ts';
import { servicesWaiting } from './fence.ts';
import { refuse, writeFor } from './intents.ts';
import { keys, type FenceRecord, type SessionRecord } from './records.ts';
import { drift } from '../model/timings.ts';
import type { Kept } from './state.ts';

/** What a person says of fencing has a number too. */
export const fenceAskedRule = {
  n: 630,
  name: 'fencing-by-a-person',
  why: 'a person says that a lost host is off, or has fencing it tried again',
} as const;

/** `confirm`: the person vouches for it. Else what failed is forgotten, so that it is tried again. */
export function fenceAsked(
  d: Draft,
  request: number,
  asked: { readonly owner: string; readonly why: string; readonly host: string; readonly confirm: boolean },
): void {
  const { host, owner, why, confirm } = asked;
  const no = (code: string, what: string, next: string): void => refuse(d, request, code, what, next);
  const described = d.s.system?.hosts.some(({ name }) => name === host) ?? false;
  // One that was taken out of the description while it was lost may still hold what waits for it to be off.
  if (!described && !d.s.sessions.has(host))
    return no(
      'SF-405',
      `there is no host "${host}"`,
      `The hosts are: ${(d.s.system?.hosts ?? []).map((each) => each.name).join(', ')}.`,
    );
  if (!d.s.store.reachable || d.s.store.firstReadAt === null)
    return no('SF-506', 'the store cannot be reached, so nobody could be told', 'standfast doctor');
  const standing = confirm ? standingSession(d, host) : null;
  if (standing !== null) return endStanding(d, request, asked, standing);
  const session = d.s.sessions.get(host);
  if (host === d.s.me || session === undefined || !session.value.dead)
    return no(
      'SF-425',
      `${host} is not lost: ${host === d.s.me ? 'this is its own agent' : session === undefined ? 'it was never here' : 'its session lives'}`,
      confirm
        ? 'Nothing need be confirmed of a host that answers.'
        : `Only a lost host is fenced. To empty this one: standfast maintenance ${host}`,
    );
  const { epoch } = session.value;
  const known = d.s.fences.get(host);
  if (!confirm && (known === undefined || known.value.epoch !== epoch || known.value.state !== 'failed'))
    return no(
      'SF-426',
      known?.value.epoch === epoch && known.value.state === 'confirmed'
        ? `${host} is confirmed off already`
        : `no fencing of ${host} has failed`,
      'standfast status shows what is waited for.',
    );
  const record = byHand(d, { epoch, owner, why });
  d.note({
    kind: confirm ? 'fenced' : 'fenceAgain',
    rule: fenceAskedRule.n,
    facts: { host, epoch, owner, why, ...(confirm ? { how: 'hand' } : {}) },
  });
  const waiting = servicesWaiting(d, host, epoch).join(', ');
  writeFor(d, request, {
    id: `fence-${host}`,
    text: confirm
      ? `${owner} vouches that ${host} is off${waiting === '' ? '' : `: ${waiting} may be taken over`}`
      : `fencing ${host} is tried again`,
    compares: [{ key: keys.fence(host), revision: known?.revision ?? 0 }],
    puts: [{ key: keys.fence(host), value: confirm ? JSON.stringify(record) : null }],
  });
}

/**
 * A session that has stood still past its time, though nobody who may do so has ended it: the hosts on its list are lost too, or other machines have
 * taken their place. Of this host's own name: a former machine's. Null: there is none.
 */
function standingSession(d: Draft, host: string): Kept<SessionRecord> | null {
  const { own } = d.s;
  const found =
    host === d.s.me
      ? own.revision > 0 || own.entry === null || own.entrySeenAt === null
        ? null
        : { ...own.entry, seenAt: own.entrySeenAt }
      : (d.s.sessions.get(host) ?? null);
  if (found === null || found.value.dead) return null;
  return d.mono - found.seenAt > found.value.ttlMs * (1 + drift) ? found : null;
}

/** A person's word in place of a deposition: by compare-and-set on what stood still, so that a host that moves after all is left alone. */
function endStanding(
  d: Draft,
  request: number,
  asked: { readonly owner: string; readonly why: string; readonly host: string },
  session: Kept<SessionRecord>,
): void {
  const { host, owner, why } = asked;
  const { epoch } = session.value;
  const known = d.s.fences.get(host);
  const record = byHand(d, { epoch, owner, why });
  d.note({ kind: 'fenced', rule: fenceAskedRule.n, facts: { host, epoch, owner, why, how: 'hand' } });
  writeFor(d, request, {
    id: `fence-${host}`,
    text: `${owner} vouches that ${host === d.s.me ? `the former ${host}` : host} is off: its session is ended, and what it held may be taken over`,
    compares: [
      { key: keys.fence(host), revision: known?.revision ?? 0 },
      { key: keys.session(host), revision: session.revision },
    ],
    puts: [
      { key: keys.fence(host), value: JSON.stringify(record) },
      { key: keys.session(host), value: JSON.stringify({ ...session.value, dead: true }) },
    ],
  });
}

/** A person vouches that the host of that epoch is off. */
function byHand(d: Draft, said: Pick<FenceRecord, 'epoch' | 'owner' | 'why'>): FenceRecord {
  return {
    ...said,
    state: 'confirmed',
    by: d.s.me,
    byEpoch: d.s.own.epoch,
    how: 'hand',
    atMs: Math.round(d.now.wall),
  };
}
