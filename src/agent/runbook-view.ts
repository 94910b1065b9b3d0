// A run and a runbook as people see them.

import { ownAccount } from '../account.ts';
import type { BlockOutput, PlannedBlock, RunView } from '../api-runbook.ts';
import { nextOf, type Run } from '../model/runbook-run.ts';
import { settles, withinOf, type Runbook } from '../model/runbook.ts';
import { filledText } from './runbook-facts.ts';

/** A run with what it needs now. `waits`: why what could go on by itself does not. */
export function runView(of: {
  readonly run: Run;
  readonly revision: number;
  readonly book: Runbook;
  readonly outputs: Readonly<Record<string, BlockOutput>>;
  readonly live: { readonly name: string; readonly output: BlockOutput } | null;
  readonly hostOf: (block: number) => string;
  readonly waits: (block: number, undo: boolean) => string | null;
  /** Why nothing is heard from a host; null: its agent answers. */
  readonly away: (host: string) => string | null;
}): RunView {
  const { run, book, live } = of;
  const { blocks, undone, at: _at, ...rest } = run;
  const outputs = live === null ? of.outputs : { ...of.outputs, [live.name]: live.output };
  const next = nextOf(book, run);
  return {
    ...rest,
    title: book.title,
    headings: book.steps.map((step) => step.title),
    blocks: book.blocks.flatMap((block, index) => {
      const state = blocks[index];
      if (state === undefined) return [];
      const back = undone[index] ?? null;
      return [
        {
          ...state,
          index,
          kind: block.kind,
          step: block.step,
          text: block.text,
          output: outputs[String(index)] ?? null,
          undo: block.undo?.text ?? null,
          undone: back === null ? null : { ...back, output: outputs[`u${index}`] ?? null },
        },
      ];
    }),
    needs: needsOf(next, of),
    version: `${of.revision}.${Object.values(outputs).reduce((sum, each) => sum + each.total, 0)}`,
  };
}

function needsOf(
  next: ReturnType<typeof nextOf>,
  of: {
    readonly run: Run;
    readonly hostOf: (block: number) => string;
    readonly waits: (block: number, undo: boolean) => string | null;
    readonly away: (host: string) => string | null;
  },
): RunView['needs'] {
  switch (next.kind) {
    case 'ended':
      return { kind: 'nothing' };
    case 'ask':
      return { kind: 'person', what: next.what, block: next.block, undo: next.undo };
    case 'running': {
      const block = next.undo ? of.run.undone[next.block] : of.run.blocks[next.block];
      const host = block?.host ?? of.hostOf(next.block);
      const why = of.away(host);
      const at = { block: next.block, undo: next.undo };
      return why === null ? { kind: 'running', ...at, host } : { kind: 'waiting', ...at, why };
    }
    case 'execute': {
      const why =
        of.away(of.hostOf(next.block)) ?? of.waits(next.block, next.undo) ?? `${of.hostOf(next.block)} begins`;
      return { kind: 'waiting', block: next.block, undo: next.undo, why };
    }
    default:
      return next satisfies never;
  }
}

/** The blocks as they would run now. */
export function plannedBlocks(
  book: Runbook,
  hostOf: (block: number) => string,
  env: Readonly<Record<string, string>>,
): PlannedBlock[] {
  return book.blocks.map((block, index) => ({
    index,
    kind: block.kind,
    step: block.step,
    line: block.line,
    text: block.text,
    filled:
      block.kind === 'person'
        ? block.text
        : filledText(block.text, block.as === null ? { ...ownAccount().env, ...env } : env),
    host: hostOf(index),
    as: block.as,
    withinMs: withinOf(book, index),
    marks: [
      ...(block.repeatable ? ['repeatable'] : []),
      ...(block.ask ? ['ask'] : []),
      ...(block.otherwise === 'next' ? ['otherwise=next'] : []),
      ...(settles(book, index) ? ['asked again until it passes'] : []),
    ],
    undo: block.undo?.text ?? null,
  }));
}
