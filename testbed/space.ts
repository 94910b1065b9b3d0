// Machines out of network namespaces: each with one line to a bridge, which lies in a namespace too, so that nothing of it touches this machine's network.
// Faults of lines are made at the bridge or by nftables inside; faults of machines by signals to all that runs in the namespace.
import { execFileSync, spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Why no testbed can be made here; null: it can. */
export function missing(): string | null {
  if (process.getuid?.() !== 0) return 'needs root, to make network namespaces';
  for (const [program, debian] of [
    ['ip', 'iproute2'],
    ['etcd', 'etcd-server'],
    ['nft', 'nftables'],
  ] as const)
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `needs ${program} (Debian: ${debian})`;
  const probe = `${namePrefix}${process.pid}p`;
  if (spawnSync('ip', ['netns', 'add', probe]).status !== 0) return 'needs the right to make network namespaces';
  spawnSync('ip', ['netns', 'del', probe]);
  return null;
}

/** Names of ours: this, and the pid of who made them. */
export const namePrefix = 'sft';

export const outsideAddress = '10.88.0.254';

export function addressOf(at: number): string {
  return `10.88.0.${at}`;
}

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** False: there is no such process any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** A namespace, and what runs in it. */
export class Space {
  readonly name: string;
  /** Processes of ours within, which are no part of the machine. */
  readonly spared = new Set<number>();

  /** `fresh` false: it is there already. */
  constructor(name: string, fresh = true) {
    this.name = name;
    if (!fresh) return;
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }

  /** A program within; `ip netns exec` becomes it, so that its pid is the child's. */
  spawn(words: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const { NO_COLOR: _no, FORCE_COLOR: _force, NODE_TEST_CONTEXT: _test, ...env } = process.env;
    return spawn('ip', ['netns', 'exec', this.name, ...words], { ...options, env: { ...env, ...options.env } });
  }

  /** Runs a program within to its end; throws when that is not well. */
  run(words: readonly string[], input = ''): string {
    return execFileSync('ip', ['netns', 'exec', this.name, ...words], {
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  pids(): number[] {
    // Processes that end while it looks make it err now and then.
    for (let look = 0; look < 5; look++) {
      const { status, stdout } = spawnSync('ip', ['netns', 'pids', this.name], { encoding: 'utf8' });
      if (status === 0) return this.#listed(stdout);
    }
    throw new Error(`what runs in ${this.name} could not be listed`);
  }

  #listed(text: string): number[] {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(Number)
      .filter((pid) => !this.spared.has(pid));
  }

  /** SIGKILL to all within at once, again until nothing is left. */
  killAll(): void {
    for (;;) {
      const pids = this.pids().filter((pid) => !isZombie(pid));
      if (pids.length === 0) return;
      for (const pid of pids) signal(pid, 'SIGKILL');
    }
  }

  /** SIGSTOP to all within, again until nobody is left who could start another; and SIGCONT. */
  freeze(): void {
    const stopped = new Set<number>();
    for (;;) {
      const fresh = this.pids().filter((pid) => !stopped.has(pid));
      if (fresh.length === 0) return;
      for (const pid of fresh) {
        signal(pid, 'SIGSTOP');
        stopped.add(pid);
      }
    }
  }

  thaw(): void {
    for (const pid of this.pids()) signal(pid, 'SIGCONT');
  }

  remove(): void {
    this.spared.clear();
    try {
      this.thaw();
      this.killAll();
    } finally {
      spawnSync('ip', ['netns', 'del', this.name]);
    }
  }
}

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

/** The bridge, where the client outside lives. */
export class Bridge extends Space {
  constructor(name: string) {
    super(name);
    // An address of its own: else it takes one of its ports', and changes it when that line is cut, which the others would notice after seconds.
    ip('-n', name, 'link', 'add', 'br0', 'address', '02:00:00:00:00:fe', 'type', 'bridge');
    ip('-n', name, 'link', 'set', 'br0', 'up');
    ip('-n', name, 'addr', 'add', `${outsideAddress}/24`, 'dev', 'br0');
  }
}

/** A machine on the bridge. */
export class MachineSpace extends Space {
  readonly #bridge: Bridge;
  readonly #port: string;

  constructor(name: string, bridge: Bridge, address: string) {
    super(name);
    this.#bridge = bridge;
    this.#port = `v${name}`;
    ip('link', 'add', this.#port, 'netns', bridge.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    ip('-n', bridge.name, 'link', 'set', this.#port, 'up');
    this.join();
  }

  /** The line is cut at the bridge: silence both ways, though the card still sees its cable. */
  cut(): void {
    ip('-n', this.#bridge.name, 'link', 'set', this.#port, 'nomaster');
  }

  join(): void {
    ip('-n', this.#bridge.name, 'link', 'set', this.#port, 'master', 'br0');
  }

  /** What comes in, or goes out, by the line is dropped, this many of 100. */
  drop(way: 'in' | 'out', share: number): void {
    const [hook, device] = way === 'in' ? ['input', 'iif'] : ['output', 'oif'];
    const when = share >= 100 ? '' : `numgen random mod 100 < ${share} `;
    this.run(
      ['nft', '-f', '-'],
      `table inet testbed { chain ${way} { type filter hook ${hook} priority 0; ${device} eth0 ${when}drop; }; }\n`,
    );
  }

  dropNothing(): void {
    this.run(['nft', 'delete', 'table', 'inet', 'testbed']);
  }

  /** Tells the others where its address is now, as a machine does that boots. */
  forgetNeighbours(others: readonly Space[]): void {
    for (const each of others) spawnSync('ip', ['-n', each.name, 'neigh', 'flush', 'all']);
  }
}
