// What detectors look at the world through. Files of the kernel are read at once, since they never wait for a disk. Whatever may lie on a disk or a
// network is asked by a short-lived process of our own: one that hangs there is left behind and counted, and nobody waits for it.
// Does not cover: a root file system that hangs; then no process starts, and the keeper is what is left.

import { spawn, type ChildProcess } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorWords } from '../../model/error-words.ts';

/** How a process that asked something ended. */
export type Asked =
  | (Took & { readonly kind: 'ended'; readonly code: number; readonly output: string; readonly errors: string })
  /** It has not ended in its time, and may never. */
  | (Took & { readonly kind: 'stuck' })
  /** Not asked: as many as may be are stuck already, or the program is not there. */
  | { readonly kind: 'notAsked'; readonly why: string };

/** What it took: until it answered or was given up, and of a processor. */
interface Took {
  readonly tookMs: number;
  readonly cpuMs: number;
}

/** What there is to look at. */
export interface Ground {
  /** A file of the kernel, or null. */
  kernel(path: string): string | null;
  /** The lines of a table of the kernel that may be long, read a piece at a time; none when it cannot be read. */
  lines(path: string): Iterable<string>;
  /** The last bytes of a log of the system, which may be of any size, or null. */
  tail(path: string, bytes: number): string | null;
  /** Names in a folder of the kernel; empty when there is none. */
  names(path: string): readonly string[];
  /** It is there and may not be read, by who we are. */
  isClosed(path: string): boolean;
  /** How many are in it: a process may have a million files open. */
  count(path: string): number;
  /** Where a link of the kernel leads, or null. */
  link(path: string): string | null;
  /** Runs a program. `on`: what it may hang on; while one hangs there no other is started. */
  ask(
    argv: readonly string[],
    how: { readonly on: string; readonly within: number; readonly input?: string },
  ): Promise<Asked>;
  /** Unix ms. */
  now(): number;
  /** Monotonic ms. */
  mono(): number;
}

/** What programs say when they may not. Root is refused only by a file server or a policy of this host: what services may do there is not known then. */
export const isDenied = /permission denied/i;

/** Whether these processes are root's. */
export const isRoot = process.getuid?.() === 0;

/** So many processes of ours may hang at one time. A detector has a ground of its own, so that what hangs one leaves the others be. */
const mostStuck = 32;
/** To become another program, to end, and for us to hear of it. */
const leastCpuMs = 4;
const outputLimit = 1 << 20;

/** The ground of this machine. `root`: another folder in place of `/` for files of the kernel. */
export function openGround(options: {
  readonly root?: string;
  readonly now: () => number;
  readonly mono: () => number;
}): Ground {
  const root = options.root ?? '/';
  const stuck = new Map<string, number>();
  return {
    now: options.now,
    mono: options.mono,
    kernel: (path) => quiet(() => readFileSync(join(root, path), 'utf8')),
    lines: (path) => linesOf(join(root, path)),
    tail: (path, bytes) => quiet(() => endOf(join(root, path), bytes)),
    names: (path) => quiet(() => readdirSync(join(root, path))) ?? [],
    isClosed: (path) => isClosed(join(root, path)),
    count: (path) => quiet(() => countIn(join(root, path))) ?? 0,
    link: (path) => quiet(() => readlinkSync(join(root, path))),
    async ask(argv, how) {
      if (stuck.has(how.on)) return { kind: 'stuck', tookMs: how.within, cpuMs: 0 };
      if (stuck.size >= mostStuck)
        return { kind: 'notAsked', why: `${stuck.size} of our processes hang on file systems already` };
      return await run(argv, how, (hangs) => {
        if (hangs) stuck.set(how.on, (stuck.get(how.on) ?? 0) + 1);
        else stuck.delete(how.on);
      });
    },
  };
}

function run(
  argv: readonly string[],
  how: { readonly within: number; readonly input?: string },
  hangs: (it: boolean) => void,
): Promise<Asked> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    let output = '';
    let errors = '';
    let ended = false;
    let late = false;
    let cpuMs = leastCpuMs;
    const began = performance.now();
    let child: ChildProcess;
    try {
      child = spawn(program, rest, {
        stdio: [how.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // In a group of its own: what it began is given up with it.
        detached: true,
        env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
      });
    } catch (error) {
      // More words than the kernel takes, or one with a zero byte.
      resolve({ kind: 'notAsked', why: errorWords(error) });
      return;
    }
    const giveUp = (): void => {
      if (ended) return;
      late = true;
      cpuMs = cpuOf(child);
      if (child.pid !== undefined) killGroup(child.pid);
      hangs(true);
      child.unref();
      resolve({ kind: 'stuck', tookMs: performance.now() - began, cpuMs });
    };
    // After a halt of this thread, or of the machine, an end may wait to be heard.
    const timer = setTimeout(() => setImmediate(giveUp), how.within);
    child.on('error', (error) => {
      ended = true;
      clearTimeout(timer);
      resolve({ kind: 'notAsked', why: error.message });
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < outputLimit) output += text;
    });
    // It has let go of its output, and is seldom reaped yet.
    child.stdout?.on('end', () => (cpuMs = cpuOf(child)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (errors.length < outputLimit) errors += text;
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(how.input);
    child.on('close', (code) => {
      ended = true;
      clearTimeout(timer);
      if (late) hangs(false);
      else resolve({ kind: 'ended', code: code ?? 128, output, errors, tookMs: performance.now() - began, cpuMs });
    });
  });
}

function killGroup(pid: number): void {
  quiet(() => process.kill(-pid, 'SIGKILL'));
}

/** Processor time of it and of what it waited for, in ticks of 10 ms: fields 14 to 17 of /proc/PID/stat (proc(5)), those behind the name. */
function cpuOf({ pid }: ChildProcess): number {
  const stat = quiet(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '';
  const ticks = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15);
  return Math.max(leastCpuMs, 10 * ticks.reduce((sum, each) => sum + Number(each), 0) || 0);
}

/** Since Linux 6.2 the size of `/proc/PID/fd` says it; before it is 0, and elsewhere it means something else. */
function countIn(path: string): number {
  const size = path.startsWith('/proc/') ? statSync(path).size : 0;
  if (size > 0) return size;
  const folder = opendirSync(path, { bufferSize: 1024 });
  try {
    let count = 0;
    while (folder.readSync() !== null) count += 1;
    return count;
  } finally {
    folder.closeSync();
  }
}

function isClosed(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
  }
}

function endOf(path: string, bytes: number): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(file);
    const end = Buffer.alloc(Math.min(bytes, size));
    const read = readSync(file, end, 0, end.length, size - end.length);
    return end.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}

function* linesOf(path: string): Generator<string> {
  const file = quiet(() => openSync(path, constants.O_RDONLY));
  if (file === null) return;
  try {
    const piece = Buffer.alloc(1 << 16);
    let begun = '';
    for (;;) {
      const read = quiet(() => readSync(file, piece)) ?? 0;
      if (read === 0) break;
      const lines = (begun + piece.toString('latin1', 0, read)).split('\n');
      begun = lines.pop() ?? '';
      yield* lines;
    }
    if (begun !== '') yield begun;
  } finally {
    closeSync(file);
  }
}

function quiet<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
