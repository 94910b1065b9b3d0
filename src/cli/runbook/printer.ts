// Writes a run as it goes on: each step once, what it writes as it comes, how it ended.

import type { BlockOutput, RunBlockView, RunView } from '../../api-runbook.ts';
import type { BlockRun } from '../../model/runbook-run.ts';
import type { Terminal } from '../terminal.ts';
import { safe } from '../text.ts';
import { durationText } from '../times.ts';

interface RunPrinter {
  /** Prints what is new. */
  show(run: RunView): void;
}

interface Told {
  begun: boolean;
  /** Characters of its output. */
  written: number;
  /** An unfinished line. */
  rest: string;
  over: boolean;
}

/** Prints of a run what was not printed yet, each time that it is given the newest. */
export function runPrinter(terminal: Terminal): RunPrinter {
  const told = new Map<string, Told>();
  let step = -1;
  let held: string | null = null;

  const heading = (run: RunView, block: RunBlockView): void => {
    if (block.step === step) return;
    step = block.step;
    terminal.print(
      '',
      terminal.paint('bold', `${block.step + 1} of ${run.headings.length}  ${safe(run.headings[block.step] ?? '')}`),
    );
  };
  const showOne = (run: RunView, block: RunBlockView, undo: boolean): void => {
    const state: BlockRun | null = undo ? block.undone : block;
    const output = undo ? (block.undone?.output ?? null) : block.output;
    if (state === null || state.state === 'pending' || state.state === 'approved') return;
    const key = `${undo ? 'u' : ''}${block.index}`;
    const known = told.get(key) ?? { begun: false, written: 0, rest: '', over: false };
    told.set(key, known);
    if (!known.begun) {
      heading(run, block);
      terminal.print(...blockLines(terminal, block, undo, state.host));
      known.begun = true;
    }
    if (output !== null) write(terminal, known, output);
    const over = state.state !== 'running';
    if (over && !known.over) {
      if (known.rest !== '') terminal.print(`    ${safe(known.rest)}`);
      known.rest = '';
      terminal.print(endLine(terminal, block, state));
    }
    known.over = over;
  };
  return {
    show(run) {
      for (const block of run.blocks) showOne(run, block, false);
      for (const block of run.blocks.toReversed()) if (block.undone !== null) showOne(run, block, true);
      const waits = run.needs.kind === 'waiting' && !run.needs.why.endsWith(' begins') ? run.needs.why : null;
      if (waits !== null && waits !== held) terminal.print(terminal.paint('wait', `  waits: ${safe(waits)}`));
      held = waits;
    },
  };
}

/** What a block does, for people to read before it is done. */
export function blockLines(terminal: Terminal, block: RunBlockView, undo: boolean, host: string | null): string[] {
  const what = undo ? 'undo' : block.kind;
  const text = undo ? (block.undo ?? '') : block.text;
  return [
    `  ${terminal.paint(what === 'check' ? 'dim' : 'wait', what)}${host === null || block.kind === 'person' ? '' : ` on ${safe(host)}`}`,
    ...text.split('\n').map((line) => terminal.paint('dim', `  | ${safe(line)}`)),
  ];
}

function write(terminal: Terminal, known: Told, output: BlockOutput): void {
  if (output.total < known.written) known.written = 0;
  const tailFrom = output.total - output.tail.length;
  let text = '';
  if (known.written < output.head.length) text += output.head.slice(known.written);
  const from = Math.max(known.written, output.head.length);
  if (from < tailFrom) text += `\n… ${tailFrom - from} characters are not kept …\n`;
  text += output.tail.slice(Math.max(0, from - tailFrom));
  known.written = output.total;
  if (text === '') return;
  const lines = (known.rest + text).split('\n');
  known.rest = lines.pop() ?? '';
  terminal.print(...lines.map((line) => `    ${safe(line.replaceAll('\t', '  '))}`));
}

function endLine(terminal: Terminal, block: RunBlockView, state: BlockRun): string {
  const took =
    state.beganAtMs === null || state.endedAtMs === null ? '' : ` (${durationText(state.endedAtMs - state.beganAtMs)})`;
  const by = state.by === null ? '' : `, ${safe(state.by)}`;
  const why = state.why === null ? '' : `: ${safe(state.why)}`;
  switch (state.state) {
    case 'ok':
      return `  ${terminal.paint('good', block.kind === 'check' ? 'passes' : 'done')}${by}${took}`;
    case 'failed': {
      const exit = state.signal !== null ? `, ${state.signal}` : state.code !== null ? `, exit ${state.code}` : '';
      return `  ${terminal.paint('bad', block.kind === 'check' ? 'does not pass' : 'failed')}${exit}${why}${took}`;
    }
    case 'skipped':
      return `  ${terminal.paint('dim', 'left out')}${by}${why}`;
    case 'interrupted':
      return `  ${terminal.paint('bad', 'interrupted')}: the agent on ${safe(state.host ?? '?')} ended in the middle; what was left of the step was ended too`;
    case 'pending':
    case 'approved':
    case 'running':
      return '';
    default:
      return state.state satisfies never;
  }
}
