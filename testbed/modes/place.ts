// A machine to break, out of namespaces: its own /etc and /var (laid over the real ones), its own mounts and network. What is done in it is done by the
// real tools, to the real paths; nothing of it touches this machine.

import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endMarked } from '../../scripts/marked.ts';
import type { FoundView, StatusView } from '../../src/api.ts';
import { connectAgent, type AgentClient } from '../../src/client.ts';
import { systemLayout } from '../../src/layout.ts';

/** The product. */
export const launcher = join(import.meta.dirname, '..', '..', 'standfast');

/** Of the host in the description; and of what lies elsewhere, though by the same device. */
export const here = '10.9.0.1';
export const far = '10.9.0.2';

/** Nothing that is run to its end takes as long. */
const longestMs = 180_000;

const setUp = `
mkdir "$1/over" && mount -t tmpfs none "$1/over"
for part in etc var; do
  mkdir "$1/over/$part" "$1/over/$part-work"
  mount -t overlay over -o "lowerdir=/$part,upperdir=$1/over/$part,workdir=$1/over/$part-work" "/$part"
done
ip link set lo up mtu 1500 && ip addr add "$2/32" dev lo && ip addr add "$3/32" dev lo
nft add table inet t && nft add chain inet t in '{ type filter hook input priority 0; }'
echo up; exec sleep 1000000`;

