// What is counted of a stretch: rules that fired, failovers, faults.

/** Rules by number, each with how often it fired. */
export type Fired = readonly (readonly [rule: number, times: number])[];

/** The rules' numbers have three digits. */
const numbers = 1000;

/** Counts of one stretch. */
export class Tally {
  readonly #fired = new Float64Array(numbers);
  /** Unplanned ones. */
  failovers = 0;
  faults = 0;

  fire(rule: number): void {
    this.#fired[rule] = (this.#fired[rule] ?? 0) + 1;
  }

  /** All of that once more, so many times. */
  repeat(fired: Fired, times: number): void {
    if (times > 0) for (const [rule, each] of fired) this.#fired[rule] = (this.#fired[rule] ?? 0) + each * times;
  }

  /** How often each rule has fired by now, to ask `since` for. */
  mark(): Float64Array {
    return this.#fired.slice();
  }

  /** What has fired since that mark, until another one or until now. */
  since(mark: Float64Array, until: Float64Array = this.#fired): Fired {
    const found: [number, number][] = [];
    for (const [rule, times] of until.entries())
      if (times !== mark[rule]) found.push([rule, times - (mark[rule] ?? 0)]);
    return found;
  }

  /** All, from the beginning on. */
  all(): Fired {
    return this.since(new Float64Array(numbers));
  }

  clear(): void {
    this.#fired.fill(0);
    this.failovers = 0;
    this.faults = 0;
  }
}
