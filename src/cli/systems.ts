// Which systems and hosts have a folder in a state, and which agent answers.

import { counted } from '../model/amount-words.ts';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentRefused, AgentUnreachable, connectAgent } from '../client.ts';
import type { AgentClient } from '../client.ts';
import { Failure } from './failure.ts';
import type { ChosenSystem, Context } from './context.ts';
import { presences } from './start/keepers.ts';
import { leftovers } from './start/leftovers.ts';

interface SystemFolder {
  readonly name: string;
  readonly hosts: readonly string[];
}

/** The systems in a state folder, sorted by name; none when the folder is not there. */
export async function systemsIn(state: string): Promise<readonly SystemFolder[]> {
  const names = await foldersIn(state);
  const systems = await Promise.all(
    names.map(async (name): Promise<SystemFolder> => ({ name, hosts: await foldersIn(join(state, name)) })),
  );
  return systems.filter((system) => system.hosts.length > 0);
}

/** Long enough for an agent on a machine that is short of processors; who is there answers in a few ms. */
const answerWithinMs = 1_500;
/**
 * Nobody else can be asked where none answers. In a step of a runbook, which bears this mark (see act/runbook/block.ts) and has a time limit of its own, no
 * person waits for the answer: a step that heard nothing would have failed on a machine that is only busy.
 */
const firstAnswerWithinMs = process.env['STANDFAST_RUNBOOK_STEP'] === undefined ? 5_000 : 60_000;

/** The agent that answers first; null when none does. */
export async function findAgent(system: ChosenSystem): Promise<AgentClient | null> {
  const asked = system.hosts.map(async (host) => {
    const { agentSocket } = system.layout.host(host);
    await connectAgent(agentSocket, firstAnswerWithinMs).intents();
    return connectAgent(agentSocket);
  });
  return Promise.any(asked).catch(() => null);
}

/** All agents that answer. */
export async function answeringAgents(system: ChosenSystem): Promise<readonly AgentClient[]> {
  const asked = await Promise.allSettled(
    system.hosts.map(async (host) => {
      const { agentSocket } = system.layout.host(host);
      await connectAgent(agentSocket, answerWithinMs).intents();
      return connectAgent(agentSocket);
    }),
  );
  return asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** The agent that answers first. Fails with exit 3 and what to do when none does. */
export async function needAgent(context: Context, system: ChosenSystem): Promise<AgentClient> {
  const agent = await findAgent(system);
  if (agent !== null) return agent;
  throw new Failure({
    code: 'SF-301',
    what: `no agent of ${system.name} answers`,
    why: `Looked for ${system.hosts.join(', ')} in ${system.layout.folder}. ${await whatIsLeft(system)}`,
    next: `Start it: ${context.command('up PATH')}. What is wrong: ${context.command('doctor')}. What happened last: ${context.command('journal --since 10m')}`,
    exit: 3,
  });
}

/** What of the system is on this machine without an agent, as a sentence. */
async function whatIsLeft({ layout, hosts }: ChosenSystem): Promise<string> {
  const keepers = (await presences(layout, hosts)).flatMap((each) => (each.keeper ? [each.host] : []));
  if (keepers.length > 0) return `The keeper of ${keepers.join(', ')} runs, and begins the agent again.`;
  const running = await leftovers(layout, hosts);
  return running.length === 0
    ? 'Nothing of it runs on this machine.'
    : `${counted(running.length, 'process')} of its services ${running.length === 1 ? 'runs' : 'run'}, and nobody watches that.`;
}

/** Asks the agent; one that went away in between is exit 3 like one that never was. */
export async function asking<T>(context: Context, question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof AgentRefused)
      throw new Failure({ code: error.code, what: error.message, next: error.next, exit: 2 });
    if (!(error instanceof AgentUnreachable)) throw error;
    throw new Failure({
      code: 'SF-302',
      what: 'the agent did not answer',
      why: error.message,
      next: `Ask again; if it stays so: ${context.command('doctor')}`,
      exit: 3,
    });
  }
}

/** Those that begin with a dot are neither systems nor hosts. */
async function foldersIn(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') return [];
    throw new Failure({
      code: 'SF-006',
      what: `the state folder ${folder} may not be looked into by this user`,
      why: 'It belongs to the user who ran `up`: nobody else may command what runs there.',
      next: 'Run it as that user (sudo), or give your own: --state DIR or STANDFAST_STATE.',
      exit: 3,
    });
  });
  return found
    .filter((each) => each.isDirectory() && !each.name.startsWith('.'))
    .map((each) => each.name)
    .toSorted();
}
