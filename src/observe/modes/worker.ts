// The thread that the detectors run in: each in its own interval, with a ground and a meter of its own. What looks are dear, of one detector, is made up for
// by itself: it looks less often, and says so.

import { parentPort } from 'node:worker_threads';
import { errorWords } from '../../model/error-words.ts';
import { pacesOf, type Load, type Pace } from '../../model/pace.ts';
import type { Detector, Looked, OpenDetector } from './detector.ts';
import { detectors } from './detectors.ts';
import { openGround } from './ground.ts';
import type { Ask, Tell } from './messages.ts';
import { openMeter, type Meter } from './meter.ts';
import type { Watch } from './watch.ts';

/** Nothing that a detector does takes as long. One that takes longer is waited for, so that looks never pile up, and others go on beside it. */
const longestLookMs = 60_000;
/** Before the first look services have had time to begin. */
const firstAfterMs = 500;
/**
 * Of one processor, all detectors together, for as many services; and so much more for more of them. They may take 0.03: a sixth is what goes on beside
 * their looks, for messages, timers and memory.
 */
const share = 0.025;
const servicesOfShare = 50;
/** The kernel counts in steps of milliseconds: what one look takes is known only from several. */
const looksCounted = 4;
const standsOutMs = 10;
const standsOutBy = 3;

const port = parentPort;
const loads = new Map<string, Load>();
let watch: Watch | null = null;

port?.on('message', (ask: Ask) => {
  const begins = watch === null;
  watch = ask.watch;
  if (begins) for (const [index, open] of detectors.entries()) begin(open, firstAfterMs + index * 50);
});

function begin(open: OpenDetector, afterMs: number): void {
  const meter = openMeter(openGround({ now: () => Date.now(), mono: () => performance.now() }));
  const detector = open(meter.ground);
  let taken: readonly number[] = [];
  const again = async (): Promise<void> => {
    const began = performance.now();
    const looked = watch === null ? null : await lookOnce(detector, meter, watch);
    const { name, everyMs: usualMs } = detector;
    taken = [...taken, meter.taken()].slice(-looksCounted);
    loads.set(name, { usualMs, costMs: costOf(taken) });
    const pace = paceOf(detector);
    if (looked !== null) tell({ kind: 'look', look: { detector: name, atMs: Date.now(), facts: {}, ...looked, pace } });
    setTimeout(() => void again(), Math.max(usualMs / 10, pace.everyMs - (performance.now() - began)));
  };
  setTimeout(() => void again(), afterMs);
}

/** The mean; without the dearest where that stands out: one such look is no habit, such as the first, or that of a file that was renewed. */
function costOf(taken: readonly number[]): number {
  const sum = taken.reduce((all, each) => all + each, 0);
  const dearest = Math.max(...taken);
  const others = (sum - dearest) / Math.max(1, taken.length - 1);
  return dearest > standsOutMs + standsOutBy * others ? others : sum / taken.length;
}

function paceOf({ name, everyMs }: Detector): Pace {
  const services = new Set(watch?.logs.flatMap((log) => log.services)).size;
  const paces = pacesOf(loads, share * Math.max(1, services / servicesOfShare));
  return paces.get(name) ?? { usualMs: everyMs, costMs: 0, everyMs };
}

/** Null: it failed, and that was told. */
async function lookOnce(detector: Detector, meter: Meter, at: Watch): Promise<Looked | null> {
  // What it saw before is over: nobody looks for it any more.
  if (at.off.includes(detector.name)) return { seen: [] };
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
    return await meter.of(() => detector.look(at));
  } catch (error) {
    tell({ kind: 'failed', detector: detector.name, why: errorWords(error) });
    return null;
  } finally {
    clearTimeout(late);
  }
}

function tell(message: Tell): void {
  port?.postMessage(message);
}
