// What the embedded store's thread is asked and what it tells. Plain data, cloned between threads.

import type { Compare, Put, StoreChanges, StoreEntry, TxnAnswer } from '../ports.ts';
import type { StoreErrorCode } from './errors.ts';

/** The store as last seen; a file that does not continue from it is another store. */
export interface Known {
  readonly identity: string;
  readonly revision: number;
  readonly inode: bigint;
}

/** Handed to the thread when it begins. */
export interface WorkerStart {
  readonly file: string;
  /** Ends in a slash, or is empty. */
  readonly prefix: string;
  /** Null: the file is made when there is none. */
  readonly known: Known | null;
  /** One Int32, counted up at each poll, so that a thread stuck in the disk is noticed. */
  readonly pulse: SharedArrayBuffer;
}

/** What the thread is told; `id` comes back with the answer. */
export type Ask =
  | { readonly ask: 'read'; readonly id: number; readonly prefix: string }
  | {
      readonly ask: 'txn';
      readonly id: number;
      readonly compares: readonly Compare[];
      readonly puts: readonly Put[];
      /** On the monotonic clock, in milliseconds: nothing is begun after it. */
      readonly deadline: number;
    }
  | { readonly ask: 'watch'; readonly id: number; readonly after: number }
  | { readonly ask: 'unwatch'; readonly id: number }
  | { readonly ask: 'look' }
  | { readonly ask: 'close' };

/** What the thread tells. */
export type Tell =
  /** The thread runs: what takes long from here on is the disk. */
  | { readonly tell: 'begun' }
  | { readonly tell: 'opened'; readonly known: Known }
  | {
      readonly tell: 'cannotOpen';
      /** Null: it may be different the next time. */
      readonly code: StoreErrorCode | null;
      readonly what: string;
      readonly why: string;
      readonly next: string;
    }
  | { readonly tell: 'read'; readonly id: number; readonly revision: number; readonly entries: readonly StoreEntry[] }
  | { readonly tell: 'readFailed'; readonly id: number; readonly why: string }
  | { readonly tell: 'txn'; readonly id: number; readonly answer: TxnAnswer }
  | { readonly tell: 'changes'; readonly id: number; readonly changes: StoreChanges }
  /** This watch cannot go on without a gap. */
  | { readonly tell: 'gap'; readonly id: number; readonly why: string }
  | { readonly tell: 'lost'; readonly why: string }
  | { readonly tell: 'back' };
