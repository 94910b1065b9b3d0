// Follows a system that starts: until all is as planned (`settle`), or until ^C (`followOn`).

import type { StatusView } from '../../api.ts';
import type { AgentClient } from '../../client.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { pause } from '../interruption.ts';
import { findAgent } from '../systems.ts';
import { failoverLine, happenings, timed } from './happenings.ts';
import { presences } from './keepers.ts';
import { isPlanned } from './planned.ts';

export type Settled =
  | { readonly kind: 'planned'; readonly view: StatusView }
  | { readonly kind: 'late'; readonly view: StatusView | null }
  | { readonly kind: 'interrupted' };

/** Shows each picture until every instance of the hosts is in its planned phase, `untilMs` has come, or ^C. */
export async function settle(
  context: Context,
  system: ChosenSystem,
  of: {
    readonly hosts: readonly string[];
    readonly untilMs: number;
    readonly signal: AbortSignal;
    readonly show: (view: StatusView) => void;
  },
): Promise<Settled> {
  let last: StatusView | null = null;
  while (!of.signal.aborted && context.now() < of.untilMs) {
    const agent = await findAgent(system);
    if (agent !== null) {
      const planned = await watch(agent, of.untilMs - context.now(), of.signal, (view) => {
        last = view;
        of.show(view);
        return isPlanned(view, of.hosts);
      });
      if (planned && last !== null) return { kind: 'planned', view: last };
    }
    await pause(100, of.signal);
  }
  return of.signal.aborted ? { kind: 'interrupted' } : { kind: 'late', view: last };
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
      return false;
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

/** Takes pictures of one agent until `enough` says so (true), it goes away, time is over or ^C (false). */
function watch(
  agent: AgentClient,
  forMs: number,
  signal: AbortSignal,
  enough: (view: StatusView) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = forMs === Infinity ? undefined : setTimeout(stop, Math.max(0, forMs));
    const stream = agent.events({
      status: (view) => {
        if (enough(view)) end(true);
      },
      ended: stop,
    });
    function stop(): void {
      end(false);
    }
    function end(answer: boolean): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      stream.stop();
      resolve(answer);
    }
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
