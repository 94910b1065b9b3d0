// etcd members of the testbed's own, one on each machine, for rows in which something is done to their data. Rows that need no such thing use a managed etcd.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Space } from './space.ts';

/** Where a member keeps what it knows, and where it lives. */
export interface EtcdMember {
  readonly host: string;
  readonly address: string;
  readonly space: Space;
  readonly data: string;
}

const clientPort = 2379;
const peerPort = 2380;
/** Ten heartbeats to an election, which the sessions of `recoverWithin: 1s` outlive. */
const heartbeatMs = 16;
const electionMs = 160;

export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #running = new Map<string, ChildProcess>();

  constructor(members: readonly EtcdMember[]) {
    this.members = members;
  }

  get urls(): string[] {
    return this.members.map(({ address }) => `http://${address}:${clientPort}`);
  }

  /** Starts what does not run, and waits until each takes connections. `token`: another one makes another cluster. */
  async start(token = 'testbed'): Promise<void> {
    for (const member of this.members) if (!this.#lives(member.host)) this.#begin(member, token);
    await Promise.all(this.members.map((member) => this.#answers(member)));
  }

  startOne(host: string): void {
    const member = this.members.find((each) => each.host === host);
    if (member !== undefined && !this.#lives(host)) this.#begin(member, 'testbed');
  }

  async killAll(): Promise<void> {
    await Promise.all(this.members.map(({ host }) => this.kill(host)));
  }

  async kill(host: string): Promise<void> {
    const child = this.#running.get(host);
    if (child === undefined || !this.#lives(host)) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Data is moved or copied only while nothing runs: the log of etcd is not to be copied under it. */
  keepCopy(name: string): void {
    for (const { data } of this.members) cpSync(data, `${data}.${name}`, { recursive: true });
  }

  putAside(name: string): void {
    this.forget(name);
    for (const { data } of this.members) renameSync(data, `${data}.${name}`);
  }

  putBack(name: string): void {
    for (const { data } of this.members) {
      rmSync(data, { recursive: true, force: true });
      cpSync(`${data}.${name}`, data, { recursive: true });
    }
  }

  forget(name: string): void {
    for (const { data } of this.members) rmSync(`${data}.${name}`, { recursive: true, force: true });
  }

  #lives(host: string): boolean {
    const child = this.#running.get(host);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #begin(member: EtcdMember, token: string): void {
    const { host, address, space, data } = member;
    mkdirSync(join(data, '..'), { recursive: true });
    const client = `http://${address}:${clientPort}`;
    const peer = `http://${address}:${peerPort}`;
    const log = openSync(`${data}.log`, 'a');
    const child = space.spawn(
      [
        ['etcd', '--name', host, '--data-dir', data, '--listen-client-urls', client, '--advertise-client-urls', client],
        ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster-token', token],
        ['--initial-cluster', this.members.map((each) => `${each.host}=http://${each.address}:${peerPort}`).join(',')],
        ['--initial-cluster-state', existsSync(join(data, 'member')) ? 'existing' : 'new', '--pre-vote=true'],
        ['--heartbeat-interval', String(heartbeatMs), '--election-timeout', String(electionMs)],
        ['--log-level', 'warn', '--log-outputs', 'stderr', '--logger', 'zap', '--max-txn-ops', '1024'],
      ].flat(),
      { stdio: ['ignore', 'ignore', log] },
    );
    this.#running.set(host, child);
  }

  async #answers({ host, address, space }: EtcdMember): Promise<void> {
    while (this.#lives(host)) {
      try {
        const text = space.run(['etcdctl', '--endpoints', `http://${address}:${clientPort}`, 'endpoint', 'health']);
        if (text !== undefined) return;
      } catch {
        await pause(50);
      }
    }
    throw new Error(`etcd on ${host} ended while it was starting`);
  }
}
