// Who could take a service over, from what every agent can know alike.

import { rankCandidates, type Candidate, type Ranking } from '../judge/choice.ts';
import type { RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import { phaseShown } from './phase.ts';
import type { InstanceReport } from './records.ts';
import { barredFrom, isLive, reportOf } from './view.ts';

/** Which hosts could make it active next, the best first, and what the others wait for. */
export function rank(d: Draft, service: RunService, options: { without?: string; acceptLoss?: boolean }): Ranking {
  const candidates: Candidate[] = [];
  const placed = d.service(service.name);
  for (const { host } of placed?.kind === 'run' ? placed.on : []) {
    if (host === options.without) continue;
    const report = host === d.s.me ? ownCandidate(d, service) : reportOf(d, service.name, host);
    candidates.push({
      host,
      live: isLive(d, host),
      barred: barredFrom(d, service, host),
      phase: report?.phase ?? 'unknown',
      severity: report?.severity ?? 0,
      failedForMs: report?.failedUntilMs === null || report === null ? null : report.failedUntilMs - d.now.wall,
      behindMs: report?.behindMs ?? null,
      mayLoseMs: service.mayLose,
    });
  }
  return rankCandidates(candidates, {
    policy: service.policy,
    prefer: service.prefer,
    order: service.on.map((place) => place.host),
    acceptLoss: options.acceptLoss ?? false,
  });
}

/** Ourselves as a candidate, as of this very step and as others will see us when our report reaches them. */
function ownCandidate(
  d: Draft,
  service: RunService,
): Pick<InstanceReport, 'phase' | 'severity' | 'failedUntilMs' | 'behindMs'> | null {
  const slot = d.slot(service.name);
  if (slot === undefined) return null;
  const instance = slot.now;
  const severity = reportOf(d, service.name, d.s.me)?.severity ?? 0;
  return {
    phase: phaseShown(d, service, slot),
    // What the last report says of an instance that was not ready then says nothing of the one that is.
    severity: instance?.phase === 'ready' && severity === 1 ? 0 : severity,
    failedUntilMs: instance !== null || slot.failedUntil === null ? null : d.now.wall + (slot.failedUntil - d.mono),
    behindMs: instance?.behindMs ?? null,
  };
}
