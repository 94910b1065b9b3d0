// What people ask for: restart, stop, start, failover, pause, resume, maintenance, ban; `intents` lists what is in force, `ack` takes an incident.

import type { IntentAnswer, IntentKind, IntentRequest, IntentView, StatusView } from '../../api.ts';
import { nearest } from '../../model/nearest.ts';
import { columns } from '../columns.ts';
import { chooseSystem } from '../context.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { ExitStatus } from '../failure.ts';
import { howLong } from '../how-long.ts';
import { ownerName } from '../owner.ts';
import { asking, needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import { clockText, durationText } from '../times.ts';
import type { Options, Run } from '../verb.ts';

/** Those that end by themselves last this long unless `--for` says otherwise. */
const usualForMs = 3_600_000;

/** Exit 0: taken; 1: refused; 3: no agent. So with all that follow. */
export const restart: Run = (context, words, options) => ask(context, 'restart', words[0] ?? '', options);

/** The instances end and stay down until `start`. */
export const stop: Run = (context, words, options) => ask(context, 'stop', words[0] ?? '', options);

/** Takes back a stop. */
export const start: Run = (context, words, options) => ask(context, 'start', words[0] ?? '', options);

/** `--to`: where; else wherever is best. */
export const failover: Run = (context, words, options) => ask(context, 'failover', words[0] ?? '', options);

/** Of one service, or of the whole system. */
export const pause: Run = (context, words, options) => ask(context, 'pause', words[0] ?? null, options);

/** Takes back a pause. */
export const resume: Run = (context, words, options) => ask(context, 'resume', words[0] ?? null, options);

/** Of a host; `--end` takes it back. */
export const maintenance: Run = (context, words, options) =>
  askOf(context, 'maintenance', { service: null, host: words[0] ?? '' }, options);

/** Of a host, for one service or all; `--end` takes it back. */
export const ban: Run = (context, words, options) =>
  askOf(context, 'ban', { service: words[1] ?? null, host: words[0] ?? '' }, options);

/** `pricer@a` names an instance. */
async function ask(context: Context, kind: IntentKind, subject: string | null, options: Options): Promise<ExitStatus> {
  const [service, at] = subject === null ? [null, undefined] : splitSubject(subject);
  return askOf(context, kind, { service, host: options.text('to') ?? at ?? null }, options);
}

/** Names are looked up first, so that a slip of the pen is answered with the nearest. */
async function askOf(
  context: Context,
  kind: IntentKind,
  { service, host }: { readonly service: string | null; readonly host: string | null },
  options: Options,
): Promise<ExitStatus> {
  const forMs = forOf(kind, options.text('for'));
  const agent = await needAgent(context, await chooseSystem(context));
  demandKnown(await asking(context, agent.status()), service, host);
  const request: IntentRequest = {
    kind,
    service,
    host,
    owner: ownerName(context.world.env),
    why: options.text('why') ?? '',
    forMs,
    acceptLoss: options.flag('acceptLoss'),
    keep: options.flag('keep'),
    end: options.flag('end'),
  };
  const answer = await asking(context, agent.intend(request));
  return tell(context, answer, options.flag('json'));
}

function tell(context: Context, answer: IntentAnswer, json: boolean): ExitStatus {
  if (json) context.terminal.print(JSON.stringify(answer, null, 2));
  if (!answer.ok) throw new Failure({ code: answer.code, what: answer.why, next: answer.next, exit: 1 });
  if (!json) context.terminal.print(safe(answer.text));
  return 0;
}

function splitSubject(subject: string): [service: string, host: string | undefined] {
  const at = subject.indexOf('@');
  return at === -1 ? [subject, undefined] : [subject.slice(0, at), subject.slice(at + 1)];
}

function forOf(kind: IntentKind, text: string | undefined): number | null {
  const usual = kind === 'pause' || kind === 'maintenance' || kind === 'ban' ? usualForMs : null;
  return howLong('--for', text, '30m, 2h or 1d') ?? usual;
}

/** Wrong use, when there is no such service or host. */
function demandKnown(view: StatusView, service: string | null, host: string | null): void {
  demandOneOf(
    'service',
    service,
    view.services.map((each) => each.name),
  );
  demandOneOf(
    'host',
    host,
    view.hosts.map((each) => each.name),
  );
}

function demandOneOf(noun: string, name: string | null, names: readonly string[]): void {
  if (name === null || names.includes(name)) return;
  const meant = nearest(name, names);
  throw new Failure({
    code: 'SF-007',
    what: `there is no ${noun} ${name}`,
    next: meant === null ? `There is ${names.slice(0, 20).join(', ')}.` : `Did you mean ${meant}?`,
    exit: 2,
  });
}

/** Exit 0, or 3 without an agent. */
export const intents: Run = async (context, _words, options) => {
  const agent = await needAgent(context, await chooseSystem(context));
  const found = await asking(context, agent.intents());
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify(found, null, 2));
    return 0;
  }
  if (found.length === 0) {
    context.terminal.print('Nobody has asked for anything that is still in force.');
    return 0;
  }
  const nowMs = context.now();
  const rows = found
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((each) => [
      clockText(each.atMs, nowMs),
      safe(each.owner),
      each.keep ? `${each.kind}, kept` : each.kind,
      subjectOf(each),
      each.untilMs === null ? 'until taken back' : `${durationText(Math.max(0, each.untilMs - nowMs))} more`,
      safe(each.why),
    ]);
  const heads = ['since', 'who', 'what', 'of', 'for', 'why'].map((title) => ({ title }));
  context.terminal.print(...columns(heads, rows, { width: context.terminal.columns() }));
  return 0;
};

/** `pricer@a`, `host a`, `everything`. */
function subjectOf({ service, host }: IntentView): string {
  if (service === null) return host === null ? 'everything' : `host ${safe(host)}`;
  return `${safe(service)}${host === null ? '' : `@${safe(host)}`}`;
}

/** Exit 0: it has a name on it now; 2: no such incident is open. */
export const ack: Run = async (context, words, options) => {
  const id = words[0] ?? '';
  const agent = await needAgent(context, await chooseSystem(context));
  const owner = ownerName(context.world.env);
  const taken = await asking(context, agent.ack(id, owner));
  if (!taken) {
    const open = (await asking(context, agent.status())).incidents
      .filter((each) => each.resolvedAtMs === null)
      .map((each) => each.id);
    throw new Failure({
      code: 'SF-007',
      what: `there is no open incident ${id}`,
      next: open.length === 0 ? 'No incident is open.' : `Open: ${open.slice(0, 20).join(', ')}.`,
      exit: 2,
    });
  }
  if (options.flag('json')) context.terminal.print(JSON.stringify({ ok: true, incident: id, owner }));
  else context.terminal.print(`${safe(owner)} has ${safe(id)}.`);
  return 0;
};
