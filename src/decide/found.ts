// Failure modes in the core: what the detectors found on each host becomes incidents of its own, and a suspect for what else fails.
// The detectors damp (agent/findings.ts); here everything that stands counts.

import { isOfMachine, isOfSystem, saidOnce, type FoundAt } from '../judge/modes-once.ts';
import { suspectsOf } from '../judge/modes.ts';
import type { Incident } from '../judge/incident.ts';
import type { DesiredIncident } from '../judge/incidents.ts';
import { modeNamed } from '../model/modes.ts';
import type { Finding } from '../model/mode.ts';
import type { FaultSeverity } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { HostReport } from './records.ts';
import type { RuleRow } from './rules.ts';
import { isLost, needsOf, reportOf } from './view.ts';

/** What is noted of modes. */
export const foundRows: readonly RuleRow[] = [
  { n: 710, name: 'mode-found', why: 'a detector has found a failure mode, or a change, on this host' },
  { n: 712, name: 'mode-over', why: 'what a detector had found is no longer so' },
  { n: 714, name: 'mode-suspected', why: 'of what was found, this explains the incident best' },
];

/** Takes in all that the detectors of this host have found. */
export function found(d: Draft, findings: readonly Finding[], facts: HostReport['facts']): void {
  const before = new Map(d.s.findings.map((each) => [keyOf(each), each]));
  for (const each of findings) {
    const known = before.get(keyOf(each));
    if (known === undefined || known.weight !== each.weight || (known.untilMs !== null && each.untilMs === null))
      note(d, 710, each);
    else if (known.untilMs === null && each.untilMs !== null) note(d, 712, each);
  }
  d.s.findings = findings;
  d.s.facts = facts;
  d.reportDirty = true;
  d.incidentsDirty = true;
}

function note(d: Draft, rule: number, { mode, subject, weight, text, services, sinceMs }: Finding): void {
  d.note({
    kind: rule === 710 ? 'modeFound' : 'modeOver',
    rule,
    service: services.length === 1 ? (services[0] ?? null) : null,
    facts: { mode, subject, weight, text, services, sinceMs },
  });
}

function keyOf({ mode, subject, sinceMs, weight }: Finding): string {
  // Each change is one of its own; what stands is the same however often it came.
  return `${mode} ${subject}${weight === 'change' ? ` ${sinceMs}` : ''}`;
}

/** The incidents that what stands is by itself. Changes and pressure explain and call nobody. */
export function standingModes(d: Draft): readonly DesiredIncident[] {
  if (d.s.leaving !== null) return [];
  return saidOnce(foundEverywhere(d).filter((each) => each.untilMs === null)).flatMap((each) => {
    const mode = modeNamed(each.mode);
    if (mode === null || (each.weight !== 'fault' && each.weight !== 'ahead') || isToldOf(d, each)) return [];
    const severity: FaultSeverity = each.weight === 'ahead' ? 3 : mode.severity;
    const { subject, weight, text, host, services, alsoOn = [] } = each;
    const instances = services.flatMap((name) =>
      [host, ...alsoOn].toSorted().flatMap((on) => (runsOn(d, name, on) ? [`${name}@${on}`] : [])),
    );
    const cause = { kind: 'mode', facts: { mode: mode.id, subject, weight, text } } as const;
    if (isOfSystem(mode.id)) {
      // Named without the host: when the one that told first no longer does, it is still the same.
      const key = ['mode', mode.id, ...services, subject].join(':');
      return [{ key, severity, service: services[0] ?? null, instance: null, host, cause, also: instances }];
    }
    const service = services.length === 1 ? (services[0] ?? null) : null;
    const several = instances.length > 1;
    return [
      {
        key: `mode:${mode.id}:${isOfMachine(each) ? firstOn(d, each) : host}:${subject}`,
        severity,
        service,
        instance: service === null || several ? null : `${service}@${host}`,
        host,
        cause,
        also: service === null || several ? instances : [],
      },
    ];
  });
}

