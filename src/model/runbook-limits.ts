// May a runbook begin by itself now? One table, first match wins, so that what holds it back can be told and read.

import type { AutoRunbook } from './system.ts';

/** An incident, and how it stands with what its runbook would touch. */
export interface AutoFacts {
  /** Of the incident; 0: it is over. */
  readonly severity: 0 | 1 | 2 | 3;
  readonly openForMs: number;
  readonly nowMs: number;
  /** When earlier runs of this service began by themselves. */
  readonly begunAtMs: readonly number[];
  /** Since the last of them was over; null: none was. What it mended takes its time to show. */
  readonly overForMs: number | null;
  /** How long it may take until it shows. */
  readonly recoverWithinMs: number;
  /** A run of this service is open, whoever began it. */
  readonly open: boolean;
  readonly paused: boolean;
  readonly plannedDown: boolean;
  /** An instance of it is being started or stopped. */
  readonly atWork: boolean;
  /** A failover of it is under way. */
  readonly failover: boolean;
}

type AutoVerdict =
  | { readonly may: true }
  /** `why` null: nothing worth telling, it is simply not its time. */
  | { readonly may: false; readonly why: string | null };

/** Standfast's own restart comes first. */
const settlesWithinMs = 3000;

const rows: readonly {
  readonly holds: (auto: AutoRunbook, facts: AutoFacts) => boolean;
  readonly why: string | null;
}[] = [
  { holds: (auto, facts) => facts.severity === 0 || facts.severity > auto.severity, why: null },
  { holds: (_, facts) => facts.openForMs < settlesWithinMs, why: null },
  { holds: (_, facts) => facts.open, why: null },
  { holds: (_, facts) => facts.overForMs !== null && facts.overForMs < facts.recoverWithinMs, why: null },
  { holds: (_, facts) => facts.plannedDown, why: null },
  { holds: (_, facts) => facts.paused, why: 'a person has paused it' },
  { holds: (_, facts) => facts.failover, why: 'a failover is under way' },
  { holds: (_, facts) => facts.atWork, why: 'Standfast itself is starting or stopping it' },
  {
    holds: (auto, facts) => facts.begunAtMs.filter((at) => at > facts.nowMs - auto.per).length >= auto.atMost,
    why: 'it has begun by itself as often as allowed; a person is needed',
  },
];

/** Whether it may, and if not, why. */
export function mayBeginByItself(auto: AutoRunbook, facts: AutoFacts): AutoVerdict {
  const held = rows.find((row) => row.holds(auto, facts));
  return held === undefined ? { may: true } : { may: false, why: held.why };
}
