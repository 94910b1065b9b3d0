// Journal entries in words. A row for each kind (and rule, where the rule makes another sentence of it); the first that fits wins.
// To add one: a row here, an example in test/cli/words.test.ts. What has no row is told from the rule's own name and reason.

import type { JournalLine } from '../../api.ts';
import { durationText } from '../times.ts';
import { factsOf } from './facts.ts';
import type { Facts } from './facts.ts';
import { safe } from '../text.ts';

/** What words need to know that is not in the entry. */
export interface Vocabulary {
  readonly rules: ReadonlyMap<number, RuleWords>;
  /** A cause as it stands in an incident, in words; null when it is not understood. */
  readonly cause: (cause: unknown) => string | null;
}

export interface RuleWords {
  readonly n: number;
  readonly name: string;
  readonly why: string;
}

/** A sentence about an entry. `detail`: said only when all is asked for. */
export interface Worded {
  readonly text: string;
  /** At the end of the line: numbers, or by which rule. */
  readonly aside: string;
  readonly detail: boolean;
}

/** The entry in words. `nowMs` for times of day. */
export function worded(line: JournalLine, vocabulary: Vocabulary, nowMs: number): Worded {
  const facts = factsOf(line.because);
  const entry: Entry = {
    line,
    facts,
    vocabulary,
    host: facts.text('host') ?? safe(line.host),
    service: safe(line.service ?? 'the system'),
  };
  const row = rows.find((each) => each.kind === line.kind && (each.rule === undefined || each.rule === line.rule));
  const said = row === undefined ? unknownKind(entry) : row.say(entry);
  const rest = facts.rest(nowMs);
  const text = rest === '' ? said.text : `${said.text} (${rest})`;
  const rule = line.rule === null || line.rule === 0 ? '' : `rule ${line.rule}`;
  return { text, aside: said.aside ?? rule, detail: row?.detail === true };
}

interface Entry {
  readonly line: JournalLine;
  readonly facts: Facts;
  readonly vocabulary: Vocabulary;
  readonly host: string;
  readonly service: string;
}

interface Said {
  readonly text: string;
  readonly aside?: string;
}

interface WordRow {
  readonly kind: string;
  readonly rule?: number;
  readonly detail?: true;
  readonly say: (entry: Entry) => Said;
}

const rows: readonly WordRow[] = [
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
      aside: `b ${durationText(facts.number('bMs'))}`,
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
  { kind: 'person', say: person },
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
      return { text: `${host} gives ${service} up, ${facts.text('to') ?? 'another'} is next${causeText(facts)}` };
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

function ended({ service, host, facts }: Entry): Said {
  const code = facts.number('code');
  const signal = facts.text('signal');
  const by = facts.text('by');
  const why = facts.text('why');
  const seen = facts.number('seenAfterMs');
  const tries = facts.number('tries') ?? 0;
  facts.implied('endedAtMs');
  const how =
    signal !== null
      ? `killed by ${signalText(signal)}`
      : code === null
        ? 'exit status not known'
        : `exit status ${code}`;
  const whose = byText(by, why, signal !== null);
  const again = tries > 1 ? `; failed ${tries} times in a row` : '';
  const finished = facts.is('finished')
    ? `${service} on ${host} has finished, as planned (${how})`
    : `${service} on ${host} ended, ${how}${whose}`;
  return { text: finished + again, aside: seen === null ? '' : `seen after ${durationText(seen)}` };
}

function byText(by: string | null, why: string | null, bySignal: boolean): string {
  const because = why === null ? '' : `: ${why}`;
  switch (by) {
    case 'itself':
      return bySignal && why === null ? ' (not by Standfast)' : because;
    case 'stop':
      return ` (stopped by Standfast${because})`;
    case 'kill':
      return ` (by Standfast${because})`;
    case 'deadline':
      return ` (by the keeper: its lease had run out${because})`;
    case 'keeper-lost':
      return ` (its keeper was lost${because})`;
    default:
      return ` (by ${by ?? 'nobody knows whom'}${because})`;
  }
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** `signal 9 (SIGKILL)`. */
export function signalText(signal: string): string {
  const number = signalNumbers[signal];
  return number === undefined ? `signal ${signal}` : `signal ${number} (${signal})`;
}

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
  const late =
    z !== null && z !== undefined && declared !== null && z > declared
      ? `; longer than the ${durationText(declared)} declared`
      : '';
  return { text: `${where}${term}${planned}, cause: ${cause ?? 'not known'}${late}${rule}`, aside: sum };
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

function person({ facts, service }: Entry): Said {
  const verb = facts.text('verb') ?? 'something';
  const owner = facts.text('owner') ?? 'somebody';
  const why = facts.text('why');
  const host = facts.text('host');
  const about = facts.text('incident') ?? service;
  facts.implied('id');
  const to = host === null ? '' : ` ${verb === 'failover' ? 'to' : 'on'} ${host}`;
  const how = facts.is('leaveRunning') ? ', services staying' : '';
  return { text: `${owner} asked: ${verb} ${about}${to}${how}${why === null ? '' : `, because: ${why}`}` };
}

function incident({ facts, vocabulary, line }: Entry): Said {
  const id = facts.text('id') ?? '?';
  const event = facts.text('event') ?? 'changed';
  const severity = facts.number('severity');
  const cause = vocabulary.cause(facts.value('cause')) ?? 'cause not understood';
  const also = facts.texts('also');
  const host = facts.text('host');
  facts.implied('key');
  if (event === 'resolved') return { text: `incident ${id} is over` };
  const about =
    line.instance === null ? (line.service ?? (host === null ? '' : `host ${host}`)) : line.instance.split('#')[0];
  const more =
    also.length === 0
      ? ''
      : `; also hit: ${also.slice(0, 4).join(', ')}${also.length > 4 ? ` and ${also.length - 4} more` : ''}`;
  return {
    text: `incident ${id} ${event}: ${safe(about ?? '')}: ${safe(cause)}${more}`,
    aside: severity === null ? '' : `severity ${severity}`,
  };
}

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

function unknownKind(entry: Entry): Said {
  const about = entry.line.service === null ? safe(entry.line.host) : `${entry.service} on ${entry.host}`;
  const rule = entry.line.rule === null ? '' : `: ${whyOf(entry)}`;
  return { text: `${about}: ${safe(entry.line.kind)}${rule}` };
}

function whyOf({ line, vocabulary }: Entry): string {
  const rule = line.rule === null ? undefined : vocabulary.rules.get(line.rule);
  return rule?.why ?? `rule ${line.rule ?? '?'} says so`;
}

/** What restart-or-hand-over weighed: told where it decided; `explain NUMBER@HOST` shows it everywhere. */
function impliedByChoice(facts: Facts): void {
  facts.implied('restartMs', 'handOverMs', 'other', 'failures');
}

function causeText(facts: Facts): string {
  const cause = facts.text('cause');
  return cause === null ? '' : `, cause: ${cause}`;
}

function role(facts: Facts): string {
  const name = facts.text('role');
  return name === null ? '' : ` as ${name}`;
}

function unsure(facts: Facts): string {
  return facts.text('outcome') === 'unknown' ? ' (it is not known whether it was)' : '';
}
