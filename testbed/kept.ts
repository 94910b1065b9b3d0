// The raw rows: a file for each, a line for each run, written as it is made. What was broken off can go on where it was.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../bench/machine.ts';
import type { Run } from './row.ts';

/** All runs of a row. */
export interface Kept {
  /** How many are to be made. */
  readonly wanted: number;
  /** Where and when, of each sitting. */
  readonly machines: readonly Machine[];
  readonly runs: readonly Run[];
  /** What kept runs from being made. */
  readonly failed: readonly string[];
}

/** A line. A sitting begins with where it is made. */
type Line =
  | { readonly wanted: number; readonly machine: Machine }
  | { readonly run: Run }
  | { readonly failed: string };

export class KeptRows {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is kept of a row; null: nothing. */
  read(row: string): Kept | null {
    if (!existsSync(this.#file(row))) return null;
    let wanted = 0;
    const machines: Machine[] = [];
    const runs: Run[] = [];
    const failed: string[] = [];
    for (const line of linesOf(readFileSync(this.#file(row), 'utf8')))
      if ('run' in line) runs.push(line.run);
      else if ('failed' in line) failed.push(line.failed);
      else {
        ({ wanted } = line);
        machines.push(line.machine);
      }
    return { wanted, machines, runs, failed };
  }

  /** What a sitting that wants so many runs goes on with; null: it begins anew, since fewer were wanted before, as for a trial. */
  goesOn(row: string, wanted: number): Kept | null {
    const before = this.read(row);
    return before !== null && before.wanted >= wanted ? before : null;
  }

  /** A sitting begins; gives back what it goes on with. */
  begin(row: string, wanted: number, machine: Machine): Kept {
    const before = this.goesOn(row, wanted);
    mkdirSync(this.#folder, { recursive: true });
    const lines = before === null ? [] : linesOf(readFileSync(this.#file(row), 'utf8'));
    const most = Math.max(wanted, before?.wanted ?? 0);
    // Written whole, so that a line that was broken off is gone.
    writeFileSync(this.#file(row), [...lines, { wanted: most, machine }].map(textOf).join(''));
    const { runs, failed, machines } = before ?? { runs: [], failed: [], machines: [] };
    return { wanted: most, runs, failed, machines: [...machines, machine] };
  }

  add(row: string, line: { readonly run: Run } | { readonly failed: string }): void {
    appendFileSync(this.#file(row), textOf(line));
  }

  /** Nothing of the row is kept. */
  forget(row: string): void {
    rmSync(this.#file(row), { force: true });
  }

  #file(row: string): string {
    return join(this.#folder, `${row}.jsonl`);
  }
}

function textOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** The last line counts only when it was written to its end. */
function linesOf(text: string): Line[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
