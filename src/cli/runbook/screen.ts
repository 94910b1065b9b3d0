// A runbook as it would run now, and what a test of runbooks found.

import type { PlannedBlock, RunbookView, TestedRunbook } from '../../api-runbook.ts';
import type { Terminal } from '../terminal.ts';
import { safe } from '../text.ts';
import { durationText } from '../times.ts';

/** What would be done, step by step, with the values of now. */
export function planLines(view: RunbookView, terminal: Terminal): string[] {
  const lines = [
    terminal.paint('bold', safe(view.title)),
    `${safe(view.file ?? 'made from the description')}; about ${safe(view.service ?? 'no single service')} on ${safe(view.host)}. Nothing is run now.`,
  ];
  for (const [step, heading] of view.headings.entries()) {
    lines.push('', terminal.paint('bold', `${step + 1} of ${view.headings.length}  ${safe(heading.title)}`));
    for (const block of view.blocks.filter((each) => each.step === step)) lines.push(...blockPlan(block, terminal));
  }
  if (view.asks.length > 0)
    lines.push('', `It asks for ${view.asks.map((name) => `--set ${safe(name)}=VALUE`).join(' ')}`);
  for (const problem of view.found)
    lines.push(
      '',
      `${terminal.paint('bad', problem.code)}  ${safe(`${view.file ?? view.name}:${problem.line}: ${problem.message}`)}`,
      `        ${safe(problem.next)}`,
    );
  return lines;
}

function blockPlan(block: PlannedBlock, terminal: Terminal): string[] {
  const asks = block.kind === 'do' ? ['asks first'] : block.kind === 'person' ? ['for a person to confirm'] : [];
  const marks = [
    ...asks,
    ...(block.withinMs === null ? [] : [`within ${durationText(block.withinMs)}`]),
    ...(block.as === null ? [] : [`as ${block.as}`]),
    ...block.marks,
  ];
  const where = block.kind === 'person' ? '' : ` on ${safe(block.host)}`;
  return [
    `  ${terminal.paint(block.kind === 'check' ? 'dim' : 'wait', block.kind)}${where} (${safe(marks.join(', '))})`,
    ...block.filled.split('\n').map((line) => `  | ${safe(line)}`),
    ...(block.undo === null ? [] : ['  undo', ...block.undo.split('\n').map((line) => `  | ${safe(line)}`)]),
  ];
}

/** Rotted ones first; a check that does not pass now is told, and is no rot. */
export function testLines(tested: readonly TestedRunbook[], terminal: Terminal): string[] {
  const lines: string[] = [];
  for (const each of tested.toSorted((a, b) => Number(b.rotted.length > 0) - Number(a.rotted.length > 0))) {
    const failing = each.checks.filter((check) => !check.passes);
    const passing = each.checks.length - failing.length;
    const state = each.rotted.length > 0 ? terminal.paint('bad', 'rotted') : terminal.paint('good', 'fits');
    lines.push(
      `${state}  ${safe(each.name)} on ${safe(each.host)}: ${passing} of ${each.checks.length} checks pass now`,
    );
    for (const problem of each.rotted)
      lines.push(`        ${problem.code} line ${problem.line}: ${safe(problem.message)}. ${safe(problem.next)}`);
    for (const check of failing)
      lines.push(
        terminal.paint(
          'dim',
          `        does not pass now: step ${check.step + 1}, ${safe(check.title)} (line ${check.line})${check.text === '' ? '' : `: ${safe(check.text)}`}`,
        ),
      );
  }
  return lines.length === 0 ? ['There is no runbook to test here.'] : lines;
}
