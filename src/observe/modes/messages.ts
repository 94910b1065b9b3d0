// Between the agent and the thread of the detectors.

import type { HostFigures } from '../../model/figures.ts';
import type { Seen } from '../../model/mode.ts';
import type { Pace } from '../../model/pace.ts';
import type { Watch } from './watch.ts';

/** From now on look at this. */
export interface Ask {
  readonly watch: Watch;
}

/** What one look of one detector saw. */
export interface LookTold {
  readonly detector: string;
  readonly atMs: number;
  readonly seen: readonly Seen[];
  readonly facts: Readonly<Record<string, string>>;
  readonly figures?: HostFigures;
  /** How often it looks from now on, and what its looks cost. */
  readonly pace: Pace;
}

/** What the thread tells. */
export type Tell =
  | {
      readonly kind: 'look';
      readonly look: LookTold;
    }
  /** A detector threw: a mistake of ours, never of the world. */
  | { readonly kind: 'failed'; readonly detector: string; readonly why: string };
