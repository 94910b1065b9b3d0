// An incident as people and scripts see it.

import type { IncidentView } from '../api.ts';
import type { Incident } from '../judge/incident.ts';
import { reasonWords } from '../judge/words.ts';
import type { System } from '../model/system.ts';
import { modesView } from './modes-view.ts';

/** An incident in words. */
export function incidentView(system: System, incident: Incident): IncidentView {
  const service =
    incident.service === null ? undefined : system.services.find((each) => each.name === incident.service);
  const subject = incident.service ?? incident.id;
  return {
    id: incident.id,
    severity: incident.severity,
    service: incident.service,
    instance: incident.instance,
    host: incident.host,
    cause: causeText(incident),
    impact:
      service?.impact ?? (incident.also.length > 0 ? `also: ${incident.also.slice(0, 5).join(', ')}` : 'none declared'),
    sinceMs: incident.sinceMs,
    resolvedAtMs: incident.resolvedAtMs,
    also: incident.also,
    done: incident.done,
    ...nextOf(incident, subject),
    ackBy: incident.ackBy,
    flapping: incident.flapping,
    ...modesView(incident),
  };
}

/** `pricer on a: ended`; what names its subject itself, `host a is down`, is not told it twice. */
export function causeText(incident: Incident): string {
  const [about, cause] = [aboutOf(incident), reasonWords(incident.cause)];
  const text = cause.startsWith(about) ? cause : `${about}: ${cause}`;
  if (incident.present || incident.resolvedAtMs !== null) return text;
  return incident.settlingSinceMs === null
    ? `not at this moment, but it comes and goes: ${text}`
    : `over, and what it took along is on its way back: ${text}`;
}

function aboutOf(incident: Incident): string {
  if (incident.instance !== null) return incident.instance.replace('@', ' on ');
  if (incident.service !== null) return incident.service;
  return incident.host === null ? incident.key : `host ${incident.host}`;
}

/** Which page it is, and at which step it stands, is added where runbooks are known (runbooks.ts). */
function nextOf(incident: Incident, subject: string): Pick<IncidentView, 'next' | 'nextIs'> {
  const { cause, service, instance } = incident;
  if (!incident.present) return { nextIs: 'wait', next: 'wait: it is over once it stays so' };
  if (cause.kind !== 'not-fenced')
    return service === null
      ? { nextIs: 'explain', next: `standfast explain ${subject}` }
      : { nextIs: 'runbook', next: `standfast runbook run ${instance ?? service}` };
  const { host } = cause.facts;
  const next = `see that ${host} is off, then: standfast fence ${host} --confirm --why HOW-YOU-KNOW; or try its fence agent again: standfast fence ${host}`;
  return { nextIs: 'fence', next };
}
