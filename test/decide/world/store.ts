// A linearizable store: one revision for every write, compare-and-set over several keys, a log that watchers read from where they are.

import type { RecordChange } from '../../../src/decide/records.ts';
import type { StoreCompare, StorePut } from '../../../src/decide/effect.ts';

export interface Write {
  readonly revision: number;
  readonly puts: readonly StorePut[];
}

export type Applied =
  | { readonly kind: 'applied'; readonly revision: number }
  | { readonly kind: 'refused'; readonly revision: number; readonly current: readonly RecordChange[] };

export class SimStore {
  revision = 0;
  readonly entries = new Map<string, { value: string; revision: number }>();
  readonly log: Write[] = [];
  /** Called for every write, before anybody hears of it. */
  onWrite: (write: Write, before: ReadonlyMap<string, string | null>) => void = () => undefined;
  onChanged: () => void = () => undefined;

  txn(compares: readonly StoreCompare[], puts: readonly StorePut[]): Applied {
    if (compares.some(({ key, revision }) => (this.entries.get(key)?.revision ?? 0) !== revision)) {
      const current: RecordChange[] = [];
      for (const { key } of compares) {
        const entry = this.entries.get(key);
        if (entry !== undefined) current.push(...recordOf(key, entry.value, entry.revision));
      }
      return { kind: 'refused', revision: this.revision, current };
    }
    const before = new Map(puts.map(({ key }) => [key, this.entries.get(key)?.value ?? null]));
    this.revision += 1;
    for (const { key, value } of puts)
      if (value === null) this.entries.delete(key);
      else this.entries.set(key, { value, revision: this.revision });
    const write = { revision: this.revision, puts };
    this.log.push(write);
    this.onWrite(write, before);
    this.onChanged();
    return { kind: 'applied', revision: this.revision };
  }

  all(): RecordChange[] {
    return [...this.entries].flatMap(([key, { value, revision }]) => recordOf(key, value, revision));
  }

  /** What was written after that revision, in order. */
  since(revision: number): RecordChange[] {
    // Every write is one revision, so the log's place is known.
    return this.log
      .slice(revision)
      .flatMap((write) => write.puts.flatMap(({ key, value }) => recordOf(key, value, write.revision)));
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