/** The first host of that machine, whoever tells: when one of them is lost, it is still the same. */
function firstOn(d: Draft, { machine, host }: FoundAt): string {
  const hosts = d.s.system?.hosts ?? [];
  return hosts.find(({ name }) => bootOf(d, name) === machine)?.name ?? host;
}

function bootOf(d: Draft, host: string): string | null {
  return host === d.s.me ? d.s.boot : (d.s.reports.get(host)?.report.boot ?? null);
}

function runsOn(d: Draft, name: string, host: string): boolean {
  const service = d.service(name);
  return service?.kind === 'run' && service.on.some((place) => place.host === host);
}

/** A declared file that is not as declared is an incident of its service already; the mode is named there. */
function isToldOf(d: Draft, { mode, services, host }: FoundAt): boolean {
  if (mode !== 'configuration-missing' && mode !== 'configuration-permissions') return false;
  return services.every((service) => reportOf(d, service, host)?.cause?.kind === 'files-missing');
}

/** Each open incident with the modes that may be behind it, as far as is known now. One that is over keeps what was thought last. */
export function withSuspects(d: Draft, list: readonly Incident[]): readonly Incident[] {
  const all = foundEverywhere(d);
  return list.map((incident) => {
    if (incident.resolvedAtMs !== null || !incident.present || incident.cause.kind === 'mode') return incident;
    const suspects = suspectsOf(
      {
        service: incident.service,
        host: incident.host,
        sinceMs: incident.sinceMs,
        cause: incident.cause,
        needs: incident.service === null ? [] : neededBy(d, incident.service),
      },
      all,
    );
    return JSON.stringify(suspects) === JSON.stringify(incident.suspects) ? incident : { ...incident, suspects };
  });
}

/** Tells when another mode is held to be the likeliest than before. */
export function noteSuspects(d: Draft, before: readonly Incident[], after: readonly Incident[]): void {
  const known = new Map(before.map((incident) => [incident.id, incident.suspects[0]]));
  for (const incident of after) {
    const first = incident.suspects[0];
    const earlier = known.get(incident.id);
    if (first === undefined || (earlier?.mode === first.mode && earlier.sure === first.sure)) continue;
    d.note({
      kind: 'modeSuspected',
      rule: 714,
      service: incident.service,
      instance: incident.instance,
      facts: {
        id: incident.id,
        host: first.host,
        mode: first.mode,
        sure: first.sure,
        text: first.text,
        aheadMs: first.aheadMs,
        for: first.for,
        against: first.against,
      },
    });
  }
}

/** What all hosts found that can be heard. Of one that is gone only what it found before stays known, for what failed with it. */
function foundEverywhere(d: Draft): readonly FoundAt[] {
  const reports: (readonly [string, HostReport | null])[] = (d.s.system?.hosts ?? []).map(({ name }) => [
    name,
    name === d.s.me ? null : (d.s.reports.get(name)?.report ?? null),
  ]);
  return reports.flatMap(([host, report]) => {
    const findings = host === d.s.me ? d.s.findings : (report?.findings ?? []);
    const machine = bootOf(d, host) ?? '';
    const gone = host !== d.s.me && (!d.s.sessions.has(host) || isLost(d, host));
    return findings.map((each) => ({
      ...each,
      untilMs: gone ? (each.untilMs ?? report?.atMs ?? each.sinceMs) : each.untilMs,
      host,
      machine,
    }));
  });
}

/** All that the service needs, also through others. */
function neededBy(d: Draft, name: string): readonly string[] {
  const found_ = new Set<string>();
  const queue = [name];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const service = d.service(next);
    if (service === undefined) continue;
    for (const need of needsOf(service))
      if (!found_.has(need)) {
        found_.add(need);
        queue.push(need);
      }
  }
  return [...found_];
}
