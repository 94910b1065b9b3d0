// A rule is a row: a number for people, a condition on facts, what then, and why. The first row of a section that matches wins.

import type { RuleRow } from './rules.ts';

/** A row of a section whose facts are `F` and whose moves are `M`. */
export interface Row<F, M> extends RuleRow {
  readonly when: (facts: F) => boolean;
  readonly then: (facts: F) => M;
}

/** The first row that matches, noted in `fired`. Every section ends with a row that always does. */
export function firstMatch<F, M>(rows: readonly Row<F, M>[], facts: F, fired: number[]): Row<F, M> {
  for (const row of rows)
    if (row.when(facts)) {
      fired.push(row.n);
      return row;
    }
  throw new Error(
    `no row matches; the last row of this section must always do: ${rows.at(-1)?.name ?? 'empty section'}`,
  );
}
