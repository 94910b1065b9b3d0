// What people asked for, in words: by the rule under which it stands in the journal.

import type { Entry, Said } from './entry.ts';

/** A line of kind `person`. */
export function personWords(entry: Entry): Said {
  const { line, facts } = entry;
  const owner = facts.text('owner') ?? 'somebody';
  const why = facts.text('why');
  const because = why === null ? '' : `, because: ${why}`;
  facts.implied('id');
  switch (line.rule) {
    case 614:
      return { text: `the time of what ${owner} asked is over: ${what(entry)}` };
    case 615: {
      const hash = facts.text('hash') ?? '?';
      facts.implied('verb', 'was');
      return { text: `${owner} put another description in force (${hash})${because}` };
    }
    case 616:
      return {
        text: `host ${facts.text('host') ?? '?'} is described no longer, and nothing of it is left: its agent ends`,
      };
    default:
      return { text: `${owner} asked: ${what(entry)}${because}` };
  }
}

function what({ facts, service, line }: Entry): string {
  const verb = facts.text('verb') ?? 'something';
  const host = facts.text('host');
  const about = facts.text('incident') ?? service;
  const how = facts.is('leaveRunning') ? ', services staying' : '';
  // A host that is worked on, or banned, as a whole.
  if (line.service === null && host !== null && /maintenance|ban/.test(verb)) return `${verb} of host ${host}`;
  const to = host === null ? '' : ` ${verb === 'failover' ? 'to' : 'on'} ${host}`;
  return `${verb} ${about}${to}${how}`;
}
