// What a runbook is once it was read: steps of blocks, in order. `act/runbook/read.ts` makes it of Markdown, `runbook-run.ts` walks through it.

import type { BlockWords } from './runbook-words.ts';
import type { Ms } from './units.ts';

/** `check` asks and changes nothing; `do` changes something; `person` is for a person to do and to confirm. */
export type BlockKind = 'check' | 'do' | 'person';

/** One thing to do of a step, with the words that it was written with. */
export interface Block extends Omit<BlockWords, 'kind'> {
  readonly kind: BlockKind;
  /** Shell lines for `sh`; of a person what is to be done, in words. */
  readonly text: string;
  /** Where it begins in the file, from 1. */
  readonly line: number;
  /** Index of its step in `Runbook.steps`. */
  readonly step: number;
  /** What takes a `do` back, offered in reverse order when a run is given up or fails. */
  readonly undo: { readonly text: string; readonly line: number; readonly within: Ms | null } | null;
}

/** A heading. */
export interface Step {
  readonly title: string;
  /** What stands below it in words, as Markdown. */
  readonly text: string;
  readonly line: number;
}

/** A runbook that can be run: it was read without a problem. */
export interface Runbook {
  readonly title: string;
  /** What stands before the first step. */
  readonly about: string;
  /** The service that it is about, when it says so itself. */
  readonly service: string | null;
  /** The host that its steps belong to, when it says so itself. */
  readonly on: string | null;
  /** Names of values that whoever runs it must give. */
  readonly asks: readonly string[];
  readonly steps: readonly Step[];
  /** All blocks in order. */
  readonly blocks: readonly Block[];
}

/** What is wrong with a runbook, and where. Lines and columns from 1. */
export interface RunbookProblem {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly line: number;
  readonly column: number;
}

const usualCheckMs = 10_000;
const usualSettleMs = 30_000;
const usualDoMs = 300_000;

/** How long a block may take in all, in ms; null for a person. */
export function withinOf(book: Runbook, index: number): number | null {
  const block = book.blocks[index];
  if (block === undefined || block.kind === 'person') return null;
  if (block.within !== null) return block.within;
  if (block.kind === 'do') return usualDoMs;
  return settles(book, index) ? usualSettleMs : usualCheckMs;
}

/** True for a check below a `do` of its step: what was done takes its time, so it is asked again until it passes or its time is over. */
export function settles(book: Runbook, index: number): boolean {
  const block = book.blocks[index];
  return (
    block?.kind === 'check' &&
    book.blocks.some((each, at) => at < index && each.step === block.step && each.kind !== 'check')
  );
}

/** Variables that every block has besides the environment of the service; what they hold stands in docs/runbooks.md. */
const builtInVariables = [
  'system',
  'service',
  'host',
  'pid',
  'role',
  'term',
  'active',
  'dir',
  'log',
  'output',
  'incident',
  'runbook',
  'run',
  'began',
] as const;

/** A name that Standfast itself gives a value to. */
export type BuiltInVariable = (typeof builtInVariables)[number];
