// Starts one process: a few lines of /bin/sh that enter the control group, write the instance's files, open its output, set limits, and then become the
// command (`scriptAs`): same pid, nothing left behind. What cannot be done is told over descriptor 3,
// so that a missing command never looks like a service that ended. Turned down: the `uid`, `cwd` and direct exec of `spawn`: none enters a group
// before the first fork, and a program or folder on a stalled disk would hold up the keeper. What the shell writes costs the keeper nothing,
// which is most of the time of a start.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import { scriptAs } from '../account.ts';
import type { Account } from '../account.ts';
import { errorWords } from '../model/error-words.ts';
import { shellQuoted } from '../model/shell-quote.ts';
import { canBeSet } from './spare.ts';
import type { Spare } from './spare.ts';
import { statusTold } from '../model/become.ts';
import { passOddNames } from '../model/environment.ts';
import type { Command } from '../model/system.ts';

/** All that becomes of the lines of shell. */
export interface LaunchPlan {
  readonly command: Command;
  /** Absolute. */
  readonly dir: string;
  /** Complete, the mark included. */
  readonly env: Readonly<Record<string, string>>;
  /** Files to write 0 into. */
  readonly enter: readonly string[];
  /** How many files it may have open; null: as many as the keeper. */
  readonly files: number | null;
  readonly account: Account;
  /** Ask the kernel to kill it when the keeper dies. */
  readonly diesWithKeeper: boolean;
  /** For standard output and error, opened for appending; /dev/null takes its place when it cannot be. */
  readonly output: string;
  readonly role: WrittenFile;
  /** Followed by the line of /proc/PID/stat. */
  readonly record: WrittenFile;
  /** Without its role file it must not run. */
  readonly roleNeeded: boolean;
}

interface WrittenFile {
  readonly path: string;
  /** One line. */
  readonly line: string;
}

/** How the lines of shell came out: it runs the command, or why not (`exec` when the command itself could not be run). `notes`: what it does without. */
export type LaunchOutcome = { readonly notes: readonly string[] } & (
  | { readonly kind: 'runs' }
  | { readonly kind: 'exec'; readonly status: number }
  | { readonly kind: 'preparation' | 'role'; readonly why: string }
);

/** A start under way. */
export interface Launched {
  readonly child: ChildProcess;
  /** Settles when the command runs or cannot. */
  readonly outcome: Promise<LaunchOutcome>;
}

/** The note of a start without its role file, where that is not needed. */
export const noRoleFile = 'its role file cannot be written';

/** Starts it in a session of its own, as `spare` where there is one that fits. Never throws; a fork that fails is an outcome. */
export function launch(plan: LaunchPlan, spare: Spare | null = null): Launched {
  const command = plan.command.kind === 'argv' ? plan.command.argv : ['/bin/sh', '-c', plan.command.line];
  const waiting = canBeSet(plan.env) && !command.some((word) => word.includes('\0')) ? (spare?.take() ?? null) : null;
  if (waiting !== null) {
    waiting.stdin?.end(whole(plan, command));
    return { child: waiting, outcome: outcomeOf(waiting) };
  }
  const child = spawn('/bin/sh', ['-c', script(plan), 'standfast', ...passOddNames(plan.env), ...command], {
    detached: true,
    cwd: '/',
    env: plan.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  return { child, outcome: outcomeOf(child) };
}

/** All in one command, so that nothing is done before all of it has been read, and nothing is read from what stands in for standard input. */
function whole(plan: LaunchPlan, command: readonly string[]): string {
  const env = Object.entries(plan.env).map(([name, value]) => `${name}=${shellQuoted(value)}`);
  const lines = [
    'exec </dev/null',
    ...(env.length === 0 ? [] : [`export ${env.join(' ')}`]),
    `set -- ${command.map(shellQuoted).join(' ')}`,
    script(plan),
  ];
  return `{\n${lines.join('\n')}\n}\n`;
}

/** Enters, limits, changes the account, then the folder; says `go`; becomes the command. */
function script(plan: LaunchPlan): string {
  return scriptAs(plan.account, {
    dir: plan.dir,
    brought: false,
    more: plan.diesWithKeeper ? ['--pdeathsig', 'KILL'] : [],
    before: [
      'exec 2>&3',
      ...plan.enter.map((file) => `echo 0 >${shellQuoted(file)} || exit 125`),
      ...writes(plan),
      ...(plan.files === null ? [] : [`ulimit -n ${plan.files} || exit 125`]),
    ],
    said: ['exec 2>&1', 'echo go >&3'],
  });
}

/** A full disk costs the record and the output, but not the start. */
function writes({ role, roleNeeded, record, output }: LaunchPlan): string[] {
  const note = (what: string): string => `echo 'note ${what}' >&3`;
  const print = (file: WrittenFile): string => `printf '%s\\n' ${shellQuoted(file.line)} >${shellQuoted(file.path)}`;
  const stat = `read -r STANDFAST_STAT <"/proc/$$/stat"; printf '%s\\n' "$STANDFAST_STAT" >>${shellQuoted(record.path)}`;
  return [
    // The service reads its role under whatever account it runs, and nobody else writes it; what it writes itself is as who ran `up` wants it.
    'umask 022',
    roleNeeded
      ? `${print(role)} || { echo role >&3; exit 125; }`
      : `{ ${print(role)}; } 2>/dev/null || ${note(noRoleFile)}`,
    `{ ${print(record)} && { ${stat}; }; } 2>/dev/null || ${note('its record cannot be written')}`,
    'unset STANDFAST_STAT',
    `if { true >>${shellQuoted(output)}; } 2>/dev/null; then exec >>${shellQuoted(output)}; else ${note('its output is lost, since the file cannot be opened')}; fi`,
    `umask ${process.umask().toString(8).padStart(4, '0')}`,
  ];
}

function outcomeOf(child: ChildProcess): Promise<LaunchOutcome> {
  return new Promise((resolve) => {
    let said = '';
    child.on('error', (error) => resolve({ kind: 'preparation', why: errorWords(error), notes: [] }));
    const pipe = child.stdio[3];
    if (pipe === null || pipe === undefined || !('setEncoding' in pipe)) {
      resolve({ kind: 'preparation', why: 'no pipe to the process could be made', notes: [] });
      return;
    }
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => (said += chunk));
    pipe.on('error', () => pipe.destroy());
    pipe.on('close', () => resolve(understood(said)));
  });
}

/** Nothing but `go`, and notes, before the pipe closed: the command runs. */
function understood(said: string): LaunchOutcome {
  const all = said.split('\n').filter((line) => line !== '');
  const notes = all.filter((line) => line.startsWith('note ')).map((line) => line.slice(5));
  const lines = all.filter((line) => !line.startsWith('note '));
  const status = statusTold(said);
  if (lines[0] === 'go') return status === null ? { kind: 'runs', notes } : { kind: 'exec', status, notes };
  const why = lines
    .filter((line) => line !== 'role' && !/^no \d+$/.test(line))
    .map((line) => line.replace(/^(standfast|\/bin\/sh): (line )?\d+: /, ''));
  const kind = lines.includes('role') ? 'role' : 'preparation';
  return { kind, why: why.join('; ') || 'it was ended before it began', notes };
}
