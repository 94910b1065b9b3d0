// What the journal's thread is asked and what it tells. Plain data, cloned between threads.

/** Handed to the thread when it begins. */
export interface JournalStart {
  readonly file: string;
  readonly host: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** atMs, kind, service, instance, term, rule, facts as JSON text. */
export type Row = readonly [number, string, string | null, string | null, number | null, number | null, string];

/** What the thread is told. */
export type Ask = { readonly ask: 'write'; readonly rows: readonly Row[] } | { readonly ask: 'close' };

/** What the thread tells. */
export type Tell =
  /** The file is open, or (with `why`) is not yet and is tried again with each write. */
  | { readonly tell: 'ready'; readonly why: string | null }
  /** Never to be used by this Standfast. */
  | { readonly tell: 'refused'; readonly what: string; readonly why: string; readonly next: string }
  /** Why null: all rows of the last write were written; else none was. */
  | { readonly tell: 'written'; readonly why: string | null };
