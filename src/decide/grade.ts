// From what is known of an instance here to what the judge wants to know.

import { judgeBeat } from '../judge/beats.ts';
import { gradeInstance, type CheckFacts, type InstanceVerdict } from '../judge/verdict.ts';
import type { RunService } from '../model/system.ts';
import { ms, type Ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { ReportedPhase } from './records.ts';
import { phaseShown, plannedPhase } from './phase.ts';
import type { Instance, Slot } from './slot.ts';
import { termsOf } from './terms.ts';
import { latenessSince } from './view.ts';

/** How long what is planned down may be up before it is wrong: the time to be told. */
const toldWithinMs = 2000;

/** Grades the instance of this slot, and wakes us when the verdict may change by time alone. */
export function grade(d: Draft, service: RunService, slot: Slot): InstanceVerdict {
  const terms = termsOf(d, service);
  const instance = slot.now;
  const phase = phaseShown(d, service, slot);
  const { phase: planned, because } = plannedPhase(d, service);
  const beat =
    instance !== null && service.detect.heartbeat !== null && instance.beats !== null
      ? judgeBeat(
          instance.beats,
          {
            every: ms(terms.beatEvery),
            // Where z leaves too little to detect in, a beat in time is still no silence.
            d: ms(Math.max(terms.d, 2 * terms.beatEvery)),
            startedAt: instance.readyAt,
            ownLatenessMs: ms(latenessSince(d, Math.max(instance.beats.lastAt ?? 0, d.mono - terms.d))),
            // One that said it was ready, or ran before we came, is known to be up.
            ...(service.ready !== null || instance.adopted ? { firstWithin: ms(0) } : {}),
          },
          d.mono,
        )
      : null;
  if (beat !== null && instance?.phase !== 'stopping') d.wakeBy(beat.lookAgainAt);
  const first = phase === 'down' && planned !== 'down' && !slot.failing && slot.wantedSince !== null;
  const within = first ? service.objective.recoverWithin : withinOf(service, slot, phase, planned, terms);
  const since = first ? (slot.wantedSince ?? d.mono) : Math.max(instance?.since ?? d.mono, slot.planned?.since ?? 0);
  if (within !== null && d.mono - since <= within) d.wakeBy(since + within + 1);
  return gradeInstance({
    // One that has yet to be started for the first time, or again as planned, is on its way.
    phase: first ? 'starting' : phase,
    planned,
    plannedBecause: because,
    severity: service.severity,
    afterFailure: slot.failing,
    phaseForMs: d.mono - since,
    phaseWithinMs: within,
    down: {
      exitCode: slot.lastExit?.code ?? null,
      exitSignal: slot.lastExit?.signal ?? null,
      endedBecause: slot.endedBecause ?? null,
      startError: slot.startError,
      activateError: slot.activateError ?? null,
      tries: slot.failures.length,
      nextInMs:
        slot.failedUntil === null || slot.now !== null ? null : Math.max(0, Math.round(slot.failedUntil - d.mono)),
    },
    notYet: notYet(instance),
    processGone: instance?.processGone ?? false,
    beat,
    status:
      instance?.status === undefined || instance.status === null
        ? null
        : {
            flag: instance.status.status,
            subsystems: instance.status.subsystems,
            why: instance.status.why,
            failures: instance.status.failures,
            every: ms(terms.statusEvery),
          },
    checks: [
      ...[...(instance?.checks ?? [])].map(([name, check]) => {
        const declared = service.detect.checks.find((each) => each.name === name);
        return {
          name: check.shownAs ?? name,
          severity: declared?.severity ?? (declared?.probe.kind === 'log' ? 3 : declared === undefined ? 3 : 1),
          result: check.result,
          text: check.text,
          failures: check.failures,
          every: ms(declared?.every ?? terms.checkEvery),
        };
      }),
      ...unanswered(slot, ms(terms.checkEvery)),
    ],
    filesMissing: instance?.missingFiles ?? [],
    d: ms(terms.d),
  });
}

/**
 * What ended the last process and has not answered since. What refuses at first is not listened to (observe/watched.ts), and a restart that mended
 * nothing would look like one that did.
 */
function unanswered({ now, unproven }: Slot, every: Ms): CheckFacts[] {
  if (now === null) return [];
  return [...unproven]
    .filter(([name]) => !now.checks.has(name))
    .map(([name, { shownAs = name, text }]) => ({
      name: shownAs,
      severity: 1,
      result: 'unknown',
      text: `no good answer since the restart; before it ${text}`,
      failures: 0,
      every,
    }));
}

function notYet(instance: Instance | null): string | null {
  const text = instance?.notYet ?? null;
  if (text === null) return null;
  if (instance?.phase === 'starting') return `not ready yet: ${text}`;
  return instance?.phase === 'activating' ? `not active yet: ${text}` : null;
}

function withinOf(
  service: RunService,
  slot: Slot,
  phase: ReportedPhase,
  planned: ReportedPhase,
  terms: ReturnType<typeof termsOf>,
): number | null {
  switch (phase) {
    case 'starting':
      return terms.readyWithin + (slot.now?.phase === 'activating' ? terms.activeWithin : 0);
    case 'stopping':
      return service.stop.forcedAfter + 5000;
    case 'active':
      return planned === 'active' ? null : toldWithinMs + service.stop.forcedAfter;
    case 'standby':
    case 'passive':
      return planned === 'active' ? service.objective.recoverWithin : planned === 'down' ? toldWithinMs : null;
    case 'down':
    case 'failed':
      return null;
    default:
      return phase satisfies never;
  }
}

/** Notes since when it is planned to be as it is: no phase is overdue before that. */
export function notePlan(d: Draft, service: RunService): void {
  const slot = d.slot(service.name);
  const { phase } = plannedPhase(d, service);
  if (slot !== undefined && slot.planned?.phase !== phase)
    d.setQuietly(service.name, { planned: { phase, since: d.mono } });
}
