// What runbooks did, in words: each start, step, answer and limit, so that nothing that Standfast did by itself stays unexplained.

import type { Entry, Said, WordRow } from './entry.ts';

/** The first that fits a line words it. */
export const runbookRows: readonly WordRow[] = [
  { kind: 'runbookStarted', say: started },
  {
    kind: 'runbookBegins',
    detail: true,
    say: ({ facts, line }) => said(facts, `${doing(facts)} begins on ${line.host}`),
  },
  { kind: 'runbookEnds', say: ends },
  {
    kind: 'runbookAnswered',
    say({ facts }) {
      const why = facts.text('why');
      return said(
        facts,
        `${who(facts)} says ${facts.text('word') ?? '?'} to step ${facts.number('step') ?? '?'}${why === null ? '' : `: ${why}`}`,
      );
    },
  },
  { kind: 'runbookAllowed', say: ({ facts }) => said(facts, `${who(facts)} allows every step that follows`) },
  {
    kind: 'runbookAborted',
    say({ facts }) {
      const why = facts.text('why');
      return said(facts, `${who(facts)} gives it up${why === null ? '' : `: ${why}`}`);
    },
  },
  {
    kind: 'runbookInterrupted',
    say({ facts, line }) {
      const left = facts.is('leftover') ? '; what it had left running was ended' : '';
      return said(
        facts,
        `the agent on ${line.host} had ended in the middle of ${doing(facts)}: it is not known whether it was done${left}`,
      );
    },
  },
  { kind: 'runbookOver', say: over },
  {
    kind: 'runbookHeldBack',
    say: ({ service, facts }) => ({
      text: `the runbook of ${service} does not begin by itself for incident ${facts.text('incident') ?? '?'}: ${facts.text('why') ?? ''}`,
    }),
  },
];

function started({ facts }: Entry): Said {
  const incident = facts.text('incident');
  const why = facts.text('why');
  const allowed = facts.is('allowed') ? 'every step allowed' : 'asks before it changes anything';
  const begun = facts.is('auto') ? 'begins by itself, as the description allows' : `is begun by ${who(facts)}`;
  const about = incident === null ? '' : `, for incident ${incident}`;
  return said(facts, `${begun}${about} (${allowed})${why === null || facts.is('auto') ? '' : `: ${why}`}`);
}

function ends({ facts, line }: Entry): Said {
  const code = facts.number('code');
  const signal = facts.text('signal');
  const why = facts.text('why');
  const check = facts.text('does') === 'check';
  const how = facts.is('ok')
    ? check
      ? 'passes'
      : 'is done'
    : `${check ? 'does not pass' : 'failed'}${why === null ? (signal === null ? `, exit ${code ?? '?'}` : `, ${signal}`) : `: ${why}`}`;
  return said(facts, `${doing(facts)} on ${line.host} ${how}`);
}

function over({ facts }: Entry): Said {
  const why = facts.text('why');
  const outcome = facts.text('outcome');
  const how = outcome === 'done' ? 'has done what it should' : outcome === 'aborted' ? 'is over' : 'failed';
  return said(facts, `${how}${why === null ? '' : `: ${why}`}`);
}

type FactsOf = Entry['facts'];

/** `runbook pricer …`, with the run's name beside it. */
function said(facts: FactsOf, text: string): Said {
  return { text: `runbook ${facts.text('runbook') ?? '?'}: ${text}`, aside: facts.text('run') ?? '' };
}

function doing(facts: FactsOf): string {
  facts.implied('line', 'by');
  return `step ${facts.number('step') ?? '?'}, ${facts.text('title') ?? ''} (${facts.text('does') ?? ''})`;
}

function who(facts: FactsOf): string {
  return facts.text('by') ?? 'somebody';
}
