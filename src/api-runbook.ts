// What is asked and answered about runbooks: by the command line, the console and other programs, through `client.ts`. Shapes only.

import type { BlockRun, PersonWord, Run } from './model/runbook-run.ts';
import type { BlockKind, RunbookProblem } from './model/runbook.ts';

/** Refused, with why and what to do; nothing was changed. */
export interface RunbookRefusal {
  readonly ok: false;
  readonly code: string;
  readonly why: string;
  readonly next: string;
}

/** What was asked for, or why not. */
export type RunbookAnswer<T> = { readonly ok: true; readonly value: T } | RunbookRefusal;

/** One runbook, as `runbook list` shows it. */
export interface RunbookListing {
  /** As `runbook show` takes it: a service, or a file in the folder `runbooks` without its ending. */
  readonly name: string;
  readonly title: string;
  /** Null: it is about none. */
  readonly service: string | null;
  /** The file; null: made from the description. */
  readonly file: string | null;
  readonly steps: number;
  readonly problems: number;
  /** When it runs without being asked, in words; null: never. */
  readonly auto: string | null;
  /** The run that is open; null: none. */
  readonly open: string | null;
}

/** One block, as it would run on its host now. */
export interface PlannedBlock {
  readonly index: number;
  readonly kind: BlockKind;
  /** Index of its step. */
  readonly step: number;
  readonly line: number;
  readonly text: string;
  /** With the values that are known now in place of the variables. To be read; what runs is `text`, with the values in its environment. */
  readonly filled: string;
  readonly host: string;
  readonly as: string | null;
  readonly withinMs: number | null;
  /** How it is limited or marked, as in the file: `repeatable`, `ask`, `otherwise=next`, `asked again until it passes`. */
  readonly marks: readonly string[];
  /** What takes it back; null: nothing is written for that. */
  readonly undo: string | null;
}

/** One runbook with its blocks as they would run now, every value filled in. */
export interface RunbookView extends RunbookListing {
  readonly markdown: string;
  readonly host: string;
  readonly about: string;
  readonly asks: readonly string[];
  readonly headings: readonly { readonly title: string; readonly text: string; readonly line: number }[];
  readonly blocks: readonly PlannedBlock[];
  readonly found: readonly RunbookProblem[];
}

/** What a block wrote: its beginning, how many characters are not kept, its end. `total` counts all characters. */
export interface BlockOutput {
  readonly head: string;
  readonly left: number;
  readonly tail: string;
  readonly total: number;
}

/** One block of a run and how far it is. */
export interface RunBlockView extends BlockRun {
  readonly index: number;
  readonly kind: BlockKind;
  readonly step: number;
  readonly text: string;
  /** Null: it has not run, or wrote nothing that is kept. */
  readonly output: BlockOutput | null;
  /** What would take it back; null: nothing is written for that. */
  readonly undo: string | null;
  /** How taking it back went; null: nothing is to be taken back. */
  readonly undone: (BlockRun & { readonly output: BlockOutput | null }) | null;
}

/** One run. */
export interface RunView extends Omit<Run, 'blocks' | 'undone' | 'at'> {
  readonly title: string;
  readonly headings: readonly string[];
  readonly blocks: readonly RunBlockView[];
  /** What it needs now; `block` of `blocks`, `undo` when it is that block's undo. */
  readonly needs:
    | { readonly kind: 'nothing' }
    | { readonly kind: 'running'; readonly block: number; readonly undo: boolean; readonly host: string }
    /** Will go on by itself, and why it does not yet. */
    | { readonly kind: 'waiting'; readonly block: number; readonly undo: boolean; readonly why: string }
    | {
        readonly kind: 'person';
        readonly what: 'approve' | 'confirm' | 'settle';
        readonly block: number;
        readonly undo: boolean;
      };
  /** Grows with every change; handed back to wait for the next. */
  readonly version: string;
}

/** Who wants a runbook run, and how. */
export interface StartRequest {
  readonly name: string;
  /** The host that it is about; null: the one that the runbook or the status suggests. */
  readonly host: string | null;
  readonly owner: string;
  readonly why: string;
  /** Every `do` is allowed beforehand. */
  readonly allow: boolean;
  readonly values: Readonly<Record<string, string>>;
}

/** What a person says to what a run asks. */
export interface PersonAnswerRequest {
  readonly run: string;
  readonly block: number;
  readonly undo: boolean;
  readonly word: PersonWord;
  readonly owner: string;
  readonly why: string;
}

/** What `runbook test` found of one runbook on one host. */
export interface TestedRunbook {
  readonly name: string;
  readonly host: string;
  readonly checks: readonly {
    readonly step: number;
    readonly title: string;
    readonly line: number;
    readonly passes: boolean;
    readonly text: string;
  }[];
  /** What no longer fits this system: it would fail for a reason that is not the fault it is there for. */
  readonly rotted: readonly RunbookProblem[];
}

/** What the agent answers about runbooks. */
export interface RunbookAnswers {
  list(): Promise<readonly RunbookListing[]>;
  show(
    name: string,
    host: string | null,
    values: Readonly<Record<string, string>>,
  ): Promise<RunbookAnswer<RunbookView>>;
  start(request: StartRequest): Promise<RunbookAnswer<RunView>>;
  /** All runs that are kept, the newest first, without what they wrote. */
  runs(): Promise<readonly RunView[]>;
  /** With `after` it waits until the run is newer than that, 10 s at most. */
  run(id: string, after: string | null): Promise<RunbookAnswer<RunView>>;
  answer(request: PersonAnswerRequest): Promise<RunbookAnswer<RunView>>;
  /** Every `do` from now on. */
  allow(run: string, owner: string): Promise<RunbookAnswer<RunView>>;
  /** Ends it, also a step under way; what can be taken back is offered. */
  abort(run: string, owner: string, why: string): Promise<RunbookAnswer<RunView>>;
  /** Runs the checks that belong to this agent's host, all runbooks when `name` is null. */
  test(name: string | null): Promise<RunbookAnswer<readonly TestedRunbook[]>>;
  /** Is `service` or `service@host` as it should be? */
  stands(subject: string): Promise<RunbookAnswer<{ readonly stands: boolean; readonly text: string }>>;
}

/** A question as it goes over the socket: the name of a method of `RunbookAnswers` and its arguments. */
export type RunbookQuestion = {
  [K in keyof RunbookAnswers]: { readonly ask: K; readonly of: Parameters<RunbookAnswers[K]> };
}[keyof RunbookAnswers];
