// The thread that the detectors run in: each in its own interval, one after another within it, so that they share what they read and never pile up.

import { parentPort } from 'node:worker_threads';
import { errorWords } from '../../model/error-words.ts';
import type { Detector } from './detector.ts';
import { detectors } from './detectors.ts';
import { openGround } from './ground.ts';
import type { Ask, Tell } from './messages.ts';
import type { Watch } from './watch.ts';

/** Nothing that a detector does takes as long. One that takes longer is waited for, so that looks never pile up, and others go on beside it. */
const longestLookMs = 60_000;
/** Before the first look services have had time to begin. */
const firstAfterMs = 500;

const ground = openGround({ now: () => Date.now(), mono: () => performance.now() });
const port = parentPort;
let watch: Watch | null = null;

port?.on('message', (ask: Ask) => {
  const begins = watch === null;
  watch = ask.watch;
  if (begins) for (const [index, open] of detectors.entries()) begin(open(ground), firstAfterMs + index * 50);
});

function begin(detector: Detector, afterMs: number): void {
  const again = (): void => {
    const began = performance.now();
    void lookOnce(detector).then(() => {
      setTimeout(again, Math.max(detector.everyMs / 10, detector.everyMs - (performance.now() - began)));
    });
  };
  setTimeout(again, afterMs);
}

async function lookOnce(detector: Detector): Promise<void> {
  if (watch === null) return;
  // What it saw before is over: nobody looks for it any more.
  if (watch.off.includes(detector.name)) {
    tell({ kind: 'look', look: { detector: detector.name, atMs: Date.now(), seen: [], facts: {} } });
    return;
  }
  const late = setTimeout(
    () =>
      tell({
        kind: 'failed',
        detector: detector.name,
        why: `a look of it has not ended within ${longestLookMs / 1000} s; until it does, it looks no more`,
      }),
    longestLookMs,
  );
  try {
    const { seen, facts = {}, figures = {} } = await detector.look(watch);
    tell({ kind: 'look', look: { detector: detector.name, atMs: Date.now(), seen, facts, figures } });
  } catch (error) {
    tell({ kind: 'failed', detector: detector.name, why: errorWords(error) });
  } finally {
    clearTimeout(late);
  }
}

function tell(message: Tell): void {
  port?.postMessage(message);
}
