// Services on their way back. What they had failed by is over only when they are up again and stay up: without this each start of what fails at once, and
// each new life of the agent, would tell an end of it, and then a beginning.

import type { Incident } from '../judge/incident.ts';
import { goingOn, type DesiredIncident } from '../judge/incidents.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { hostState } from './judged.ts';
import { plannedDown, reportOf } from './view.ts';

/** One that failed and has run no longer than this since may be failing again: it is not back yet. */
const steadyMs = 1000;
/** Started so soon after an end, it is that end's restart. */
const afterExitMs = 90_000;

/** Open incidents that nothing asks for any more, and that are to go on all the same. */
export function comingBack(d: Draft, desired: readonly DesiredIncident[]): readonly DesiredIncident[] {
  const isDesired = (incident: Incident): boolean =>
    desired.some(
      ({ key, also }) => key === incident.key || also.some((name) => name.split('@', 1)[0] === incident.service),
    );
  return d.s.incidents.list
    .filter((each) => each.resolvedAtMs === null && each.present && each.service !== null && !isDesired(each))
    .filter((each) => {
      const service = d.runService(each.service ?? '');
      return service?.on.some(({ host }) => isAbout(each, service.name, host) && isUnsteady(d, service, host)) ?? false;
    })
    .map(goingOn);
}

function isAbout(incident: Incident, service: string, host: string): boolean {
  return incident.instance === null || incident.instance === `${service}@${host}`;
}

function isUnsteady(d: Draft, service: RunService, host: string): boolean {
  const report = reportOf(d, service.name, host);
  if (report === null || plannedDown(d, service, host) !== null || hostState(d, host) === 'down') return false;
  if (report.phase === 'starting') return true;
  const { startedAtMs, lastExit } = report;
  return (
    startedAtMs !== null &&
    lastExit !== null &&
    d.now.wall - startedAtMs < steadyMs &&
    startedAtMs - lastExit.atMs < afterExitMs
  );
}
