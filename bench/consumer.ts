// The client's process, as the rows see it.
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import type { ClientMessage, Seen } from './client.ts';

export type Gap = Extract<ClientMessage, { kind: 'gap' }>;
export type Asked = Extract<ClientMessage, { kind: 'asked' }>;

/** A failover that takes longer than this is not waited for. */
const longestMs = 60_000;

export class Consumer {
  readonly overlaps: string[] = [];
  readonly #process: ChildProcess;
  readonly #heard = new EventEmitter();
  #seen: readonly Seen[];

  constructor(ports: readonly number[]) {
    this.#seen = ports.map(() => 'away');
    this.#process = fork(join(import.meta.dirname, 'client.ts'), ports.map(String));
    this.#process.on('message', (message: ClientMessage) => {
      if (message.kind === 'seen') this.#seen = message.seen;
      if (message.kind === 'overlap') this.overlaps.push(message.text);
      this.#heard.emit(message.kind, message);
    });
  }

  /** Waits until the addresses are seen to be so. */
  async until(holds: (seen: readonly Seen[]) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(longestMs);
    while (!holds(this.#seen)) await once(this.#heard, 'seen', { signal });
  }

  /** The next time that a higher term answers. Ask before you cause it. */
  async nextGap(): Promise<Gap> {
    const [gap] = (await once(this.#heard, 'gap', { signal: AbortSignal.timeout(longestMs) })) as [Gap];
    return gap;
  }

  /** Which share of the questions went out later than promised, by the client's own fault, and the worst. */
  async asked(): Promise<Asked> {
    const answer = once(this.#heard, 'asked');
    this.#process.send('asked?');
    const [asked] = (await answer) as [Asked];
    return asked;
  }

  close(): void {
    this.#process.disconnect();
  }
}
