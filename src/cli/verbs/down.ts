// `down`: the services in order, then agents and keepers. Ends when all of them are gone.

import { setTimeout as rest } from 'node:timers/promises';

import type { StatusView } from '../../api.ts';
import { connectAgent } from '../../client.ts';
import { chooseSystem } from '../context.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { readPath } from '../description.ts';
import { Failure } from '../failure.ts';
import type { ExitStatus } from '../failure.ts';
import { pause } from '../interruption.ts';
import { ownerName } from '../owner.ts';
import { startKeepers } from '../start/begin.ts';
import { presences, processesGone } from '../start/keepers.ts';
import { leftovers } from '../start/leftovers.ts';
import { happenings, timed } from '../start/happenings.ts';
import { answeringAgents } from '../systems.ts';
import { safe } from '../text.ts';
import type { Options, Run } from '../verb.ts';

/** With no change for this long, and longer than any service may take to stop, somebody has to look. */
const stuckAfterMs = 180_000;
/** A keeper starts its agent again within this time. */
const agentBackMs = 15_000;
const askAgainMs = 1_000;
const goneWithinMs = 2_000;

/** Exit 0: all is down (or left running, as asked); 1: refused, or not down in time; 3: nobody could be asked. */
export const down: Run = async (context, words, options) => {
  if (!options.flag('json')) return (await bringDown(context, words, options)).exit;
  // Scripts get one value at the end, and nothing of what happens on the way.
  const quiet = { ...context, terminal: { ...context.terminal, print: () => undefined } };
  const { system, down: isDown, exit } = await bringDown(quiet, words, options);
  context.terminal.print(JSON.stringify({ system, down: isDown }));
  return exit;
};

/** `down`: nothing of it runs on this machine any more. */
async function bringDown(
  context: Context,
  words: readonly string[],
  options: Options,
): Promise<{ readonly system: string; readonly down: boolean; readonly exit: ExitStatus }> {
  const path = words[0];
  const preferred = path === undefined ? null : ((await readPath(path)).system?.name ?? null);
  const system = await chooseSystem(context, preferred);
  const leaveRunning = options.flag('leaveRunning');
  const signal = context.interruption();
  const { name } = system;
  if (!(await makeAgentsAnswer(context, system, leaveRunning, signal)))
    return { system: name, down: !leaveRunning, exit: 0 };
  const ask = (): Promise<void> => askAll(context, system, { leaveRunning, why: options.text('why') ?? '' });
  const elsewhere = await toldElsewhere(context, system);
  await ask();
  const last = await untilGone(context, system, signal, ask);
  if (last === 'interrupted') {
    context.terminal.print('It goes on stopping; this only ends the watching.');
    return { system: name, down: false, exit: 0 };
  }
  context.terminal.print(...elsewhere);
  return { system: name, down: !leaveRunning, exit: await report(context, system, leaveRunning) };
}

/** Who is elsewhere hears of it over the agents' lines; who cannot is named, before the lines are gone. */
async function toldElsewhere(context: Context, system: ChosenSystem): Promise<string[]> {
  const [agent] = await answeringAgents(system);
  const peers = (await agent?.peers().catch(() => [])) ?? [];
  const far = peers.filter((each) => !system.hosts.includes(each.host));
  const told = far.filter((each) => each.connected).map((each) => safe(each.host));
  return [
    ...(told.length === 0 ? [] : [`Told over there, and stopping on their own: ${told.join(', ')}.`]),
    ...far
      .filter((each) => !each.connected)
      .map(
        (each) =>
          `${safe(each.host)} could not be told${each.why === null ? '' : ` (${safe(each.why)})`}. If it runs, there: ${context.command('down')}`,
      ),
  ];
}

/**
 * True when at least one agent can be told. Without agents: a keeper brings its own back; with services alone, keepers are started to end
 * them in order. False: nothing runs at all.
 */
async function makeAgentsAnswer(
  context: Context,
  system: ChosenSystem,
  leaveRunning: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await answeringAgents(system)).length > 0) return true;
  const keepers = (await presences(system.layout, system.hosts)).filter((each) => each.keeper);
  const running = await leftovers(system.layout, system.hosts);
  if (keepers.length === 0 && (running.length === 0 || leaveRunning)) {
    context.terminal.print(
      running.length === 0
        ? `${system.name} is not running.`
        : `No agent or keeper of ${system.name} runs; ${running.length} processes of its services do, and stay.`,
    );
    return false;
  }
  if (keepers.length === 0) {
    const hosts = [...new Set(running.map((each) => each.host))];
    context.terminal.print(
      `No agent answers, but services run: starting agents on ${hosts.join(', ')} to end them in order.`,
    );
    await startKeepers(context, { system: system.name, layout: system.layout, hosts });
  } else context.terminal.print('No agent answers; waiting for the keeper to bring it back.');
  const untilMs = context.now() + agentBackMs;
  while (context.now() < untilMs) {
    // All that can be: an agent that hears of it first would stop what the others' services still need.
    const missing = (await presences(system.layout, system.hosts)).some((each) => each.keeper && !each.agent);
    const answering = await answeringAgents(system);
    if (answering.length > 0 && (!missing || context.now() > untilMs - agentBackMs / 2)) return true;
    if (!(await pause(200, signal))) break;
  }
  throw new Failure({
    code: 'SF-309',
    what: `no agent of ${system.name} answers, so its services can't be stopped in order`,
    why: `${[...keepers.map((each) => `The keeper of ${each.host} runs.`), ...running.map((each) => `${each.service} on ${each.host} runs, pid ${each.pid}.`)].slice(0, 10).join('\n')}`,
    next: `${context.command('doctor')}; the agents' logs: ${system.hosts.map((host) => system.layout.host(host).agentLog).join(', ')}`,
    exit: 3,
  });
}

