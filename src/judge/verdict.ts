// Grades one instance by the severity key (mission row RB1), and says whether it has to be ended.
//
//   0  none: running, or down as scheduled or asked; also a first start within its time
//   1  critical: down when it should be up (the service's own `severity` may lower it)
//   2  moderate: up when it should be down, or up with its configuration missing
//   3  low: up but erring or slow
//
// The idea: first where it is against where it should be, then, only when it runs, what is seen of it. Coming back after a failure
// counts as down until the planned phase is reached: what consumers lack does not come back with the process.

import type { CheckResult, Flag, Phase } from '../model/states.ts';
import { gravity } from './reason.ts';
import type { BeatVerdict } from './beats.ts';
import type { DownFacts, PlannedDown, Reason, Verdict } from './reason.ts';
import type { FaultSeverity, Severity } from '../model/system.ts';
import type { Ms } from '../model/units.ts';

/** All that is known of one instance. */
export interface InstanceFacts {
  readonly phase: Phase;
  readonly planned: Phase;
  /** Why it is planned to be down; any word when it is not. */
  readonly plannedBecause: PlannedDown;
  /** Of its service: what "down when it should be up" means. */
  readonly severity: FaultSeverity;
  /** It failed, and has not been in its planned phase since. */
  readonly afterFailure: boolean;
  /** How long it is in this phase (or on its way to the planned one). */
  readonly phaseForMs: number;
  /** How long that may take; null: as long as it likes (but nothing that is up may stay up when planned down). */
  readonly phaseWithinMs: number | null;
  readonly down: DownFacts;
  /** What it says in place of being ready or active, while that is waited for; null: nothing, or it is not waited for. */
  readonly notYet: string | null;
  /** The process list does not hold it. */
  readonly processGone: boolean;
  /** Null: it has no heartbeat. */
  readonly beat: BeatVerdict | null;
  readonly status: StatusFacts | null;
  readonly checks: readonly CheckFacts[];
  /** Declared files that are missing or not as declared. */
  readonly filesMissing: readonly string[];
  /** Within which a failure is to be found. */
  readonly d: Ms;
}

/** What it said of itself. `flag` null: it could not be had, `failures` times in a row. */
export interface StatusFacts {
  readonly flag: Flag | null;
  readonly subsystems: Readonly<Record<string, Flag>>;
  readonly why: string | null;
  readonly failures: number;
  readonly every: Ms;
}

/** The last answer of one check. `failures`: critical or unknown answers in a row, this one included. */
export interface CheckFacts {
  readonly name: string;
  readonly severity: FaultSeverity;
  readonly result: CheckResult;
  readonly text: string;
  readonly failures: number;
  readonly every: Ms;
}

/** A verdict, and whether to act on it. */
export interface InstanceVerdict extends Verdict {
  /** It must be ended: as it is, it will not serve again. */
  readonly unhealthy: boolean;
}

interface Finding {
  readonly severity: Severity;
  readonly reason: Reason;
  readonly ends?: boolean;
}

/** Grades one instance. */
export function gradeInstance(facts: InstanceFacts): InstanceVerdict {
  const standing = position(facts);
  const seen = isUp(facts.phase) ? observed(facts) : isLive(facts.phase) && facts.processGone ? [gone(facts)] : [];
  const findings = [...standing, ...seen].toSorted((a, b) => gravity(b.severity) - gravity(a.severity));
  return {
    severity: findings[0]?.severity ?? 0,
    reasons: findings.map((finding) => finding.reason),
    unhealthy: findings.some((finding) => finding.ends === true),
  };
}

/** How many failures in a row of something asked every so often mean that it is so: two, unless there is no time within d for a second. */
export function failuresThatCount(every: Ms, d: Ms): number {
  return every >= d / 2 ? 1 : 2;
}

/** Where it is against where it should be. */
function position(facts: InstanceFacts): readonly Finding[] {
  const { phase, planned } = facts;
  if (rank(planned) === 0) return plannedDown(facts);
  switch (phase) {
    case 'down':
    case 'failed':
      return [{ severity: facts.severity, reason: { kind: 'down', facts: facts.down } }];
    case 'unknown':
      return [{ severity: facts.severity, reason: { kind: 'not-heard-of', facts: { planned } } }];
    case 'starting':
    case 'stopping':
      return onTheWay(facts, facts.severity);
    case 'passive':
    case 'standby':
      return rank(phase) < rank(planned) ? onTheWay(facts, facts.severity) : [];
    case 'active':
      if (planned === 'active') return [];
      return isOverdue(facts)
        ? [{ severity: 2, reason: { kind: 'active-though-not-planned', facts: { planned } } }]
        : [{ severity: 0, reason: { kind: 'changing', facts: { phase, planned } } }];
    default:
      return unreachable(phase);
  }
}

function plannedDown(facts: InstanceFacts): readonly Finding[] {
  const { phase, planned, plannedBecause: because } = facts;
  switch (phase) {
    case 'down':
    case 'failed':
    case 'unknown':
      return [{ severity: 0, reason: { kind: 'down-as-planned', facts: { because } } }];
    case 'stopping':
      return isOverdue(facts)
        ? [{ severity: 2, reason: { kind: 'overdue', facts: overdueFacts(facts) } }]
        : [{ severity: 0, reason: { kind: 'changing', facts: { phase, planned } } }];
    case 'starting':
    case 'passive':
    case 'standby':
    case 'active':
      // The moment between "it is to go down" and its being told is in order; without a time for it there is none.
      return facts.phaseWithinMs !== null && !isOverdue(facts)
        ? [{ severity: 0, reason: { kind: 'changing', facts: { phase, planned } } }]
        : [{ severity: 2, reason: { kind: 'up-though-planned-down', facts: { phase, because } } }];
    default:
      return unreachable(phase);
  }
}

