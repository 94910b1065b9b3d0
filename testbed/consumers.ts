// The clients' processes, as the rows see them: one at each site, and one outside.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientMessage } from './client.ts';
import { readAnswers, type Answer } from './record.ts';
import type { Space } from './space.ts';

/** The site that is on no machine: consumers. */
export const outside = 'outside';

/** Which service on which host an address is. */
export interface Line {
  readonly service: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

export interface Taken {
  readonly site: string;
  readonly answers: readonly Answer[];
  /** Which share of the questions went out more than 5 ms after the one before, and the worst: the client's own doing. */
  readonly lateShare: number;
  readonly worstMs: number;
}

export class Consumers {
  readonly #clients: { readonly site: string; readonly child: ChildProcess; readonly space: Space }[] = [];
  readonly #heard = new EventEmitter();
  readonly #lines: readonly Line[];
  readonly #folder: string;
  /** The newest term of each service that any client held an answer in, since when, and whose. */
  readonly #newest = new Map<string, { readonly term: number; readonly host: string; readonly heldAt: number }>();

  constructor(folder: string, lines: readonly Line[]) {
    this.#folder = folder;
    this.#lines = lines;
  }

  add(site: string, space: Space): void {
    const words = [process.execPath, join(import.meta.dirname, 'client.ts'), join(this.#folder, `answers-${site}`)];
    const addresses = this.#lines.map(({ address, port }) => `${address}:${port}`);
    const child = spawn('ip', ['netns', 'exec', space.name, ...words, ...addresses], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    if (child.pid !== undefined) space.spared.add(child.pid);
    child.on('message', (message: ClientMessage) => {
      if (message.kind === 'active') this.#active(message.line, message.term, message.heldAt);
      this.#heard.emit(message.kind, message);
    });
    this.#clients.push({ site, child, space });
  }

  #active(at: number, term: number, heldAt: number): void {
    const line = this.#lines[at];
    if (line === undefined || (this.#newest.get(line.service)?.term ?? -1) >= term) return;
    this.#newest.set(line.service, { term, host: line.host, heldAt });
  }

  /** Until an answer of a term above this one is held; true when it came within so long. */
  async above(service: string, term: number, withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(withinMs);
    try {
      while ((this.#newest.get(service)?.term ?? -1) <= term) await once(this.#heard, 'active', { signal });
      return true;
    } catch {
      return false;
    }
  }

  term(service: string): number {
    return this.#newest.get(service)?.term ?? -1;
  }

  /** All answers since the last time that they were taken. */
  async take(): Promise<Taken[]> {
    return Promise.all(
      this.#clients.map(async ({ site, child }) => {
        const answer = new Promise<Extract<ClientMessage, { kind: 'kept' }>>((resolve, reject) => {
          const ended = (): void => reject(new Error(`the client at ${site} ended`));
          const listen = (message: ClientMessage): void => {
            if (message.kind !== 'kept') return;
            child.off('message', listen);
            child.off('exit', ended);
            resolve(message);
          };
          child.on('message', listen);
          child.once('exit', ended);
        });
        child.send('keep');
        const { file, lateShare, worstMs } = await answer;
        const answers = [...readAnswers(readFileSync(file))];
        rmSync(file);
        return { site, answers, lateShare, worstMs };
      }),
    );
  }

  close(): void {
    for (const { child } of this.#clients) {
      child.removeAllListeners('exit');
      if (child.connected) child.disconnect();
      child.kill('SIGKILL');
    }
  }
}
