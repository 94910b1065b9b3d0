// Hears the first output of each service, over a FIFO that all of them write a line with their name to, and notes when.
import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { now } from './clock.ts';

export class FirstOutputs {
  readonly path: string;
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (at: number) => void>();
  #counting: { left: number; done: (at: number) => void } | null = null;
  #rest = '';

  constructor(path: string) {
    this.path = path;
    execFileSync('mkfifo', [path]);
    // Opened for writing too, so that it never ends while nobody writes.
    this.#socket = new Socket({
      fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    });
    this.#socket.on('data', (part) => this.#take(part.toString('latin1')));
  }

  /** Resolves with the moment of the next line of this service. Ask before you cause it. */
  next(name: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }

  /** Resolves with the moment of the last of so many lines. Ask before you cause them. */
  all(count: number): Promise<number> {
    return new Promise((resolve) => (this.#counting = { left: count, done: resolve }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(part: string): void {
    const at = now();
    const lines = (this.#rest + part).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const name of lines) {
      this.#waiting.get(name)?.(at);
      this.#waiting.delete(name);
      if (this.#counting !== null && --this.#counting.left === 0) this.#counting.done(at);
    }
  }
}
