// What happened, in words: entries by their kind.

import { ended } from './end-words.ts';
import { personWords } from './person-words.ts';
import { safe } from '../text.ts';
import { durationText } from '../times.ts';
import { impliedByChoice, role, unsure, whyOf } from './entry.ts';
import type { Entry, Said, WordRow } from './entry.ts';

/** The first that fits a line words it. */
export const kindRows: readonly WordRow[] = [
  { kind: 'ended', say: ended },
  {
    kind: 'started',
    detail: true,
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} is started${role(facts)}, pid ${facts.number('pid') ?? '?'}`,
    }),
  },
  {
    kind: 'startFailed',
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} could not be started: ${facts.text('why') ?? 'no reason given'}`,
    }),
  },
  {
    kind: 'ready',
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} is ready`,
      aside: facts.number('bMs') === null ? 'b not measured' : `b ${durationText(facts.number('bMs'))}`,
    }),
  },
  { kind: 'active', say: active },
  {
    kind: 'adopted',
    say: ({ service, host, facts }) => ({
      text: `${service} was running on ${host} when the agent came back, and was left running${role(facts)}, pid ${facts.number('pid') ?? '?'}`,
    }),
  },
  {
    kind: 'foundRunning',
    say: ({ service, host, facts }) => ({
      text: `${service} runs on ${host} though Standfast had not started it: its process manager did, by itself or for a person, pid ${facts.number('pid') ?? '?'}`,
    }),
  },
  {
    kind: 'unknownInstance',
    say: ({ service, host, facts }) => ({
      text: `an instance of ${service} runs on ${host} that nothing is known of (pid ${facts.number('pid') ?? '?'}), so it is ended`,
    }),
  },
  { kind: 'deactivated', say: ({ service, host }) => ({ text: `${service} on ${host} is confirmed inactive` }) },
  {
    kind: 'activateFailed',
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} could not be made active${unsure(facts)}: ${facts.text('why') ?? ''}`,
    }),
  },
  {
    kind: 'deactivateFailed',
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} did not confirm that it is inactive${unsure(facts)}, so it is ended: ${facts.text('why') ?? ''}`,
    }),
  },
  {
    kind: 'endFailed',
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} could not be ended: ${facts.text('why') ?? ''}`,
    }),
  },
  { kind: 'failover', say: failover },
  {
    kind: 'mayHaveOverlapped',
    say: ({ service, host, facts }) => ({
      text: `${service} on ${host} was ended ${durationText(facts.number('lateMs'))} after its deadline, ${durationText(facts.number('roomMs'))} were allowed: two may have been active. Compare what both wrote`,
    }),
  },
  { kind: 'wait', say: waiting },
  { kind: 'person', say: personWords },
  { kind: 'incident', say: incident },
  {
    kind: 'notTold',
    say: ({ facts }) => ({
      text: `nobody could be told of incident ${facts.text('incident') ?? '?'}: ${facts.text('why') ?? ''}`,
    }),
  },
  {
    kind: 'hostLost',
    say: ({ facts, line }) => ({
      text: `host ${facts.text('host') ?? '?'} is lost: its session was seen unchanged for ${durationText(facts.number('silentMs'))}, and is over (epoch ${facts.number('epoch') ?? '?'}, said by ${safe(line.host)})`,
    }),
  },
  {
    kind: 'hostSilent',
    say: ({ facts, line }) => {
      facts.implied('epoch');
      return {
        text: `nothing has been heard of host ${facts.text('host') ?? '?'} for ${durationText(facts.number('silentMs'))}, and nobody may end its session: what it said last counts no more (said by ${safe(line.host)})`,
      };
    },
  },
  {
    kind: 'fencing',
    say: ({ facts, line }) => {
      facts.implied('epoch');
      return {
        text: `${safe(line.host)} has host ${facts.text('host') ?? '?'} fenced by ${facts.text('agent') ?? 'its fence agent'}`,
      };
    },
  },
  {
    kind: 'fenced',
    say: ({ facts }) => {
      facts.implied('epoch');
      const [host, owner, why] = [facts.text('host') ?? '?', facts.text('owner'), facts.text('why')];
      return {
        text:
          facts.text('how') === 'hand'
            ? `${owner ?? 'somebody'} vouches that host ${host} is off: ${why ?? ''}`
            : `host ${host} is confirmed off by its fence agent`,
      };
    },
  },
  {
    kind: 'notFenced',
    say: ({ facts }) => {
      facts.implied('epoch', 'how');
      const unknown = facts.text('outcome') === 'unknown' ? 'whether it is off is not known' : 'it is not off';
      return { text: `host ${facts.text('host') ?? '?'} could not be fenced, ${unknown}: ${facts.text('why') ?? ''}` };
    },
  },
  {
    kind: 'fenceAgain',
    say: ({ facts }) => {
      facts.implied('epoch');
      const why = facts.text('why');
      return {
        text: `${facts.text('owner') ?? 'somebody'} has fencing host ${facts.text('host') ?? '?'} tried again${why === null || why === '' ? '' : `: ${why}`}`,
      };
    },
  },
  {
    kind: 'hostLeft',
    say: ({ facts }) => {
      facts.implied('epoch', 'silentMs');
      return { text: `host ${facts.text('host') ?? '?'} left on purpose` };
    },
  },
  {
    kind: 'keeperLost',
    say: ({ line, facts }) => ({ text: `the keeper on ${safe(line.host)} is gone: ${facts.text('why') ?? ''}` }),
  },
  {
    kind: 'storeLost',
    say: ({ line, facts }) => ({ text: `${safe(line.host)} cannot reach the store: ${facts.text('why') ?? ''}` }),
  },
  {
    kind: 'storeBack',
    say: ({ line, facts }) => ({
      text: `${safe(line.host)} reaches the store again, after ${durationText(facts.number('awayMs'))}`,
    }),
  },
  {
    kind: 'journalLost',
    say: ({ line, facts }) => {
      facts.implied('fromMs', 'toMs');
      return {
        text: `${facts.number('lost') ?? '?'} lines of the journal of ${safe(line.host)} are missing before this one: ${facts.text('why') ?? ''}`,
      };
    },
  },
  {
    kind: 'journalMovedAside',
    say: ({ line, facts }) => ({
      text: `the journal of ${safe(line.host)} was damaged (${facts.text('why') ?? 'no reason given'}): it was put aside as ${facts.text('movedTo') ?? '?'}, and a new one begun`,
    }),
  },
  {
    kind: 'storeRead',
    detail: true,
    say: ({ line, facts }) => ({
      text: `the agent on ${safe(line.host)} began and read the store`,
      aside: `revision ${facts.number('revision') ?? '?'}`,
    }),
  },
  {
    kind: 'description',
    detail: true,
    say: ({ line, facts }) => ({
      text: `${safe(line.host)} uses the description ${facts.text('hash') ?? '?'} with ${facts.number('services') ?? '?'} services`,
    }),
  },
  {
    kind: 'quit',
    say: ({ host, facts }) => ({
      text: `the agent and the keeper on ${host} end as asked${facts.is('leaveRunning') ? '; the services stay' : ''}`,
    }),
  },
];

