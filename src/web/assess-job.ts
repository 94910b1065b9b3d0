// The assessment of the description in force: computed once for each description, and anew when what was measured is a day old.

import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { AssessmentView } from '../api-web.ts';
import { assessedShape } from '../serve/web/shapes-assess.ts';
import type { AssessAnswer, AssessJob } from './assess-worker.ts';

const program = fileURLToPath(new URL(`./assess-worker${extname(import.meta.url)}`, import.meta.url));
const freshForMs = 86_400_000;
/** One that takes longer is given up, and said so. */
const withinMs = 300_000;
/** The console stays within bounds of memory; the assessment may not take it all. In MiB. */
const mostMemoryMb = 512;

/** Answers at once, `computing` while it is. */
export function openAssessment(state: string): (of: { text: string; folder: string; hash: string }) => AssessmentView {
  let shown: AssessmentView | null = null;
  let running: { readonly hash: string; readonly worker: Worker } | null = null;

  return (of) => {
    const current = shown !== null && shown.hash === of.hash ? shown : null;
    const stale = current === null || (current.state === 'done' && Date.now() - current.atMs > freshForMs);
    if (!stale) return current;
    if (running?.hash === of.hash) return current ?? { state: 'failed', hash: of.hash, why: 'it was broken off' };
    void running?.worker.terminate();
    const job: AssessJob = { text: of.text, folder: of.folder, file: 'standfast.yaml', state };
    const worker = new Worker(program, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: mostMemoryMb } });
    running = { hash: of.hash, worker };
    const end = (view: AssessmentView): void => {
      clearTimeout(timer);
      if (running?.worker !== worker) return;
      running = null;
      shown = view;
    };
    const timer = setTimeout(() => {
      end({ state: 'failed', hash: of.hash, why: `it took longer than ${withinMs / 60_000} min` });
      void worker.terminate();
    }, withinMs);
    worker.once('message', (answer: AssessAnswer) => {
      if (!answer.ok) return end({ state: 'failed', hash: of.hash, why: answer.why });
      const result = assessedShape.safeParse(JSON.parse(answer.json));
      if (!result.success)
        return end({ state: 'failed', hash: of.hash, why: `it is not understood: ${z.prettifyError(result.error)}` });
      return end({ state: 'done', hash: of.hash, atMs: Date.now(), result: result.data });
    });
    worker.once('error', (error: Error) => end({ state: 'failed', hash: of.hash, why: error.message }));
    worker.once('exit', () => end({ state: 'failed', hash: of.hash, why: 'it ended without an answer' }));
    // What was known before is shown while it is computed anew.
    shown = current ?? { state: 'computing', hash: of.hash, sinceMs: Date.now() };
    return shown;
  };
}
