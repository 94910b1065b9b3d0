// A run of a runbook: what was done so far, and what is next. Pure: agents keep it in the store by compare-and-set, so that of two who want the
// same step one gets it, and a run outlives whoever ran it.
//
// Checks that stand together are one question. Passed: the step is done, on to the next heading. Failed: on to what stands below it in its
// step; where nothing does, the run ends, unless a check says `otherwise=next`.

import type { Block, Runbook } from './runbook.ts';

type BlockState =
  | 'pending'
  /** A person said yes; it has not begun. */
  | 'approved'
  | 'running'
  | 'ok'
  | 'failed'
  /** Not needed, or a person left it out. */
  | 'skipped'
  /** Its agent ended in the middle: nobody knows whether it was done. */
  | 'interrupted';

/** How far one block of a run is. */
export interface BlockRun {
  readonly state: BlockState;
  /** Where it runs or ran; null: not begun. */
  readonly host: string | null;
  /** Which life of that host's agent began it. */
  readonly life: string | null;
  /** Who approved, confirmed or left it out. */
  readonly by: string | null;
  /** Unix ms; null: not yet. */
  readonly beganAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Exit status; null: it has none (not ended, ended by a signal, or nothing was run). */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it failed or was left out; null when its exit says all. */
  readonly why: string | null;
}

/** One time that a runbook is gone through, as it is kept in the store. Times are Unix ms. */
export interface Run {
  readonly id: string;
  readonly runbook: string;
  /** Null: it is about no service. */
  readonly service: string | null;
  /** The host that it is about. */
  readonly host: string;
  /** For which it was begun; null: for none. */
  readonly incident: string | null;
  readonly startedBy: string;
  /** Began without a person: the description allows it. */
  readonly auto: boolean;
  readonly why: string;
  /** Who allowed every `do`; null: each is asked for. */
  readonly allowedBy: string | null;
  /** Values given for what the runbook asks for. */
  readonly values: Readonly<Record<string, string>>;
  readonly phase: 'forward' | 'undo' | 'ended';
  /** How it ends, known from when `forward` is over. */
  readonly outcome: 'done' | 'failed' | 'aborted' | null;
  /** Why it ended as it did; null: that needs no words, or it goes on. */
  readonly because: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Index of the present block. */
  readonly at: number;
  readonly blocks: readonly BlockRun[];
  /** Beside `blocks`: how taking back went; `null` where nothing is to be taken back. */
  readonly undone: readonly (BlockRun | null)[];
}

/** What a run needs now. `undo`: the undo of that block instead of the block. */
export type Next =
  | { readonly kind: 'execute'; readonly block: number; readonly undo: boolean }
  | { readonly kind: 'running'; readonly block: number; readonly undo: boolean }
  /** A person: may this be done; was that done by hand; how did what was interrupted end. */
  | {
      readonly kind: 'ask';
      readonly what: 'approve' | 'confirm' | 'settle';
      readonly block: number;
      readonly undo: boolean;
    }
  | { readonly kind: 'ended' };

/** What a person may answer. `yes` approves or confirms; `no` refuses a confirmation or an interrupted one; `skip` leaves a block out; `again` begins an interrupted one anew. */
export type PersonWord = 'yes' | 'no' | 'skip' | 'again';

const untouched: BlockRun = {
  state: 'pending',
  host: null,
  life: null,
  by: null,
  beganAtMs: null,
  endedAtMs: null,
  code: null,
  signal: null,
  why: null,
};

/** A run that has not begun. */
export function newRun(
  book: Runbook,
  of: Pick<
    Run,
    | 'id'
    | 'runbook'
    | 'service'
    | 'host'
    | 'incident'
    | 'startedBy'
    | 'auto'
    | 'why'
    | 'allowedBy'
    | 'values'
    | 'startedAtMs'
  >,
): Run {
  return {
    ...of,
    phase: 'forward',
    outcome: null,
    because: null,
    endedAtMs: null,
    at: 0,
    blocks: book.blocks.map(() => untouched),
    undone: book.blocks.map(() => null),
  };
}

