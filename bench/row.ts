// A row of the benchmark: what it measures, and what is to be reached.
import type { Many } from './many.ts';

/** Something measured. `reached` is null where nothing was to be reached. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly target: string | null;
  readonly reached: boolean | null;
}

export interface Context {
  /** How often, unless `--runs` says; each row has its own usual number. */
  runs(usual: number): number;
  /** How many services the rows about many services have (500). */
  readonly services: number;
  /** The system with many services, started when first asked for and shared by the rows that only look at it. */
  many(): Promise<Many>;
  /** A line about what is going on. */
  note(text: string): void;
}

export interface Row {
  readonly name: string;
  readonly what: string;
  measure(context: Context): Promise<Figure[]>;
}
