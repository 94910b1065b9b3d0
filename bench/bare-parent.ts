// The bare Node parent as a benchmark sees it: its children's pids, and their first outputs.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export class BareParent {
  /** The present process of each child. */
  readonly pids = new Map<string, number>();
  readonly #process: ChildProcess;

  /** Starts `count` children named s0, s1, … */
  constructor(options: { count: number; command: readonly string[]; out: string; log: string }) {
    const args = [String(options.count), ...options.command];
    const env = { ...process.env, OUT: options.out, LOG: options.log };
    this.#process = fork(join(import.meta.dirname, 'bare-parent.mjs'), args, { env });
    this.#process.on('message', ({ name, pid }: { name: string; pid: number }) => this.pids.set(name, pid));
  }

  async end(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
