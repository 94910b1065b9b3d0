// A failure as people read it on standard error.

import type { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { safe, wrapped } from './text.ts';

/** `SF-301  no agent answers`, then why and what next, indented. */
export function failureLines(failure: Failure, terminal: Terminal): string[] {
  const indent = ' '.repeat(failure.code.length + 2);
  const width = Math.min(terminal.columns(), 120) - indent.length;
  const rest = [failure.why, failure.next].filter((text) => text !== null);
  const [first = '', ...more] = wrapped(safe(failure.message), width);
  return [
    `${terminal.paint('bad', failure.code)}  ${first}`,
    ...more.map((line) => indent + line),
    ...rest
      .flatMap((text) => text.split('\n'))
      .flatMap((text) => wrapped(safe(text), width).map((line) => indent + line)),
  ];
}
