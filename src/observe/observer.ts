// Runs the probes of every instance and external service that it was told to observe, and tells each observation once, those
// of one turn together. It judges nothing: what an answer means, and what its absence means, is the core's.
// Does not cover: what it cannot see while the whole agent is stopped; beats that came then are told with their own times.

import { resolve } from 'node:path';
import type { ProbeSpec } from '../model/system.ts';
import { between, type MonoMs } from '../model/units.ts';
import type { InstanceId, ObservePlan, Observation, Observer } from '../ports.ts';
import { startCheck } from './checks.ts';
import { startFileHeartbeat } from './heartbeat-file.ts';
import { startRowHeartbeat } from './heartbeat-row.ts';
import { type LogMark, markLog } from './log-tail.ts';
import { folderOf, type ProbeTools } from './probe.ts';
import { openProcessList } from './process-list.ts';
import { ageMs, startedNotBefore } from './process-start.ts';
import { startStatus } from './status.ts';
import { openTurns, openTurnsByKey } from './turns.ts';
import { waitFor } from './wait.ts';
import type { Process, Watched } from './watched.ts';

/** So many programs of checks run at once, and as many of waits: a check that hangs delays no start. */
const commandsAtOnce = 16;
/** Starts that never came to be observed are forgotten beyond this. */
const mostStarting = 1000;

interface Entry {
  readonly stop: AbortController;
  /** Null: there is no `active` probe. Ends an earlier wait when a new one begins. */
  awaitActive: (() => void) | null;
}

/** Opens an observer. `onObservations` gets what was seen in one turn of the event loop; `now` is the clock that observations carry. */
export function openObserver(options: { onObservations: (batch: Observation[]) => void; now: () => MonoMs }): Observer {
  const { now } = options;
  const entries = new Map<string, Entry>();
  const marks = new Map<InstanceId, ReadonlyMap<string, LogMark>>();
  const tell = openBatch(options.onObservations);
  const files = openTurnsByKey();
  const forChecks: ProbeTools = { files, commands: openTurns(commandsAtOnce) };
  const forWaits: ProbeTools = { files, commands: openTurns(commandsAtOnce) };
  const list = openProcessList((instance) => tell({ kind: 'processGone', instance, at: now() }));

  const enter = (
    key: string,
    plan: Pick<ObservePlan, 'dir' | 'env'>,
    as: { user: string | null; group: string | null },
  ): Entered => {
    entries.get(key)?.stop.abort();
    const stop = new AbortController();
    const watched: Watched = {
      key,
      from: { dir: plan.dir, env: plan.env, ...as },
      signal: stop.signal,
      tools: forChecks,
      now,
      tell: (observation) => {
        if (!stop.signal.aborted) tell(observation);
      },
    };
    const entry: Entry = { stop, awaitActive: null };
    entries.set(key, entry);
    return { watched, entry };
  };

  return {
    async starting(plan) {
      const paths = logsOf(plan);
      if (paths.length === 0) return;
      const found = await Promise.all(
        paths.map(async (path) => [path, await files.take(folderOf(path), () => markLog(path))] as const),
      ).catch(() => []);
      marks.set(plan.instance, new Map(found));
      for (const old of [...marks.keys()].slice(0, Math.max(0, marks.size - mostStarting))) marks.delete(old);
    },
    observe(plan) {
      const noted = marks.get(plan.instance);
      marks.delete(plan.instance);
      const { watched, entry } = enter(plan.instance, plan, plan);
      const { startedAt } = plan;
      const age = (): number => (startedAt === undefined ? ageMs(plan.startTicks) : between(startedAt, now()));
      const process: Process = {
        ageMs: age,
        hasReady: plan.ready !== null,
        notBefore: startedNotBefore(age()),
        markOf: (path) => noted?.get(path),
      };
      list.add(plan.instance, plan.pid, plan.startTicks);
      entry.awaitActive = activeWait(watched, process, plan, forWaits, entry.stop.signal);
      startHeartbeat(watched, process, plan);
      for (const check of plan.checks) if (check.probe.kind === 'log') startCheck(watched, process, check);
      void waitUntilReady({ ...watched, tools: forWaits }, process, plan).then((ready) => {
        if (ready) watched.tell({ kind: 'ready', instance: plan.instance, at: now() });
        // Before it is ready its refusals are no news. One that ran before this agent and does not answer now is asked all the same.
        if (plan.status !== null) startStatus(watched, process, plan.status);
        for (const check of plan.checks) if (check.probe.kind !== 'log') startCheck(watched, process, check);
      });
    },
    observeExternal(plan) {
      const { watched } = enter(plan.name, plan, { user: null, group: null });
      for (const check of plan.checks) startCheck(watched, null, check);
    },
    awaitActive(instance) {
      entries.get(instance)?.awaitActive?.();
    },
    unobserve(instance) {
      marks.delete(instance);
      list.remove(instance);
      entries.get(instance)?.stop.abort();
      entries.delete(instance);
    },
    said(instance, what) {
      if (!entries.has(instance)) return;
      if ('beat' in what) tell({ kind: 'beat', instance, at: now() });
      else tell({ kind: 'status', instance, at: now(), said: what.status });
    },
    close() {
      for (const entry of entries.values()) entry.stop.abort();
      entries.clear();
      marks.clear();
      list.close();
      tell.close();
    },
  };
}

