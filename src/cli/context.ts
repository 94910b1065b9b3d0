// What every verb is given: where state lives, which system is meant, the terminal, and how to word a command for people to copy.

import { resolve } from 'node:path';
import { stateFolder, systemLayout } from '../layout.ts';
import type { SystemLayout } from '../layout.ts';
import { shellWord } from '../model/shell-quote.ts';
import { Failure } from './failure.ts';
import { systemsIn } from './systems.ts';
import type { Terminal } from './terminal.ts';
import type { World } from './world.ts';

/** One for a run of a verb. */
export interface Context {
  readonly world: World;
  readonly terminal: Terminal;
  /** Absolute. */
  readonly state: string;
  /** `--system`. */
  readonly system: string | null;
  /** Aborted by ^C or SIGTERM; who asks for it promises to end then. */
  interruption(): AbortSignal;
  /** Unix ms. */
  now(): number;
  /** A command of ours with the options that it needs to mean the same state and system. */
  command(words: string): string;
}

/** The options of every verb. */
export interface GlobalOptions {
  readonly state: string | undefined;
  readonly system: string | undefined;
}

/** Puts a verb's surroundings together. */
export function contextOf(
  world: World,
  terminal: Terminal,
  options: GlobalOptions,
  interruption: () => AbortSignal,
): Context {
  const given = options.state !== undefined && options.state !== '' ? ` --state ${shellWord(options.state)}` : '';
  const named = options.system === undefined ? '' : ` --system ${shellWord(options.system)}`;
  return {
    world,
    terminal,
    state: stateOf(options.state, world),
    system: options.system ?? null,
    interruption,
    now: () => Date.now(),
    command: (words) => `standfast ${words}${given}${named}`,
  };
}

function stateOf(option: string | undefined, world: World): string {
  const folder = stateFolder(option, world.env, world.uid);
  if (folder !== null) return resolve(folder);
  throw new Failure({
    code: 'SF-006',
    what: 'it is not known where state lies',
    why: 'There is no HOME in the environment, and this account has none on this machine.',
    next: 'Say where: --state DIR or STANDFAST_STATE.',
    exit: 2,
  });
}

/** A system that has a folder in this state. */
export interface ChosenSystem {
  readonly name: string;
  readonly layout: SystemLayout;
  /** Described hosts that have a folder here, sorted. */
  readonly hosts: readonly string[];
}

/** The system meant: `--system`, `preferred` (of a PATH), else the only one. Fails when there is none (3) or several (2). */
export async function chooseSystem(context: Context, preferred: string | null = null): Promise<ChosenSystem> {
  const systems = await systemsIn(context.state);
  const wanted = context.system ?? preferred;
  const found =
    wanted === null ? (systems.length === 1 ? systems[0] : undefined) : systems.find((each) => each.name === wanted);
  if (found !== undefined)
    return { name: found.name, hosts: found.hosts, layout: systemLayout(context.state, found.name) };
  if (wanted !== null)
    throw new Failure({
      code: 'SF-004',
      what: `there is no system ${wanted} in ${context.state}`,
      why: systems.length === 0 ? 'No system was ever started with this state.' : `There is ${namesOf(systems)}.`,
      next: `Start it: ${context.command('up PATH')}. State elsewhere: --state DIR or STANDFAST_STATE.`,
      exit: 3,
    });
  if (systems.length === 0)
    throw new Failure({
      code: 'SF-004',
      what: `no system was started with the state in ${context.state}`,
      next: `Start one: ${context.command('up PATH')}. State elsewhere: --state DIR or STANDFAST_STATE.`,
      exit: 3,
    });
  throw new Failure({
    code: 'SF-005',
    what: `which system? ${context.state} holds ${namesOf(systems)}`,
    next: 'Say which: --system NAME',
    exit: 2,
  });
}

function namesOf(systems: readonly { readonly name: string }[]): string {
  return systems.map((each) => each.name).join(', ');
}
