// For the tests of detectors: a watch on nothing, the real ground with a clock or a way of asking of one's own, folders that are taken down again.

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Seen } from '../../../src/model/mode.ts';
import type { OpenDetector } from '../../../src/observe/modes/detector.ts';
import { openGround, type Ground } from '../../../src/observe/modes/ground.ts';
import type { Watch } from '../../../src/observe/modes/watch.ts';

/** Reason to skip what only root can make; false: nothing to skip. */
export const needsRoot = process.getuid?.() === 0 ? false : 'needs root: it mounts, or makes namespaces and cgroups';

/** Reason to skip: not root, or a program is missing; false: nothing to skip. */
export function needs(...programs: readonly string[]): string | false {
  const missing = programs.filter(
    (program) => spawnSync('sh', ['-c', 'command -v "$1"', 'test', program]).status !== 0,
  );
  return missing.length === 0
    ? needsRoot
    : `${missing.join(', ')} missing: scripts/system-packages.ts names the packages`;
}

/** A folder of this test, gone after it with all that is mounted in it. */
export function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sf-modes-'));
  t.after(() => {
    shQuietly('grep -o "$1[^ ]*" /proc/self/mountinfo | sort -ru | xargs -r -n1 umount -l', made);
    rmSync(made, { recursive: true, force: true });
  });
  return made;
}

/** Runs a program that must end well. */
export function sh(line: string, ...args: readonly string[]): string {
  return execFileSync('sh', ['-c', line, 'test', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The same, in any case. */
export function shQuietly(line: string, ...args: readonly string[]): void {
  try {
    sh(line, ...args);
  } catch {
    return;
  }
}

/**
 * Makes that folder a file system that hangs, until its process ends, or the test: it is mounted, and what is asked of it is read by nobody. One of another
 * user refuses root, as a file server may.
 */
export async function hang(t: TestContext, at: string, user = 0): Promise<ChildProcess> {
  mkdirSync(at);
  // Its end tears the connection, and what waits is let go.
  const server = spawn(
    'sh',
    [
      '-c',
      'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=$2,group_id=0 hung "$1" && echo up && exec sleep 600 3<&3',
      'fuse',
      at,
      String(user),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => {
    server.kill('SIGKILL');
    shQuietly('umount -l "$1"', at);
  });
  await once(server.stdout, 'data');
  return server;
}

/** Watches nothing but what is given. */
export function watchOn(kept: string, what: Partial<Watch>): Watch {
  return {
    system: 'test',
    host: 'a',
    address: '127.0.0.1',
    kept: join(kept, 'kept'),
    off: [],
    folders: [],
    mounts: [],
    files: [],
    own: [],
    certificates: [],
    processes: [],
    programs: [],
    packages: [],
    units: [],
    accounts: [],
    entries: [],
    names: [],
    listens: [],
    ports: [],
    idle: [],
    snapshots: [],
    queues: [],
    logs: [],
    answers: [],
    etcd: [],
    etcdOptions: [],
    peers: [],
    ...what,
  };
}

/** The real ground; `root` and the clock may be one's own, and so may what is run in place of what is asked. */
export function ground(
  options: {
    root?: string;
    now?: () => number;
    mono?: () => number;
    asking?: (argv: readonly string[]) => readonly string[];
  } = {},
): Ground {
  const now = options.now ?? ((): number => Date.now());
  const real = openGround({
    now,
    mono: options.mono ?? ((): number => performance.now()),
    ...(options.root === undefined ? {} : { root: options.root }),
  });
  const { asking } = options;
  return asking === undefined ? real : { ...real, ask: (argv, how) => real.ask(asking(argv), how) };
}

/** Does not wait as long as it would for what is asked of a folder that hangs. */
export function impatient(real: Ground, hung: string): Ground {
  const isHung = (argv: readonly string[]): boolean => argv.some((each) => each.startsWith(hung));
  return { ...real, ask: (argv, how) => real.ask(argv, isHung(argv) ? { ...how, within: 300 } : how) };
}

/** On a host where programs begin at once, however busy this one is now. */
export function idle(real: Ground): Ground {
  return beginningIn(real, 1);
}

/** On a host so busy that whatever is late is its doing, however idle this one is now. */
export function busy(real: Ground): Ground {
  return beginningIn(real, 3_600_000);
}

function beginningIn(real: Ground, tookMs: number): Ground {
  const begun = { kind: 'ended', code: 0, output: '', errors: '', tookMs, cpuMs: 1 } as const;
  return { ...real, ask: (argv, how) => (argv[0] === 'true' ? Promise.resolve(begun) : real.ask(argv, how)) };
}

/** Where what ends takes no time, however busy this host is now; what hangs hangs. */
export function swift(real: Ground): Ground {
  return {
    ...real,
    async ask(argv, how) {
      const asked = await real.ask(argv, how);
      return asked.kind === 'ended' ? { ...asked, tookMs: 1 } : asked;
    },
  };
}

/** On a host so short of processors that each program takes so much longer. */
export function starved(real: Ground, byMs: number): Ground {
  return {
    ...real,
    async ask(argv, how) {
      const asked = await real.ask(argv, how);
      return asked.kind === 'notAsked' ? asked : { ...asked, tookMs: asked.tookMs + (argv[0] === 'sh' ? 5 : 1) * byMs };
    },
  };
}

/** Looks once and gives all that is seen. */
export async function look(detector: ReturnType<OpenDetector>, watch: Watch): Promise<readonly Seen[]> {
  return (await detector.look(watch)).seen;
}

/** `mode weight` of each, sorted: what tests compare. */
export function said(seen: readonly Seen[]): readonly string[] {
  return seen.map(({ mode, weight }) => `${mode} ${weight}`).toSorted();
}