/** Between two phases: in order within its time, unless it comes back after a failure. */
function onTheWay(facts: InstanceFacts, late: FaultSeverity): readonly Finding[] {
  const { phase, planned } = facts;
  const waits = facts.notYet === null ? {} : { notYet: facts.notYet };
  // A start past its time will not come to an end by waiting.
  if (isOverdue(facts))
    return [
      {
        severity: late,
        reason: { kind: 'overdue', facts: { ...overdueFacts(facts), ...waits } },
        ends: phase === 'starting',
      },
    ];
  if (facts.afterFailure)
    return [{ severity: late, reason: { kind: 'coming-back', facts: { ...facts.down, phase, planned, ...waits } } }];
  return [{ severity: 0, reason: { kind: 'changing', facts: { phase, planned, ...waits } } }];
}

/** What is seen of one that runs. What ends it is as grave as its being down. */
function observed(facts: InstanceFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (facts.processGone) found.push(gone(facts));
  if (facts.beat?.late === true) {
    const { silentMs, toleratedMs } = facts.beat;
    found.push({
      severity: facts.severity,
      reason: { kind: 'beat-late', facts: { silentMs, toleratedMs } },
      ends: true,
    });
  }
  if (facts.status !== null) found.push(...statusFindings(facts.status, facts));
  for (const check of facts.checks) found.push(...checkFindings(check, facts));
  if (facts.filesMissing.length > 0)
    found.push({ severity: 2, reason: { kind: 'files-missing', facts: { files: facts.filesMissing } } });
  return found;
}

function gone(facts: InstanceFacts): Finding {
  return { severity: facts.severity, reason: { kind: 'process-gone', facts: {} }, ends: true };
}

/** A flag `ok` above a failed subsystem is believed as little as a process that calls itself well: it counts as degraded. */
function statusFindings(status: StatusFacts, facts: InstanceFacts): readonly Finding[] {
  const named = (flag: Flag): string[] =>
    Object.keys(status.subsystems).filter((name) => status.subsystems[name] === flag);
  const failed = named('failed');
  const degraded = named('degraded');
  if (status.flag === null) {
    const enough = failuresThatCount(status.every, facts.d);
    const ends = status.failures >= enough;
    const reason: Reason = {
      kind: 'status-unreadable',
      facts: { why: status.why ?? '', timesInARow: status.failures, enough },
    };
    return [{ severity: ends ? facts.severity : 3, reason, ends }];
  }
  if (status.flag === 'failed')
    return [{ severity: facts.severity, reason: { kind: 'says-failed', facts: { failed } }, ends: true }];
  if (status.flag === 'degraded' || failed.length + degraded.length > 0)
    return [{ severity: 3, reason: { kind: 'says-degraded', facts: { failed, degraded } } }];
  return [];
}

function checkFindings(check: CheckFacts, facts: InstanceFacts): readonly Finding[] {
  const { name, text } = check;
  switch (check.result) {
    case 'ok':
      return [];
    case 'warning':
      return [{ severity: 3, reason: { kind: 'check-warns', facts: { check: name, text } } }];
    // A check that itself could not run says nothing against the service, however often it could not.
    case 'unknown':
      return [{ severity: 3, reason: { kind: 'check-unsure', facts: { check: name, text } } }];
    case 'critical': {
      const enough = failuresThatCount(check.every, facts.d);
      const reason: Reason = {
        kind: 'check-failed',
        facts: { check: name, text, timesInARow: check.failures, enough },
      };
      if (check.severity !== 1) return [{ severity: check.severity, reason }];
      const ends = check.failures >= enough;
      return [{ severity: ends ? facts.severity : 3, reason, ends }];
    }
    default:
      return unreachable(check.result);
  }
}

/** How far up a phase is. */
function rank(phase: Phase): number {
  switch (phase) {
    case 'active':
      return 3;
    case 'standby':
      return 2;
    case 'passive':
      return 1;
    case 'down':
    case 'failed':
    case 'stopping':
    case 'starting':
    case 'unknown':
      return 0;
    default:
      return unreachable(phase);
  }
}

function isUp(phase: Phase): boolean {
  return rank(phase) > 0;
}

/** It has, or should have, a process. */
function isLive(phase: Phase): boolean {
  return isUp(phase) || phase === 'starting';
}

function isOverdue(facts: InstanceFacts): boolean {
  return facts.phaseWithinMs !== null && facts.phaseForMs > facts.phaseWithinMs;
}

function overdueFacts(facts: InstanceFacts): { phase: Phase; planned: Phase; forMs: number; withinMs: number } {
  return { phase: facts.phase, planned: facts.planned, forMs: facts.phaseForMs, withinMs: facts.phaseWithinMs ?? 0 };
}

function unreachable(value: never): never {
  throw new Error(`not a phase or result: ${String(value)}`);
}
