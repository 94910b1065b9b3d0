// Which addresses this keeper put on devices, for the next keeper: what a crash leaves is taken away at the next start. A record that cannot be
// written holds up nothing: the kernel's own hand silences a forgotten address at its deadline.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

import type { PlacedAddress } from './address-device.ts';
import { list, number, object, text } from './shapes.ts';
import type { Shape } from './shapes.ts';

interface Recorded {
  readonly boot: string;
  readonly key: string;
  readonly addresses: readonly PlacedAddress[];
}

const family: Shape<4 | 6> = (value): value is 4 | 6 => value === 4 || value === 6;
const recorded: Shape<Recorded> = object({
  boot: text,
  key: text,
  addresses: list(object({ address: text, prefix: number, family, dev: text })),
});

/** The file of this boot; written behind what it tells of. */
export class AddressRecord {
  /** Drawn by the first keeper of this folder in this boot: what tells its addresses from those of other keepers, to the next one too. */
  readonly key: string;
  /** What an earlier keeper of this boot left written; a boot takes all addresses with it. */
  readonly left: readonly PlacedAddress[];
  readonly #file: string;
  readonly #boot: string;
  #turn: Promise<void> = Promise.resolve();

  /** Reads what is there: only where no deadline is armed yet. */
  constructor(file: string, boot: string) {
    this.#file = file;
    this.#boot = boot;
    const found = readRecorded(file);
    const before = found !== null && found.boot === boot ? found : null;
    this.key = before?.key ?? randomUUID();
    this.left = before?.addresses ?? [];
  }

  /** Replaces it. One after the other; rejects when the disk refuses. */
  write(addresses: readonly PlacedAddress[]): Promise<void> {
    const value: Recorded = { boot: this.#boot, key: this.key, addresses };
    const written = this.#turn.then(async () => {
      await writeFile(`${this.#file}.next`, JSON.stringify(value), { mode: 0o600 });
      await rename(`${this.#file}.next`, this.#file);
    });
    this.#turn = written.catch(() => undefined);
    return written;
  }
}

function readRecorded(file: string): Recorded | null {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return recorded(found) ? found : null;
  } catch {
    return null;
  }
}