/** Tells every agent that answers. To be told twice is nothing new to an agent. */
async function askAll(
  context: Context,
  system: ChosenSystem,
  of: { readonly leaveRunning: boolean; readonly why: string },
): Promise<void> {
  const agents = await answeringAgents(system);
  const answers = await Promise.allSettled(
    agents.map((agent) =>
      agent.intend({
        kind: 'down',
        service: null,
        host: null,
        owner: ownerName(context.world.env),
        why: of.why,
        forMs: null,
        acceptLoss: false,
        leaveRunning: of.leaveRunning,
      }),
    ),
  );
  const refused = answers
    .map((each) => (each.status === 'fulfilled' && !each.value.ok ? each.value : null))
    .find((each) => each !== null);
  if (refused !== undefined) throw new Failure({ code: refused.code, what: refused.why, next: refused.next, exit: 1 });
  if (answers.some((each) => each.status === 'fulfilled')) return;
  throw new Failure({ code: 'SF-302', what: 'no agent took the request', next: context.command('doctor'), exit: 3 });
}

/** Tells what stops, until neither agent nor keeper is there. */
async function untilGone(
  context: Context,
  system: ChosenSystem,
  signal: AbortSignal,
  ask: () => Promise<void>,
): Promise<'gone' | 'interrupted'> {
  let askedAtMs = context.now();
  let before: StatusView | null = null;
  let changedAtMs = context.now();
  let seen = '';
  for (;;) {
    const there = (await presences(system.layout, system.hosts)).filter((each) => each.agent || each.keeper);
    if (there.length === 0) {
      await processesGone(context, system, system.hosts);
      return 'gone';
    }
    const view = await statusOfAny(
      system,
      there.filter((each) => each.agent).map((each) => each.host),
    );
    if (view !== null) {
      if (before !== null) {
        const lines = happenings({ ...before, incidents: [] }, { ...view, incidents: [] }, context.terminal);
        context.terminal.print(...timed(lines, view.atMs));
      }
      before = view;
    }
    const now = JSON.stringify([there, view?.services.map((each) => each.instances.map((one) => one.phase))]);
    if (now !== seen) changedAtMs = context.now();
    seen = now;
    // An agent that was just being started, or came back meanwhile, has not heard of it.
    if (context.now() - askedAtMs > askAgainMs) {
      await ask().catch(() => undefined);
      askedAtMs = context.now();
    }
    if (context.now() - changedAtMs > stuckAfterMs)
      throw stuck(
        context,
        system,
        there.map((each) => each.host),
        view,
      );
    if (!(await pause(150, signal))) return 'interrupted';
  }
}

async function statusOfAny(system: ChosenSystem, hosts: readonly string[]): Promise<StatusView | null> {
  for (const host of hosts) {
    const view = await connectAgent(system.layout.host(host).agentSocket, 1_000)
      .status()
      .catch(() => null);
    if (view !== null) return view;
  }
  return null;
}

function stuck(context: Context, system: ChosenSystem, hosts: readonly string[], view: StatusView | null): Failure {
  const running =
    view?.services.flatMap((service) =>
      service.instances
        .filter((each) => each.pid !== null)
        .map((each) => `${service.name} on ${each.host} is ${each.phase}, pid ${each.pid ?? '?'}`),
    ) ?? [];
  return new Failure({
    code: 'SF-309',
    what: `${system.name} does not come down: nothing has changed for ${stuckAfterMs / 1000} s`,
    why: [`Still there: ${hosts.join(', ')}.`, ...running.slice(0, 10)].join('\n'),
    next: `${context.command('status')}, then ${context.command('doctor')}`,
    exit: 1,
  });
}

async function report(context: Context, system: ChosenSystem, leaveRunning: boolean): Promise<ExitStatus> {
  let running = await leftovers(system.layout, system.hosts);
  // What the agents ended as they went, as a check that was just being asked, takes a moment to be gone.
  for (const untilMs = context.now() + goneWithinMs; running.length > 0 && !leaveRunning && context.now() < untilMs;) {
    await rest(50);
    running = await leftovers(system.layout, system.hosts);
  }
  if (leaveRunning) {
    context.terminal.print(
      `Agents and keepers of ${system.name} are gone; ${running.length} processes of its services run on, watched by nobody. ${context.command('up PATH')} watches them again.`,
    );
    return 0;
  }
  if (running.length === 0) {
    context.terminal.print(`${system.name} is down.`);
    return 0;
  }
  throw new Failure({
    code: 'SF-309',
    what: `agents and keepers of ${system.name} are gone, and ${running.length} processes of its services still run`,
    why: running
      .slice(0, 10)
      .map((each) => `${each.service} on ${each.host}: pid ${each.pid}`)
      .join('\n'),
    next: `Look at them; end them with: kill ${running.map((each) => each.pid).join(' ')}`,
    exit: 1,
  });
}
