// What was found of failure modes, in words.

import { safe } from '../text.ts';
import { durationText } from '../times.ts';
import type { Entry, Said, WordRow } from './entry.ts';

/** The first that fits a line words it. */
export const modeRows: readonly WordRow[] = [
  { kind: 'modeFound', say: modeFound },
  {
    kind: 'modeOver',
    say: ({ line, facts }) => {
      const text = facts.text('text') ?? '';
      facts.implied('subject', 'weight', 'services', 'sinceMs', 'mode');
      return { text: `no longer so on ${safe(line.host)}: ${text}` };
    },
  },
  { kind: 'modeSuspected', say: modeSuspected },
];

function modeFound({ line, facts }: Entry): Said {
  const mode = facts.text('mode') ?? '?';
  const text = facts.text('text') ?? '';
  const weight = facts.text('weight');
  facts.implied('subject', 'services', 'sinceMs');
  const as = weight === 'change' ? 'changed' : weight === 'fault' ? 'found' : 'noticed';
  return { text: `${as} on ${safe(line.host)}: ${text}`, aside: mode };
}

/** What is held to be behind an incident, and what speaks for and against it. */
function modeSuspected({ facts, line }: Entry): Said {
  const id = facts.text('id') ?? '?';
  const host = facts.text('host') ?? safe(line.host);
  const mode = facts.text('mode') ?? '?';
  const text = facts.text('text') ?? '';
  const aheadMs = facts.number('aheadMs') ?? 0;
  const pros = facts.texts('for');
  const cons = facts.texts('against');
  const sure = facts.text('sure') === 'likely' ? 'likely' : 'possibly';
  const when =
    aheadMs < 0 ? `seen ${durationText(-aheadMs)} after it failed` : `${durationText(aheadMs)} before it failed`;
  const speaks = `${pros.length === 0 ? '' : `; for it: ${pros.join(', ')}`}${cons.length === 0 ? '' : `; against it: ${cons.join(', ')}`}`;
  return { text: `incident ${id} comes ${sure} of this: on ${host}, ${text}, ${when}${speaks}`, aside: mode };
}
