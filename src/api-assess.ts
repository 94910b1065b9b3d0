// What `assess --json` prints, and the console's assessment page shows: one shape for both. Types only.

/** In the order of what consumers feel: the first, nothing; the last, all of it. */
export type StrategyName = 'avoid' | 'mask' | 'bound' | 'fixFast' | 'none';

/** Shares of the time, 0 to 1. */
export interface VerdictJson {
  readonly unavailability: number;
  readonly unavailabilityInterval: readonly [low: number, high: number];
  readonly exact: boolean;
  /** The size of the smallest cut set less one; null: there is none, or it is not known. */
  readonly survives: number | null;
  /** The same with software and configuration left aside. */
  readonly survivesParts: number | null;
}

/** `assess --json`. Shares of time are from 0 to 1. */
export interface AssessJson extends VerdictJson {
  readonly system: string;
  readonly stated: boolean;
  readonly structural: number;
  readonly inFailovers: number;
  readonly unavailabilityIfAssumedWrong: readonly [low: number, high: number] | null;
  /** A whole number as text: it may be larger than a number holds. Null: not known. */
  readonly cutSetCount: string | null;
  /** The likeliest first, 1,000 at most. */
  readonly cutSets: readonly (readonly string[])[];
  readonly cutSetProbabilities: readonly number[];
  readonly services: readonly (VerdictJson & { readonly name: string; readonly inFailovers: number })[];
  readonly grid: readonly {
    readonly component: string;
    readonly domain: string;
    readonly strategy: StrategyName;
    readonly evidence: string;
    /** True when the evidence is a measurement older than 30 days. */
    readonly stale?: boolean;
  }[];
  readonly objective: {
    readonly met: boolean;
    /** Why not, in words. */
    readonly missed: readonly string[];
    readonly unavailableMs: number;
    readonly perMs: number;
    readonly recoverWithinMs: number;
    readonly epsilon: number;
    readonly chanceOfMoreThanEpsilon: number;
    readonly chanceOfMoreThanUnavailable: number;
    readonly chanceOfMissInYear: readonly [low: number, high: number];
  };
  readonly yearly: {
    readonly meanMs: number;
    readonly rangeMs: readonly [low: number, high: number];
    readonly outages: number;
    readonly failovers: number;
    readonly unavailabilityWithoutRate: number;
  };
  readonly outages: readonly {
    readonly kind: string;
    readonly parts: readonly string[];
    readonly perYear: number;
    readonly durationMs: number;
  }[];
  readonly pairs: readonly unknown[];
  readonly importance: readonly { readonly part: string; readonly birnbaum: number; readonly fussellVesely: number }[];
  readonly figures: readonly {
    readonly part: string;
    readonly unavailability: number;
    readonly mtbfMs: number | null;
    readonly mttrMs: number | null;
    readonly from: string;
    readonly source: string;
  }[];
  readonly advice: readonly {
    readonly what: string;
    /** What it costs, in words. */
    readonly cost: string;
    readonly unavailability: number;
    readonly survives: number | null;
    readonly survivesParts: number | null;
    /** Of the description. */
    readonly patch: string;
  }[];
  readonly warnings: readonly string[];
}

/** What pages show of it, and what is looked at where it comes in. */
export type AssessedView = Pick<
  AssessJson,
  keyof VerdictJson | 'cutSetCount' | 'cutSets' | 'services' | 'grid' | 'objective' | 'yearly' | 'advice' | 'warnings'
>;
