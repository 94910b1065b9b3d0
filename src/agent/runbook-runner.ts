// Carries runs on: on every host the agent does the blocks that belong to it, each written down before it begins and after it ended. Looks again
// whenever a run changes; what it may not do yet (a failover is under way, its host is away) is tried again soon.
//
// A block that an agent had begun when it was killed is never begun again unasked: what it left running is ended, and unless it only checks or is
// `repeatable` a person says whether it was done.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftovers, runBlock, type BlockEnd, type RunningBlock } from '../act/runbook/block.ts';
import type { BlockOutput } from '../api-runbook.ts';
import type { JsonValue } from '../model/json.ts';
import { began, finished, interrupted, nextOf, type Next, type Run } from '../model/runbook-run.ts';
import { settles, withinOf, type Runbook } from '../model/runbook.ts';
import type { RunbookStore } from './runbook-store.ts';

interface RunnerOptions {
  readonly me: string;
  /** This life of the agent. */
  readonly life: string;
  /** Where records of running blocks lie. */
  readonly folder: string;
  readonly store: RunbookStore;
  book(run: Run): Runbook;
  /** The host that a block belongs to now. */
  hostOf(run: Run, book: Runbook, block: number): string;
  /** Why a block may not begin now; `changes`: it changes something. Null: it may. */
  heldUp(run: Run, changes: boolean): string | null;
  surroundings(run: Run): Promise<{ readonly dir: string; readonly env: Readonly<Record<string, string>> }>;
  nowMs(): number;
  note(kind: string, run: Run, facts: Readonly<Record<string, JsonValue>>): void;
  /** Something that people see has changed, also what a block has written. */
  readonly changed: () => void;
}

/** The runs of this host that are under way. */
export interface Runner {
  look(): void;
  /** What a block that runs here has written so far. */
  live(run: string): { readonly name: string; readonly output: BlockOutput } | null;
  close(): void;
}

interface Present {
  readonly at: number;
  readonly undo: boolean;
  readonly block: RunningBlock;
  /** An abort was seen: its end is written by who aborted. */
  dropped: boolean;
}

/** A block, or its undo, that is to be done or under way. */
type Doing = Extract<Next, { kind: 'execute' | 'running' }>;

const lookAgainMs = 300;
const askAgainMs = 1000;
/** What runs is shown on other hosts this often. */
const keepEveryMs = 1000;

