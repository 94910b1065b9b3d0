// What a detector is, and what it is told to look at. A detector keeps what it needs to compare in its own closure, asks the world only through the
// ground, and says what it sees; whether that counts is for others.

import type { HostFigures } from '../../model/figures.ts';
import type { Seen } from '../../model/mode.ts';
import type { Ground } from './ground.ts';
import type { Watch } from './watch.ts';

/** Looks for some modes of the catalogue, again and again. */
export interface Detector {
  /** As the catalogue names it. */
  readonly name: string;
  readonly everyMs: number;
  /** All that it sees now. Must not reject for what the world does. */
  look(watch: Watch): Promise<Looked>;
}

/** What a look brought. */
export interface Looked {
  readonly seen: readonly Seen[];
  /** What other hosts compare with their own, by name; unsaid: nothing. */
  readonly facts?: Readonly<Record<string, string>>;
  /** For people to look at; nothing is decided by them. */
  readonly figures?: HostFigures;
}

/** Makes a detector that looks through this ground. */
export type OpenDetector = (ground: Ground) => Detector;
