// What a failure mode is: a way in which systems fail, as a row of the catalogue (modes.ts), and what is found of it on a host.
// Plain data: detectors find, judge/ compares, people read.

import type { FaultSeverity } from './system.ts';

/** The ten families of the catalogue, in the order of docs/failure-modes.md. */
export type ModeFamily =
  | 'exhaustion'
  | 'certificates'
  | 'configuration'
  | 'names'
  | 'versions'
  | 'people'
  | 'network'
  | 'storage'
  | 'host'
  | 'slow';

/** The strategies that can meet a mode (mission row FH1). */
type ModeStrategy = 'avoid' | 'mask' | 'bound' | 'fixFast';

/** One row of the catalogue. */
export interface Mode {
  /** Stays for ever: journals and runbooks name it. */
  readonly id: string;
  readonly family: ModeFamily;
  /** What it is, in a few words, to stand after "may be: ". */
  readonly what: string;
  /** How it shows to who looks. */
  readonly shows: string;
  /** `copy`: one instance or host. `every`: all copies at once, so that redundancy masks nothing (mission row FM5). */
  readonly takesDown: 'copy' | 'every';
  /** The detector that finds it, as its file in src/observe/modes/ names it. */
  readonly detector: string;
  /** The thresholds, and why these. */
  readonly thresholds: string;
  /** Page below docs/runbooks/modes/, without `.md`. */
  readonly runbook: string;
  readonly strategies: readonly ModeStrategy[];
  /** How its test brings it about: really made, or recorded files fed through the same port. */
  readonly tested: 'made' | 'fed';
  /** How grave it is while it stands, apart from what it takes down. */
  readonly severity: FaultSeverity;
  /** Looks in a row that must agree before it counts, and before it is over: one slip is no news. */
  readonly looks: number;
  /** How it makes a service fail: what speaks for it when that is what is seen. */
  readonly harms: readonly Harm[];
  /** Modes that come of it, so that it goes before them when both are there; absent: none. */
  readonly brings?: readonly string[];
  /** Words, or how they begin, in error texts and logs that this mode brings about, as a regular expression without regard to case; null: none is typical. */
  readonly words: string | null;
}

/** Ways in which a service fails. `ends`: it crashes or cannot start. `fails`: checks or status say so. `silent`: no beat, no answer. `slow`: late or erring. */
export type Harm = 'ends' | 'fails' | 'silent' | 'slow';

/** What a look found. `ahead`: nothing fails of it yet. `fault`: it holds up what uses it. `change`: something was changed, which by itself is no fault. `pressure`: a circumstance that explains, and calls nobody. */
export type FindingWeight = 'ahead' | 'fault' | 'change' | 'pressure';

/** A mode as one look saw it on one thing. */
export interface Seen {
  readonly mode: string;
  /** What it was seen on, unique within mode and host: a path, an address, a package. */
  readonly subject: string;
  /** Services of this host that it concerns; empty: all of them. */
  readonly services: readonly string[];
  readonly weight: FindingWeight;
  /** A sentence without a full stop, to stand after "on host a: ". */
  readonly text: string;
}

/** A mode that stands on a host, or stood lately. JSON: agents tell each other. */
export interface Finding extends Seen {
  /** When it was first seen so (or, of a change, when it was made), Unix ms. */
  readonly sinceMs: number;
  /** When it was last seen so, for what is over; null: it stands. */
  readonly untilMs: number | null;
}

/** A mode held to be behind an incident, with what speaks for and against it. JSON. */
export interface Suspect {
  readonly mode: string;
  readonly host: string;
  readonly subject: string;
  readonly text: string;
  /** `likely`: it stood when it failed, could bring it about, and nothing else does as well. `possible`: it cannot be told. Never certain. */
  readonly sure: 'likely' | 'possible';
  readonly sinceMs: number;
  /** Before the failure; negative: seen only after it. */
  readonly aheadMs: number;
  readonly for: readonly string[];
  readonly against: readonly string[];
}
