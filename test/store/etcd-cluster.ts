// Real etcd members for tests: their own ports and folders, ended by pid. Each is reached through a relay of ours, so that another etcd can
// be put in the same place at one moment.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { afterwards, folder } from './places.ts';

/** Why there is no etcd here, or false. */
export function noEtcd(): string | false {
  return spawnSync('etcd', ['--version']).error === undefined ? false : 'needs etcd (Debian: etcd-server)';
}

export interface Member {
  readonly name: string;
  readonly clientUrl: string;
  readonly pid: () => number;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, with its data unless `wiped`. */
  start(options?: { wiped?: boolean }): Promise<void>;
  /** Its data as it is now, while it is ended. */
  keepCopy(): void;
  putBack(): void;
}

export interface Cluster {
  readonly members: readonly Member[];
  readonly urls: readonly string[];
  /** The member that leads now. */
  leader(): Promise<Member>;
  signalAll(signal: NodeJS.Signals): void;
}

export interface ClusterOptions {
  readonly members: number;
  readonly scheme?: 'http' | 'https';
  readonly args?: readonly string[];
}

/** Starts an etcd and waits until it answers; ended after the test. */
export async function startCluster(t: TestContext, options: ClusterOptions): Promise<Cluster> {
  const home = folder(t);
  const scheme = options.scheme ?? 'http';
  const plans = await Promise.all(
    Array.from({ length: options.members }, async (_, index) => ({
      name: `m${index}`,
      client: `${scheme}://127.0.0.1:${await freePort()}`,
      peer: `http://127.0.0.1:${await freePort()}`,
      data: join(home, `m${index}`),
    })),
  );
  const initial = plans.map((plan) => `${plan.name}=${plan.peer}`).join(',');
  const members = plans.map((plan) => memberOf(plan, initial, options.args ?? []));
  afterwards(t, async () => {
    await Promise.all(members.map((member) => member.kill()));
  });
  await Promise.all(members.map((member) => member.start()));
  const urls = plans.map((plan) => plan.client);
  return {
    members,
    urls,
    async leader() {
      for (;;) {
        for (const member of members) {
          const status = await statusOf(member.clientUrl);
          if (status !== null && status.leader !== '0' && status.leader === status.member) return member;
        }
        await pause(20);
      }
    },
    signalAll(signal) {
      for (const member of members) member.signal(signal);
    },
  };
}

function memberOf(
  plan: { name: string; client: string; peer: string; data: string },
  initial: string,
  args: readonly string[],
): Member {
  let child: ChildProcess | null = null;
  const isAlone = !initial.includes(',');
  return {
    name: plan.name,
    clientUrl: plan.client,
    pid: () => child?.pid ?? 0,
    signal(signal) {
      child?.kill(signal);
    },
    async kill() {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const gone = once(running, 'exit');
      running.kill('SIGKILL');
      await gone;
    },
    keepCopy() {
      cpSync(plan.data, `${plan.data}.copy`, { recursive: true });
    },
    putBack() {
      rmSync(plan.data, { recursive: true, force: true });
      cpSync(`${plan.data}.copy`, plan.data, { recursive: true });
    },
    async start({ wiped = false } = {}) {
      if (wiped) rmSync(plan.data, { recursive: true, force: true });
      child = spawn(
        'etcd',
        [
          ['--name', plan.name, '--data-dir', plan.data, '--listen-client-urls', plan.client],
          ['--advertise-client-urls', plan.client, '--listen-peer-urls', plan.peer],
          ['--initial-advertise-peer-urls', plan.peer, '--initial-cluster', initial],
          // One alone waits for nobody's answer.
          ['--heartbeat-interval', isAlone ? '10' : '50', '--election-timeout', isAlone ? '100' : '500', ...args],
        ].flat(),
        { stdio: 'ignore' },
      );
      await answering(child, plan.client);
    },
  };
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const { port } = new URL(url);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    if (open) return;
    await pause(20);
  }
  throw new Error('etcd ended while it was starting');
}

async function statusOf(url: string): Promise<{ leader: string; member: string } | null> {
  try {
    const response = await fetch(`${url}/v3/maintenance/status`, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.timeout(500),
    });
    const body = (await response.json()) as { leader?: string; header: { member_id: string } };
    return { leader: body.leader ?? '0', member: body.header.member_id };
  } catch {
    return null;
  }
}

/** A relay to one of several servers, which can be exchanged for another at once. */
export async function relay(t: TestContext, to: number): Promise<{ port: number; turnTo(port: number): void }> {
  let target = to;
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const onward = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [from, onward],
      [onward, from],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    turnTo(port) {
      target = port;
      for (const socket of open) socket.destroy();
    },
  };
}
