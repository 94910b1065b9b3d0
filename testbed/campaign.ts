// Row after row, run after run: what was made is kept at once, beds are used for as long as they are good, and who watches is told how far it is.
import { describeMachine } from '../bench/machine.ts';
import { errorWords } from '../src/model/error-words.ts';
import { Bed, type BedOptions } from './bed.ts';
import { printed, runWords, type Measured } from './figures.ts';
import type { KeptRows } from './kept.ts';
import { Progress, spanText } from './progress.ts';
import { runOnce, type Row, type Run } from './row.ts';

export interface Plan {
  readonly row: Row;
  readonly wanted: number;
  /** What is kept already and goes on. */
  readonly made: number;
}

/** After so many runs in a row that could not be made the rest of a row is left out. */
const mostFailures = 3;
/** What `explain` says is kept of the first runs, and of one in so many after them. */
const explainedFirst = 3;
const explainedEach = 10;

export class Campaign {
  readonly #plans: readonly Plan[];
  readonly #kept: KeptRows;
  readonly #inMemory: boolean;
  readonly #progress: Progress;
  #beds: Bed[] = [];

  constructor(plans: readonly Plan[], kept: KeptRows, inMemory: boolean) {
    this.#plans = plans;
    this.#kept = kept;
    this.#inMemory = inMemory;
    this.#progress = new Progress(
      plans.map(({ row: { name, fault, abreast = 1 }, wanted, made }) => {
        return { name, left: wanted - made, lastsMs: fault.lastsMs, abreast };
      }),
    );
  }

  /** About how long all of it may take. */
  get leftMs(): number {
    return this.#progress.leftMs();
  }

  /** Makes all runs that are missing. `measured` is told of each row when it is over. */
  async run(measured: (row: Measured) => void): Promise<void> {
    try {
      for (const [at, plan] of this.#plans.entries()) {
        console.error(`\n[${at + 1} of ${this.#plans.length}] ${plan.row.name}: ${plan.row.what}`);
        measured(await this.#row(plan));
        this.#progress.over(plan.row.name);
      }
    } finally {
      this.#close();
    }
  }

  async #row({ row, wanted }: Plan): Promise<Measured> {
    const { name, abreast = 1 } = row;
    const before = this.#kept.begin(name, wanted, describeMachine(this.#inMemory ? '/dev/shm' : import.meta.dirname));
    const runs: Run[] = [...before.runs];
    const failed: string[] = [...before.failed];
    for (let inARow = 0; runs.length < wanted && inARow < mostFailures;) {
      const started = performance.now();
      const many = Math.min(abreast, wanted - runs.length);
      const explained = runs.length < explainedFirst || runs.length % explainedEach === 0;
      try {
        const beds = await this.#bedsFor(row.bed, many);
        const begun = performance.now();
        const made = await Promise.all(beds.map((bed) => runOnce(row, bed, explained)));
        for (const run of made) this.#kept.add(name, { run });
        runs.push(...made);
        this.#progress.ran(name, many, performance.now() - begun);
        inARow = 0;
        const left = `${spanText(this.#progress.leftMs(name))} left of it, ${spanText(this.#progress.leftMs())} of all`;
        for (const [at, run] of made.entries())
          console.error(`  ${runs.length - made.length + at + 1} of ${wanted}: ${runWords(run)} (${left})`);
      } catch (error) {
        const text = errorWords(error);
        failed.push(text);
        this.#kept.add(name, { failed: text });
        inARow += 1;
        console.error(`  a run could not be made, after ${spanText(performance.now() - started)}: ${text}`);
        this.#close();
      }
    }
    const measured = { ...before, row, runs, failed };
    console.log(printed(measured));
    return measured;
  }

  /** So many beds of this kind: those that stand, and new ones for what is missing. */
  async #bedsFor(options: BedOptions, many: number): Promise<readonly Bed[]> {
    const wanted = { ...options, inMemory: this.#inMemory };
    const kind = JSON.stringify(wanted);
    if (this.#beds.some((bed) => JSON.stringify(bed.options) !== kind)) this.#close();
    while (this.#beds.length < many) {
      const started = performance.now();
      // One after the other: each is busy with starting.
      this.#beds.push(await Bed.make(wanted));
      this.#progress.bedMade(performance.now() - started);
    }
    return this.#beds.slice(0, many);
  }

  #close(): void {
    for (const bed of this.#beds) bed.close();
    this.#beds = [];
  }
}
