// A linearizable store: one revision for every write, compare-and-set over several keys, a log that watchers read from where they are.

import type { RecordChange } from '../../../src/decide/records.ts';
import type { StoreCompare, StorePut } from '../../../src/decide/effect.ts';

export interface Write {
  readonly revision: number;
  /** The host that wrote it; null: a person. */
  readonly by: string | null;
  readonly puts: readonly StorePut[];
  readonly records: readonly RecordChange[];
}

interface Entry {
  readonly value: string;
  readonly revision: number;
  /** The same, as it is read. */
  readonly records: readonly RecordChange[];
}

/** As many writes are kept for who follows late; who is later still reads everything anew. */
const keptWrites = 2000;

export type Applied =
  | { readonly kind: 'applied'; readonly revision: number }
  | { readonly kind: 'refused'; readonly revision: number; readonly current: readonly RecordChange[] };

export class SimStore {
  readonly identity: number;
  revision = 0;
  /** What was written up to here can no longer be followed. */
  #compactedTo = 0;
  readonly entries = new Map<string, Entry>();
  readonly #log: Write[] = [];
  /** Called for every write, before anybody hears of it. */
  onWrite: (write: Write, before: ReadonlyMap<string, string | null>) => void = () => undefined;
  onChanged: () => void = () => undefined;

  constructor(identity = 1) {
    this.identity = identity;
  }

  txn(compares: readonly StoreCompare[], puts: readonly StorePut[], by: string | null = null): Applied {
    if (compares.some(({ key, revision }) => (this.entries.get(key)?.revision ?? 0) !== revision)) {
      const current: RecordChange[] = [];
      for (const { key } of compares) {
        const entry = this.entries.get(key);
        if (entry !== undefined) current.push(...entry.records);
      }
      return { kind: 'refused', revision: this.revision, current };
    }
    const before = new Map(puts.map(({ key }) => [key, this.entries.get(key)?.value ?? null]));
    this.revision += 1;
    const records = puts.flatMap(({ key, value }) => {
      const read = recordOf(key, value, this.revision);
      if (value === null) this.entries.delete(key);
      else this.entries.set(key, { value, revision: this.revision, records: read });
      return read;
    });
    const write = { revision: this.revision, by, puts, records };
    this.#log.push(write);
    if (this.#log.length > 2 * keptWrites) this.compact(this.revision - keptWrites);
    this.onWrite(write, before);
    this.onChanged();
    return { kind: 'applied', revision: this.revision };
  }

  all(): RecordChange[] {
    return [...this.entries.values()].flatMap(({ records }) => records);
  }

  /** What was written after the one revision and up to the other, in order; null: that was compacted away. */
  since(revision: number, upTo = this.revision): RecordChange[] | null {
    if (revision < this.#compactedTo) return null;
    // Every write is one revision, so the log's place is known.
    return this.#log.slice(revision - this.#compactedTo, upTo - this.#compactedTo).flatMap((write) => write.records);
  }

  compact(upTo: number): void {
    this.#log.splice(0, upTo - this.#compactedTo);
    this.#compactedTo = Math.max(upTo, this.#compactedTo);
  }

  /** The store as it would be from a backup made at that revision. */
  backup(revision: number): SimStore {
    const old = new SimStore(this.identity);
    for (const [key, entry] of this.entries) if (entry.revision <= revision) old.entries.set(key, entry);
    old.revision = revision;
    old.#compactedTo = revision;
    return old;
  }
}

/** Reads one key; what is not a record of the core's is left out. */
export function recordOf(key: string, text: string | null, revision: number): RecordChange[] {
  const [kind, name = ''] = split(key);
  const value: unknown = text === null ? null : JSON.parse(text);
  switch (kind) {
    case 'session':
    case 'report':
    case 'fence':
      return [{ kind, host: name, revision, value } as RecordChange];
    case 'lease':
      return [{ kind, service: name, revision, value } as RecordChange];
    case 'intent':
      return [{ kind, id: name, revision, value } as RecordChange];
    case 'incidents':
    case 'description':
      return [{ kind, revision, value } as RecordChange];
    default:
      return [];
  }
}

function split(key: string): [string, string?] {
  const at = key.indexOf('/');
  return at < 0 ? [key] : [key.slice(0, at), key.slice(at + 1)];
}