interface Entered {
  readonly watched: Watched;
  readonly entry: Entry;
}

/** Without a `ready` probe it is ready as soon as the process exists, which it does. */
async function waitUntilReady(watched: Watched, process: Process, plan: ObservePlan): Promise<boolean> {
  if (plan.ready === null) return true;
  const { probe } = plan.ready;
  return await waitFor(
    watched,
    process,
    plan.ready,
    probe.kind === 'log' ? process.markOf(resolve(plan.dir, probe.file)) : undefined,
  );
}

/** Answers what `awaitActive` does for this instance. */
function activeWait(
  watched: Watched,
  process: Process,
  plan: ObservePlan,
  tools: ProbeTools,
  whole: AbortSignal,
): (() => void) | null {
  const { active } = plan;
  if (active === null) return null;
  const path = active.probe.kind === 'log' ? resolve(plan.dir, active.probe.file) : null;
  // The line may come before we are told to wait for it, so it is looked for from the start, or from the last activation, on.
  let from: Promise<LogMark | undefined> = Promise.resolve(undefined);
  if (path !== null) {
    const noted = process.markOf(path);
    from = noted === undefined ? markLog(path) : Promise.resolve(noted);
  }
  let stop: AbortController | null = null;
  return () => {
    stop?.abort();
    const own = new AbortController();
    stop = own;
    const signal = AbortSignal.any([whole, own.signal]);
    void from
      .then((mark) => waitFor({ ...watched, signal, tools }, process, active, mark))
      .then((isActive) => {
        if (!isActive) return;
        watched.tell({ kind: 'active', instance: plan.instance, at: watched.now() });
        if (path !== null) from = markLog(path);
      });
  };
}

function startHeartbeat(watched: Watched, process: Process, plan: ObservePlan): void {
  if (plan.heartbeat === null) return;
  const { source, every } = plan.heartbeat;
  switch (source.kind) {
    case 'message':
      return;
    case 'file':
      startFileHeartbeat(watched, process, resolve(plan.dir, source.path), every);
      return;
    case 'row':
      startRowHeartbeat(watched, source, every);
      return;
    default: {
      const never: never = source;
      return never;
    }
  }
}

/** The logs that the plan's probes read. */
function logsOf(plan: ObservePlan): string[] {
  const probes: (ProbeSpec | undefined)[] = [
    plan.ready?.probe,
    plan.active?.probe,
    ...plan.checks.map((check) => check.probe),
  ];
  const paths = probes.flatMap((probe) => (probe?.kind === 'log' ? [resolve(plan.dir, probe.file)] : []));
  return [...new Set(paths)];
}

/** Gathers what is told in one turn and hands it over at its end. */
function openBatch(hand: (batch: Observation[]) => void): { (observation: Observation): void; close(): void } {
  let batch: Observation[] = [];
  let due: NodeJS.Immediate | null = null;
  const flush = (): void => {
    due = null;
    const full = batch;
    batch = [];
    hand(full);
  };
  const tell = (observation: Observation): void => {
    batch.push(observation);
    due ??= setImmediate(flush);
  };
  return Object.assign(tell, {
    close: () => {
      if (due !== null) clearImmediate(due);
      batch = [];
    },
  });
}
