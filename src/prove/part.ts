// A part is what can fail by itself, independently of every other part. What fails because something else did is structure, not a part.

import type { Ms } from '../model/units.ts';

/** What kind of thing fails. */
export type PartKind = 'domain' | 'host' | 'agent' | 'store' | 'instance' | 'external' | 'software' | 'configuration';

/** Where a figure comes from. */
type FigureOrigin = 'stated' | 'measured' | 'assumed';

/** How often a part fails. */
export interface Figure {
  /** The share of time that it does not work, in (0, 1]. */
  readonly unavailability: number;
  /** From repair to the next failure; null when only the share is known: it has no rate then. */
  readonly mtbf: Ms | null;
  readonly mttr: Ms | null;
  readonly from: FigureOrigin;
  /** Words for people: which line, which measurement, whose assumption. */
  readonly source: string;
}

/** One thing that can fail, with how often it does. */
export interface Part {
  /** As the contract names it: `pricer@a`, `host:a`, `switch-1`, `agent:a`, `store`, `software:pricer`. */
  readonly name: string;
  readonly kind: PartKind;
  /** The service, host or domain that it belongs to; the empty text for the store. */
  readonly owner: string;
  /** The host of an instance, of an agent, of a member of the store. */
  readonly host: string | null;
  readonly figure: Figure;
}

/** Failures per millisecond in the long run, 1 / (mtbf + mttr); null for a part without a rate. */
export function frequencyOf(figure: Figure): number | null {
  return figure.mtbf === null || figure.mttr === null ? null : 1 / (figure.mtbf + figure.mttr);
}

/** True for faults that hit every instance of a service at once (mission row FM5). */
export function isCommonCause(part: Part): boolean {
  return part.kind === 'software' || part.kind === 'configuration';
}
