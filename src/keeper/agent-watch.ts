// Keeps the agent running. One that this keeper started is its child; one that was there before, or that started the keeper, is known by what it
// said in its hello. An agent that exits 0 still comes back: only `quit` tells the keeper that it is to stay down.

import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

import { errorWords } from '../model/error-words.ts';
import { monoNow } from './clock.ts';
import type { Log } from './log.ts';
import { isSame } from './proc.ts';
import type { AgentIdentity } from './wire.ts';

/** A broken promise of the core: it may come again at once, so it comes back slowly, and loudly. */
const assertionFailed = 64;
const afterAssertionMs = 5000;
const shortestMs = 10;
const longestMs = 1000;
/** Running this long is a success: the waits begin anew. */
const steadyMs = 10_000;
/** How often an agent that is alive without a connection, and not a child, is looked at. */
const lookMs = 250;

/** The agent of this host, whoever started it. */
export class AgentWatch {
  readonly #command: readonly string[];
  readonly #logPath: string;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #waitMs = shortestMs;
  #child = false;
  #childPid = 0;
  #connected = false;
  /** An agent that is not a child. */
  #other: AgentIdentity | null;
  #stopped = false;

  /** `command` empty: no agent is started. `running`: one that is there already and will say hello. */
  constructor(command: readonly string[], running: AgentIdentity | null, logPath: string, log: Log) {
    this.#command = command;
    this.#other = running;
    this.#logPath = logPath;
    this.#log = log;
  }

  begin(): void {
    this.#look();
  }

  /** An agent said hello, or its connection broke. */
  heard(agent: AgentIdentity | null): void {
    this.#connected = agent !== null;
    if (agent !== null && agent.pid !== this.#childPid) this.#other = agent;
    if (agent === null) this.#look();
  }

  /** No agent is started any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Starts one unless one is there. */
  #look(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#child || this.#connected || this.#command.length === 0) return;
    if (this.#other !== null && isSame(this.#other.pid, this.#other.startTicks)) {
      this.#timer = setTimeout(() => this.#look(), lookMs);
      return;
    }
    this.#other = null;
    this.#start().catch((error: unknown) => this.#ended(`cannot be started: ${errorWords(error)}`, null, 0));
  }

  async #start(): Promise<void> {
    const [program, ...rest] = this.#command;
    if (program === undefined || this.#child || this.#stopped) return;
    this.#child = true;
    const startedAt = monoNow();
    const output = await open(this.#logPath, 'a', 0o600).catch(() => null);
    const child = spawn(program, rest, {
      detached: true,
      cwd: '/',
      stdio: ['ignore', output?.fd ?? 'ignore', output?.fd ?? 'ignore'],
    });
    this.#childPid = child.pid ?? 0;
    void output?.close().catch(() => undefined);
    child.on('error', (error) => this.#ended(`cannot be started: ${errorWords(error)}`, null, 0));
    child.on('exit', (code, signal) => this.#ended(`ended (${signal ?? `exit ${code}`})`, code, monoNow() - startedAt));
  }

  #ended(why: string, code: number | null, ranMs: number): void {
    if (!this.#child) return;
    this.#child = false;
    this.#childPid = 0;
    this.#again(why, code, ranMs);
  }

  #again(why: string, code: number | null, ranMs: number): void {
    if (this.#stopped) return;
    if (ranMs >= steadyMs) this.#waitMs = shortestMs;
    const failed = code === assertionFailed;
    const waitMs = failed ? Math.max(0, afterAssertionMs - ranMs) : this.#waitMs;
    this.#waitMs = Math.min(longestMs, this.#waitMs * 2);
    this.#log(
      `${failed ? 'AN ASSERTION OF THE AGENT FAILED, see its log: ' : ''}the agent ${why}; it is started again in ${Math.round(waitMs)} ms`,
    );
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), waitMs);
  }
}