/** Runs what belongs to this host, one block of a run at a time, and goes on with what a former agent left. */
export function openRunner(options: RunnerOptions): Runner {
  const { me, life, store } = options;
  const present = new Map<string, Present>();
  const busy = new Set<string>();
  /** `run/block` of what a former agent of this host had left running. */
  const leftBehind = new Set<string>();
  let cleared = false;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const clear = async (): Promise<void> => {
    await mkdir(options.folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
    for (const mark of await endLeftovers(options.folder)) leftBehind.add(mark);
    cleared = true;
    look();
  };

  const look = (): void => {
    if (closed || !cleared) return;
    for (const { run, revision } of store.all()) {
      const mine = present.get(run.id);
      if (mine !== undefined && !stillRuns(run, mine) && !mine.dropped) {
        mine.dropped = true;
        mine.block.kill('the run was given up');
      }
      if (run.phase === 'ended' || busy.has(run.id) || mine !== undefined) continue;
      const book = options.book(run);
      const next = nextOf(book, run);
      if (next.kind === 'running') {
        if (isUnstarted(run, next)) void carryOut(run, book, next);
        else void lost(run, revision, book, next);
      } else if (next.kind === 'execute' && options.hostOf(run, book, next.block) === me) {
        const changes = next.undo || book.blocks[next.block]?.kind === 'do';
        if (options.heldUp(run, changes) !== null) again();
        else void execute(run, revision, book, next);
      }
    }
  };
  const again = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      look();
    }, lookAgainMs);
  };
  const stillRuns = (run: Run, mine: Present): boolean => {
    if (run.phase === 'ended' || run.at !== mine.at || (run.phase === 'undo') !== mine.undo) return false;
    const block = mine.undo ? run.undone[mine.at] : run.blocks[mine.at];
    return block?.state === 'running' && block.life === life;
  };

  /** Written as begun in this life, and nothing was heard of that: it stands in the store all the same, and nobody else will do it. */
  const isUnstarted = (run: Run, next: Extract<Next, { kind: 'running' }>): boolean => {
    const block = next.undo ? run.undone[next.block] : run.blocks[next.block];
    return block?.host === me && block.life === life;
  };

  /** It stands as running here, but not in this life: its agent was killed in the middle. */
  const lost = async (
    run: Run,
    revision: number,
    book: Runbook,
    next: Extract<Next, { kind: 'running' }>,
  ): Promise<void> => {
    const block = next.undo ? run.undone[next.block] : run.blocks[next.block];
    if (block?.host !== me) return;
    busy.add(run.id);
    const after = interrupted(book, run);
    const answer = await store.put(after, revision);
    busy.delete(run.id);
    if (answer.kind === 'applied')
      options.note('runbookInterrupted', run, {
        ...factsOf(book, run, next),
        leftover: leftBehind.has(`${run.id}/${nameOf(next)}`),
      });
    again();
  };

  const execute = async (
    run: Run,
    revision: number,
    book: Runbook,
    next: Extract<Next, { kind: 'execute' }>,
  ): Promise<void> => {
    if (textOf(book, next) === null) return;
    busy.add(run.id);
    const begun = began(run, { host: me, life, atMs: options.nowMs() });
    const answer = await store.put(begun, revision);
    if (answer.kind === 'applied') return carryOut(begun, book, next);
    busy.delete(run.id);
    again();
  };

  /** What stands in the store as begun by us. */
  const carryOut = async (begun: Run, book: Runbook, next: Doing): Promise<void> => {
    const of = book.blocks[next.block];
    const text = textOf(book, next);
    if (of === undefined || text === null) return;
    const withinMs = (next.undo ? of.undo?.within : null) ?? withinOf(book, next.block) ?? askAgainMs;
    busy.add(begun.id);
    options.note('runbookBegins', begun, factsOf(book, begun, next));
    const name = nameOf(next);
    const start = async (leftMs: number): Promise<BlockEnd> => {
      const { dir, env } = await options.surroundings(begun);
      const block = await runBlock(
        {
          text,
          dir,
          env,
          as: of.as,
          withinMs: leftMs,
          mark: `${begun.id}/${name}`,
          record: join(options.folder, `${begun.id}-${name}`),
        },
        options.changed,
      );
      present.set(begun.id, { at: next.block, undo: next.undo, block, dropped: false });
      look();
      return await block.ended;
    };
    const keeping = setInterval(() => void keep(begun.id), keepEveryMs);
    const untilMs = performance.now() + withinMs;
    let end = await start(withinMs);
    // What was done takes its time: asked again until it holds, or its time is over.
    while (!end.ok && settles(book, next.block) && !next.undo && present.get(begun.id)?.dropped === false) {
      const leftMs = untilMs - performance.now();
      if (leftMs < askAgainMs || closed) break;
      await new Promise((resolve) => setTimeout(resolve, askAgainMs));
      end = await start(untilMs - performance.now());
    }
    clearInterval(keeping);
    await written(book, begun, next, name, end);
  };

  /** Tries until the end is in the store, or somebody else has settled it. */
  const written = async (book: Runbook, begun: Run, next: Doing, name: string, end: BlockEnd): Promise<void> => {
    const mine = present.get(begun.id);
    const output = mine?.block.written();
    options.note('runbookEnds', begun, {
      ...factsOf(book, begun, next),
      ok: end.ok,
      code: end.code,
      signal: end.signal,
      why: end.why,
    });
    while (!closed && mine !== undefined) {
      const now = store.get(begun.id);
      if (now === undefined) break;
      const runs = stillRuns(now.run, mine);
      const outputs = { ...store.outputs(begun.id), ...(output === undefined ? {} : { [name]: output }) };
      const after = runs ? finished(book, now.run, { ...end, atMs: options.nowMs() }) : now.run;
      const answer = runs
        ? await store.put(after, now.revision, outputs)
        : await store.keepOutputs(begun.id, now.revision, outputs);
      if (answer.kind === 'applied') {
        if (runs && after.phase === 'ended') noteEnd(after);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
    present.delete(begun.id);
    busy.delete(begun.id);
    options.changed();
    look();
  };

  const noteEnd = (run: Run): void => options.note('runbookOver', run, { outcome: run.outcome, why: run.because });

  /** For people on other hosts. */
  const keep = async (id: string): Promise<void> => {
    const now = store.get(id);
    const shown = live(id);
    if (now === undefined || shown === null) return;
    const before = store.outputs(id);
    if (before[shown.name]?.total === shown.output.total) return;
    await store.keepOutputs(id, now.revision, { ...before, [shown.name]: shown.output });
  };
  const live = (id: string): { name: string; output: BlockOutput } | null => {
    const mine = present.get(id);
    return mine === undefined ? null : { name: `${mine.undo ? 'u' : ''}${mine.at}`, output: mine.block.written() };
  };

  void clear();
  return {
    look,
    live,
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      // Nothing goes on behind the back of whoever continues.
      for (const { block } of present.values()) block.kill('its agent ended');
    },
  };
}

function textOf(book: Runbook, next: Doing): string | null {
  const of = book.blocks[next.block];
  return (next.undo ? of?.undo?.text : of?.text) ?? null;
}

/** A block, or its undo, within its run. */
function nameOf(of: { readonly block: number; readonly undo: boolean }): string {
  return `${of.undo ? 'u' : ''}${of.block}`;
}

/** Of a block, for the journal. */
function factsOf(
  book: Runbook,
  run: Run,
  next: { readonly block: number; readonly undo: boolean },
): Record<string, JsonValue> {
  const of = book.blocks[next.block];
  const block = next.undo ? run.undone[next.block] : run.blocks[next.block];
  return {
    step: (of?.step ?? 0) + 1,
    title: book.steps[of?.step ?? 0]?.title ?? '',
    does: next.undo ? 'undo' : (of?.kind ?? ''),
    line: (next.undo ? of?.undo?.line : of?.line) ?? 0,
    by: block?.by ?? run.allowedBy,
  };
}