/** Why no such machine can be made here; null: it can. */
export function missing(): string | null {
  if (process.getuid?.() !== 0) return 'needs root, to make namespaces';
  for (const program of ['unshare', 'nsenter', 'ip', 'nft'])
    if (spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0) return `needs ${program}`;
  return spawnSync('unshare', ['-m', '-n', 'true']).status === 0 ? null : 'needs the right to make namespaces';
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

const open = new Set<Place>();

export class Place {
  /** Of one service in it: files lie here, and what is run begins here. */
  readonly folder: string;
  /** The service that a fault is made to. */
  readonly app: string;
  readonly #root: string;
  readonly #holder: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #children: Set<ChildProcess>;
  readonly #after: (() => Promise<unknown>)[];

  private constructor(of: {
    readonly folder: string;
    readonly app: string;
    readonly root: string;
    readonly holder: ChildProcess;
    readonly env: NodeJS.ProcessEnv;
    readonly children: Set<ChildProcess>;
    readonly after: (() => Promise<unknown>)[];
  }) {
    this.folder = of.folder;
    this.app = of.app;
    this.#root = of.root;
    this.#holder = of.holder;
    this.#env = of.env;
    this.#children = of.children;
    this.#after = of.after;
  }

  /** The same machine, with a folder of its own for this service. */
  of(app: string): Place {
    const folder = join(this.#root, app);
    mkdirSync(folder, { recursive: true });
    const [root, holder, env] = [this.#root, this.#holder, { ...this.#env, PLACE: folder }];
    return new Place({ folder, app, root, holder, env, children: this.#children, after: this.#after });
  }

  /** `clock`: the wall clock of all that runs in it can be moved by `setClock`; monotonic clocks stay as they are. `fed`: files of the kernel by `feed`. */
  static async open({
    clock = false,
    fed = false,
    env: further = {},
  }: {
    readonly clock?: boolean;
    readonly fed?: boolean;
    readonly env?: Readonly<Record<string, string>>;
  } = {}): Promise<Place> {
    const folder = mkdtempSync(join(tmpdir(), 'sf-place-'));
    const file = join(folder, 'clock');
    if (clock) writeFileSync(file, '+0\n');
    const more = { ...(clock ? clockOf(file) : {}), ...(fed ? feedingOf(folder) : {}), ...further };
    const { NO_COLOR: _no, FORCE_COLOR: _force, NODE_TEST_CONTEXT: _test, ...rest } = process.env;
    const env = { ...rest, STANDFAST_STATE: join(folder, 'state'), PLACE: folder, ...more };
    // Without the mark in its environment: it outlives all that has it.
    const holder = spawn('unshare', ['-m', '-n', 'sh', '-euc', setUp, 'sh', folder, here, far], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: rest,
    });
    let errors = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => {
        throw new Error(`no machine could be made: ${errors}`);
      }),
    ]);
    const place = new Place({ folder, app: '', root: folder, holder, env, children: new Set(), after: [] });
    open.add(place);
    return place;
  }

  /** What is read of this file of the kernel from now on, in a place that is fed. */
  feed(path: string, text: string): void {
    const file = join(this.#root, fedFolder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  /** As faketime writes it: `+5h`, `-2d`. */
  setClock(offset: string): void {
    writeFileSync(join(this.#root, 'clock'), `${offset}\n`);
  }

  /** Done when it is taken away, once nothing in it lives. */
  after(then: () => Promise<unknown>): void {
    this.#after.push(then);
  }

  /** Within its folder. */
  at(...path: readonly string[]): string {
    return join(this.folder, ...path);
  }

  /** Only files of its folder: what lies in /etc or in a mount is the namespace's, and written by `sh`. */
  write(path: string, text: string, mode = 0o644): string {
    const file = this.at(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  #enter(words: readonly string[]): readonly string[] {
    // The folder is entered within: one that was entered before would still show what lies below the mounts.
    const inFolder = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', this.folder];
    return ['-t', String(this.#holder.pid), '-m', '-n', '--', ...inFolder, ...words];
  }

  /** Runs a program in it to its end. */
  run(words: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(
        'nsenter',
        this.#enter(words),
        { env: this.#env, maxBuffer: 1 << 26, cwd: '/', timeout: longestMs, killSignal: 'SIGKILL' },
        (error, out, errors) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 128;
          resolve({ code, out, errors });
        },
      );
    });
  }

  /** A shell line in its folder that must end well; `$1` and on: the words. */
  async sh(line: string, ...words: readonly string[]): Promise<string> {
    const { code, out, errors } = await this.run(['sh', '-euc', line, 'sh', ...words]);
    if (code !== 0) throw new Error(`${line} ${words.join(' ')} ended with ${code}: ${errors}`);
    return out;
  }

  /** A program that runs on until the machine is taken away; resolves when it has written something. */
  async begin(...words: readonly string[]): Promise<ChildProcess> {
    const child = spawn('nsenter', this.#enter(words), { env: this.#env, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
    this.#children.add(child);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(`${words.join(' ')} ended: ${errors}`);
      }),
    ]);
    child.stdout.resume();
    return child;
  }

  standfast(...words: readonly string[]): Promise<Ended> {
    return this.run([launcher, ...words]);
  }

  /** What the agent of this host says; null: it does not answer. Its socket is a file, which every namespace shares. */
  status(host = 'a'): Promise<StatusView | null> {
    return this.#agent(host)
      .status()
      .catch(() => null);
  }

  found(host = 'a'): Promise<FoundView | null> {
    return this.#agent(host)
      .found()
      .catch(() => null);
  }

  #agent(host: string): AgentClient {
    return connectAgent(systemLayout(join(this.#root, 'state'), 'm').host(host).agentSocket);
  }

  /** Of all that this process has opened: when it is told to end. */
  static async closeAll(): Promise<void> {
    await Promise.all([...open].map((each) => each.close()));
  }

  async close(): Promise<void> {
    open.delete(this);
    for (const child of this.#children) child.kill('SIGKILL');
    endMarked(this.#root);
    for (const then of this.#after) await then();
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) {
      this.#holder.kill('SIGKILL');
      await once(this.#holder, 'exit');
    }
    rmSync(this.#root, { recursive: true, force: true });
  }
}

const fedFolder = 'fed';

function feedingOf(root: string): Record<string, string> {
  const loaded = join(import.meta.dirname, '..', 'services', 'fed.mjs');
  return { NODE_OPTIONS: `--import=${loaded}`, STANDFAST_FED: join(root, fedFolder) };
}

function clockOf(file: string): Record<string, string> {
  return {
    LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_CACHE_DURATION: '1',
  };
}