/** What is next. */
export function nextOf(book: Runbook, run: Run): Next {
  if (run.phase === 'ended') return { kind: 'ended' };
  const undo = run.phase === 'undo';
  const block = run.at;
  const state = undo ? run.undone[block]?.state : run.blocks[block]?.state;
  const of = book.blocks[block];
  if (state === undefined || of === undefined) return { kind: 'ended' };
  if (state === 'running') return { kind: 'running', block, undo };
  if (state === 'interrupted') return { kind: 'ask', what: 'settle', block, undo };
  if (state === 'approved') return { kind: 'execute', block, undo };
  if (of.kind === 'check') return { kind: 'execute', block, undo };
  if (of.kind === 'person') return { kind: 'ask', what: 'confirm', block, undo };
  const allowed = run.allowedBy !== null && !(of.ask && run.auto);
  return allowed ? { kind: 'execute', block, undo } : { kind: 'ask', what: 'approve', block, undo };
}

/** The present block begins on this host, in this life of its agent. */
export function began(run: Run, by: { readonly host: string; readonly life: string; readonly atMs: number }): Run {
  return withPresent(run, (block) => ({
    ...block,
    state: 'running',
    host: by.host,
    life: by.life,
    beganAtMs: by.atMs,
  }));
}

/** The present block ended by itself, by its time or by an abort. */
export function finished(
  book: Runbook,
  run: Run,
  end: {
    readonly ok: boolean;
    readonly code: number | null;
    readonly signal: string | null;
    readonly why: string | null;
    readonly atMs: number;
  },
): Run {
  const ended = withPresent(run, (block) => ({
    ...block,
    state: end.ok ? 'ok' : 'failed',
    code: end.code,
    signal: end.signal,
    why: end.why,
    endedAtMs: end.atMs,
  }));
  return onward(book, ended, end.atMs);
}

/** Its agent is gone: what may be begun again is, for the rest a person is asked. */
export function interrupted(book: Runbook, run: Run): Run {
  const of = book.blocks[run.at];
  const again = of !== undefined && run.phase === 'forward' && (of.kind === 'check' || of.repeatable);
  return withPresent(run, (block) => ({
    ...block,
    state: again ? (of.kind === 'check' ? 'pending' : 'approved') : 'interrupted',
    life: null,
  }));
}

/** A person answered what was asked. `null`: that is no answer to what is asked now. */
export function answered(
  book: Runbook,
  run: Run,
  word: PersonWord,
  by: { readonly who: string; readonly why: string; readonly atMs: number },
): Run | null {
  const next = nextOf(book, run);
  if (next.kind !== 'ask') return null;
  const { who, atMs } = by;
  const why = by.why === '' ? null : by.why;
  const set = (state: BlockState): Run =>
    withPresent(run, (block) => ({
      ...block,
      state,
      by: who,
      why,
      endedAtMs: state === 'approved' ? null : atMs,
    }));
  switch (word) {
    case 'yes':
      return next.what === 'approve' ? set('approved') : onward(book, set('ok'), atMs);
    case 'no':
      return next.what === 'approve' ? null : onward(book, set('failed'), atMs);
    case 'skip':
      return next.what === 'settle' ? null : onward(book, set('skipped'), atMs);
    case 'again':
      return next.what === 'settle' ? set('approved') : null;
    default:
      return word satisfies never;
  }
}

/** A person gives the run up. What was done and can be taken back is offered, the last first. `null`: it is over already. */
export function aborted(
  run: Run,
  book: Runbook,
  by: { readonly who: string; readonly why: string; readonly atMs: number },
): Run | null {
  if (run.phase === 'ended') return null;
  const because = `given up by ${by.who}${by.why === '' ? '' : `: ${by.why}`}`;
  if (run.phase === 'undo')
    return {
      ...run,
      phase: 'ended',
      because: `${run.because ?? ''}; the rest was not taken back, said ${by.who}`,
      endedAtMs: by.atMs,
    };
  const present = run.blocks[run.at];
  const stopped =
    present?.state === 'running' || present?.state === 'interrupted'
      ? withPresent(run, (block) => ({ ...block, state: 'failed', endedAtMs: by.atMs, why: because }))
      : run;
  // What was allowed beforehand was the way forward.
  return takeBack(book, { ...stopped, allowedBy: null, outcome: 'aborted', because }, by.atMs);
}

