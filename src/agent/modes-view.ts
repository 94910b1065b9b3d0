// The failure modes of an incident as people and scripts see them.

import type { SuspectView } from '../api.ts';
import type { Incident } from '../judge/incident.ts';
import { durationWords } from '../judge/words.ts';
import { modeNamed, modePage } from '../model/modes.ts';
import type { Suspect } from '../model/mode.ts';

/** `mode`: the one that it is, or the likeliest; `modes`: all that may be behind it. */
export function modesView(incident: Incident): {
  readonly mode: string | null;
  readonly modes: readonly SuspectView[];
} {
  const modes = incident.suspects.map((suspect) => suspectView(suspect, incident));
  return { mode: ownMode(incident) ?? modes[0]?.mode ?? null, modes };
}

/** What the incident is by itself, without anything to guess; null: something else. */
function ownMode({ cause }: Incident): string | null {
  if (cause.kind === 'mode') return cause.facts.mode;
  return cause.kind === 'host-down' || cause.kind === 'host-silent' ? 'host-lost' : null;
}

function suspectView(suspect: Suspect, incident: Incident): SuspectView {
  const { mode, sure, host, subject, sinceMs } = suspect;
  const row = modeNamed(mode);
  return {
    mode,
    sure,
    host,
    subject,
    text: `${host}: ${suspect.text}, ${whenWords(suspect.aheadMs, incident)}`,
    sinceMs,
    for: suspect.for,
    against: suspect.against,
    runbook: row === null ? '' : modePage(row),
  };
}

/** `14 min before pricer on b failed`. */
function whenWords(aheadMs: number, incident: Incident): string {
  const failed = incident.instance?.replace('@', ' on ') ?? incident.service ?? incident.host ?? 'it';
  return aheadMs < 0
    ? `seen ${durationWords(-aheadMs)} after ${failed} failed`
    : `${durationWords(aheadMs)} before ${failed} failed`;
}
