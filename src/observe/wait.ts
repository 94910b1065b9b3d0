// Asks a `ready` or `active` probe again and again until it answers or its time is over. That the time is over is judged by
// the core; here the asking just ends.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ProbeSpec } from '../model/system.ts';
import { type LogMark, LogTail, markLog } from './log-tail.ts';
import { type AskedProbe, ask, folderOf } from './probe.ts';
import type { Process, Watched } from './watched.ts';

const firstPauseMs = 5;
const longestPauseMs = 50;
const commandPauseMs = 100;
/** All waits of an observer together ask about 2,000 times a second, so that the start of 500 services is not slowed by the asking. */
const pauseForEachWaitMs = 0.5;
/** An answer that takes longer is given up for a new question; a command may take as long as the whole wait, to 10 s. */
const answerWithinMs = 2000;
const commandWithinMs = 10_000;
/** A look at a log reads so much at once. */
const logBudget = 1024 * 1024;

/** What is asked, and until when: `within` in ms. */
export interface WaitPlan {
  readonly probe: ProbeSpec;
  readonly within: number;
}

let waiting = 0;

/** True when the probe answered within its time; false when not, or when it is no longer observed; meanwhile it tells why not yet. Never rejects. */
export async function waitFor(
  watched: Watched,
  process: Process,
  plan: WaitPlan,
  from: LogMark | undefined,
): Promise<boolean> {
  const { probe, within } = plan;
  const until = watched.now() + within;
  const notYet = openNotYet(watched);
  waiting += 1;
  try {
    return probe.kind === 'log'
      ? await waitForLine(watched, process, probe, from, within, until, notYet)
      : await waitForYes(watched, process, probe, until, notYet);
  } finally {
    waiting -= 1;
  }
}

/** A start that takes no longer has nothing to tell, and what it says changes no oftener for people. */
const tellEveryMs = 1000;

/** Tells what is answered in place of a yes, when that is other than before. */
function openNotYet(watched: Watched): (text: string) => void {
  let toldAt: number = watched.now();
  let told = '';
  return (text) => {
    const at = watched.now();
    if (text === told || at - toldAt < tellEveryMs) return;
    [told, toldAt] = [text, at];
    watched.tell({ kind: 'notYet', instance: watched.key, at, text });
  };
}

async function waitForYes(
  watched: Watched,
  process: Process,
  probe: AskedProbe,
  until: number,
  notYet: (text: string) => void,
): Promise<boolean> {
  const isCommand = probe.kind === 'command';
  for (let pause = isCommand ? commandPauseMs : firstPauseMs; ; pause = longer(pause)) {
    const left = until - watched.now();
    if (watched.signal.aborted || left <= 0) return false;
    const asked = await ask(watched.tools, probe, watched.from, {
      within: Math.min(left, isCommand ? commandWithinMs : answerWithinMs),
      signal: watched.signal,
      body: false,
      notBefore: process.notBefore,
    });
    if (watched.signal.aborted) return false;
    if (asked.result === 'ok') return true;
    notYet(asked.text);
    await rest(pause, watched.signal);
  }
}

async function waitForLine(
  watched: Watched,
  process: Process,
  probe: Extract<ProbeSpec, { kind: 'log' }>,
  from: LogMark | undefined,
  within: number,
  until: number,
  notYet: (text: string) => void,
): Promise<boolean> {
  const path = resolve(watched.from.dir, probe.file);
  const mark = from === undefined ? await unmarked(path, process, within) : from;
  if (mark === 'past') return true;
  let tail: LogTail;
  try {
    tail = new LogTail(path, new RegExp(probe.pattern), mark);
  } catch {
    // Not a pattern: the reader of the description refuses it; here it can only never match.
    return false;
  }
  try {
    for (let pause = firstPauseMs; ; pause = longer(pause)) {
      if (watched.signal.aborted || watched.now() >= until) return false;
      const { matches } = await watched.tools.files.take(folderOf(path), () =>
        tail.look({ budget: logBudget, unfinished: true, jump: false }),
      );
      if (watched.signal.aborted) return false;
      if (matches > 0) return true;
      notYet(`no line of ${probe.file} matches ${probe.pattern} yet`);
      await rest(pause, watched.signal);
    }
  } catch {
    // Not to be read (no permission, a folder): it cannot answer.
    return false;
  } finally {
    await tail.close();
  }
}

/**
 * Nobody noted where the log was at the start: an agent that came later. A process that has outlived the time it had was
 * found ready then, else it would have been ended, and its line may be rotated away by now. Of a younger one, a file made
 * since its start is read whole, an older one from its present end.
 */
async function unmarked(path: string, process: Process, within: number): Promise<LogMark | 'past'> {
  if (process.ageMs() > within) return 'past';
  const made = await stat(path).then(
    (file) => file.birthtimeMs,
    () => null,
  );
  return made === null || made >= process.notBefore ? null : await markLog(path);
}

function longer(pause: number): number {
  return pause >= commandPauseMs ? pause : Math.min(longestPauseMs, pause * 1.5);
}

function rest(pause: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, Math.max(pause, waiting * pauseForEachWaitMs));
    signal.addEventListener('abort', end, { once: true });
  });
}
