// Every error code of the product: what it says, why it comes, what to do next. A code is never used twice and never comes back
// with another meaning. docs/errors.md is this table for people; a test holds the two together and finds codes without a row.
//
// SF-0nn wrong use · SF-1nn the description · SF-2nn runbooks · SF-3nn starting and this machine · SF-4nn what was asked is refused ·
// SF-5nn store and journal · SF-6nn the keeper · SF-7nn the agent's socket · SF-8nn the console ·
// SF-9nn faults of Standfast itself. Retired, and not to be used again: SF-220, SF-401.

import { agentErrors } from './errors-agent.ts';
import { askedErrors } from './errors-asked.ts';
import { consoleErrors } from './errors-console.ts';
import { descriptionErrors } from './errors-description.ts';
import { keeperErrors } from './errors-keeper.ts';
import { machineErrors } from './errors-machine.ts';
import { recordErrors } from './errors-record.ts';
import { runbookErrors } from './errors-runbook.ts';
import { storeErrors } from './errors-store.ts';
import { useErrors } from './errors-use.ts';

/** One code: clauses without a full stop, as docs/errors.md shows them. What a person meets is said with names in place of these. */
export interface ErrorRow {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

const byCode = new Map(
  [
    useErrors,
    descriptionErrors,
    runbookErrors,
    machineErrors,
    askedErrors,
    recordErrors,
    keeperErrors,
    agentErrors,
    consoleErrors,
    storeErrors,
  ]
    .flat()
    .map((row) => [row.code, row]),
);

/** All rows in the order of their codes. */
export function errorRows(): ErrorRow[] {
  return [...byCode.values()].toSorted((a, b) => a.code.localeCompare(b.code));
}

/** The row of a code; undefined when there is none. */
export function errorRow(code: string): ErrorRow | undefined {
  return byCode.get(code);
}