function active({ service, host, facts, line }: Entry): Said {
  const i = facts.number('iMs');
  const term = line.term === null || line.term === 0 ? '' : ` (term ${line.term})`;
  return {
    text: `${service} is active on ${host}${term}`,
    aside: i === null ? 'i not measured' : `i ${durationText(i)}`,
  };
}

function failover({ service, facts, line }: Entry): Said {
  const [d, s, b, i, z] = ['dMs', 'switchMs', 'bMs', 'iMs', 'zMs'].map((name) => facts.number(name));
  const declared = facts.number('declaredZMs');
  const from = facts.text('from');
  const to = facts.text('to');
  const cause = facts.text('cause');
  const planned = facts.is('planned') ? ', as asked' : '';
  facts.implied('endedAtMs');
  const sum = `d ${whole(d)} + s ${whole(s)} + b ${whole(b)} + i ${i === null ? 'not measured' : whole(i)} = z ${durationText(z ?? null)}`;
  const rule = line.rule === null || line.rule === 0 ? '' : `, by rule ${line.rule}`;
  const where =
    from === to
      ? `${service} is active on ${to ?? '?'} again`
      : `${service} is active on ${to ?? 'no host'} instead of ${from ?? 'none'}`;
  const term = line.term === null || line.term === 0 ? '' : ` (term ${line.term})`;
  const surprise = facts.text('surprise');
  facts.implied('predicted');
  const unlike = surprise === null ? '' : `; its ${surprise} was not what was predicted (see standfast failovers)`;
  const late =
    z !== null && z !== undefined && declared !== null && z > declared
      ? `; longer than the ${durationText(declared)} declared`
      : '';
  return { text: `${where}${term}${planned}, cause: ${cause ?? 'not known'}${late}${unlike}${rule}`, aside: sum };
}

function whole(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '?' : String(Math.round(ms));
}

function waiting(entry: Entry): Said {
  const { service, host, facts, line } = entry;
  const waitsFor = facts.text('waitsFor') ?? 'something that was not named';
  const tries = facts.number('tries') ?? 0;
  const next = facts.number('nextAtMs');
  facts.implied('cause', 'to');
  impliedByChoice(facts);
  const when = next === null ? '' : `, next in ${durationText(Math.max(0, next - line.atMs))}`;
  if (waitsFor === 'back-off')
    return {
      text: `${service} on ${host} is tried again later: tried ${tries === 1 ? 'once' : `${tries} times`}${when}`,
    };
  return {
    text: `${service} on ${host} waits for ${waitsFor}${when}${tries > 0 ? `, tried ${tries} times` : ''}: ${whyOf(entry)}`,
  };
}

function incident({ facts, vocabulary, line }: Entry): Said {
  const id = facts.text('id') ?? '?';
  const event = facts.text('event') ?? 'changed';
  const severity = facts.number('severity');
  const cause = vocabulary.cause(facts.value('cause')) ?? 'cause not understood';
  const also = facts.texts('also');
  const host = facts.text('host');
  facts.implied('key', 'done', 'ackBy');
  if (event === 'resolved') return { text: `incident ${id} is over` };
  const about =
    line.instance === null ? (line.service ?? (host === null ? null : `host ${host}`)) : line.instance.split('#')[0];
  const more =
    also.length === 0
      ? ''
      : `; also hit: ${also.slice(0, 4).join(', ')}${also.length > 4 ? ` and ${also.length - 4} more` : ''}`;
  return {
    // What is about the whole system, such as the store, says so itself.
    text: `incident ${id} ${event}: ${about === null || about === undefined || cause.startsWith(about) ? '' : `${safe(about)}: `}${safe(cause)}${more}`,
    aside: severity === null ? '' : `severity ${severity}`,
  };
}
