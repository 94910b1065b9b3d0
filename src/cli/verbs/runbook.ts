// `runbook`: what to do when something is wrong, as pages that also run.

import { counted } from '../../model/amount-words.ts';
import type { StatusView } from '../../api.ts';
import type { RunbookListing, RunbookView, RunView, TestedRunbook } from '../../api-runbook.ts';
import type { AgentClient } from '../../client.ts';
import { didYouMean } from '../../model/nearest.ts';
import type { PersonWord } from '../../model/runbook-run.ts';
import { columns } from '../columns.ts';
import { chooseSystem, type ChosenSystem, type Context } from '../context.ts';
import { Failure, type ExitStatus } from '../failure.ts';
import { ownerName } from '../owner.ts';
import { followRun, refusal } from '../runbook/follow.ts';
import { planLines, testLines } from '../runbook/screen.ts';
import { sinceOf } from '../since.ts';
import { answeringAgents, asking, needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import { clockText } from '../times.ts';
import type { Options, Run } from '../verb.ts';

interface Asked {
  readonly context: Context;
  readonly options: Options;
  readonly system: ChosenSystem;
  readonly agent: AgentClient;
  readonly name: string | null;
}

const what: Readonly<Record<string, (asked: Asked) => Promise<ExitStatus>>> = {
  list,
  show,
  plan,
  run,
  test,
  runs,
  continue: carryOn,
  yes: (asked) => say(asked, 'yes'),
  no: (asked) => say(asked, 'no'),
  skip: (asked) => say(asked, 'skip'),
  again: (asked) => say(asked, 'again'),
  abort,
  stands,
};

/** `runbook WHAT [NAME]`. */
export const runbook: Run = async (context, [word = '', name], options) => {
  const known = Object.hasOwn(what, word) ? what[word] : undefined;
  if (known === undefined)
    throw new Failure({
      code: 'SF-002',
      what: `runbook ${word} is not known`,
      next: `${didYouMean(word, Object.keys(what))}Known: ${Object.keys(what).join(', ')}.`,
      exit: 2,
    });
  const system = await chooseSystem(context);
  return known({ context, options, system, agent: await needAgent(context, system), name: name ?? null });
};

async function list({ context, options, agent }: Asked): Promise<ExitStatus> {
  const all = await asking(context, agent.runbooks.list());
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify(all, null, 2));
    return 0;
  }
  const rows = all.map((each) => [
    safe(each.name),
    safe(each.title),
    safe(each.file ?? 'made from the description'),
    String(each.steps),
    noteOf(each),
  ]);
  const heads = ['runbook', 'title', 'from', 'steps', ''].map((title) => ({ title }));
  context.terminal.print(...columns(heads, rows, { width: context.terminal.columns() }));
  context.terminal.print(
    '',
    `Read one: ${context.command('runbook show NAME')}. What it would do now: ${context.command('runbook plan NAME')}`,
  );
  return 0;
}

function noteOf(each: RunbookListing): string {
  const notes = [
    ...(each.problems > 0 ? [counted(each.problems, 'problem')] : []),
    ...(each.open === null ? [] : [`open: ${each.open}`]),
    ...(each.auto === null ? [] : [`by itself: ${each.auto}`]),
  ];
  return safe(notes.join('; '));
}

async function show(asked: Asked): Promise<ExitStatus> {
  const view = await viewOf(asked);
  if (asked.options.flag('json')) asked.context.terminal.print(JSON.stringify(view, null, 2));
  // As it stands, so that it can be saved and edited.
  else asked.context.terminal.write(view.markdown.endsWith('\n') ? view.markdown : `${view.markdown}\n`);
  return 0;
}

async function plan(asked: Asked): Promise<ExitStatus> {
  const view = await viewOf(asked);
  if (asked.options.flag('json')) asked.context.terminal.print(JSON.stringify(view, null, 2));
  else asked.context.terminal.print(...planLines(view, asked.context.terminal));
  return view.found.length > 0 ? 1 : 0;
}

async function viewOf({ context, options, agent, name }: Asked): Promise<RunbookView> {
  const answer = await asking(
    context,
    agent.runbooks.show(needName(context, name), options.text('host') ?? null, valuesOf(options)),
  );
  if (!answer.ok) throw refusal(answer);
  return answer.value;
}

