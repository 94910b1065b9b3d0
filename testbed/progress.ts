// How far it is, and how long it may yet take: from what runs took so far, and how long each fault lasts by itself. Knows no clock.

/** A row that is to be measured. */
export interface Ahead {
  readonly name: string;
  /** Runs that are left to make. */
  readonly left: number;
  /** About how long the fault of one run lasts by itself. */
  readonly lastsMs: number;
  /** So many are made at once. */
  readonly abreast: number;
}

/** Until it was measured: what a run takes beside its fault, to prepare it and to come back to where it was, and to make a bed. */
const assumed = { besideMs: 3000, bedMs: 6000 };

export class Progress {
  readonly #left = new Map<string, Ahead>();
  readonly #took = new Map<string, number[]>();
  /** What runs took beside their faults. */
  readonly #beside: number[] = [];
  readonly #beds: number[] = [];

  constructor(ahead: readonly Ahead[]) {
    for (const each of ahead) this.#left.set(each.name, each);
  }

  bedMade(tookMs: number): void {
    this.#beds.push(tookMs);
  }

  /** So many runs of the row were made, or given up, at once. */
  ran(name: string, runs: number, tookMs: number): void {
    const row = this.#left.get(name);
    if (row === undefined) return;
    this.#left.set(name, { ...row, left: Math.max(0, row.left - runs) });
    this.#took.set(name, [...(this.#took.get(name) ?? []), tookMs]);
    this.#beside.push(Math.max(0, tookMs - row.lastsMs));
  }

  /** Nothing more of the row is made. */
  over(name: string): void {
    this.#left.delete(name);
  }

  /** Of the row, or of all that is left. */
  leftMs(name: string | null = null): number {
    const rows = [...this.#left.values()].filter((row) => name === null || row.name === name);
    return rows.reduce((sum, row) => sum + this.#rowMs(row), 0);
  }

  #rowMs({ name, left, lastsMs, abreast }: Ahead): number {
    if (left === 0) return 0;
    const own = this.#took.get(name) ?? [];
    const each = own.length > 0 ? mean(own, 0) : lastsMs + mean(this.#beside, assumed.besideMs);
    const bed = own.length > 0 ? 0 : mean(this.#beds, assumed.bedMs);
    return bed + Math.ceil(left / abreast) * each;
  }
}

function mean(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** `40 s`, `12 min`, `3 h 05 min`. */
export function spanText(spanMs: number): string {
  const seconds = Math.round(spanMs / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
