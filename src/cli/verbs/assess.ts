// `assess`: what a description survives, how often it fails, and what each fault is met with.

import { analyse, usualSteps } from '../../prove/analysis.ts';
import { gridOf } from '../../prove/grid.ts';
import { assessmentJson } from '../assess/json.ts';
import { readPath } from '../description.ts';
import { problemCount, problemLines } from '../screens/problems.ts';
import { Failure } from '../failure.ts';
import type { Run } from '../verb.ts';

export const assess: Run = async (context, words, options) => {
  const { system, problems } = await readPath(words[0] ?? '.');
  if (system === null || problems.length > 0) {
    if (options.flag('json')) context.terminal.print(JSON.stringify({ ok: false, errors: problems }, null, 2));
    else context.terminal.print(...problemLines(problems, context.terminal), problemCount(problems));
    return 2;
  }
  const analysis = analyse(system, {
    figures: { stated: options.flag('stated'), measured: {} },
    mostCutSets: mostCutSets(options.text('cutSets')),
    steps: usualSteps,
  });
  if (options.flag('json')) context.terminal.print(JSON.stringify(assessmentJson(analysis, gridOf(system)), null, 2));
  return 0;
};

function mostCutSets(text: string | undefined): number {
  if (text === undefined) return 1000;
  const most = Number(text);
  if (Number.isInteger(most) && most >= 0 && most <= 100_000) return most;
  throw new Failure({
    code: 'SF-002',
    what: `--cut-sets ${text} is no number of cut sets`,
    next: 'Give a whole number up to 100000.',
    exit: 2,
  });
}