/** Every `do` that follows is allowed. */
export function allowed(run: Run, who: string): Run {
  return { ...run, allowedBy: who };
}

function withPresent(run: Run, change: (block: BlockRun) => BlockRun): Run {
  return run.phase === 'undo'
    ? { ...run, undone: run.undone.map((each, at) => (at === run.at && each !== null ? change(each) : each)) }
    : { ...run, blocks: run.blocks.map((each, at) => (at === run.at ? change(each) : each)) };
}

function onward(book: Runbook, run: Run, atMs: number): Run {
  if (run.phase === 'undo') return takeBack(book, run, atMs);
  const of = book.blocks[run.at];
  const state = run.blocks[run.at]?.state;
  if (of === undefined) return run;
  if (of.kind === 'check') return afterCheck(book, run, of, atMs);
  if (state !== 'failed') return goTo(book, run, run.at + 1, atMs);
  if (of.otherwise === 'next') return goTo(book, run, nextStep(book, run.at), atMs);
  return takeBack(book, { ...run, outcome: 'failed', because: `${nameOf(book, of)} failed` }, atMs);
}

/** At the end of checks that stand together their common answer counts. */
function afterCheck(book: Runbook, run: Run, of: Block, atMs: number): Run {
  const below = book.blocks[run.at + 1];
  const inStep = below?.step === of.step;
  if (inStep && below.kind === 'check') return goTo(book, run, run.at + 1, atMs);
  const failed = group(book, run.at).filter((index) => run.blocks[index]?.state === 'failed');
  if (failed.length === 0)
    return goTo(book, skipped(run, run.at + 1, nextStep(book, run.at)), nextStep(book, run.at), atMs);
  if (inStep) return goTo(book, run, run.at + 1, atMs);
  if (failed.every((index) => book.blocks[index]?.otherwise === 'next')) return goTo(book, run, run.at + 1, atMs);
  const mended = book.blocks.slice(0, run.at).some((each) => each.step === of.step && each.kind !== 'check');
  const why = mended ? 'the check failed' : 'the check failed, and nothing below it in its step mends that';
  return takeBack(book, { ...run, outcome: 'failed', because: `${nameOf(book, of)}: ${why}` }, atMs);
}

/** Indexes of the checks that stand together with the one at `index`, up to it. */
function group(book: Runbook, index: number): number[] {
  const found = [index];
  const step = book.blocks[index]?.step;
  for (let at = index - 1; at >= 0; at -= 1) {
    const each = book.blocks[at];
    if (each?.kind !== 'check' || each.step !== step) break;
    found.push(at);
  }
  return found;
}

function nextStep(book: Runbook, index: number): number {
  const step = book.blocks[index]?.step ?? 0;
  const found = book.blocks.findIndex((each) => each.step > step);
  return found === -1 ? book.blocks.length : found;
}

function skipped(run: Run, from: number, to: number): Run {
  return {
    ...run,
    blocks: run.blocks.map((each, at) =>
      at >= from && at < to ? { ...each, state: 'skipped', why: 'not needed' } : each,
    ),
  };
}

function goTo(book: Runbook, run: Run, at: number, atMs: number): Run {
  if (at < book.blocks.length) return { ...run, at };
  return { ...run, at, phase: 'ended', outcome: 'done', because: null, endedAtMs: atMs };
}

/** On to the next thing to take back, the last done first; when nothing is left, the end. */
function takeBack(book: Runbook, run: Run, atMs: number): Run {
  const from = run.phase === 'undo' ? run.at - 1 : Math.min(run.at, book.blocks.length - 1);
  for (let at = from; at >= 0; at -= 1) {
    // However it ended, it may have been done in part.
    const touched = (run.blocks[at]?.beganAtMs ?? null) !== null;
    if (touched && (book.blocks[at]?.undo ?? null) !== null)
      return { ...run, phase: 'undo', at, undone: run.undone.map((each, index) => (index === at ? untouched : each)) };
  }
  return { ...run, phase: 'ended', endedAtMs: atMs };
}

function nameOf(book: Runbook, block: Block): string {
  return `step ${block.step + 1}, ${book.steps[block.step]?.title ?? ''} (line ${block.line})`;
}
