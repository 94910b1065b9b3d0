// Between the agent and the thread of the detectors.

import type { Seen } from '../../model/mode.ts';
import type { Watch } from './watch.ts';

export interface Ask {
  readonly watch: Watch;
}

export type Tell =
  | {
      readonly kind: 'look';
      readonly look: { readonly detector: string; readonly atMs: number; readonly seen: readonly Seen[] };
    }
  /** A detector threw: a mistake of ours, never of the world. */
  | { readonly kind: 'failed'; readonly detector: string; readonly why: string };
