// A linearizable store: one revision for every write, compare-and-set over several keys, a log that watchers read from where they
// are. It keeps values, not text: they were written by the core as JSON and are parsed once.

import type { StoreCompare } from '../../decide/effect.ts';
import type { RecordChange } from '../../decide/records.ts';

/** A value of the core's on its way to the store; null deletes. */
export interface ParsedPut {
  readonly key: string;
  readonly value: unknown;
}

/** `change` null: the key was deleted. */
export interface StoreEntry {
  readonly key: string;
  readonly revision: number;
  readonly change: RecordChange | null;
}

interface Write {
  readonly revision: number;
  readonly changes: readonly RecordChange[];
}

/** How a write came out; the simulated store always answers. */
export type Applied =
  | { readonly kind: 'applied'; readonly revision: number }
  | { readonly kind: 'refused'; readonly revision: number; readonly current: readonly RecordChange[] };

/** Never loses anything. Whether it can be reached is the world's matter. */
export class SimStore {
  revision = 0;
  entries = new Map<string, StoreEntry>();
  /** The latest writes: those that somebody may not have heard of. */
  log: readonly Write[] = [];

  write(compares: readonly StoreCompare[], puts: readonly ParsedPut[]): Applied {
    if (compares.some(({ key, revision }) => (this.entries.get(key)?.revision ?? 0) !== revision)) {
      const current = compares.flatMap(({ key }) => this.entries.get(key)?.change ?? []);
      return { kind: 'refused', revision: this.revision, current };
    }
    this.revision += 1;
    const changes: RecordChange[] = [];
    for (const { key, value } of puts) {
      const change = recordOf(key, value, this.revision);
      if (change !== null) changes.push(change);
      if (value === null) this.entries.delete(key);
      else this.entries.set(key, { key, revision: this.revision, change });
    }
    this.log = [...this.log, { revision: this.revision, changes }];
    return { kind: 'applied', revision: this.revision };
  }

  all(): RecordChange[] {
    return [...this.entries.values()].flatMap(({ change }) => change ?? []);
  }

  /** What was written after that revision, in order. */
  since(revision: number): RecordChange[] {
    return this.log.flatMap((write) => (write.revision > revision ? write.changes : []));
  }

  /** Everybody has heard of what was written up to here. */
  forget(revision: number): void {
    if ((this.log[0]?.revision ?? Infinity) <= revision)
      this.log = this.log.filter((write) => write.revision > revision);
  }
}

/** A key below the system's prefix and its value, as the core reads it; null for what is not the core's. */
function recordOf(key: string, value: unknown, revision: number): RecordChange | null {
  const at = key.indexOf('/');
  const kind = at < 0 ? key : key.slice(0, at);
  const name = at < 0 ? '' : key.slice(at + 1);
  switch (kind) {
    case 'session':
    case 'report':
      return { kind, host: name, revision, value } as RecordChange;
    case 'lease':
      return { kind, service: name, revision, value } as RecordChange;
    case 'intent':
      return { kind, id: name, revision, value } as RecordChange;
    case 'incidents':
    case 'description':
      return { kind, revision, value } as RecordChange;
    default:
      return null;
  }
}
