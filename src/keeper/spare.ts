// A shell that waits to become the next service. To fork Node takes one to two milliseconds, most of the time of a restart, and to begin a shell half of one;
// so this is done while nobody waits for it, and a start only hands the shell its lines. What it is to become it learns over its standard input; it ends when
// that closes, so with its keeper.
//
// Its number is the service's, and so is its start time in the process list: that is older than the service by `renewedMs` at most.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import { errorWords } from '../model/error-words.ts';
import type { Log } from './log.ts';
import { nameForm } from '../model/environment.ts';

/** After a start is over: its answer goes out first. */
const soonMs = 1;
/** Then another takes its place. */
const renewedMs = 10_000;

/** One shell ahead; the next is begun when nothing else is under way. */
export class Spare {
  readonly #quiet: () => Promise<void>;
  readonly #log: Log;
  #shell: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `quiet` resolves when a fork, which holds the keeper up, may begin. */
  constructor(quiet: () => Promise<void>, log: Log) {
    this.#quiet = quiet;
    this.#log = log;
  }

  /** The waiting shell, which is the caller's from now on; null when there is none. */
  take(): ChildProcess | null {
    const shell = this.#shell;
    this.#shell = null;
    clearTimeout(this.#timer);
    return shell !== null && shell.exitCode === null && shell.signalCode === null ? shell : null;
  }

  /** A start is over and none is under way: there may be another soon. */
  fill(): void {
    if (this.#shell === null) this.#makeIn(soonMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#shell?.stdin?.end();
  }

  #makeIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#make(), ms);
  }

  async #make(): Promise<void> {
    await this.#quiet();
    if (this.#closed) return;
    this.#shell?.stdin?.end();
    this.#shell = this.#begin();
    this.#makeIn(renewedMs);
  }

  #begin(): ChildProcess | null {
    try {
      const shell = spawn('/bin/sh', ['-s', 'standfast-spare'], {
        detached: true,
        cwd: '/',
        env: {},
        stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      });
      // whoever takes it sees by its end that it could not be begun
      for (const each of [shell, shell.stdin, shell.stdio[3]]) each?.on('error', () => undefined);
      return shell.pid === undefined ? null : shell;
    } catch (error) {
      this.#log(`no shell could be begun ahead of the next start: ${errorWords(error)}`);
      return null;
    }
  }
}

/** Names that mean something to a shell, or that one refuses to have set: with these in its environment a service is started by a shell of its own. */
const shellsOwn =
  /^(_|ENV|IFS|LINENO|OLDPWD|OPT(ARG|ERR|IND)|POSIXLY_CORRECT|PPID|PS[0-9]|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|S?RANDOM|E?UID|GROUPS|DIRSTACK|FUNCNAME|HIST.*|HOSTNAME|PIPESTATUS|(BASH|COMP|EPOCH).*)$/;

/** True when a shell that runs already can give a process exactly this environment. */
export function canBeSet(env: Readonly<Record<string, string>>): boolean {
  return Object.entries(env).every(
    ([name, value]) => nameForm.test(name) && !shellsOwn.test(name) && !value.includes('\0'),
  );
}
