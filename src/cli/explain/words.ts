// Journal entries in words. A row for each kind (kind-words.ts) and each rule that makes a sentence of its own (rule-words.ts); the
// first that fits wins. To add one: a row there, an example in test/cli/explain.test.ts.

import type { JournalLine } from '../../api.ts';
import { safe } from '../text.ts';
import { whyOf } from './entry.ts';
import type { Entry, Said, Vocabulary } from './entry.ts';
import { factsOf } from './facts.ts';
import { kindRows } from './kind-words.ts';
import { modeRows } from './mode-words.ts';
import { ownRows } from './own-words.ts';
import { runbookRows } from './runbook-words.ts';
import { ruleRows } from './rule-words.ts';

export type { Vocabulary } from './entry.ts';

/** A sentence about an entry. `detail`: said only when all is asked for. */
export interface Worded {
  readonly text: string;
  /** At the end of the line: numbers, or by which rule. */
  readonly aside: string;
  readonly detail: boolean;
}

/** The entry in words. `nowMs` for times of day. */
export function worded(line: JournalLine, vocabulary: Vocabulary, nowMs: number): Worded {
  const facts = factsOf(line.because);
  const entry: Entry = {
    line,
    facts,
    vocabulary,
    host: facts.text('host') ?? safe(line.host),
    service: safe(line.service ?? 'the system'),
  };
  const row = rows.find((each) => each.kind === line.kind && (each.rule === undefined || each.rule === line.rule));
  const said = row === undefined ? unknownKind(entry) : row.say(entry);
  const rest = facts.rest(nowMs);
  const text = rest === '' ? said.text : `${said.text} (${rest})`;
  const rule = line.rule === null || line.rule === 0 ? '' : `rule ${line.rule}`;
  return { text, aside: said.aside ?? rule, detail: row?.detail === true };
}

const rows = [...kindRows, ...ownRows, ...modeRows, ...runbookRows, ...ruleRows];

function unknownKind(entry: Entry): Said {
  const about = entry.line.service === null ? safe(entry.line.host) : `${entry.service} on ${entry.host}`;
  const rule = entry.line.rule === null ? '' : `: ${whyOf(entry)}`;
  return { text: `${about}: ${safe(entry.line.kind)}${rule}` };
}
