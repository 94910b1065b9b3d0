// What is on its way in the simulated world, as plain data.

import type { Effect } from '../../decide/effect.ts';
import type { Ended, Input } from '../../decide/input.ts';
import type { StoreCompare } from '../../decide/effect.ts';
import type { ParsedPut } from './store.ts';

/** A request of an agent to its keeper. */
export type KeeperRequest =
  | Extract<Effect, { kind: 'start' | 'stop' | 'kill' | 'activate' | 'deactivate' }>
  | { readonly kind: 'disarm'; readonly id: number; readonly instance: string };

/** One thing that will come about at its moment, unless who it is for is gone by then. */
export type Happening =
  /** Heartbeats, signs of life of keepers, reading a store that is back. */
  | { readonly kind: 'pulse' }
  | { readonly kind: 'hear'; readonly host: string; readonly life: string; readonly input: Input }
  /** A message between agents, whichever life hears it. */
  | { readonly kind: 'message'; readonly from: string; readonly to: string; readonly input: Input }
  | {
      readonly kind: 'write';
      readonly host: string;
      readonly life: string;
      readonly id: number;
      readonly compares: readonly StoreCompare[];
      readonly puts: readonly ParsedPut[];
    }
  | { readonly kind: 'watch'; readonly host: string; readonly life: string }
  | {
      readonly kind: 'request';
      readonly host: string;
      readonly boot: number;
      readonly life: string;
      readonly request: KeeperRequest;
    }
  | { readonly kind: 'ready'; readonly host: string; readonly instance: string }
  /** It has done what it needs to do to be active. */
  | { readonly kind: 'serves'; readonly host: string; readonly instance: string; readonly term: number }
  | {
      readonly kind: 'rested';
      readonly host: string;
      readonly life: string;
      readonly instance: string;
      readonly id: number;
    }
  | {
      readonly kind: 'called';
      readonly host: string;
      readonly life: string;
      readonly instance: string;
      readonly id: number;
      readonly how: 'activate' | 'deactivate';
    }
  | {
      readonly kind: 'end';
      readonly host: string;
      readonly instance: string;
      readonly by: Ended['by'];
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly kind: 'deadline'; readonly host: string; readonly instance: string }
  | { readonly kind: 'storeAway'; readonly host: string; readonly life: string }
  | { readonly kind: 'finished'; readonly host: string; readonly instance: string };
