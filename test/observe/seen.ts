// Gathers what an observer tells and lets a test wait for it, and starts real processes to observe.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parseStat } from '../../src/model/process-stat.ts';
import { type MonoMs, monoMs, ms } from '../../src/model/units.ts';
import { openObserver } from '../../src/observe/observer.ts';
import type { Observation, ObservePlan, Observer } from '../../src/ports.ts';

export const now = (): MonoMs => monoMs(Number(process.hrtime.bigint() / 1000n) / 1000);

export interface Seen {
  readonly observer: Observer;
  /** But for what is said of a wait that goes on, which comes by the clock: `kind('notYet')` finds that. */
  readonly all: Observation[];
  readonly batches: Observation[][];
  /** Resolves with the first observation, also an earlier one from `from` on, that is so. */
  until<T extends Observation>(is: (observation: Observation) => observation is T, from?: number): Promise<T>;
  kind<K extends Observation['kind']>(kind: K, from?: number): Promise<Extract<Observation, { kind: K }>>;
  check(result: string, from?: number): Promise<Extract<Observation, { kind: 'check' }>>;
}

/** A bound against hanging, far beyond what anything here takes. */
const longestWaitMs = 60_000;

/** An observer that is closed with the test. */
export function openSeen(t: TestContext): Seen {
  const all: Observation[] = [];
  const waits: Observation[] = [];
  const batches: Observation[][] = [];
  const waiting = new Set<() => void>();
  const observer = openObserver({
    now,
    onObservations: (batch) => {
      batches.push(batch);
      all.push(...batch.filter((each) => each.kind !== 'notYet'));
      waits.push(...batch.filter((each) => each.kind === 'notYet'));
      for (const look of waiting) look();
    },
  });
  atEnd(t, () => observer.close());
  const until = <T extends Observation>(is: (observation: Observation) => observation is T, from = 0): Promise<T> =>
    new Promise((resolve, reject) => {
      const hung = new Error(`not seen in ${longestWaitMs / 1000} s`);
      const timer = setTimeout(() => reject(new Error(hung.message, { cause: [hung.stack, ...all] })), longestWaitMs);
      const look = (): void => {
        const found = [...all.slice(from), ...waits].find(is);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    observer,
    all,
    batches,
    until,
    kind: (kind, from) =>
      until((each): each is Extract<Observation, { kind: typeof kind }> => each.kind === kind, from),
    check: (result, from) =>
      until(
        (each): each is Extract<Observation, { kind: 'check' }> => each.kind === 'check' && each.result === result,
        from,
      ),
  };
}

const endings = new WeakMap<TestContext, (() => void | Promise<void>)[]>();

/** Like `t.after`, but the last one first, so that a process ends before its folder goes; one that fails stops none. */
export function atEnd(t: TestContext, ending: () => void | Promise<void>): void {
  const known = endings.get(t);
  if (known !== undefined) {
    known.push(ending);
    return;
  }
  const all = [ending];
  endings.set(t, all);
  t.after(async () => {
    const failures: unknown[] = [];
    for (const each of all.toReversed()) {
      try {
        await each();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the test did not clean up');
  });
}

/** A folder that goes with the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'standfast-observe-'));
  atEnd(t, () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A process of the test's own, killed by its pid when the test ends. `ready` resolves at its first output. */
export function run(t: TestContext, argv: readonly string[], dir = '/'): ChildProcess & { pid: number } {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], cwd: dir });
  atEnd(t, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return Object.assign(child, { pid: child.pid! });
}

export function startTicks(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.startTicks ?? Number.NaN;
}

/** A plan for this process (the test itself when none is given) that observes nothing but what is given. */
export function plan(given: Partial<ObservePlan> & { dir: string }): ObservePlan {
  const pid = given.pid ?? process.pid;
  return {
    instance: 'pricer@a#1',
    service: 'pricer',
    host: 'a',
    pid,
    startTicks: startTicks(pid),
    env: { PATH: process.env['PATH'] ?? '' },
    user: null,
    group: null,
    output: join(given.dir, 'out.log'),
    ready: null,
    active: null,
    heartbeat: null,
    status: null,
    checks: [],
    ...given,
  };
}

type Check = ObservePlan['checks'][number];

export function check(probe: Check['probe'], every: number, name = 'the check'): Check {
  return { name, probe, every: ms(every), severity: null };
}