async function run(asked: Asked): Promise<ExitStatus> {
  if (asked.options.flag('plan')) return plan(asked);
  const { context, options, system, agent, name } = asked;
  const answer = await asking(
    context,
    agent.runbooks.start({
      name: needName(context, name),
      host: options.text('host') ?? null,
      owner: ownerName(context.world.env),
      why: options.text('why') ?? '',
      allow: options.flag('yes'),
      values: valuesOf(options),
    }),
  );
  if (!answer.ok) throw refusal(answer);
  return followRun(context, answer.value.id, { json: options.flag('json'), system });
}

async function carryOn({ context, options, system, agent, name }: Asked): Promise<ExitStatus> {
  const { id } = await openRun({ context, agent, name });
  if (options.flag('yes')) {
    const answer = await asking(context, agent.runbooks.allow(id, ownerName(context.world.env)));
    if (!answer.ok) throw refusal(answer);
  }
  return followRun(context, id, { json: options.flag('json'), system });
}

async function say({ context, options, agent, name }: Asked, word: PersonWord): Promise<ExitStatus> {
  const open = await openRun({ context, agent, name });
  const { needs } = open;
  const asks = needs.kind === 'person' ? needs : null;
  const step = asks === null ? null : (open.blocks[asks.block]?.step ?? 0) + 1;
  const wanted = options.text('step');
  if (asks === null || (wanted !== undefined && wanted !== String(step)))
    throw new Failure({
      code: 'SF-212',
      what:
        asks === null
          ? `the run ${open.id} waits for nobody`
          : `the run ${open.id} waits at step ${step}, not ${wanted ?? ''}`,
      next: `See it: ${context.command(`runbook continue ${open.id}`)}`,
      exit: 1,
    });
  const answer = await asking(
    context,
    agent.runbooks.answer({
      run: open.id,
      block: asks.block,
      undo: asks.undo,
      word,
      owner: ownerName(context.world.env),
      why: options.text('why') ?? '',
    }),
  );
  if (!answer.ok) throw refusal(answer);
  context.terminal.print(
    options.flag('json') ? JSON.stringify(answer.value, null, 2) : `${open.id}, step ${step}: ${word}`,
  );
  return 0;
}

async function abort({ context, options, agent, name }: Asked): Promise<ExitStatus> {
  const { id } = await openRun({ context, agent, name });
  const answer = await asking(
    context,
    agent.runbooks.abort(id, ownerName(context.world.env), options.text('why') ?? ''),
  );
  if (!answer.ok) throw refusal(answer);
  const after = answer.value;
  if (options.flag('json')) context.terminal.print(JSON.stringify(after, null, 2));
  else if (after.phase === 'ended') context.terminal.print(`${id} is over: ${safe(after.because ?? '')}`);
  else
    context.terminal.print(
      `${id} is given up. What was done can be taken back, the last first: ${context.command(`runbook continue ${id}`)}`,
      `Leave it as it is: ${context.command(`runbook abort ${id}`)} once more.`,
    );
  return 0;
}

async function runs({ context, options, agent }: Asked): Promise<ExitStatus> {
  const all = await asking(context, agent.runbooks.runs());
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify(all, null, 2));
    return 0;
  }
  const nowMs = context.now();
  if (all.length === 0) context.terminal.print('No runbook has run yet.');
  else
    context.terminal.print(
      ...columns(
        ['run', 'runbook', 'since', 'who', 'how', ''].map((title) => ({ title })),
        all.map((each) => [
          each.id,
          safe(`${each.runbook}@${each.host}`),
          clockText(each.startedAtMs, nowMs),
          safe(each.startedBy),
          each.phase === 'ended' ? (each.outcome ?? '') : each.phase === 'undo' ? 'taking back' : 'open',
          safe(each.phase === 'ended' ? (each.because ?? '') : needText(each)),
        ]),
        { width: context.terminal.columns() },
      ),
    );
  return 0;
}

