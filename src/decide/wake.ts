// Moments of the wall clock at which a plan changes: schedules and the ends of intents.

import { nextChange } from '../model/schedule.ts';
import type { Draft } from './draft.ts';

/** Wakes us at the next change of any schedule here. */
export function wakeForSchedules(d: Draft): void {
  const { system } = d.s;
  if (system === null) return;
  const next = nextScheduleChange(d, system);
  if (next !== null) d.wakeBy(d.mono + Math.max(1, next - d.now.wall));
  for (const { value } of d.s.intents.values())
    if (value.untilMs !== null && value.untilMs > d.now.wall) d.wakeBy(d.mono + value.untilMs - d.now.wall + 1);
}

function nextScheduleChange(d: Draft, system: NonNullable<Draft['s']['system']>): number | null {
  if (d.s.nextPlanChangeMs !== null && d.s.nextPlanChangeMs > d.now.wall) return d.s.nextPlanChangeMs;
  let next: number | null = null;
  for (const service of system.services)
    if (service.kind === 'run' && service.schedule !== null) {
      const at = nextChange(service.schedule, d.now.wall);
      if (at !== null && (next === null || at < next)) next = at;
    }
  d.s.nextPlanChangeMs = next;
  return next;
}
