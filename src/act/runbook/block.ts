// Runs one block of a runbook: `/bin/sh -eu`, so that the first command that fails and the first unknown variable end it. In a session and process
// group of its own, which is killed whole when its time is over; values come as environment, never as text put into the script, so that no name
// can become a command. What it leaves in the background is ended with it.
//
// Does not cover: a program that leaves its session (setsid, a daemon that it starts): that is then meant to stay. What an agent that was killed
// leaves behind is found by its record and mark, see `endLeftovers`.

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { accountFor, scriptAs } from '../../account.ts';
import { statusTold, whyNotBecome } from '../../model/become.ts';
import { passOddNames } from '../../model/environment.ts';
import { errorWords } from '../../model/error-words.ts';
import { parseStat } from '../../model/process-stat.ts';
import { shellQuoted } from '../../model/shell-quote.ts';
import { keepOutput, type Written } from './output.ts';

/** One block that is to run, every value filled in. */
export interface BlockRequest {
  readonly text: string;
  readonly dir: string;
  /** Complete, but for what is of the account. */
  readonly env: Readonly<Record<string, string>>;
  /** The account; null: our own. */
  readonly as: string | null;
  readonly withinMs: number;
  /** `run/block`: carried by all its processes, so that a later agent finds them. */
  readonly mark: string;
  /** A file that holds its session and mark while it runs: it writes them itself before it does anything, so that no death of ours comes between. */
  readonly record: string;
}

/** How it came out. `code` null: it did not exit by itself. */
export interface BlockEnd {
  readonly ok: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it failed, when its exit does not say it. */
  readonly why: string | null;
}

/** A block under way. */
export interface RunningBlock {
  readonly ended: Promise<BlockEnd>;
  readonly written: () => Written;
  /** SIGKILL to all of it. */
  kill(why: string): void;
}

const markName = 'STANDFAST_RUNBOOK_STEP';
/** After its end its pipe may be held open by what it left in the background. */
const drainMs = 100;
/** For who reads what it wrote. */
const stillHeld =
  '\n(what it started still writes to here, where nobody reads any more: its next line may end it. Send it elsewhere: >/dev/null 2>&1)\n';
/** Read at most this much in one go: the agent's loop has its turn in between. In bytes. */
const atOnce = 128 * 1024;
/** A process that waits for a device or a network file system may not even be killed; then it is given up. */
const stuckAfterMs = 10_000;
/** So many processes, then the agent's loop has its turn. */
const lookedAtOnce = 50;
/** Looks at what is being ended, in case it forks meanwhile. */
const rounds = 20;

