// An explanation as lines: how it stands, the story with its times, what it waits for, what one can do.

import type { Terminal } from '../terminal.ts';
import { padded, safe, widthOf, wrapped } from '../text.ts';
import { exactClockText } from '../times.ts';
import type { LastWords } from '../outputs/last-words.ts';
import type { Explanation, Step } from './explanation.ts';

/** At most this many steps; older ones are counted. */
const mostSteps = 20;
const widest = 120;

/** All lines: the state, what may be behind it, what happened, what is waited for and what one can do. `all`: every step, also those that are of no interest usually. */
export function explanationScreen(of: Explanation, terminal: Terminal, nowMs: number, all: boolean): string[] {
  const width = Math.min(terminal.columns(), widest);
  const told = merged(all ? of.steps : of.steps.filter((step) => !step.detail));
  const shown = all ? told : told.slice(-mostSteps);
  const hidden = told.length - shown.length;
  return [
    ...wrapped(of.state, width).map((line) => terminal.paint('bold', line)),
    ...of.gaps.flatMap((gap) => wrapped(gap, width).map((line) => terminal.paint('wait', line))),
    ...of.modes.flatMap((mode) => ['', ...wrapped(mode, width)]),
    ...of.wrote.flatMap((each) => wroteLines(each, width)),
    '',
    ...(hidden > 0 ? [`… ${hidden} earlier steps: --all, or --since 1h`] : []),
    ...(shown.length === 0 ? ['The journal says nothing of it in this time: --since looks further back.'] : []),
    ...shown.flatMap((step) => stepLines(step, width, terminal, nowMs)),
    ...(of.facts.length === 0
      ? []
      : ['', 'It rests on:', ...of.facts.flatMap((fact) => wrapped(fact, width - 2).map((line) => `  ${line}`))]),
    ...(of.consumers === null ? [] : ['', ...wrapped(of.consumers, width)]),
    ...(of.waitingFor === null ? [] : ['', ...wrapped(`It waits for ${of.waitingFor}.`, width)]),
    ...(of.youCan.length === 0 ? [] : ['', 'You can:', ...of.youCan.map((command) => `  ${command}`)]),
  ];
}

function wroteLines({ service, host, lines }: LastWords, width: number): string[] {
  const who = `${safe(service)} on ${safe(host)} wrote`;
  if (lines.length === 0) return ['', `${who} nothing.`];
  return ['', `${who} last:`, ...lines.flatMap((line) => wrapped(safe(line), width - 2)).map((line) => `  ${line}`)];
}

interface Told extends Step {
  readonly times: number;
}

/** So far back the same wait is looked for. */
const nearby = 6;

/** The same said again at once, and the same wait shortly after, is said once, where it was first, with how often. */
function merged(steps: readonly Step[]): Told[] {
  const made: Told[] = [];
  for (const step of steps) {
    const at = made.findLastIndex((told) => told.text === step.text && told.rule === step.rule);
    const same = made[at];
    if (same !== undefined && at >= made.length - ('waitsFor' in step.facts ? nearby : 1))
      made[at] = { ...same, times: same.times + 1 };
    else made.push({ ...step, times: 1 });
  }
  return made;
}

function stepLines(step: Told, width: number, terminal: Terminal, nowMs: number): string[] {
  const time = exactClockText(step.atMs, nowMs);
  const indent = widthOf(time) + 2;
  const text = step.times === 1 ? step.text : `${step.text} (${step.times} times)`;
  const narrow = width < 60;
  const room = width - indent;
  const lines = wrapped(text, narrow ? room : Math.max(20, room - 2));
  const [first = '', ...rest] = lines;
  const space = room - widthOf(lines.length === 1 ? first : (lines.at(-1) ?? ''));
  const fits = step.aside !== '' && widthOf(step.aside) + 2 <= space;
  const aside = terminal.paint('dim', step.aside);
  const body = [first, ...rest];
  if (fits) body[body.length - 1] = padded(body.at(-1) ?? '', room - widthOf(step.aside)) + aside;
  else if (step.aside !== '') body.push(...wrapped(step.aside, room).map((line) => terminal.paint('dim', line)));
  return body.map((line, index) =>
    index === 0 ? `${terminal.paint('dim', time)}  ${line}` : ' '.repeat(indent) + line,
  );
}
