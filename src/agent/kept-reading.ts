// A description as it was read, kept beside the store: to read one of hundreds of services takes a third of a second of processor time, which `up`, every
// agent and every life of an agent would pay anew while what they look after waits. It counts only for the very same text, in the same place, read by
// the same code; whatever else is found there, the text is read.

import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { DescriptionRead, DescriptionText } from '../model/read.ts';
import type { System } from '../model/system.ts';

/** Reads descriptions, and recalls those that were read before. */
export interface Reading {
  /** As `readDescription` does; null: nobody has read this text before, and the code that reads has to be loaded first. */
  read(description: DescriptionText): DescriptionRead | null;
  isLoaded(): boolean;
  /** Loads the code that reads: parser, schemas and all, which a life that only recalls never needs. */
  load(): Promise<void>;
}

/** Reads descriptions, and keeps in `file` what it has read last. */
export function openReading(file: string): Reading {
  let reader: ((description: DescriptionText) => DescriptionRead) | null = null;
  return {
    read(description) {
      const kept = recalled(file, description);
      if (kept !== null) return { system: kept, errors: [] };
      const read = reader === null ? null : reader(description);
      if (read !== null && read.system !== null) keepReading(file, description, read.system);
      return read;
    },
    isLoaded: () => reader !== null,
    async load() {
      reader ??= (await import('../model/read.ts')).readDescription;
    },
  };
}

function recalled(file: string, description: DescriptionText): System | null {
  try {
    const key = keyOf(description);
    const kept = readFileSync(file);
    // What this very code has written of this very text is a system.
    return kept.subarray(0, key.length).equals(key) ? (deserialize(kept.subarray(key.length)) as System) : null;
  } catch {
    return null;
  }
}

/** Keeps what was read of this text. Nothing is lost when it can't be. */
export function keepReading(file: string, description: DescriptionText, system: System): void {
  const own = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(own, Buffer.concat([keyOf(description), serialize(system)]), { mode: 0o600 });
    renameSync(own, file);
  } catch {
    rmSync(own, { force: true });
  }
}

function keyOf({ text, file, folder }: DescriptionText): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([process.version, codeStamp(), file, folder, text]))
    .digest();
}

/** Changes with the code that reads and with the libraries that it uses. */
function codeStamp(): string {
  const model = join(import.meta.dirname, '../model');
  const files = readdirSync(model).map((name) => {
    const { mtimeMs, size } = statSync(join(model, name));
    return `${name} ${mtimeMs} ${size}`;
  });
  return [readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'), ...files].join('\n');
}