/** Starts it. Rejects never, nor does `ended`. */
export async function runBlock(request: BlockRequest, heard: () => void): Promise<RunningBlock> {
  const output = keepOutput();
  const { dir, env } = request;
  const account = await accountFor(request.as, null);
  if ('why' in account) return refused(`could not be started: ${account.why}`, output.written);
  let child: ChildProcess;
  try {
    const script = [...passOddNames(env), '/bin/sh', '-eu', '-c', request.text, 'runbook'];
    // `spawn` itself would wait for a folder on a file system that hangs, and the agent with it.
    const before = [`printf '%s\\n' "$$" ${shellQuoted(request.mark)} 2>/dev/null >${shellQuoted(request.record)}`];
    child = spawn('/bin/sh', ['-c', scriptAs(account, { dir, before, brought: true }), 'standfast', ...script], {
      cwd: '/',
      env: { ...account.env, ...env, [markName]: request.mark },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    // A block, or a value, that is longer than the kernel takes (128 KiB), or with a zero byte in it.
    return refused(whyNot(error), output.written);
  }
  let told = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => (told += chunk.toString())).on('error', () => undefined);
  let because: string | null = null;
  let exited: { code: number | null; signal: string | null } | null = null;
  let stuck: NodeJS.Timeout | undefined;
  let giveUp = (): void => undefined;
  const kill = (why: string): void => {
    if (exited !== null || child.pid === undefined) return;
    because ??= why;
    killGroup(child.pid);
    stuck ??= setTimeout(() => giveUp(), stuckAfterMs);
  };
  let burst = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output.take(chunk);
      heard();
      burst += chunk.length;
      if (burst < atOnce) return;
      burst = 0;
      stream.pause();
      setTimeout(() => stream.resume(), 2);
    });
    stream?.on('error', () => undefined);
  }
  const limit = setTimeout(
    () => kill(`not over within ${Math.ceil(request.withinMs / 100) / 10} s: ended with all its processes`),
    request.withinMs,
  );
  const over = new Promise<BlockEnd>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined)
        resolve({
          ok: false,
          code: null,
          signal: null,
          why: `could not be started: ${error.message}`,
        });
    });
    child.on('exit', (code, signal) => {
      exited = { code, signal };
      clearTimeout(limit);
      // What it left in the background holds its pipes and would go on unseen.
      setTimeout(() => void endSession(child.pid ?? 0, request.mark).then(letGo), drainMs);
    });
    let closed = false;
    /** Only what has left its session may still hold them. After a turn: what has come is read before. */
    const letGo = async (): Promise<void> => {
      await pause(drainMs);
      await turn();
      if (closed) return;
      output.take(Buffer.from(stillHeld));
      for (const pipe of [child.stdout, child.stderr, child.stdio[3]]) pipe?.destroy();
    };
    child.on('close', () => {
      closed = true;
      const code = exited?.code ?? null;
      const status = statusTold(told);
      const why = status === null ? because : `could not be started: ${whyNotBecome(status, '/bin/sh', dir)}`;
      resolve({
        ok: code === 0 && why === null,
        code: status === null ? code : null,
        signal: exited?.signal ?? null,
        why,
      });
    });
    giveUp = () =>
      resolve({
        ok: false,
        code: null,
        signal: null,
        why: `${because ?? ''}; it does not end even so: it hangs in the kernel`,
      });
  });
  const ended = over.then(async (end) => {
    clearTimeout(limit);
    clearTimeout(stuck);
    await rm(request.record, { force: true }).catch(() => undefined);
    return end;
  });
  return { ended, written: output.written, kill };
}

/** Ends what blocks left that a former agent of this host began, by the records in `folder`. Says which `run/block` still had processes. */
export async function endLeftovers(folder: string): Promise<string[]> {
  const left: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const record = join(folder, name);
    const [session = '', mark = ''] = (await readFile(record, 'utf8').catch(() => '')).split('\n');
    if ((await endSession(Number(session), mark)) > 0) left.push(mark);
    await rm(record, { force: true }).catch(() => undefined);
  }
  return left;
}

/** SIGKILL to what lives in a session and carries the mark, looking again until nothing does. Says how many groups were ended. */
async function endSession(session: number, mark: string): Promise<number> {
  let count = 0;
  for (let round = 0; round < rounds && session > 1 && mark !== ''; round += 1) {
    const groups = await markedGroups(session, mark);
    if (groups.size === 0) break;
    for (const group of groups) killGroup(group);
    count += groups.size;
  }
  return count;
}

async function markedGroups(of: number, mark: string): Promise<Set<number>> {
  const groups = new Set<number>();
  for (const [n, name] of (await readdir('/proc')).filter((each) => /^\d+$/.test(each)).entries()) {
    if (n % lookedAtOnce === 0) await turn();
    const stat = parseStat(statOf(name));
    if (stat === null || stat.state === 'Z' || stat.state === 'X' || stat.session !== of) continue;
    // A number may have been given out again: only the mark tells that it is ours.
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(`${markName}=${mark}`)) groups.add(stat.pgid);
  }
  return groups;
}

/** At once: the kernel answers from memory, in a tenth of the time that a read in the background takes. Empty: it is gone. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

function whyNot(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'E2BIG')
    return 'could not be started: it, or a value that it is given, is longer than the kernel takes (128 KiB); put it in a file of its own';
  return `could not be started: ${errorWords(error)}`;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function refused(why: string, written: () => Written): RunningBlock {
  return { ended: Promise.resolve({ ok: false, code: null, signal: null, why }), written, kill: () => undefined };
}
