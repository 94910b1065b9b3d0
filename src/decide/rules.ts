// All rules, in one list: what the journal's numbers mean. docs/rules.md holds the same rows, and a test compares the two.

import { deposeRows } from './depose.ts';
import { lifeRows } from './instance-rows.ts';
import { foundRows } from './found.ts';
import { fenceAskedRule } from './fence-asked.ts';
import { fenceRows } from './fence-rows.ts';
import { leaseRows } from './lease-rows.ts';
import { askedRows } from './asked.ts';
import { sessionRows } from './session-rows.ts';
import { promiseRows, validityRows } from './validity.ts';

/** A rule as people see it. */
export interface RuleRow {
  readonly n: number;
  readonly name: string;
  readonly why: string;
  /** Fires many times a second, or says that nothing need be done: not written to the journal. */
  readonly quiet?: boolean;
}

/** What is done without a choice between rows has a number too. */
const single: readonly RuleRow[] = [
  {
    n: 130,
    name: 'session-deposed',
    why: 'the store shows our session ended by others, so all that was leased here is ended and a new epoch begins',
  },
  fenceAskedRule,
  { n: 600, name: 'person-asked', why: 'a person asked for it' },
  { n: 612, name: 'start-asked', why: 'a person asked for it to be started: failures and being finished are forgiven' },
  { n: 614, name: 'intent-expired', why: 'its time is over, so it is taken away' },
  { n: 615, name: 'description-applied', why: 'a person put another description in force' },
  {
    n: 616,
    name: 'leave-when-removed',
    why: 'the description no longer names this host, and nothing of it is left here',
  },
  { n: 700, name: 'incident-changed', why: 'what is wrong, or how grave it is, has changed' },
  { n: 702, name: 'notification-given-up', why: 'it could not be delivered in the time allowed' },
];

/** Every rule, by number. */
export const rules: readonly RuleRow[] = [
  ...sessionRows,
  ...validityRows,
  ...promiseRows,
  ...deposeRows,
  ...leaseRows,
  ...fenceRows,
  ...lifeRows,
  ...askedRows,
  ...foundRows,
  ...single,
]
  .map(({ n, name, why, ...rest }) => ({
    n,
    name,
    why,
    ...('quiet' in rest && rest.quiet === true ? { quiet: true } : {}),
  }))
  .toSorted((a, b) => a.n - b.n);
