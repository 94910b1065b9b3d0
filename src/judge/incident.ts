// An incident as it is kept, and what is noted on it: that it was told, who has it, what was done. Which ones there are: incidents.ts.
//
// Kept in the store and carried on by whichever agent comes next, so all of it is JSON, and an event is told once: it stays on the
// incident, untold, until somebody marks it. Wall time throughout: it is for people and crosses hosts.

import type { Reason } from './reason.ts';
import type { Suspect } from '../model/mode.ts';
import type { FaultSeverity } from '../model/system.ts';
import type { WallMs } from '../model/units.ts';

/** An incident as it is kept: open, or resolved lately. */
export interface Incident {
  /** Short, and never used again: the name and six characters made of key and beginning, such as `pricer-4f7q2k`. */
  readonly id: string;
  readonly key: string;
  readonly severity: FaultSeverity;
  /** The gravest it has been. */
  readonly worst: FaultSeverity;
  /** What it is about; all null: the system as a whole, or its store. */
  readonly service: string | null;
  readonly instance: string | null;
  readonly host: string | null;
  readonly cause: Reason;
  readonly also: readonly string[];
  readonly sinceMs: number;
  /** Null: it is open. */
  readonly resolvedAtMs: number | null;
  /** The incident it was found to belong to, when that is how it ended. */
  readonly joined: string | null;
  /** What was done automatically, oldest first; the latest twenty. */
  readonly done: readonly string[];
  /** Who has it; null: nobody. */
  readonly ackBy: string | null;
  readonly ackAtMs: number | null;
  readonly flapping: boolean;
  /** False while it is open only because it flaps, or because what suffered is not back yet. */
  readonly present: boolean;
  /** When the root was last seen mended while what suffered was not; null: it is not so. */
  readonly settlingSinceMs: number | null;
  /** When it came and went, oldest first, of the last ten minutes. */
  readonly turns: readonly number[];
  readonly events: readonly IncidentEvent[];
  /** Failure modes that may be behind it, the likeliest first (modes.ts). */
  readonly suspects: readonly Suspect[];
}

/** What there can be to tell of an incident. */
export type IncidentEventKind = 'opened' | 'worsened' | 'eased' | 'resolved' | 'flapping';

/** Something to tell people once. */
export interface IncidentEvent {
  /** Counts within its incident, from 1. */
  readonly n: number;
  readonly kind: IncidentEventKind;
  readonly severity: FaultSeverity;
  readonly atMs: number;
  readonly told: boolean;
}

const mostDone = 20;

/** What is still to be told. */
export function untold(
  kept: readonly Incident[],
): readonly { readonly incident: Incident; readonly event: IncidentEvent }[] {
  return kept.flatMap((incident) =>
    incident.events.filter((event) => !event.told).map((event) => ({ incident, event })),
  );
}

/** It was told (or there is nobody to tell): not again. */
export function markTold(kept: readonly Incident[], id: string, n: number): readonly Incident[] {
  return change(kept, id, (incident) => ({
    ...incident,
    events: incident.events.map((event) => (event.n === n ? { ...event, told: true } : event)),
  }));
}

/** Somebody has it. Null: there is no open incident of this id. */
export function acknowledge(
  kept: readonly Incident[],
  id: string,
  by: string,
  atMs: WallMs,
): readonly Incident[] | null {
  if (!kept.some((incident) => incident.id === id && incident.resolvedAtMs === null)) return null;
  return change(kept, id, (incident) => ({ ...incident, ackBy: by, ackAtMs: atMs }));
}

/** Notes what was done automatically; the same thing said twice in a row counts once. */
export function addDone(kept: readonly Incident[], id: string, what: string): readonly Incident[] {
  return change(kept, id, (incident) =>
    incident.done.at(-1) === what ? incident : { ...incident, done: [...incident.done, what].slice(-mostDone) },
  );
}

function change(kept: readonly Incident[], id: string, how: (incident: Incident) => Incident): readonly Incident[] {
  return kept.map((incident) => (incident.id === id ? how(incident) : incident));
}
