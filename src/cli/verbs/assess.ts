// `assess`: what a description survives, how often it fails, what each fault is met with, and what would help.

import { writeFile } from 'node:fs/promises';
import { errorWords } from '../../model/error-words.ts';
import type { AssessOptions } from '../../prove/assessment.ts';
import { assessmentOf } from '../../prove/assessment.ts';
import { advise } from '../assess/advise.ts';
import { assessmentJson } from '../assess/json.ts';
import { knownOf, nothingKnown } from '../assess/measured.ts';
import { assessmentPage } from '../assess/page.ts';
import { assessmentLines } from '../assess/screen.ts';
import { readPath } from '../description.ts';
import { Failure } from '../failure.ts';
import { refuseDescription } from '../refuse-description.ts';
import type { Run } from '../verb.ts';

/** Exit 0: the objective is met, or a patch was printed; 1: it is missed; 2: the description has errors. */
export const assess: Run = async (context, words, options) => {
  const read = await readPath(words[0] ?? '.');
  const { system, problems } = read;
  if (system === null || problems.length > 0)
    return refuseDescription(context, problems, { json: options.flag('json') });
  const stated = options.flag('stated');
  const known = stated ? nothingKnown : await knownOf(context, system.name);
  const chosen: AssessOptions = {
    stated,
    mostCutSets: mostCutSets(options.text('cutSets')),
    measured: known.parts,
    timings: known.timings,
    seen: known.seen,
    rehearsed: known.rehearsed,
  };
  const assessment = assessmentOf(system, chosen);
  const advice = advise(read, assessment, chosen);
  const wanted = options.text('patch');
  if (wanted !== undefined) {
    const chosenAdvice = advice[adviceNumber(wanted, advice.length) - 1];
    if (chosenAdvice !== undefined) context.terminal.print(chosenAdvice.patch.trimEnd());
    return 0;
  }
  if (options.flag('json')) context.terminal.print(JSON.stringify(assessmentJson(assessment, advice), null, 2));
  else context.terminal.print(...assessmentLines(assessment, advice, context.terminal));
  const file = options.text('html');
  if (file !== undefined) await writePage(file, assessmentPage(assessment, advice));
  return assessment.prospect.met ? 0 : 1;
};

function mostCutSets(text: string | undefined): number {
  if (text === undefined) return 1000;
  const most = Number(text);
  if (text.trim() !== '' && Number.isInteger(most) && most >= 0 && most <= 100_000) return most;
  throw new Failure({
    code: 'SF-002',
    what: `--cut-sets ${text} is no number of cut sets`,
    next: 'Give a whole number up to 100000.',
    exit: 2,
  });
}

function adviceNumber(text: string, there: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= 1 && number <= there) return number;
  throw new Failure({
    code: 'SF-002',
    what: `--patch ${text} is no number of an advice`,
    why: there === 0 ? 'Nothing that was tried helps.' : `There ${there === 1 ? 'is 1' : `are ${there}`}.`,
    next: 'See what there is without --patch.',
    exit: 2,
  });
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new Failure({
      code: 'SF-002',
      what: `--html ${file} can't be written: ${errorWords(error)}`,
      next: 'Give a file in a folder that exists and may be written.',
      exit: 2,
    });
  }
}
