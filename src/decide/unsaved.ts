// Incidents that this agent keeps and the store does not have yet: opened while it was away, or being written. Each keeps its name once anybody was told of
// it, whoever reports when the store is back: who was told that something began is to be told that it is over, once.

import type { Incident } from '../judge/incident.ts';
import type { State } from './state.ts';

/** What an agent's next life is to know of: else it would be told again, under another name. What is being told at this moment counts as told. */
export function unsavedIncidents({ incidents }: State): readonly Incident[] {
  const { stored, list, telling } = incidents;
  const underWay = new Set(telling.values());
  const withMarks = unsaved(stored, list).map((each) => ({
    ...each,
    events: each.events.map((event) => (underWay.has(`${each.id} ${event.n}`) ? { ...event, told: true } : event)),
  }));
  return withMarks.filter(wasTold);
}

/** Those of the list that the store does not have, and of which something is still to be told. */
export function unsaved(stored: readonly Incident[] | null, list: readonly Incident[]): readonly Incident[] {
  const known = new Set((stored ?? []).map(({ id }) => id));
  return list.filter((each) => !known.has(each.id) && !isOver(each));
}

/** Anybody was told anything of it. */
export function wasTold({ events }: Incident): boolean {
  return events.some(({ told }) => told);
}

/** What is kept beside what now stands in the store. Of the rest nobody has heard: it is found anew, or is part of what they found. */
export function unstored(of: {
  readonly list: readonly Incident[];
  readonly stored: readonly Incident[] | null;
  readonly theirs: readonly Incident[];
}): readonly Incident[] {
  const { list, stored, theirs } = of;
  return unsaved([...(stored ?? []), ...theirs], list).filter(wasTold);
}

/**
 * Ours go on; what others have written since (an acknowledgement, what was told) is taken over. Where they have the same under another name theirs, which
 * everybody knows, goes on: it stands first. Ours is over then, which is told where it was told of.
 */
export function merged(ours: readonly Incident[], theirs: readonly Incident[]): readonly Incident[] {
  const byId = new Map(theirs.map((incident) => [incident.id, incident]));
  const known = ours.flatMap((incident) => {
    const other = byId.get(incident.id);
    byId.delete(incident.id);
    if (other === undefined) return [];
    const told = new Set(other.events.filter((event) => event.told).map((event) => `${event.n} ${event.kind}`));
    return {
      ...incident,
      ackBy: other.ackBy ?? incident.ackBy,
      ackAtMs: other.ackAtMs ?? incident.ackAtMs,
      events: incident.events.map((event) => (told.has(`${event.n} ${event.kind}`) ? { ...event, told: true } : event)),
    };
  });
  const rest = [...byId.values()];
  const ids = new Set(theirs.map(({ id }) => id));
  const alone = ours.filter((each) => !ids.has(each.id) && (wasTold(each) || !isOpenIn(rest, each)));
  return [...known, ...rest, ...alone];
}

/** Nothing of it is left to be told. */
function isOver({ resolvedAtMs, events }: Incident): boolean {
  return resolvedAtMs !== null && events.every(({ told }) => told);
}

function isOpenIn(theirs: readonly Incident[], { key }: Incident): boolean {
  return theirs.some((each) => each.key === key && each.resolvedAtMs === null);
}
