// Why something is judged as it is: data, so that the journal keeps it, tests compare it and only the edge words it (words.ts).
// The union is closed: a new kind stays silent nowhere, because every switch over it ends in `never`.

import type { Phase } from '../model/states.ts';
import type { FaultSeverity, Severity } from '../model/system.ts';

/** One reason and the facts it rests on. JSON-serialisable. Names ending in `Ms` are durations in milliseconds. */
export type Reason =
  // Of an instance that is not running.
  | { readonly kind: 'down-as-planned'; readonly facts: { readonly because: PlannedDown } }
  | { readonly kind: 'down'; readonly facts: DownFacts }
  | { readonly kind: 'coming-back'; readonly facts: DownFacts & Changing }
  | { readonly kind: 'not-heard-of'; readonly facts: { readonly planned: Phase } }
  // Of an instance between two phases.
  | { readonly kind: 'changing'; readonly facts: Changing }
  | { readonly kind: 'overdue'; readonly facts: Changing & { readonly forMs: number; readonly withinMs: number } }
  | {
      readonly kind: 'up-though-planned-down';
      readonly facts: { readonly phase: Phase; readonly because: PlannedDown };
    }
  | { readonly kind: 'active-though-not-planned'; readonly facts: { readonly planned: Phase } }
  // Of an instance that runs.
  | { readonly kind: 'process-gone'; readonly facts: Record<string, never> }
  | { readonly kind: 'beat-late'; readonly facts: { readonly silentMs: number; readonly toleratedMs: number } }
  | { readonly kind: 'says-failed'; readonly facts: { readonly failed: readonly string[] } }
  | {
      readonly kind: 'says-degraded';
      readonly facts: { readonly failed: readonly string[]; readonly degraded: readonly string[] };
    }
  | {
      readonly kind: 'status-unreadable';
      readonly facts: { readonly why: string; readonly timesInARow: number; readonly enough: number };
    }
  | {
      readonly kind: 'check-failed';
      readonly facts: {
        readonly check: string;
        readonly text: string;
        readonly timesInARow: number;
        readonly enough: number;
      };
    }
  | { readonly kind: 'check-warns'; readonly facts: { readonly check: string; readonly text: string } }
  | { readonly kind: 'check-unsure'; readonly facts: { readonly check: string; readonly text: string } }
  | { readonly kind: 'files-missing'; readonly facts: { readonly files: readonly string[] } }
  // Of a service as a whole.
  | {
      readonly kind: 'none-active';
      readonly facts: { readonly forMs: number | null; readonly waitsFor: string | null };
    }
  | { readonly kind: 'too-few'; readonly facts: { readonly active: number; readonly needed: number } }
  // Of what is not an instance.
  | { readonly kind: 'host-silent'; readonly facts: { readonly host: string; readonly forMs: number | null } }
  | { readonly kind: 'host-down'; readonly facts: { readonly host: string } }
  /** A lost host that could not be confirmed off: nobody takes over what demands it. */
  | { readonly kind: 'not-fenced'; readonly facts: { readonly host: string; readonly why: string } }
  | { readonly kind: 'external-down'; readonly facts: { readonly check: string; readonly text: string } }
  | { readonly kind: 'external-warns'; readonly facts: { readonly check: string; readonly text: string } }
  | { readonly kind: 'store-unreachable'; readonly facts: { readonly why: string } }
  | { readonly kind: 'kill-late'; readonly facts: { readonly tookMs: number; readonly roomMs: number } }
  /** A recovery took what was not predicted: nothing is wrong with the service, but with what is reckoned with. */
  | {
      readonly kind: 'model-surprise';
      readonly facts: {
        readonly part: 'd' | 'b' | 'i' | 'z';
        readonly tookMs: number;
        readonly lowMs: number;
        readonly highMs: number;
      };
    }
  // A failure mode that was found on a host (model/modes.ts), worded by its detector.
  | {
      readonly kind: 'mode';
      readonly facts: {
        readonly mode: string;
        readonly subject: string;
        readonly weight: string;
        readonly text: string;
      };
    }
  /** Worded by the host that saw it; the data stayed in its journal. */
  | { readonly kind: 'as-reported'; readonly facts: { readonly text: string } };

/** The names of all reasons. */
export type ReasonKind = Reason['kind'];

/** Why an instance is planned to be down. */
export type PlannedDown =
  | 'policy'
  | 'schedule'
  | 'finished'
  | 'asked'
  | 'maintenance'
  | 'ban'
  | 'needs'
  | 'removed'
  | 'unsaid';

/** Between two phases. */
export interface Changing {
  readonly phase: Phase;
  readonly planned: Phase;
  /** What it says in place of being ready or active, such as `not ready yet: HTTP 503`; absent: nothing. */
  readonly notYet?: string;
}

/** How the last run ended, and what is being done about it. */
export interface DownFacts {
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  /** Why Standfast ended it; null or absent: it did not. */
  readonly endedBecause?: string | null;
  /** Why the last start came to nothing; null: it did not. */
  readonly startError: string | null;
  /** Why the last activation came to nothing; null or absent: it did not. */
  readonly activateError?: string | null;
  /** Restarts tried since the failure; 0: none yet. */
  readonly tries: number;
  /** Until the next try; null: none is planned or it is under way. */
  readonly nextInMs: number | null;
}

/** What is thought of one instance, service, host or other part. */
export interface Verdict {
  readonly severity: Severity;
  /** The gravest first. Empty when there is nothing to say. */
  readonly reasons: readonly Reason[];
}

/** How grave: higher is graver. 1 is graver than 2, 2 than 3, 3 than 0 (mission row RB1). */
export function gravity(severity: Severity): number {
  return severity === 0 ? 0 : 4 - severity;
}

/** True when `a` is graver than `b`. */
export function isGraver(a: Severity, b: Severity): boolean {
  return gravity(a) > gravity(b);
}

/** The gravest: 1, then 2, then 3, then 0; 0 of none. */
export function gravest(severities: Iterable<Severity>): Severity {
  let worst: Severity = 0;
  for (const severity of severities) if (isGraver(severity, worst)) worst = severity;
  return worst;
}

/** The gravest of faults; the verdict of a part that is known to have one. */
export function gravestFault(first: FaultSeverity, rest: Iterable<Severity>): FaultSeverity {
  let worst: FaultSeverity = first;
  for (const severity of rest) if (severity !== 0 && isGraver(severity, worst)) worst = severity;
  return worst;
}
