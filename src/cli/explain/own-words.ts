// What an agent tells of its own work, in words: outputs kept small, what it no longer keeps, answers that came too late, its own end.

import { bytesWords } from '../../model/amount-words.ts';
import { safe } from '../text.ts';
import type { Entry, Said, WordRow } from './entry.ts';

/** The first that fits a line words it. */
export const ownRows: readonly WordRow[] = [
  { kind: 'rotated', say: rotated },
  {
    kind: 'retired',
    say: ({ service, host, facts }) => ({
      text: facts.is('again')
        ? `what was left of ${service} on ${host} is over, and it begins there anew as described`
        : `${service} is on ${host} no more: nothing of it is left there`,
    }),
  },
  {
    kind: 'strayOutcome',
    detail: true,
    say: ({ line, facts }) => {
      facts.implied('id');
      return {
        text: `the store answered a write of ${safe(line.host)} that nothing waited for any more; what became of it is read from the store`,
      };
    },
  },
  {
    kind: 'broken',
    say: ({ line, facts }) => ({
      text: `the agent on ${safe(line.host)} found itself in a state that must never be, and ended so as to begin anew; services go on: ${facts.text('why') ?? 'no reason given'}`,
      aside: `at the input ${facts.text('input') ?? '?'}`,
    }),
  },
];

/** The facts are those of a rotation; its `kind` says how it came out. */
function rotated({ service, host, facts }: Entry): Said {
  const of = `the output of ${service} on ${host}`;
  const lost = facts.number('lostBytes') ?? 0;
  facts.implied('path');
  switch (facts.text('kind')) {
    case 'truncated':
      return {
        text: `${of} was emptied and nothing of it kept, ${bytesWords(lost)} lost: ${facts.text('why') ?? '?'}`,
      };
    case 'failed':
      return { text: `${of} has outgrown its limit and could not be cut: ${facts.text('why') ?? '?'}` };
    default: {
      const leftOut = facts.number('leftOut') ?? 0;
      const left = leftOut > 0 ? `, its oldest ${bytesWords(leftOut)} left out` : '';
      const gone = lost > 0 ? `; at least ${bytesWords(lost)} that were written meanwhile are lost` : '';
      return {
        text: `${of} was put aside and begun anew${left}${gone}`,
        aside: bytesWords(facts.number('copiedBytes') ?? 0),
      };
    }
  }
}
