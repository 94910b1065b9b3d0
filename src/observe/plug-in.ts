// Reads what a check command said. Two customs meet here. Of a plain program any exit but 0 means no. A Nagios plug-in says
// 0 ok, 1 warning, 2 critical, 3 unknown, and names the state in its text, as its guidelines demand, or has performance data
// behind a bar. So 1 and 3 are taken for warning and unknown only when the text reads like a plug-in's: else
// `systemctl is-active` (3: no) or a script of one line (1: no) would never be critical.

import type { CommandEnd } from '../ports.ts';
import { type Asked, cannotTell, no, silent } from './asked.ts';
import { firstLine, oneLine } from './text.ts';

/** The verdict on a command that has ended or could not; `withinMs` is the limit it had. */
export function readCheckCommand(end: CommandEnd, withinMs: number): Asked {
  switch (end.kind) {
    case 'notStarted':
      return cannotTell(`could not be run: ${oneLine(end.why)}`);
    case 'timedOut':
      return silent(withinMs);
    case 'ended': {
      const said = plugInText(end.output);
      const text = said === '' ? firstLine(end.errors) : said;
      if (end.code === null)
        return no(`ended by ${end.signal ?? 'a signal'}${text === '' ? '' : `: ${text}`}`, end.output);
      if (end.code === 0) return { result: 'ok', text: text === '' ? 'exit 0' : text, body: end.output };
      const shown = text === '' ? `exit ${end.code}` : text;
      if (end.code === 126 || end.code === 127) return cannotTell(`could not be run: ${shown}`);
      if (end.code === 1 && says(end.output, /\bWARN(ING)?\b/))
        return { result: 'warning', text: shown, body: end.output };
      if (end.code === 3 && says(end.output, /\bUNKNOWN\b/))
        return { result: 'unknown', text: shown, body: end.output };
      return no(shown, end.output);
    }
    default: {
      const never: never = end;
      return never;
    }
  }
}

/** The first line that says something, without the performance data after its bar. */
function plugInText(output: string): string {
  for (const line of output.split(/\r?\n/)) {
    const text = oneLine(line.split('|', 1)[0] ?? '');
    if (text !== '') return text;
  }
  return '';
}

function says(output: string, state: RegExp): boolean {
  const line = output.split(/\r?\n/).find((each) => each.trim() !== '') ?? '';
  return state.test(line.split('|', 1)[0] ?? '') || /\|\s*'?[^'=|]+'?=[-\d.U]/.test(line);
}
