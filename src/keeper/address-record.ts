// Which addresses this keeper put on devices, for the next keeper: what a crash leaves is taken away at the next start. A record that cannot be
// written holds up nothing: the kernel's own hand silences a forgotten address at its deadline.

import { readFile, rename, writeFile } from 'node:fs/promises';

import type { PlacedAddress } from './address-device.ts';
import { list, number, object, text } from './shapes.ts';
import type { Shape } from './shapes.ts';

interface Recorded {
  readonly boot: string;
  readonly addresses: readonly PlacedAddress[];
}

const family: Shape<4 | 6> = (value): value is 4 | 6 => value === 4 || value === 6;
const recorded: Shape<Recorded> = object({
  boot: text,
  addresses: list(object({ address: text, prefix: number, family, dev: text })),
});

export class AddressRecord {
  readonly #file: string;
  readonly #boot: string;
  #turn: Promise<void> = Promise.resolve();

  constructor(file: string, boot: string) {
    this.#file = file;
    this.#boot = boot;
  }

  /** What an earlier keeper of this boot left written; a boot takes all addresses with it. */
  async left(): Promise<readonly PlacedAddress[]> {
    try {
      const found: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      return recorded(found) && found.boot === this.#boot ? found.addresses : [];
    } catch {
      return [];
    }
  }

  /** Replaces it. One after the other; rejects when the disk refuses. */
  write(addresses: readonly PlacedAddress[]): Promise<void> {
    const value: Recorded = { boot: this.#boot, addresses };
    const written = this.#turn.then(async () => {
      await writeFile(`${this.#file}.next`, JSON.stringify(value), { mode: 0o600 });
      await rename(`${this.#file}.next`, this.#file);
    });
    this.#turn = written.catch(() => undefined);
    return written;
  }
}
