// A checkout of one's own, so that the example can be run and broken while another one runs: the example is copied with its
// ports moved, the rest is linked, and the state is a temporary folder. What is left running is ended by its mark.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endMarked, marked } from '../../scripts/marked.ts';
import type { StatusView } from '../../src/api.ts';
import { ask, lives } from '../system/stand.ts';

const repository = join(import.meta.dirname, '../..');
/** The example's ports are 74xx. */
const examplePort = /\b74(\d\d)\b/g;
/** A bound against hanging, far beyond what anything here takes on a busy machine. */
const longestWaitMs = 120_000;

/** What a command said and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export class Checkout {
  readonly folder = mkdtempSync(join(tmpdir(), 'sf-readme-'));
  readonly env: Record<string, string>;
  readonly #ports: string;

  private constructor(ports: string) {
    this.#ports = ports;
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      STANDFAST_STATE: join(this.folder, 'state'),
    };
    for (const part of ['standfast', 'src']) symlinkSync(join(repository, part), join(this.folder, part));
    const example = join(this.folder, 'examples/pricing');
    const leftOver = /\/(run|log)$/;
    cpSync(join(repository, 'examples/pricing'), example, { recursive: true, filter: (path) => !leftOver.test(path) });
    const description = join(example, 'standfast.yaml');
    writeFileSync(description, this.moved(readFileSync(description, 'utf8')));
  }

  /** With ports that nobody uses now. */
  static async make(): Promise<Checkout> {
    // Other tests take theirs below.
    for (let hundred = 260; hundred < 320; hundred++)
      if (await areFree([0, 1, 2, 11, 12, 31, 32].map((port) => hundred * 100 + port)))
        return new Checkout(String(hundred));
    throw new Error('no hundred of ports is free between 26000 and 32000');
  }

  /** A text of the example with this checkout's ports in it. */
  moved(text: string): string {
    return text.replaceAll(examplePort, `${this.#ports}$1`);
  }

  /** Runs a piece of shell to its end. */
  async sh(line: string): Promise<Ran> {
    const child = this.start(line);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => (output += part));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  /** Starts a piece of shell in a process group of its own. */
  start(line: string): ReturnType<typeof spawn> {
    return spawn('sh', ['-c', this.moved(line)], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  /** What the first agent that answers says; null: none does. */
  async status(): Promise<StatusView | null> {
    for (const socket of globSync(join(this.folder, 'state/*/*/agent.sock')).toSorted()) {
      const answer = await ask(socket, 'GET', '/api/v1/status').catch(() => null);
      if (answer?.status === 200) return answer.body as StatusView;
    }
    return null;
  }

  async until(what: string, holds: (status: StatusView) => boolean): Promise<StatusView> {
    let last: StatusView | null = null;
    await eventually(
      () => `${what}; at last ${JSON.stringify(last, null, 1)}`,
      async () => {
        last = await this.status();
        return last !== null && holds(last);
      },
    );
    return last ?? assert.fail(what);
  }

  /** Until everything is as it should be. */
  settled(): Promise<StatusView> {
    return this.until(
      'everything in its planned phase',
      ({ severity, hosts, services }) =>
        severity === 0 &&
        // What has just been killed is told as it last was, until its silence is noticed.
        hosts.every(({ agentPid, keeperPid }) => [agentPid, keeperPid].every((pid) => pid !== null && lives(pid))) &&
        services.every((each) =>
          each.instances.every(({ phase, planned, pid }) => phase === planned && (pid === null || lives(pid))),
        ),
    );
  }

  /** Ends what was started here, found by this folder in its environment, and removes the folder. */
  remove(): void {
    endMarked(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Processes that carry this folder in their environment. */
  marked(): number[] {
    return marked(this.folder);
  }
}

/** Until it holds. `what`: what did not come. */
export async function eventually(what: () => string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const untilMs = performance.now() + longestWaitMs; performance.now() < untilMs; await pause(20))
    if (await holds()) return;
  assert.fail(`never: ${what()}`);
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) return false;
    server.close();
    await once(server, 'close');
  }
  return true;
}
