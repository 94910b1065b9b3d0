// Runs that begin by themselves, where the description allows it: for an open incident that is grave enough, not while Standfast itself is still
// at work on the service, not while a person has it paused or stopped, one at a time, and no oftener than said. Each start, and each limit that
// holds one back, goes to the journal.

import type { IncidentView, StatusView } from '../api.ts';
import type { RunbookAnswer, RunView } from '../api-runbook.ts';
import type { JsonValue } from '../model/json.ts';
import { mayBeginByItself } from '../model/runbook-limits.ts';
import type { Run } from '../model/runbook-run.ts';
import type { Service, System } from '../model/system.ts';
import { durationText } from '../model/duration.ts';
import { failoverUnderWay, usualHost } from './runbook-facts.ts';

/** Of the services of this system. */
export interface AutoRunbooks {
  /** Looks at the open incidents; asked each second. */
  look(): void;
  /** When the runbook of a service begins by itself, in words; null: never. */
  words(service: Service | null): string | null;
}

/** `isOpen`: whether a run of that service is open. `note`: to the journal, also why one was held back. It does nothing until it is asked to look. */
export function openAutoRunbooks(options: {
  readonly me: string;
  system(): System | null;
  status(): StatusView | null;
  runs(): readonly Run[];
  isOpen(service: string): boolean;
  nowMs(): number;
  note(kind: string, service: string, facts: Readonly<Record<string, JsonValue>>): void;
  start(service: string, incident: IncidentView): Promise<RunbookAnswer<RunView>>;
}): AutoRunbooks {
  /** What was last said of an incident, so that it is said once. */
  const said = new Map<string, string>();
  let starting = false;
  const say = (incident: IncidentView, service: string, why: string): void => {
    if (said.get(incident.id) === why) return;
    said.set(incident.id, why);
    if (said.size > 1000) said.clear();
    options.note('runbookHeldBack', service, { incident: incident.id, why });
  };

  const consider = async (status: StatusView, service: Service, incident: IncidentView): Promise<void> => {
    if (service.kind !== 'run' || service.autoRunbook === null) return;
    const host = incident.host ?? usualHost(status, service, options.me);
    const up = status.hosts.filter((each) => each.state === 'up').map((each) => each.name);
    const responsible = up.includes(host)
      ? host
      : service.on.map((each) => each.host).find((name) => up.includes(name));
    if (responsible !== options.me) return;
    const view = status.services.find((each) => each.name === service.name);
    const earlier = options.runs().filter((run) => run.auto && run.service === service.name);
    const overAtMs = Math.max(0, ...earlier.map((run) => run.endedAtMs ?? 0));
    const verdict = mayBeginByItself(service.autoRunbook, {
      severity: incident.severity,
      openForMs: options.nowMs() - incident.sinceMs,
      nowMs: options.nowMs(),
      begunAtMs: earlier.map((run) => run.startedAtMs),
      overForMs: overAtMs === 0 ? null : options.nowMs() - overAtMs,
      recoverWithinMs: service.objective.recoverWithin,
      open: options.isOpen(service.name),
      paused: view?.paused ?? false,
      plannedDown: view?.scheduledDown ?? false,
      atWork: view?.instances.some((each) => each.phase === 'starting' || each.phase === 'stopping') ?? false,
      failover: failoverUnderWay(status, service) !== null,
    });
    if (!verdict.may) {
      if (verdict.why !== null) say(incident, service.name, verdict.why);
      return;
    }
    const answer = await options.start(service.name, { ...incident, host: responsible });
    if (!answer.ok) say(incident, service.name, answer.why);
  };

  return {
    look() {
      const system = options.system();
      if (
        starting ||
        system === null ||
        !system.services.some((each) => each.kind === 'run' && each.autoRunbook !== null)
      )
        return;
      const status = options.status();
      if (status === null) return;
      const due = system.services.flatMap((service) => {
        const incident = status.incidents.find((each) => each.service === service.name && each.nextIs === 'runbook');
        return incident === undefined ? [] : [{ service, incident }];
      });
      if (due.length === 0) return;
      starting = true;
      void Promise.all(due.map((each) => consider(status, each.service, each.incident))).finally(() => {
        starting = false;
      });
    },
    words(service) {
      if (service?.kind !== 'run' || service.autoRunbook === null) return null;
      const { severity, atMost, per } = service.autoRunbook;
      return `severity ${severity === 1 ? '1' : `${severity} and graver`}, at most ${atMost} in ${durationText(per)}`;
    },
  };
}
