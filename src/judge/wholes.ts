// Grades what is not an instance: a service as a whole, a host, an external part, the store. Same key as verdict.ts.

import type { HostState } from '../model/states.ts';
import { gravity, gravest } from './reason.ts';
import type { CheckFacts } from './verdict.ts';
import type { Reason, Verdict } from './reason.ts';
import type { FaultSeverity, Severity } from '../model/system.ts';

const fine: Verdict = { severity: 0, reasons: [] };

/** A service as a whole. */
export interface ServiceFacts {
  /** Its own `severity`. */
  readonly severity: FaultSeverity;
  /** Consumers may expect it now: not down as scheduled or asked, and it has been up once or its first start took too long. */
  readonly wanted: boolean;
  /** How many instances are active. */
  readonly active: number;
  /** How many have to be: 1, or what `load` needs of `capacity`. */
  readonly needed: number;
  /** Since none is active; null: not known. */
  readonly noneForMs: number | null;
  /** What the next activation waits for (the words of `Exclusion`, or `store`); null: nothing in particular. */
  readonly waitsFor: string | null;
  /** Empty when only what shows in the whole is asked for. */
  readonly instances: readonly Verdict[];
}

/** The gravest of its instances and of what only shows in the whole: that none is active, or too few. */
export function gradeService(facts: ServiceFacts): Verdict {
  return worstOf([whole(facts), ...facts.instances]);
}

function whole(facts: ServiceFacts): Verdict {
  const { severity, wanted, active, needed, noneForMs: forMs, waitsFor } = facts;
  if (!wanted) return fine;
  if (active === 0) return { severity, reasons: [{ kind: 'none-active', facts: { forMs, waitsFor } }] };
  return active < needed ? { severity: 3, reasons: [{ kind: 'too-few', facts: { active, needed } }] } : fine;
}

/** How many instances must be active for all the load to be carried; 1 where nothing is said. */
export function neededActive(service: { readonly capacity: number | null; readonly load: number | null }): number {
  const { capacity, load } = service;
  return capacity === null || load === null || capacity <= 0 ? 1 : Math.max(1, Math.ceil(load / capacity));
}

/** A host alone is as grave as 3, since nothing can move there; what it takes along is graded with its instances. */
export function gradeHost(host: string, state: HostState, forMs: number | null): Verdict {
  switch (state) {
    case 'up':
    case 'maintenance':
    case 'banned':
    case 'unknown':
      return fine;
    case 'silent':
      return { severity: 3, reasons: [{ kind: 'host-silent', facts: { host, forMs } }] };
    case 'down':
      return { severity: 3, reasons: [{ kind: 'host-down', facts: { host } }] };
    default:
      return unreachable(state);
  }
}

/** An external part by its checks; `enough` failures in a row of one mean that it is down. Without checks nothing is held against it. */
export function gradeExternal(severity: FaultSeverity, checks: readonly CheckFacts[], enough: number): Verdict {
  return worstOf(
    checks.map(({ name: check, result, text, failures, severity: means }): Verdict => {
      switch (result) {
        case 'ok':
          return fine;
        case 'warning':
        case 'unknown':
          return { severity: 3, reasons: [{ kind: 'external-warns', facts: { check, text } }] };
        case 'critical':
          return failures >= enough && means === 1
            ? { severity, reasons: [{ kind: 'external-down', facts: { check, text } }] }
            : { severity: means === 1 ? 3 : means, reasons: [{ kind: 'external-warns', facts: { check, text } }] };
        default:
          return unreachable(result);
      }
    }),
  );
}

/** Severity 2: what runs goes on, since the holders promise each other, yet nothing can move until it is back. */
export function gradeStore(reachable: boolean, why: string | null): Verdict {
  return reachable ? fine : { severity: 2, reasons: [{ kind: 'store-unreachable', facts: { why: why ?? '' } }] };
}

/** All reasons, those of the gravest first; the severity of the gravest. */
function worstOf(verdicts: readonly Verdict[]): Verdict {
  const severity: Severity = gravest(verdicts.map((verdict) => verdict.severity));
  const reasons: Reason[] = verdicts
    .filter((verdict) => verdict.severity !== 0)
    .toSorted((a, b) => gravity(b.severity) - gravity(a.severity))
    .flatMap((verdict) => verdict.reasons);
  return { severity, reasons };
}

function unreachable(value: never): never {
  throw new Error(`not a state or result: ${String(value)}`);
}
