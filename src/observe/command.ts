// Runs a program to its end: a check, a probe, a role call. In a session and process group of its own, so that what hangs
// is killed whole; what it writes is kept up to a limit and the rest thrown away while it runs. A few lines of shell become it (`scriptAs`):
// `spawn` waits for both, so that a folder or a program on a file system that hangs would hold up the agent for as long.
// Does not cover: a program that leaves its group (setsid) outlives its time limit. Services do that, checks hardly.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { accountFor, scriptAs, type Account } from '../account.ts';
import { statusTold, whyNotBecome } from '../model/become.ts';
import { passOddNames } from '../model/environment.ts';
import { errorWords } from '../model/error-words.ts';
import { parseStat } from '../model/process-stat.ts';
import type { CommandEnd, CommandRequest } from '../ports.ts';
import { giveUpAfter } from './give-up.ts';

const keptBytes = 64 * 1024;
/** After the program's end its pipes may be held open by what it left behind; this long is waited for their rest. */
const drainMs = 50;
/** A process that waits for a device or a network file system may not even be killed; then it is given up. */
const stuckAfterMs = 1000;
/** What hangs so: until it is gone, nobody is sent after it. */
const stuck = new Set<string>();
/** So many processes, then the agent's loop has its turn. */
const lookedAtOnce = 50;

/** Runs the program; see `RunCommand` in ports.ts. The time limit counts from the start of the program. Never rejects. */
export async function runCommand(request: CommandRequest): Promise<CommandEnd> {
  const argv = request.command.kind === 'argv' ? request.command.argv : ['/bin/sh', '-c', request.command.line];
  const account = await accountFor(request.user, request.group);
  if ('why' in account) return { kind: 'notStarted', why: account.why };
  if (request.signal?.aborted === true) return { kind: 'notStarted', why: 'no longer wanted' };
  return start(argv, account, request);
}

function start(argv: readonly string[], account: Account, request: CommandRequest): Promise<CommandEnd> {
  const [file] = argv;
  if (file === undefined || file === '') return Promise.resolve({ kind: 'notStarted', why: 'the command is empty' });
  const { dir } = request;
  const asked = JSON.stringify([dir, argv, request.env, request.input]);
  if (stuck.has(asked)) return Promise.resolve({ kind: 'timedOut', output: '', errors: '' });
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(
        '/bin/sh',
        ['-c', scriptAs(account, { dir, brought: true }), 'standfast', ...passOddNames(request.env), ...argv],
        {
          cwd: '/',
          env: { PATH: process.env['PATH'], ...account.env, ...request.env },
          stdio: [request.input === null ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
          detached: true,
        },
      );
    } catch (error) {
      resolve({ kind: 'notStarted', why: errorWords(error) });
      return;
    }
    const told = keep(readable(child.stdio[3]));
    const output = keep(child.stdout);
    const errors = keep(child.stderr);
    let timedOut = false;
    let exited: { code: number | null; signal: string | null } | null = null;
    let drained = (): void => undefined;
    let givingUp: NodeJS.Timeout | undefined;
    const letGo = (): void => {
      for (const pipe of [child.stdout, child.stderr, readable(child.stdio[3])]) pipe?.destroy();
    };

    const stop = (): void => {
      // Not yet reaped: the group is still ours.
      if (exited !== null || child.pid === undefined) return;
      killGroup(child.pid);
      givingUp ??= setTimeout(() => {
        stuck.add(asked);
        child.unref();
        letGo();
        finish({ kind: 'timedOut', output: output(), errors: errors() });
      }, stuckAfterMs);
    };
    const callOff = giveUpAfter(request.within, () => {
      // What ended in time and left its pipes to others is not late.
      timedOut = exited === null;
      stop();
    });
    request.signal?.addEventListener('abort', stop, { once: true });

    const finish = (end: CommandEnd): void => {
      callOff();
      drained();
      clearTimeout(givingUp);
      request.signal?.removeEventListener('abort', stop);
      resolve(end);
    };
    child.on('error', (error) => {
      // After a start that succeeded only a signal can fail, and then the exit is still to come.
      if (child.pid === undefined) finish({ kind: 'notStarted', why: error.message });
    });
    child.on('exit', (code, signal) => {
      exited = { code, signal };
      clearTimeout(givingUp);
      stuck.delete(asked);
      drained = giveUpAfter(drainMs, () => {
        // A daemon on its way may not have left the group yet, on a busy machine.
        if (child.pid === undefined || request.leaves === true) letGo();
        else void killLeftBehind(child.pid).then(letGo);
      });
    });
    child.on('close', () => {
      const written = { output: output(), errors: errors() };
      const refused = statusTold(told());
      if (timedOut) finish({ kind: 'timedOut', ...written });
      else if (refused !== null) finish({ kind: 'notStarted', why: whyNotBecome(refused, file, dir) });
      else finish({ kind: 'ended', code: exited?.code ?? null, signal: exited?.signal ?? null, ...written });
    });
    if (child.stdin !== null) {
      // A program that does not read its input is not in error.
      child.stdin.on('error', () => {});
      child.stdin.end(request.input ?? '');
    }
  });
}

/** Reads all, keeps the first part. */
function keep(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  let kept = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (kept >= keptBytes) return;
    const part = chunk.subarray(0, keptBytes - kept);
    chunks.push(part);
    kept += part.length;
  });
  stream?.on('error', () => {});
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/**
 * The program has ended but something holds its pipes: kill what still is in its group. The leader's pid is free by now,
 * so the group is signalled only after a member was found in the leader's old session.
 */
async function killLeftBehind(leader: number): Promise<void> {
  const names = await readdir('/proc').catch(() => []);
  for (const [n, name] of names.filter((each) => /^\d+$/.test(each)).entries()) {
    if (n % lookedAtOnce === 0) await turn();
    const stat = parseStat(statOf(name));
    if (stat?.pgid === leader && stat.session === leader && Number(name) !== leader) {
      killGroup(leader);
      return;
    }
  }
}

/** At once: the kernel answers from memory, in a tenth of the time that a read in the background takes. Empty: it is gone. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

function readable(stream: unknown): Readable | null {
  return stream instanceof Readable ? stream : null;
}