function needText({ needs, blocks, headings }: RunView): string {
  if (needs.kind === 'nothing') return '';
  const step = blocks[needs.block]?.step ?? 0;
  const at = `step ${step + 1}, ${headings[step] ?? ''}`;
  return needs.kind === 'person'
    ? `waits for a person: ${at}`
    : needs.kind === 'running'
      ? `runs: ${at}`
      : `waits: ${needs.why}`;
}

/** Every agent of this machine tests what belongs to its host. */
async function test({ context, options, system, agent, name }: Asked): Promise<ExitStatus> {
  const agents = await answeringAgents(system);
  const found = await Promise.all(agents.map((each) => asking(context, each.runbooks.test(name))));
  const tested: TestedRunbook[] = [];
  for (const each of found) {
    if (!each.ok) throw refusal(each);
    tested.push(...each.value);
  }
  const hosts = (await asking(context, agent.status())).hosts.map((host) => host.name);
  const notHere = hosts.filter((host) => !system.hosts.includes(host));
  const rotted = tested.some((each) => each.rotted.length > 0);
  if (options.flag('json')) context.terminal.print(JSON.stringify(tested, null, 2));
  else {
    context.terminal.print(...testLines(tested, context.terminal));
    if (notHere.length > 0)
      context.terminal.print('', `Not tested from here: what runs on ${notHere.join(', ')}. Run the same there.`);
  }
  return rotted ? 1 : 0;
}

async function stands({ context, options, agent, name }: Asked): Promise<ExitStatus> {
  const subject = needName(context, name);
  const since = options.text('since');
  const sinceMs = since === undefined ? null : sinceOf(since, context.now(), 0);
  const answer = await asking(context, agent.runbooks.stands(subject));
  if (!answer.ok) throw refusal(answer);
  const before = sinceMs === null ? null : runsSinceBefore(await asking(context, agent.status()), subject, sinceMs);
  const value = answer.value.stands && before !== null ? { stands: false, text: before } : answer.value;
  context.terminal.print(options.flag('json') ? JSON.stringify(value) : safe(value.text));
  return value.stands ? 0 : 1;
}

/** Of the instances that run, the first that was started before; null: there is none. */
function runsSinceBefore(view: StatusView, subject: string, sinceMs: number): string | null {
  const [service = '', host] = subject.split('@', 2);
  const instances = view.services.find((each) => each.name === service)?.instances ?? [];
  const old = instances.find(
    (each) => (host === undefined || each.host === host) && each.pid !== null && (each.startedAtMs ?? 0) < sinceMs,
  );
  return old === undefined ? null : `${service}@${old.host} is ${old.phase}: it was started before`;
}

/** By its id, by its runbook or service, or the only open one. */
async function openRun({ context, agent, name }: Pick<Asked, 'context' | 'agent' | 'name'>): Promise<RunView> {
  const all = await asking(context, agent.runbooks.runs());
  const open = all.filter((each) => each.phase !== 'ended');
  const named =
    name === null
      ? open
      : all.filter(
          (each) => each.id === name || (each.phase !== 'ended' && (each.runbook === name || each.service === name)),
        );
  const [only, other] = named;
  if (only !== undefined && other === undefined) return only;
  throw new Failure({
    code: 'SF-217',
    what:
      only === undefined
        ? name === null
          ? 'no run is open'
          : `there is no open run ${name}`
        : 'several runs are open',
    next:
      open.length === 0
        ? `Begin one: ${context.command('runbook run NAME')}`
        : `Open: ${open.map((each) => `${each.id} (${each.runbook})`).join(', ')}.`,
    exit: 2,
  });
}

function needName(context: Context, name: string | null): string {
  if (name !== null) return name;
  throw new Failure({
    code: 'SF-002',
    what: 'which one? A name is missing',
    next: `${context.command('runbook list')} shows all.`,
    exit: 2,
  });
}

function valuesOf(options: Options): Record<string, string> {
  return Object.fromEntries(
    options.list('set').map((each) => {
      const equals = each.indexOf('=');
      if (equals > 0) return [each.slice(0, equals), each.slice(equals + 1)];
      throw new Failure({
        code: 'SF-002',
        what: `--set ${each} gives no value`,
        next: 'Write --set NAME=VALUE.',
        exit: 2,
      });
    }),
  );
}
