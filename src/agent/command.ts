// How the agent of a host is started: by its keeper, which is told this command line.

import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside this folder: `.ts` in a checkout, `.js` when built. */
const program = fileURLToPath(new URL(`../agent${extname(import.meta.url)}`, import.meta.url));

/** Node's young generation is kept small: an agent lives long and holds little. */
const nodeFlags = ['--max-old-space-size=256', '--max-semi-space-size=2'];

/** The command line of the agent of one host. */
export function agentCommand(of: { state: string; system: string; host: string }): string[] {
  return [process.execPath, ...nodeFlags, program, '--state', of.state, '--system', of.system, '--host', of.host];
}

/** Where the program `standfast` of this installation lies: a step of a runbook calls it by its name. */
export const programFolder = fileURLToPath(
  new URL(extname(import.meta.url) === '.ts' ? '../../' : '../../bin/', import.meta.url),
).replace(/\/$/, '');
