// A description with errors, for every verb that is given one: to people on standard error, to scripts as JSON on standard output too.

import type { Problem } from '../model/problem.ts';
import type { Context } from './context.ts';
import type { ExitStatus } from './failure.ts';
import { problemCount, problemLines } from './screens/problems.ts';
import { terminalOf } from './terminal.ts';

/** Tells every problem; `more` are fields that scripts find beside them. Exit 2. */
export function refuseDescription(
  context: Context,
  problems: readonly Problem[],
  of: { readonly json: boolean; readonly more?: Readonly<Record<string, unknown>> },
): ExitStatus {
  const errors = terminalOf(process.stderr, context.world.env);
  if (of.json) context.terminal.print(JSON.stringify({ ok: false, errors: problems, ...of.more }, null, 2));
  errors.print(...problemLines(problems, errors), problemCount(problems));
  return 2;
}
