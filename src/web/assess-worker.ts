// Assesses the description in force, in a thread of its own: a large system takes seconds, and pages go on meanwhile. Started with the description
// as `workerData`; answers with one message.

import { parentPort, workerData } from 'node:worker_threads';
import { advise } from '../cli/assess/advise.ts';
import { assessmentJson } from '../cli/assess/json.ts';
import { knownOf } from '../cli/assess/measured.ts';
import { errorWords } from '../model/error-words.ts';
import { readDescription } from '../model/read.ts';
import { assessmentOf, type AssessOptions } from '../prove/assessment.ts';

/** As many as `assess` lists. */
const mostCutSets = 1000;

/** The description in force, and where it lies. */
export interface AssessJob {
  readonly text: string;
  readonly file: string;
  readonly folder: string;
  /** Whose journals tell what was measured. */
  readonly state: string;
}

/** `json`: what `assess --json` prints. */
export type AssessAnswer = { readonly ok: true; readonly json: string } | { readonly ok: false; readonly why: string };

async function assess(job: AssessJob): Promise<AssessAnswer> {
  const { system, errors } = readDescription(job);
  if (system === null) return { ok: false, why: errors[0]?.message ?? 'the description cannot be read' };
  const known = await knownOf({ state: job.state, now: () => Date.now() }, system.name);
  const chosen: AssessOptions = {
    stated: false,
    mostCutSets,
    measured: known.parts,
    timings: known.timings,
    seen: known.seen,
    rehearsed: known.rehearsed,
  };
  const assessment = assessmentOf(system, chosen);
  const advice = advise(
    { text: job.text, file: job.file, folder: job.folder, system, problems: [] },
    assessment,
    chosen,
  );
  return { ok: true, json: JSON.stringify(assessmentJson(assessment, advice)) };
}

parentPort?.postMessage(
  await assess(workerData as AssessJob).catch((error: unknown): AssessAnswer => ({
    ok: false,
    why: errorWords(error),
  })),
);
