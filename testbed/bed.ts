// A system on machines of the testbed: described, started and driven as people do it, watched by clients, and taken down whatever happens.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusView } from '../src/api.ts';
import { connectAgent } from '../src/client.ts';
import { systemLayout } from '../src/layout.ts';
import { etcdTlsFiles } from '../src/store/etcd/tls-files.ts';
import { Consumers, outside, type Line } from './consumers.ts';
import { describe, hosts, ports, system, type WatchedService } from './description.ts';
import { EtcdCluster } from './etcd.ts';
import { clockOf, setClock, type Machine } from './machine.ts';
import { addressOf, Bridge, MachineSpace, namePrefix } from './space.ts';

const repository = join(import.meta.dirname, '..');
const launcher = join(repository, 'standfast');
/** Against hanging alone: on a busy machine all of a bed takes a minute to start. */
const longestWaitMs = 300_000;
/** Where beds lie: in memory, or on a disk. */
export const folders = { disk: join(repository, 'bench/tmp'), memory: '/dev/shm' };
/** Names of ours there: this, and the pid of who made them. */
export const folderPrefix = 'standfast-bed-';

export interface BedOptions {
  readonly recoverWithin: string;
  readonly store: 'managed' | 'own';
  /** Beside `subject`, which uses `member`: `plain` does not; `bystander` does, and is active elsewhere. */
  readonly also?: readonly ('plain' | 'bystander')[];
  /** Folders on file systems of their own, of so many MiB; `blocks`: such as can be made to hang. */
  readonly small?: { readonly what: 'state' | 'etcd'; readonly mib: number; readonly blocks?: boolean };
  /** The agent and keeper of each machine see a wall clock that can be set. */
  readonly clocks?: boolean;
  /** Everything lies in memory: what is left then is not the disk's. */
  readonly inMemory?: boolean;
  /** So many services more, which do nothing. */
  readonly idle?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Bed {
  readonly folder: string;
  readonly options: BedOptions;
  readonly services: readonly WatchedService[];
  readonly bridge: Bridge;
  readonly etcd: EtcdCluster | null;
  readonly consumers: Consumers;
  readonly #machines = new Map<string, Machine>();
  readonly #mounts: string[] = [];
  readonly #blocked = new Set<string>();
  readonly #name: string;
  #spaces = 0;

  private constructor(options: BedOptions) {
    this.options = options;
    this.services = ['subject', ...(options.also ?? [])];
    const tmp = options.inMemory === true ? folders.memory : folders.disk;
    mkdirSync(tmp, { recursive: true });
    this.folder = mkdtempSync(join(tmp, `${folderPrefix}${process.pid}-`));
    // A letter, since the kernel allows a device 15 characters; whoever had it before is taken down.
    this.#name = `${namePrefix}${process.pid}${String.fromCharCode(97 + (Bed.#count++ % 26))}`;
    this.bridge = new Bridge(this.#name);
    for (const [at, host] of hosts.entries()) this.#machines.set(host, this.#addMachine(host, at));
    const lines = this.services.flatMap((service) =>
      hosts.map((host, at): Line => ({ service, host, address: addressOf(at + 1), port: ports[service] })),
    );
    this.consumers = new Consumers(this.folder, lines);
    this.etcd =
      options.store === 'managed'
        ? null
        : new EtcdCluster(
            this.machines.map(({ host, space, folder }, at) => {
              return { host, space, address: addressOf(at + 1), data: join(folder, 'etcd', 'data') };
            }),
          );
  }

  static readonly #made = new Set<Bed>();
  static #count = 0;

  /** Takes down whatever was made, also what is only being made: for who is interrupted. */
  static closeAll(): void {
    for (const bed of Bed.#made) bed.close();
  }

  /** Makes the machines, starts everything on them, and waits until it stands. */
  static async make(options: BedOptions): Promise<Bed> {
    const bed = new Bed(options);
    Bed.#made.add(bed);
    try {
      for (const machine of bed.machines) bed.#lay(machine);
      await bed.etcd?.start();
      await Promise.all(bed.machines.map((machine) => bed.up(machine)));
      bed.consumers.add(outside, bed.bridge);
      for (const { host, space } of bed.machines) bed.consumers.add(host, space);
      await bed.settled();
      return bed;
    } catch (error) {
      bed.close();
      throw error;
    }
  }

  get machines(): Machine[] {
    return [...this.#machines.values()];
  }

  machine(host: string): Machine {
    const machine = this.#machines.get(host);
    if (machine === undefined) throw new Error(`no machine ${host}`);
    return machine;
  }

  /** The machines that are not this one. */
  others(machine: Machine): Machine[] {
    return this.machines.filter((each) => each.space !== machine.space);
  }

  async up(machine: Machine): Promise<void> {
    const { code, stdout, stderr } = await this.cli(
      machine,
      'up',
      machine.folder,
      '--detach',
      '--timeout',
      `${longestWaitMs / 1000}s`,
    );
    if (code !== 0) throw new Error(`up on ${machine.host} ended with ${code}:\n${stderr}${stdout}`);
  }

  /** Runs `standfast WORDS` on this machine, to its end. */
  async cli(machine: Machine, ...words: readonly string[]): Promise<Ended> {
    const child = machine.space.spawn([launcher, ...words], {
      cwd: machine.folder,
      env: { STANDFAST_STATE: machine.state, ...(this.options.clocks === true ? clockOf(machine) : {}) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => (stdout += part));
    child.stderr?.setEncoding('utf8').on('data', (part: string) => (stderr += part));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** What the agent of this machine says; null: it does not answer. */
  async status(machine: Machine): Promise<StatusView | null> {
    const { agentSocket } = systemLayout(machine.state, system).host(machine.host);
    return connectAgent(agentSocket, 1000)
      .status()
      .catch(() => null);
  }

  /** Until the status of this machine's agent holds what is wanted. */
  async until(machine: Machine, what: string, holds: (view: StatusView) => boolean): Promise<StatusView> {
    let last: StatusView | null = null;
    for (const untilMs = performance.now() + longestWaitMs; performance.now() < untilMs; await pause(50)) {
      last = (await this.status(machine)) ?? last;
      if (last !== null && holds(last)) return last;
    }
    throw new Error(`${machine.host} never came to be so: ${what}. It says: ${picture(last)}`);
  }

  /** Until every agent says that all hosts are up, the store is reachable and every instance as planned. */
  async settled(): Promise<StatusView> {
    const views = await Promise.all(this.machines.map((each) => this.until(each, 'all as planned', asPlanned)));
    const [view] = views;
    if (view === undefined) throw new Error('no machine');
    const holders = views.map((each) => each.services.map(({ active }) => active.join()).join(' '));
    // Between two looks it may have moved.
    return new Set(holders).size === 1 ? view : this.settled();
  }

  /** Where clients of etcd ask the member on this host. */
  etcdUrl(host: string): string {
    const address = addressOf(hosts.indexOf(host as 'a') + 1);
    return this.etcd === null ? `https://${address}:23790` : `http://${address}:2379`;
  }

  /** Until every member of etcd answers for itself. */
  async etcdWhole(): Promise<void> {
    const urls = hosts.map((host) => this.etcdUrl(host)).join(',');
    for (const untilMs = performance.now() + longestWaitMs; performance.now() < untilMs; await pause(100))
      if (this.etcdctl('--endpoints', urls, '--command-timeout', '2s', 'endpoint', 'health') !== null) return;
    throw new Error('not every member of etcd came back');
  }

  /** What etcdctl says, asked from outside; null: it ended badly. */
  etcdctl(...words: readonly string[]): string | null {
    try {
      return this.bridge.run(['etcdctl', ...this.#certificates(), ...words]);
    } catch {
      return null;
    }
  }

  /** How etcdctl is let in by a managed etcd. */
  #certificates(): string[] {
    const [machine] = this.machines;
    if (this.etcd !== null || machine === undefined) return [];
    const { ca, client } = etcdTlsFiles(join(machine.state, system, '.etcd-tls'));
    return ['--cacert', ca, '--cert', client, '--key', client];
  }

  /** The process of a service on the machine, 0: none. */
  pid(view: StatusView, service: string, host: string): number {
    return instanceOf(view, service, host)?.pid ?? 0;
  }

  /** Where a service is active. */
  activeOf(view: StatusView, service: WatchedService): Machine {
    const host = view.services.find(({ name }) => name === service)?.active[0];
    if (host === undefined) throw new Error(`${service} is active nowhere: ${picture(view)}`);
    return this.machine(host);
  }

  /** Another machine with the name and address of one that is cut off, and with nothing on its disk. The former goes on. */
  async replace(former: Machine): Promise<Machine> {
    const machine = this.#addMachine(former.host, hosts.indexOf(former.host as 'a'));
    machine.space.forgetNeighbours([this.bridge, ...this.machines.map(({ space }) => space)]);
    this.#lay(machine);
    this.#machines.set(former.host, machine);
    await this.up(machine);
    return machine;
  }

  /** Moves a service by hand. */
  async failover(from: Machine, service: WatchedService, to: string): Promise<void> {
    const { code, stderr } = await this.cli(from, 'failover', service, '--to', to);
    if (code !== 0) throw new Error(`failover of ${service} to ${to} ended with ${code}: ${stderr}`);
  }

  /** Whoever writes to the file system of this folder waits, until what is given back is called. */
  block(folder: string): () => void {
    execFileSync('fsfreeze', ['--freeze', folder]);
    this.#blocked.add(folder);
    return () => {
      if (this.#blocked.delete(folder)) execFileSync('fsfreeze', ['--unfreeze', folder]);
    };
  }

  close(): void {
    Bed.#made.delete(this);
    this.consumers.close();
    // Who waits for a disk cannot be ended.
    for (const folder of this.#blocked) spawnSync('fsfreeze', ['--unfreeze', folder]);
    for (const space of [...this.#allSpaces, this.bridge])
      try {
        space.remove();
      } catch (error) {
        // The others are to go all the same.
        console.error(error instanceof Error ? error.message : error);
      }
    for (const mount of this.#mounts.toReversed()) spawnSync('umount', ['-l', mount]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  readonly #allSpaces: MachineSpace[] = [];

  #addMachine(host: string, at: number): Machine {
    this.#spaces += 1;
    const space = new MachineSpace(`${this.#name}${host}${this.#spaces}`, this.bridge, addressOf(at + 1));
    this.#allSpaces.push(space);
    const folder = join(this.folder, `${host}${this.#spaces}`);
    return { host, space, folder, state: join(folder, 'state') };
  }

  #lay(machine: Machine): void {
    mkdirSync(machine.state, { recursive: true, mode: 0o711 });
    const store = this.etcd === null ? 'managed' : JSON.stringify(this.etcd.urls);
    writeFileSync(join(machine.folder, 'standfast.yaml'), describe(this.options, this.services, store));
    setClock(machine, '+0');
    const { small } = this.options;
    if (small === undefined) return;
    const at = small.what === 'state' ? machine.state : join(machine.folder, 'etcd');
    mkdirSync(at, { recursive: true });
    const words = ['-t', 'tmpfs', '-o', `size=${small.mib}m,mode=0711`, 'none'];
    if (small.blocks === true) {
      const image = `${at}.image`;
      execFileSync('truncate', ['-s', `${small.mib}M`, image]);
      execFileSync('mkfs.ext4', ['-q', image]);
      words.splice(0, words.length, '-o', 'loop', image);
    }
    execFileSync('mount', [...words, at]);
    this.#mounts.push(at);
  }
}

function asPlanned(view: StatusView): boolean {
  return (
    view.store.reachable &&
    view.hosts.every(({ state }) => state === 'up') &&
    view.services.every(({ instances }) => instances.every(({ phase, planned }) => phase === planned)) &&
    view.services.every(({ policy, active }) => policy === 'single' || active.length === 1)
  );
}

function instanceOf(view: StatusView, service: string, host: string) {
  return view.services.find(({ name }) => name === service)?.instances.find((each) => each.host === host);
}

/** A status in a few words, for who reads that it was not as wanted. */
export function picture(view: StatusView | null): string {
  if (view === null) return 'nothing';
  const told = view.hosts.map(({ name, state }) => `${name} ${state}`);
  const instances = view.services.flatMap(({ name, instances: of }) =>
    of.map(({ host, phase, planned, reason }) => `${name}@${host} ${phase} (${planned}) ${reason ?? ''}`),
  );
  return [view.sentence, `store ${view.store.reachable ? 'reachable' : 'away'}`, ...told, ...instances].join('\n  ');
}
