// Follows a system that starts: until all is as planned (`settle`), or until ^C (`followOn`).

import type { StatusView } from '../../api.ts';
import type { AgentClient } from '../../client.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { pause } from '../interruption.ts';
import { findAgent } from '../systems.ts';
import { failoverLine, happenings, timed } from './happenings.ts';
import { presences } from './keepers.ts';
import { isPlanned } from './planned.ts';

/** How the waiting ended; `late`: its time was over, with the last picture in which something was missing, or else the last. */
export type Settled =
  | { readonly kind: 'planned'; readonly view: StatusView }
  | { readonly kind: 'late'; readonly view: StatusView | null }
  | { readonly kind: 'interrupted' };

/** Shows each picture until every instance of the hosts is in its planned phase, `untilMs` has come, or ^C. */
export async function settle(
  context: Pick<Context, 'now'>,
  system: ChosenSystem,
  of: {
    readonly hosts: readonly string[];
    readonly untilMs: number;
    readonly signal: AbortSignal;
    readonly show: (view: StatusView) => void;
  },
): Promise<Settled> {
  let last: StatusView | null = null;
  let missing: StatusView | null = null;
  while (!of.signal.aborted && context.now() < of.untilMs) {
    const agent = await findAgent(system);
    if (agent !== null) {
      const planned = await watch(agent, of.untilMs - context.now(), of.signal, (view) => {
        last = view;
        of.show(view);
        if (isPlanned(view, of.hosts)) return settlesIn(view);
        missing = view;
        return null;
      });
      if (planned && last !== null) return { kind: 'planned', view: last };
    }
    await pause(100, of.signal);
  }
  return of.signal.aborted ? { kind: 'interrupted' } : { kind: 'late', view: missing ?? last };
}

/** Tells what happens until ^C, or until agents and keepers are gone. */
export async function followOn(
  context: Context,
  system: ChosenSystem,
  first: StatusView | null,
  signal: AbortSignal,
): Promise<'interrupted' | 'gone'> {
  let last = first;
  let knownFailovers: number | null = null;
  while (!signal.aborted) {
    const agent = await findAgent(system);
    if (agent === null) {
      if (!(await anybodyThere(system))) return 'gone';
      await pause(300, signal);
      continue;
    }
    await watch(agent, Infinity, signal, (view) => {
      const lines = last === null ? [] : happenings(last, view, context.terminal);
      last = view;
      context.terminal.print(...timed(lines, view.atMs));
      if (lines.length > 0 || knownFailovers === null) void tellFailovers(agent);
      return null;
    });
    await pause(200, signal);
  }
  return 'interrupted';

  async function tellFailovers(agent: AgentClient): Promise<void> {
    const all = await agent.failovers().catch(() => null);
    if (all === null) return;
    const before = knownFailovers ?? all.length;
    knownFailovers = Math.max(before, all.length);
    const fresh = all.toSorted((a, b) => a.atMs - b.atMs).slice(before);
    for (const each of fresh) context.terminal.print(...timed([failoverLine(each)], each.atMs));
  }
}

async function anybodyThere(system: ChosenSystem): Promise<boolean> {
  return (await presences(system.layout, system.hosts)).some((each) => each.agent || each.keeper);
}

/** What fails at once, and is started again and again, is in its planned phase now and then, for a moment. In ms. */
const settledAfterMs = 1_000;

/** How long the youngest instance has to go on, to be believed. */
function settlesIn(view: StatusView): number {
  const started = view.services.flatMap((service) => service.instances.map((each) => each.startedAtMs ?? 0));
  const youngest = started.reduce((a, b) => Math.max(a, b), 0);
  return Math.min(settledAfterMs, Math.max(0, settledAfterMs - (view.atMs - youngest)));
}

/**
 * Takes pictures of one agent. True when one was enough, and for as many ms as `enough` said no other came that was not; false when
 * the agent goes away, time is over or at ^C. Null: not enough.
 */
function watch(
  agent: AgentClient,
  forMs: number,
  signal: AbortSignal,
  enough: (view: StatusView) => number | null,
): Promise<boolean> {
  return new Promise((resolve) => {
    let settled: NodeJS.Timeout | undefined;
    const timer = forMs === Infinity ? undefined : setTimeout(stop, Math.max(0, forMs));
    const stream = agent.events({
      status: (view) => {
        const wait = enough(view);
        clearTimeout(settled);
        if (wait === 0) end(true);
        else if (wait !== null) settled = setTimeout(end, wait, true);
      },
      ended: stop,
    });
    function stop(): void {
      end(false);
    }
    function end(answer: boolean): void {
      clearTimeout(timer);
      clearTimeout(settled);
      signal.removeEventListener('abort', stop);
      stream.stop();
      resolve(answer);
    }
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
