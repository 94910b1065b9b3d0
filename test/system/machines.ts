// Machines out of network namespaces, with an etcd between them: each has an address on one bridge, a folder with the description and a state folder of its
// own. Needs root, `ip` and `etcd`. The bridge and the store are in a namespace too, so that nothing of it touches this machine's network.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import type { JournalLine, StatusView } from '../../src/api.ts';
import { ask, ended, eventually, lives, pictureOf, signal, textOf, type Ended } from './stand.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const longestWaitMs = 60_000;

/** Why there can be none here; false: there can. */
export function machinesMissing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to make network namespaces';
  for (const program of ['ip', 'etcd'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `needs ${program}`;
  const probe = `sf${process.pid}p`;
  if (spawnSync('ip', ['netns', 'add', probe]).status !== 0) return 'needs the right to make network namespaces';
  spawnSync('ip', ['netns', 'del', probe]);
  return false;
}

export interface Machine {
  readonly host: string;
  readonly folder: string;
  readonly state: string;
  /** Runs `standfast WORDS` there, to its end. */
  cli(...words: readonly string[]): Promise<Ended>;
  /** What its own agent says; null: it does not answer. */
  status(): Promise<StatusView | null>;
  until(what: string, holds: (view: StatusView) => boolean): Promise<StatusView>;
  journal(): Promise<JournalLine[]>;
  output(service: string): string;
  /** Takes its network away, both ways, and gives it back. */
  cut(): void;
  heal(): void;
  /** Ends everything that runs there, at once. */
  lose(): Promise<void>;
}

export interface Network {
  machine(host: string): Machine;
  /** Another machine with the address and the name of one that is cut off, and with nothing on its disk. */
  replacement(host: string): Machine;
  /** SIGSTOP, SIGCONT: a store that does not answer. */
  stopStore(): void;
  startStore(): void;
  /** Runs a program beside the store, at `storeAddress`. */
  beside(program: string, ...words: readonly string[]): ChildProcess;
}

export const storeAddress = '10.77.0.254';

/** The address of the machine of so many, from 1. */
export function addressOf(at: number): string {
  return `10.77.0.${at}`;
}

export const storeUrl = `http://${storeAddress}:2379`;

/** Makes the machines of these hosts and starts the store. After the test all of it is taken away. */
export async function makeNetwork(t: TestContext, hosts: readonly string[], description: string): Promise<Network> {
  const folder = mkdtempSync(join(tmpdir(), 'sf-net-'));
  const name = (of: string): string => `sf${process.pid}${of}`;
  const children = new Set<ChildProcess>();
  const spaces: string[] = [];
  const machines = new Map<string, Machine & { living(): number[] }>();
  const system = /^system: *(\S+)/m.exec(description)?.[1] ?? assert.fail('the description names no system');
  const ip = (...words: readonly string[]): void => void execFileSync('ip', words, { stdio: 'pipe' });
  const begin = (space: string, words: readonly string[], cwd = folder): ChildProcess => {
    const { NO_COLOR: _no, FORCE_COLOR: _force, NODE_TEST_CONTEXT: _test, ...env } = process.env;
    const child = spawn('ip', ['netns', 'exec', name(space), ...words], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    return child;
  };
  const addSpace = (space: string): void => {
    ip('netns', 'add', name(space));
    spaces.push(space);
    ip('-n', name(space), 'link', 'set', 'lo', 'up');
  };
  t.after(async () => {
    for (const each of machines.values()) for (const pid of each.living()) signal(pid, 'SIGCONT');
    await eventually('all of it is gone', () => {
      const living = [...machines.values()].flatMap((each) => each.living());
      for (const pid of living) signal(pid, 'SIGKILL');
      return living.length === 0;
    });
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    for (const space of spaces) spawnSync('ip', ['netns', 'del', name(space)]);
    rmSync(folder, { recursive: true, force: true });
  });

  addSpace('sw');
  ip('-n', name('sw'), 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', name('sw'), 'link', 'set', 'br0', 'up');
  ip('-n', name('sw'), 'addr', 'add', `${storeAddress}/24`, 'dev', 'br0');

  const add = (host: string, at: number, space: string): Machine & { living(): number[] } => {
    addSpace(space);
    const port = `v${space}${process.pid}`;
    ip('link', 'add', port, 'netns', name('sw'), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name(space));
    ip('-n', name('sw'), 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', name(space), 'addr', 'add', `${addressOf(at)}/24`, 'dev', 'eth0');
    ip('-n', name(space), 'link', 'set', 'eth0', 'up');
    const own = join(folder, space);
    const state = join(own, 'state');
    mkdirSync(own);
    writeFileSync(join(own, 'standfast.yaml'), description);
    const inState = (...path: readonly string[]): string => join(state, system, host, ...path);
    const living = (): number[] => livingIn(state);
    const machine: Machine & { living(): number[] } = {
      host,
      folder: own,
      state,
      living,
      cli: (...words) => ended(begin(space, [process.execPath, main, ...words, '--state', state], own)),
      async status() {
        const view = await ask(inState('agent.sock'), 'GET', '/api/v1/status').catch(() => null);
        return view?.status === 200 ? (view.body as StatusView) : null;
      },
      async until(what, holds) {
        let last: StatusView | null = null;
        for (const untilMs = performance.now() + longestWaitMs; performance.now() < untilMs; await pause(20)) {
          last = (await machine.status()) ?? last;
          if (last !== null && holds(last)) return last;
        }
        throw new Error(
          `did not come on ${space}: ${what}. It is:\n${last === null ? 'no answer' : pictureOf(last)}\n${textOf(inState('agent.log'))}`,
        );
      },
      async journal() {
        const { stdout } = await machine.cli('journal', '--json', '--since', '10m');
        return stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as JournalLine);
      },
      output: (service) => textOf(inState('log', `${service}.log`)),
      cut: () => ip('-n', name('sw'), 'link', 'set', port, 'down'),
      heal: () => ip('-n', name('sw'), 'link', 'set', port, 'up'),
      async lose() {
        await eventually(`${space} is lost`, () => {
          for (const pid of living()) signal(pid, 'SIGKILL');
          return living().length === 0;
        });
      },
    };
    machines.set(space, machine);
    return machine;
  };
  for (const [index, host] of hosts.entries()) add(host, index + 1, host);

  const store = begin('sw', [
    'etcd',
    ...`--data-dir ${join(folder, 'etcd')} --log-level error --listen-peer-urls http://127.0.0.1:2380`.split(' '),
    ...`--listen-client-urls ${storeUrl} --advertise-client-urls ${storeUrl}`.split(' '),
  ]);
  await eventually('the store answers', () => {
    const words = ['netns', 'exec', name('sw'), 'etcdctl', '--endpoints', storeUrl, 'endpoint', 'health'];
    return spawnSync('ip', words, { env: { ...process.env, ETCDCTL_API: '3' } }).status === 0;
  });
  // `ip netns exec` becomes the program, so its pid is the store's.
  const storePid = store.pid ?? assert.fail('no store');
  return {
    machine: (host) => machines.get(host) ?? assert.fail(`no machine ${host}`),
    replacement: (host) => add(host, hosts.indexOf(host) + 1, `${host}2`),
    stopStore: () => void signal(storePid, 'SIGSTOP'),
    startStore: () => void signal(storePid, 'SIGCONT'),
    beside: (program, ...words) => begin('sw', [program, ...words]),
  };
}

/** Whatever names this state folder in its command line or environment. */
function livingIn(state: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 1 && pid !== process.pid && lives(pid))
    .filter((pid) => {
      const words = textOf(`/proc/${pid}/cmdline`).split('\0');
      if (words[words.indexOf('--state') + 1] === state) return true;
      return textOf(`/proc/${pid}/environ`)
        .split('\0')
        .some((each) => each.startsWith('STANDFAST_') && each.includes(`=${state}/`));
    });
}
