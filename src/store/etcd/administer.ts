// Questions about the etcd itself: its members, their health, their alarms. For `doctor`, and for running a managed one.

import type { EtcdAccess } from './access.ts';
import { memberAt, type EtcdMember } from './member.ts';
import { openMembers } from './members.ts';
import { troubleOf } from './trouble.ts';

/** A member as the cluster lists it, whether or not it runs. */
export interface ListedMember {
  readonly id: bigint;
  /** Empty: it was added and has never run. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** Empty: it has never run. */
  readonly clientUrls: readonly string[];
}

/** One member as it answers for itself. What is not known, since it does not answer, is 0 or empty. */
export interface MemberHealth {
  readonly endpoint: string;
  /** Null: it answers. */
  readonly why: string | null;
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly version: string;
  /** 0: it knows of no leader. */
  readonly leader: bigint;
  readonly dbBytes: number;
  /** What it says of itself. */
  readonly errors: readonly string[];
}

/** An alarm that etcd itself has raised, and that somebody must disarm. */
export interface Alarm {
  readonly memberId: bigint;
  readonly kind: 'NOSPACE' | 'CORRUPT' | 'other';
}

/** The members as the first of the endpoints that answers knows them; null: none answers within `limitMs`. */
export async function listMembers(access: EtcdAccess, limitMs: number): Promise<readonly ListedMember[] | null> {
  return asking(access, async (members) => {
    const asked = await members.ask(limitMs, (calls, call) => calls.cluster.memberList({}, call));
    return asked.kind === 'none' ? null : asked.value.members;
  });
}

/** Adds a member that will talk at `peerUrl`. Answers why not, or null. */
export async function addMember(access: EtcdAccess, peerUrl: string, limitMs: number): Promise<string | null> {
  return asking(access, async (members) => {
    const asked = await members.ask(limitMs, (calls, call) => calls.cluster.memberAdd({ peerUrls: [peerUrl] }, call));
    return asked.kind === 'none' ? asked.why : null;
  });
}

/** Removes a member for good. Answers why not, or null. */
export async function removeMember(access: EtcdAccess, id: bigint, limitMs: number): Promise<string | null> {
  return asking(access, async (members) => {
    const asked = await members.ask(limitMs, (calls, call) => calls.cluster.memberRemove({ id }, call));
    return asked.kind === 'none' ? asked.why : null;
  });
}

/** Asks every endpoint by itself how it is. */
export async function memberHealths(access: EtcdAccess, limitMs: number): Promise<readonly MemberHealth[]> {
  return Promise.all(
    access.endpoints.map(async (endpoint) => {
      const member = memberAt(endpoint, access);
      try {
        return await healthOf(member, limitMs);
      } catch (error) {
        const { why } = troubleOf(error, endpoint);
        return { endpoint, why, memberId: 0n, clusterId: 0n, version: '', leader: 0n, dbBytes: 0, errors: [] };
      } finally {
        member.drop();
      }
    }),
  );
}

/** The alarms in force; null: not known. */
export async function alarmsOf(access: EtcdAccess, limitMs: number): Promise<readonly Alarm[] | null> {
  return asking(access, async (members) => {
    const asked = await members.ask(limitMs, (calls, call) => calls.maintenance.alarm({ action: 0 }, call));
    if (asked.kind === 'none') return null;
    return asked.value.alarms.map(({ memberId, alarm }) => ({
      memberId,
      kind: alarm === 1 ? ('NOSPACE' as const) : alarm === 2 ? ('CORRUPT' as const) : ('other' as const),
    }));
  });
}

async function healthOf(member: EtcdMember, limitMs: number): Promise<MemberHealth> {
  const status = await member.calls().maintenance.status({}, { signal: AbortSignal.timeout(limitMs) });
  return {
    endpoint: member.endpoint,
    why: null,
    memberId: status.header?.memberId ?? 0n,
    clusterId: status.header?.clusterId ?? 0n,
    version: status.version,
    leader: status.leader,
    dbBytes: Number(status.dbSize),
    errors: status.errors,
  };
}

async function asking<T>(access: EtcdAccess, ask: (members: ReturnType<typeof openMembers>) => Promise<T>): Promise<T> {
  const members = openMembers(access, 0);
  try {
    return await ask(members);
  } finally {
    members.close();
  }
}
