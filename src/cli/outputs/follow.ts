// Follows files that others append to, and that are cut off when they are rotated.

import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { pause } from '../interruption.ts';
import { sizeOf } from './files.ts';
import type { Output } from './files.ts';

const lookEveryMs = 150;
const stepBytes = 256 * 1024;
/** A line without an end is shown in pieces of this length, so that it does not fill the memory. In characters. */
const longestLine = 64 * 1024;

/** Tells each further line until ^C. What was written between two looks and rotated away meanwhile is not seen. */
export async function followOutputs(
  outputs: readonly Output[],
  signal: AbortSignal,
  tell: (output: Output, line: string) => void,
): Promise<void> {
  const followed = outputs.map((output) => new Followed(output));
  while (!signal.aborted) {
    for (const each of followed) await each.look(signal, tell);
    await pause(lookEveryMs, signal);
  }
}

class Followed {
  readonly #output: Output;
  #at: number;
  #rest = '';
  #decoder = new StringDecoder('utf8');

  constructor(output: Output) {
    this.#output = output;
    this.#at = output.size;
  }

  async look(signal: AbortSignal, tell: (output: Output, line: string) => void): Promise<void> {
    const size = await sizeOf(this.#output.file);
    if (size < this.#at) {
      // It was rotated: what is in it now is new.
      this.#at = 0;
      this.#rest = '';
      this.#decoder = new StringDecoder('utf8');
    }
    if (size === this.#at) return;
    const file = await open(this.#output.file).catch(() => null);
    if (file === null) return;
    try {
      while (this.#at < size && !signal.aborted) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(stepBytes), 0, stepBytes, this.#at);
        if (bytesRead === 0) break;
        this.#at += bytesRead;
        this.#take(this.#decoder.write(buffer.subarray(0, bytesRead)), tell);
      }
    } finally {
      await file.close();
    }
  }

  #take(text: string, tell: (output: Output, line: string) => void): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) tell(this.#output, line);
    if (this.#rest.length < longestLine) return;
    tell(this.#output, this.#rest);
    this.#rest = '';
  }
}
