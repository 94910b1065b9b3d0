// Ends a leased instance when its keeper dies: a few lines of shell in a session of their own, waiting on a pipe from the keeper. The last word
// they read counts. `leased` and then the end of the file: they kill everything of the instance at once. `free`: they go.
//
// Does not cover: keeper and guard killed at the same moment. Covered by `setpriv --pdeathsig` for what was started as active, by the agent,
// which ends what it can reach at the lease's end, and by the next keeper, which kills what it finds leased.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import type { Cgroup } from './cgroup.ts';
import { monoNow } from './clock.ts';
import type { MonoMs } from '../model/units.ts';
import type { InstanceId } from '../ports.ts';

type Word = 'leased' | 'free';

/** One that lived this long is replaced at once. */
const steadyMs = 100;
const retryMs = 1000;

/** $2: the first word. $3: the process group; 0: not known yet. */
const waits = `
trap '' HUP INT QUIT TERM USR1 USR2 PIPE
state=$2 group=$3
while read -r word value; do
  case $word in leased|free) state=$word ;; group) group=$value ;; esac
done
[ "$state" = leased ] || exit 0
rounds=0
pause() { rounds=$((rounds + 1)); [ "$rounds" -lt 20 ] || sleep 0.02; [ "$rounds" -lt 3000 ] || exit 1; }
`;

/** The kernel lists who is in the group; v2 kills them all at once. $1: the group's folder. */
const killsGroup = `${waits}
while :; do
  [ ! -e "$1/cgroup.kill" ] || echo 1 >"$1/cgroup.kill"
  left=
  while read -r pid; do left=1; kill -9 "$pid"; done <"$1/cgroup.procs"
  [ -n "$left" ] || exit 0
  pause
done 2>/dev/null
`;

/** Who carries the mark is killed, and the process group of whoever does, if it is the instance's. $1: the mark. */
const killsMarked = `${waits}
while :; do
  left=
  for file in $(grep -lszxF -- "STANDFAST_INSTANCE=$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}; pid=\${pid%/environ}
    read -r line <"/proc/$pid/stat" || continue
    set -- "$1" \${line##*) }
    case $2 in Z|X) continue ;; esac
    left=1
    [ "$4" != "$group" ] || kill -9 -- "-$group"
    kill -9 "$pid"
  done
  [ -n "$left" ] || exit 0
  pause
done 2>/dev/null
`;

/** Watches over one instance. */
export class Guard {
  readonly #arguments: readonly string[];
  readonly #died: () => void;
  #shell: ChildProcess | null = null;
  #word: Word = 'free';
  #group = 0;
  #closed = false;
  #again: NodeJS.Timeout | undefined;

  /** `died` is told when a guard could not be begun or was lost at once: until the next try nothing watches. */
  constructor(instance: InstanceId, cgroup: Cgroup | null, died: () => void) {
    this.#arguments =
      cgroup === null
        ? ['-c', killsMarked, 'standfast-guard', instance]
        : ['-c', killsGroup, 'standfast-guard', cgroup.folder];
    this.#died = died;
  }

  /** Resolves true when the word is in the pipe, false when there is no guard to read it. */
  async say(word: Word): Promise<boolean> {
    this.#word = word;
    if (this.#shell === null) this.#begin();
    return this.#write(`${word}\n`);
  }

  /** The process group to end, where there is no control group. */
  watchGroup(pid: number): void {
    this.#group = pid;
    if (this.#shell !== null) void this.#write(`group ${pid}\n`);
  }

  /** The instance is gone: the guard goes too. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#shell?.stdin?.end('free\n');
  }

  #begin(): void {
    clearTimeout(this.#again);
    const begunAt = monoNow();
    // begun with the word and the group: one that takes another's place is not without them for a moment
    const shell = spawn('/bin/sh', [...this.#arguments, this.#word, String(this.#group)], {
      detached: true,
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell = shell;
    shell.stdin?.on('error', () => undefined);
    shell.on('error', () => this.#lost(shell, begunAt));
    shell.on('exit', () => this.#lost(shell, begunAt));
  }

  /** Somebody killed it: another takes its place, with the last word. When that is lost too, or cannot begin, it is tried each second. */
  #lost(shell: ChildProcess, begunAt: MonoMs): void {
    if (this.#shell !== shell) return;
    this.#shell = null;
    if (this.#closed) return;
    const steady = monoNow() - begunAt > steadyMs;
    if (!steady) this.#died();
    this.#again = setTimeout(() => void this.say(this.#word), steady ? 0 : retryMs);
  }

  #write(text: string): Promise<boolean> {
    const pipe = this.#shell?.stdin;
    if (pipe === null || pipe === undefined || this.#shell?.pid === undefined) return Promise.resolve(false);
    return new Promise((resolve) => pipe.write(text, (error) => resolve(error === null || error === undefined)));
  }
}
