// Between the agent and the thread of the detectors.

import type { HostFigures } from '../../model/figures.ts';
import type { Seen } from '../../model/mode.ts';
import type { Watch } from './watch.ts';

export interface Ask {
  readonly watch: Watch;
}

export interface LookTold {
  readonly detector: string;
  readonly atMs: number;
  readonly seen: readonly Seen[];
  readonly facts: Readonly<Record<string, string>>;
  readonly figures?: HostFigures;
}

export type Tell =
  | {
      readonly kind: 'look';
      readonly look: LookTold;
    }
  /** A detector threw: a mistake of ours, never of the world. */
  | { readonly kind: 'failed'; readonly detector: string; readonly why: string };
