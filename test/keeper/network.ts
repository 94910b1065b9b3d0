// Machines out of network namespaces: each with a device `e0` on one bridge, where a client asks an address all the time. Needs root.

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { connectKeeper } from '../../src/keeper/client.ts';
import type { KeeperClient } from '../../src/keeper/client.ts';
import { isAlive, readStat } from '../../src/keeper/proc.ts';
import { systemLayout } from '../../src/layout.ts';
import type { HostLayout } from '../../src/layout.ts';
import type { EndedInstance } from '../../src/ports.ts';
import { eventually } from './waiting.ts';

const keeperProgram = fileURLToPath(new URL('../../src/keeper.ts', import.meta.url));

/** Why none can be made here, or false. */
export function networkMissing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to make network namespaces';
  for (const program of ['ip', 'nft', 'arping'])
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    } catch {
      return `needs ${program} (Debian: iproute2, nftables, iputils-arping)`;
    }
  try {
    const name = `sf${process.pid}try`;
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return false;
  } catch {
    return 'no network namespace can be made here';
  }
}

export function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** One answer, or none: `who` is the machine that answered, null when nobody did. Moments of the one monotonic clock, in ms. */
export interface Heard {
  readonly sent: number;
  readonly got: number;
  readonly who: string | null;
}

/** A bridge with a client on it (10.9.0.1, fd00::1) and machines a, b, … (from 10.9.0.2 and fd00::2 on). */
export class Network {
  readonly #client: string;
  readonly #machines: Machine[] = [];
  readonly #lodgers: Machine[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#client = `${prefix}c`;
    ip('netns', 'add', this.#client);
    ip('-n', this.#client, 'link', 'set', 'lo', 'up');
    ip('-n', this.#client, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', this.#client, 'link', 'set', 'br0', 'up');
    ip('-n', this.#client, 'addr', 'add', '10.9.0.1/24', 'dev', 'br0');
    ip('-n', this.#client, 'addr', 'add', 'fd00::1/64', 'dev', 'br0', 'nodad');
  }

  /** With a program that answers every request on port 8080 by the machine's name, whatever its keeper does. */
  async machine(name: string): Promise<Machine> {
    const n = this.#machines.length + 2;
    const space = `${this.#prefix}${name}`;
    ip('netns', 'add', space);
    ip('link', 'add', 'e0', 'netns', space, 'type', 'veth', 'peer', 'name', `p${n}`, 'netns', this.#client);
    ip('-n', this.#client, 'link', 'set', `p${n}`, 'master', 'br0', 'up');
    for (const device of ['lo', 'e0']) ip('-n', space, 'link', 'set', device, 'up');
    ip('-n', space, 'addr', 'add', `10.9.0.${n}/24`, 'dev', 'e0');
    ip('-n', space, 'addr', 'add', `fd00::${n}/64`, 'dev', 'e0', 'nodad');
    const machine = new Machine(name, space);
    this.#machines.push(machine);
    const answers = `require('node:http').createServer((_, answer) => answer.end('${name}')).listen(8080, '::', () => console.log('up'));`;
    await firstLine(this.#spawn(space, ['-e', answers]));
    return machine;
  }

  /** Another keeper on the same machine, with a state folder of its own. */
  lodger(name: string, machine: Machine): Machine {
    const lodger = new Machine(name, machine.space);
    this.#lodgers.push(lodger);
    return lodger;
  }

  /** Asks every 10 ms, each time over a connection of its own; calls back with each answer. */
  ask(address: string, heard: (one: Heard) => void): void {
    const url = `http://${address.includes(':') ? `[${address}]` : address}:8080/`;
    const asks = `
      const http = require('node:http');
      const now = () => { const [s, ns] = process.hrtime(); return s * 1000 + ns / 1e6; };
      setInterval(() => {
        const sent = now();
        const say = (who) => console.log(JSON.stringify({ sent, got: now(), who }));
        const request = http.get('${url}', { agent: false, timeout: 200 }, (answer) => {
          let text = '';
          answer.on('data', (part) => (text += part));
          answer.on('end', () => say(text));
        });
        request.on('timeout', () => request.destroy(new Error('late')));
        request.on('error', () => say(null));
      }, 10);`;
    const child = this.#spawn(this.#client, ['-e', asks]);
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => heard(JSON.parse(line) as Heard));
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const lodger of this.#lodgers) await lodger.close();
    for (const machine of this.#machines) {
      await machine.close();
      ip('netns', 'del', machine.space);
    }
    ip('netns', 'del', this.#client);
  }

  #spawn(space: string, words: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', space, process.execPath, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }
}

/** A machine with a keeper of its own. */
export class Machine {
  readonly name: string;
  readonly space: string;
  readonly state = mkdtempSync(join(realpathSync(tmpdir()), 'standfast-net-'));
  readonly layout: HostLayout;
  readonly client: KeeperClient;
  readonly #ended = new Map<string, EndedInstance>();
  readonly #keepers: ChildProcess[] = [];

  constructor(name: string, space: string) {
    this.name = name;
    this.space = space;
    this.layout = systemLayout(this.state, 'tested').host(name);
    this.client = connectKeeper(this.layout.keeperSocket, {
      hello: ({ ended }) => {
        for (const each of ended) this.#ended.set(each.instance, each);
      },
      ended: (ended) => this.#ended.set(ended.instance, ended),
      lost: () => undefined,
    });
  }

  /** `before`: words that start it otherwise, such as without nftables. */
  async startKeeper(before: readonly string[] = []): Promise<void> {
    const options = ['--state', this.state, '--system', 'tested', '--host', this.name, '--cgroup', 'none'];
    const words = ['netns', 'exec', this.space, ...before, process.execPath, keeperProgram, ...options];
    this.#keepers.push(spawn('ip', words, { stdio: ['ignore', 'ignore', 'ignore'] }));
    await eventually(async () => (await this.client.connect()).kind === 'done', `the keeper of ${this.name} answers`);
  }

  async killKeeper(): Promise<void> {
    const health = await this.client.ping();
    if (health.kind !== 'done') throw new Error(health.why);
    const { pid } = health.value;
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isAlive(readStat(pid)), `the keeper of ${this.name} is gone`);
  }

  async ended(instance: string): Promise<EndedInstance> {
    await eventually(() => this.#ended.has(instance), `the end of ${instance}`);
    const ended = this.#ended.get(instance);
    if (ended === undefined) throw new Error('unreachable');
    return ended;
  }

  /** Addresses on e0, without their prefixes. */
  addresses(): string[] {
    return [...ip('-n', this.space, 'addr', 'show', 'dev', 'e0').matchAll(/inet6? (\S+)\//g)].map(
      ([, one]) => one ?? '',
    );
  }

  run(...words: string[]): string {
    return ip('netns', 'exec', this.space, ...words);
  }

  async close(): Promise<void> {
    this.client.close();
    for (const pid of ip('netns', 'pids', this.space).split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // it ended meanwhile
      }
    }
    for (const keeper of this.#keepers) keeper.kill('SIGKILL');
    await rm(this.state, { recursive: true, force: true });
  }
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdout?.once('data', () => resolve()));
}
