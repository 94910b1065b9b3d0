// `apply`: another description for a system that runs. The plan first, then a question, then each instance in its turn; the agents go on by themselves when
// this ends before them.

import type { ApplyRequest, DescriptionView, IntentAnswer, IntentRequest, StatusView } from '../../api.ts';
import { isNothing, planChange, type ChangePlan } from '../../model/change-plan.ts';
import { readDescription } from '../../model/read.ts';
import type { System } from '../../model/system.ts';
import { planLines } from '../apply/plan-lines.ts';
import { confirmed } from '../apply/question.ts';
import { takenUp, takeUp } from '../apply/take-up.ts';
import { chooseSystem, type ChosenSystem, type Context } from '../context.ts';
import { readPath, type ReadFile } from '../description.ts';
import { Failure } from '../failure.ts';
import { howLong } from '../how-long.ts';
import { pause } from '../interruption.ts';
import { ownerName } from '../owner.ts';
import { refuseDescription } from '../refuse-description.ts';
import { asking, findAgent, needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import type { Options, Run } from '../verb.ts';

const usualTimeoutMs = 300_000;
/** A stop that `apply` asked for ends by itself after so long, whatever becomes of `apply`. */
const stopForMs = 600_000;
/** What was stopped is tried to be started again for so long; then its stop ends with its time. */
const startWithinMs = 20_000;
/** By then every agent has heard what has stopped. */
const heardWithinMs = 10_000;
/** By this its own stops are known again by the next `apply`. */
const stopWhy = 'apply: stopped while its description changes';

/** Exit 0: taken up everywhere; 1: refused, not wanted, or not done in time; 2: the description has errors; 3: the store cannot be had. */
export const apply: Run = async (context, words, options) => {
  const timeoutMs = howLong('--timeout', options.text('timeout'), '90s, 2m or 500ms') ?? usualTimeoutMs;
  const given = await readPath(words[0] ?? '.');
  const after = given.system;
  if (given.problems.length > 0 || after === null)
    return refuseDescription(context, given.problems, { json: options.flag('json') });
  const system = await chooseSystem(context, after.name);
  const agent = await needAgent(context, system);
  const inForce = await asking(context, agent.description());
  const before = readStored(context, inForce);
  const plan = planChange(before, after);
  const json = options.flag('json');
  const staysHere = inForce.folder !== given.folder && before.store.kind !== 'embedded' ? inForce.folder : null;
  const same = inForce.hash === after.hash && (inForce.folder === given.folder || staysHere !== null);
  if (!json) context.terminal.print(...headLines(context, given, inForce, plan, same));
  if (!json && staysHere !== null) context.terminal.print(...folderLines(context, given, staysHere));
  if (!same && !(await mayGoOn(context, options))) {
    if (json) print(context, { applied: false, plan });
    else context.terminal.print('Nothing was changed.');
    return 1;
  }
  if (!same) await put(context, system, { given, inForce, plan, why: options.text('why') ?? '' });
  await startStopped(context, system, plan.hosts.removed);
  const done = await takeUp(context, system, {
    hash: after.hash,
    afterRevision: inForce.revision ?? 0,
    hosts: after.hosts.map((host) => host.name).filter((name) => !plan.hosts.added.includes(name)),
    removed: plan.hosts.removed,
    untilMs: context.now() + timeoutMs,
    quiet: json,
  });
  if (json)
    print(context, { applied: !same, hash: after.hash, plan, takenUp: done.kind === 'done' || done.kind === 'gone' });
  if (done.kind === 'interrupted') {
    if (!json)
      context.terminal.print('It is in force, and the agents go on taking it up; this only ends the watching.');
    return 0;
  }
  if (done.kind === 'replaced')
    throw new Failure({
      code: 'SF-419',
      what: `${given.file} was in force, and somebody has put another in its place since`,
      next: `Look at the difference, and apply again: ${context.command(`apply ${given.file}`)}`,
      exit: 1,
    });
  if (done.kind === 'late') throw late(context, done.view, after);
  if (!json) context.terminal.print(...(done.kind === 'gone' ? goneLines(context) : doneLines(context, plan)));
  return 0;
};

function print(context: Context, value: unknown): void {
  context.terminal.print(JSON.stringify(value, null, 2));
}

/** The description in force, as this version reads it. */
function readStored(context: Context, inForce: DescriptionView): System {
  const { system, errors } = readDescription(inForce);
  if (system !== null && inForce.revision !== null) return system;
  throw new Failure({
    code: system === null ? 'SF-420' : 'SF-402',
    what:
      system === null
        ? `the description in force can't be read by this version: ${errors[0]?.message ?? 'unknown reason'}`
        : 'the agent has not read the store yet',
    next: system === null ? 'Use the version that the agents are of.' : context.command('doctor'),
    exit: system === null ? 2 : 3,
  });
}

function headLines(
  context: Context,
  given: ReadFile,
  inForce: DescriptionView,
  plan: ChangePlan,
  same: boolean,
): string[] {
  if (same) return [`${safe(given.file)} is in force already.`];
  const from = `${safe(given.file)} in place of ${safe(inForce.file)} (revision ${inForce.revision ?? 0}):`;
  if (isNothing(plan)) return [from, 'Only its wording or order (comments, spaces): nothing that runs is touched.'];
  return [from, ...planLines(plan, context.terminal)];
}

/** Each machine has a folder of its own, so a description that is put in force from another one changes none. */
function folderLines(context: Context, given: ReadFile, folder: string): string[] {
  return [
    `Relative paths go on starting in ${safe(folder)} on this machine. To have them start in ${safe(given.folder)}: ${context.command('down')}, then ${context.command(`up ${given.file}`)}.`,
  ];
}

/** Asks; a script has said so beforehand. */
async function mayGoOn(context: Context, options: Options): Promise<boolean> {
  if (options.flag('yes')) return true;
  if (process.stdin.isTTY && !options.flag('json')) return await confirmed('Apply it?', context.interruption());
  throw new Failure({
    code: 'SF-318',
    what: 'nobody can be asked here, so nothing was changed',
    why: 'Standard input is no terminal.',
    next: 'Look at the plan; if it is what you want, add --yes.',
    exit: 2,
  });
}

/** Stops what must not run meanwhile, then writes the description in the place of the one that the plan was made from. */
async function put(
  context: Context,
  system: ChosenSystem,
  of: { given: ReadFile; inForce: DescriptionView; plan: ChangePlan; why: string },
): Promise<void> {
  const { given, inForce, plan } = of;
  for (const { service } of plan.stopped) await stop(context, system, service);
  const owner = ownerName(context.world.env);
  const request: ApplyRequest = {
    text: given.text,
    folder: given.folder,
    file: given.file,
    revision: inForce.revision ?? 0,
    owner,
    why: of.why,
  };
  const answer = await ask(context, system, request);
  if (answer.ok) return;
  // What was stopped for it runs again as it did.
  await startStopped(context, system, []);
  throw new Failure({
    code: answer.code,
    what: `it was not applied: ${answer.why}`,
    next: answer.next,
    exit: answer.code === 'SF-506' || answer.code === 'SF-507' ? 3 : 1,
  });
}

/** What has just stopped the agent asked may not have heard of yet: for a moment its word that something still runs is not the last. */
async function ask(context: Context, system: ChosenSystem, request: ApplyRequest): Promise<IntentAnswer> {
  const untilMs = context.now() + heardWithinMs;
  for (;;) {
    const agent = await needAgent(context, system);
    const answer = await asking(context, agent.apply(request));
    if (answer.ok || answer.code !== 'SF-422' || context.now() >= untilMs) return answer;
    if (!(await pause(100, context.interruption()))) return answer;
  }
}

async function stop(context: Context, system: ChosenSystem, service: string): Promise<void> {
  const agent = await needAgent(context, system);
  const answer = await asking(
    context,
    agent.intend(intent(context, 'stop', service, { why: stopWhy, forMs: stopForMs })),
  );
  if (!answer.ok) throw new Failure({ code: answer.code, what: answer.why, next: answer.next, exit: 1 });
  const untilMs = context.now() + usualTimeoutMs;
  while (context.now() < untilMs) {
    const view = await findAgent(system).then((each) => each?.status().catch(() => null) ?? null);
    const instances = view?.services.find((each) => each.name === service)?.instances ?? null;
    if (instances !== null && instances.every((each) => each.phase === 'down' || each.phase === 'failed')) return;
    if (!(await pause(100, context.interruption()))) break;
  }
  await startStopped(context, system, []);
  throw new Failure({
    code: 'SF-422',
    what: `${service} did not stop everywhere, so nothing was changed`,
    next: `${context.command(`explain ${service}`)}; then apply again.`,
    exit: 1,
  });
}

/**
 * Ends the stops of this `apply`, and of one that did not come to its end. Asks agents that stay, for one that goes may take it with it; where none of this
 * machine stays, those that go, as long as they are there.
 */
async function startStopped(context: Context, system: ChosenSystem, removed: readonly string[]): Promise<void> {
  const staying = { ...system, hosts: system.hosts.filter((host) => !removed.includes(host)) };
  const untilMs = context.now() + startWithinMs;
  while (context.now() < untilMs) {
    const agent = (await findAgent(staying)) ?? (removed.length === 0 ? null : await findAgent(system));
    if (agent === null && staying.hosts.length === 0) return;
    const intents = await agent?.intents().catch(() => null);
    if (agent !== null && intents !== null && intents !== undefined) {
      const stops = intents.filter((each) => each.kind === 'stop' && each.why === stopWhy);
      if (stops.length === 0) return;
      for (const { service } of stops)
        if (service !== null)
          await agent.intend(intent(context, 'start', service, { why: stopWhy, forMs: null })).catch(() => null);
    }
    if (!(await pause(100, context.interruption()))) return;
  }
}

function intent(
  context: Context,
  kind: 'stop' | 'start',
  service: string,
  more: { why: string; forMs: number | null },
): IntentRequest {
  return { kind, service, host: null, owner: ownerName(context.world.env), acceptLoss: false, ...more };
}

function doneLines(context: Context, plan: ChangePlan): string[] {
  return [
    'Every agent uses it, and everything is as planned.',
    ...plan.hosts.added.map(
      (host) =>
        `Host ${safe(host)} is described now. Start its agent there: ${context.command(`up PATH --host ${host}`)}`,
    ),
  ];
}

/** Of the hosts that stay none is of this machine: what becomes of them is to be looked at there. */
function goneLines(context: Context): string[] {
  return [
    'It is in force, and the agents here are gone, as described.',
    `How the others take it up is seen on one of them: ${context.command('status')}`,
  ];
}

function late(context: Context, view: StatusView | null, after: System): Failure {
  const missing =
    view === null
      ? ['no agent answers']
      : takenUp(
          view,
          after.hash,
          after.hosts.map((each) => each.name),
        );
  return new Failure({
    code: 'SF-319',
    what: 'the description is in force, and not all of it is taken up yet',
    why: missing.slice(0, 10).join('\n'),
    next: `The agents go on by themselves. ${context.command('status')}`,
    exit: 1,
  });
}
