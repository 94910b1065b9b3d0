// What was decided, in words: entries of rules. A rule without a row of its own is told by its name and its reason.

import { safe } from '../text.ts';
import { durationText } from '../times.ts';
import { causeText, impliedByChoice, role, whyOf } from './entry.ts';
import type { Entry, Said, WordRow } from './entry.ts';

/** The first that fits a line words it. */
export const ruleRows: readonly WordRow[] = [
  { kind: 'session', detail: true, say: ruleText },
  {
    kind: 'rule',
    rule: 206,
    detail: true,
    say: ({ service, host, facts }) => ({ text: `${service} on ${host} is told to become active${causeText(facts)}` }),
  },
  {
    kind: 'rule',
    rule: 216,
    say: ({ service, host, facts }) => {
      facts.implied('cause');
      impliedByChoice(facts);
      return {
        text: `${service} on ${host} is told to become inactive, so that ${facts.text('to') ?? 'another'} may take over`,
      };
    },
  },
  {
    kind: 'rule',
    rule: 210,
    detail: true,
    say: ({ service, host, facts }) => {
      impliedByChoice(facts);
      const to = facts.text('to');
      return { text: `${host} gives ${service} ${to === null ? 'up' : `to ${to}`}${causeText(facts)}` };
    },
  },
  { kind: 'rule', rule: 232, say: handOver },
  { kind: 'rule', rule: 236, say: restartHere },
  { kind: 'rule', rule: 260, say: takes },
  { kind: 'rule', rule: 264, say: takes },
  { kind: 'rule', rule: 280, say: takes },
  {
    kind: 'rule',
    rule: 168,
    say: ({ line, facts }) => ({
      text: `${safe(line.host)} has not seen host ${facts.text('host') ?? '?'} for ${durationText(facts.number('silentMs'))} (its session is good for ${durationText(facts.number('ttlMs'))}) and ends its session`,
      aside: 'rule 168',
    }),
  },
  { kind: 'rule', rule: 526, say: endsTheUnfit },
  { kind: 'rule', rule: 540, say: startedAgain },
  {
    kind: 'rule',
    rule: 606,
    detail: true,
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} is to move to ${facts.text('to') ?? 'another'}, as ${facts.text('owner') ?? 'somebody'} asked`,
    }),
  },
  { kind: 'rule', say: ruleText },
];

function handOver({ service, facts, host }: Entry): Said {
  const to = facts.text('to') ?? 'another host';
  const restart = facts.number('restartMs');
  const over = facts.number('handOverMs');
  facts.implied('cause', 'other', 'failures');
  const compare =
    restart === null
      ? ''
      : `: a restart on ${host} would take ${durationText(restart)}${over === null ? '' : `, ${to} takes ${durationText(over)}`}`;
  return { text: `${to} is to take ${service} over${compare}` };
}

function restartHere({ service, facts, host }: Entry): Said {
  const restart = facts.number('restartMs');
  const over = facts.number('handOverMs');
  const to = facts.text('to');
  facts.implied('cause', 'other', 'failures');
  const compare =
    restart === null && over === null
      ? ''
      : `: here it takes ${durationText(restart)}, elsewhere ${over === null ? 'it cannot run now' : durationText(over)}${to === null ? '' : ` (${to})`}`;
  return { text: `${host} makes ${service} active again itself, under a new term${compare}` };
}

function takes({ service, facts, host }: Entry): Said {
  const cause = causeText(facts);
  facts.implied('to');
  impliedByChoice(facts);
  return { text: `${host} takes ${service} over${cause}` };
}

function endsTheUnfit({ service, facts, host, vocabulary }: Entry): Said {
  const why = facts.text('why');
  const found = vocabulary.cause(facts.value('found')) ?? why;
  facts.implied('instance');
  return { text: `${service} on ${host} is ended, since it will not serve again${found === null ? '' : `: ${found}`}` };
}

function startedAgain({ service, facts, host }: Entry): Said {
  const tries = facts.number('tries') ?? 0;
  return { text: `${service} is started on ${host}${role(facts)}${tries > 0 ? `, try ${tries + 1}` : ''}` };
}

/** A rule without a row of its own: its reason is a sentence already. */
function ruleText(entry: Entry): Said {
  const { line, vocabulary, host, facts } = entry;
  const name = line.rule === null ? undefined : vocabulary.rules.get(line.rule)?.name;
  const why = facts.text('why');
  const about = line.service === null ? host : `${entry.service} on ${host}`;
  facts.implied('instance');
  return {
    text: `${about}: ${(name ?? line.kind).replaceAll('-', ' ')}, since ${whyOf(entry)}${why === null ? '' : `: ${why}`}`,
  };
}
