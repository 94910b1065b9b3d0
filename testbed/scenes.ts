// What several rows look at or do: who leads etcd, agent and keeper of a machine, a machine switched on again, a filled disk.
import { rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bed } from './bed.ts';
import type { Machine } from './machine.ts';

/** The processes that run a host: its agent and its keeper. */
export async function runnersOf(bed: Bed, machine: Machine): Promise<{ agent: number; keeper: number }> {
  const view = await bed.until(machine, 'its agent and keeper are known', ({ hosts }) =>
    hosts.some(({ name, agentPid, keeperPid }) => name === machine.host && agentPid !== null && keeperPid !== null),
  );
  const host = view.hosts.find(({ name }) => name === machine.host);
  return { agent: host?.agentPid ?? 0, keeper: host?.keeperPid ?? 0 };
}

interface MemberStatus {
  readonly leader: number;
  readonly header: { readonly member_id: number; readonly revision: number };
}

/** What the member of etcd on this host says of itself; ids are compared as text, since they do not fit a number. */
function memberStatus(bed: Bed, host: string): { id: string; leader: string; revision: number } | null {
  const said = bed.etcdctl(
    '--endpoints',
    bed.etcdUrl(host),
    '--command-timeout',
    '1s',
    'endpoint',
    'status',
    '-w',
    'json',
  );
  if (said === null) return null;
  const { revision } = (JSON.parse(said) as [{ Status: MemberStatus }])[0].Status.header;
  const id = (of: string): string => BigInt(new RegExp(`"${of}":(\\d+)`).exec(said)?.[1] ?? 0).toString(16);
  return { id: id('member_id'), leader: id('leader'), revision };
}

/** The revision of etcd: each write makes one. */
export function revisionOf(bed: Bed): number {
  const told = bed.machines.map(({ host }) => memberStatus(bed, host)?.revision ?? 0);
  return Math.max(...told);
}

/** Where the member of etcd is that leads. */
export async function leaderOf(bed: Bed): Promise<Machine> {
  for (;;) {
    for (const machine of bed.machines) {
      const status = memberStatus(bed, machine.host);
      if (status !== null && status.id === status.leader) return machine;
    }
    await pause(50);
  }
}

/** Makes the member on this machine lead, or one on another. */
export async function letLead(bed: Bed, machine: Machine, should: boolean): Promise<void> {
  const leader = await leaderOf(bed);
  if ((leader.host === machine.host) === should) return;
  const to = should ? machine : (bed.others(machine)[0] ?? machine);
  const id = memberStatus(bed, to.host)?.id ?? '';
  bed.etcdctl('--endpoints', bed.etcdUrl(leader.host), 'move-leader', id);
  while ((await leaderOf(bed)).host !== to.host);
}

/** As a machine that was switched on again. */
export async function bringBack(bed: Bed, machine: Machine): Promise<void> {
  machine.space.join();
  bed.etcd?.startOne(machine.host);
  await bed.up(machine);
}

/** Fills the file system of this folder to its last byte; gives back what empties it. */
export function fill(folder: string): () => void {
  spawnSync('sh', ['-c', 'cat /dev/zero > filler; cat /dev/zero >> filler'], { cwd: folder, stdio: 'ignore' });
  return () => rmSync(`${folder}/filler`, { force: true });
}
