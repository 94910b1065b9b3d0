// Everything that is wrong with a description at once, each with its place and its cure.

import { counted } from '../../model/amount-words.ts';
import type { Problem } from '../../model/problem.ts';
import type { Terminal } from '../terminal.ts';
import { padded, safe, widthOf, wrapped } from '../text.ts';

/** Lines grouped by file, in the order of the file. `file:line:column` stands in front, so that editors can jump there. */
export function problemLines(problems: readonly Problem[], terminal: Terminal): string[] {
  const places = problems.map((each) => `${safe(each.file)}:${each.line}:${each.column}`);
  const widest = Math.max(0, ...places.map(widthOf));
  const width = Math.min(terminal.columns(), 160);
  const narrow = width < widest + 60;
  return problems.flatMap((problem, index) => {
    const place = places[index] ?? '';
    const code = terminal.paint('bad', problem.code);
    const head = narrow ? `${place}  ${code}` : `${padded(place, widest)}  ${code}  `;
    const indent = narrow ? '    ' : ' '.repeat(widthOf(head));
    const stop = /[.?!]$/.test(problem.message) ? '' : '.';
    const next = problem.next === '' ? '' : `${stop} ${problem.next}`;
    const lines = wrapped(safe(`${problem.message}${next}`), width - indent.length);
    if (narrow) return [head, ...lines.map((line) => indent + line)];
    return lines.map((line, at) => (at === 0 ? head + line : indent + line));
  });
}

/** `3 problems, nothing was changed.` */
export function problemCount(problems: readonly Problem[]): string {
  return `${counted(problems.length, 'problem')}, nothing was changed.`;
}
