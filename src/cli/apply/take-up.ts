// Waits until every agent uses a description and what runs is as it says, and tells what happens meanwhile.

import type { StatusView } from '../../api.ts';
import { connectAgent } from '../../client.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { pause } from '../interruption.ts';
import { happenings, timed } from '../start/happenings.ts';
import { presences, processesGone } from '../start/keepers.ts';

type TakenUp =
  | { readonly kind: 'done' }
  /** All agents of this machine were to go, and have: nobody is left here to ask. */
  | { readonly kind: 'gone' }
  /** Somebody has put yet another in force since. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'late'; readonly view: StatusView | null }
  | { readonly kind: 'interrupted' };

/** What is not taken up yet, in words; none: all is. */
export function takenUp(view: StatusView, hash: string, hosts: readonly string[]): string[] {
  const missing: string[] = [];
  for (const host of view.hosts)
    if (hosts.includes(host.name) && host.uses !== hash && host.state !== 'down' && host.state !== 'unknown')
      missing.push(`The agent of ${host.name} still uses the description before.`);
  for (const service of view.services)
    for (const each of service.instances) {
      if (!hosts.includes(each.host) || each.phase === 'unknown') continue;
      const reason = each.reason === null ? '' : `: ${each.reason}`;
      if (each.outdated) missing.push(`${service.name} on ${each.host} still runs as described before${reason}`);
      else if (each.phase !== each.planned)
        missing.push(`${service.name} on ${each.host} is ${each.phase} and should be ${each.planned}${reason}`);
    }
  return missing;
}

/** Follows until nothing is missing on those hosts, and agents and keepers of removed ones are gone, as far as they are on this machine. */
export async function takeUp(
  context: Context,
  system: ChosenSystem,
  of: {
    readonly hash: string;
    /** The store's revision of the description that it took the place of; a later one with another hash came after it. */
    readonly afterRevision: number;
    readonly hosts: readonly string[];
    readonly removed: readonly string[];
    readonly untilMs: number;
    readonly quiet: boolean;
  },
): Promise<TakenUp> {
  const signal = context.interruption();
  const here = system.hosts.filter((host) => of.removed.includes(host));
  const allGo = !system.hosts.some((host) => of.hosts.includes(host));
  let last: StatusView | null = null;
  while (context.now() < of.untilMs) {
    const view = allGo ? null : await statusOf(system, of.hosts);
    if (view !== null) {
      if (last !== null && !of.quiet)
        context.terminal.print(...timed(happenings(last, view, context.terminal), view.atMs));
      last = view;
      const { hash, revision } = view.description;
      if (hash !== of.hash && (revision ?? 0) > of.afterRevision) return { kind: 'replaced' };
    }
    const gone = (await presences(system.layout, here)).every((each) => !each.agent && !each.keeper);
    const rest = view === null ? null : takenUp(view, of.hash, of.hosts).length;
    if (gone && (allGo || rest === 0)) {
      await processesGone(context, system, here);
      return { kind: allGo ? 'gone' : 'done' };
    }
    if (!(await pause(150, signal))) return { kind: 'interrupted' };
  }
  return { kind: 'late', view: last };
}

/** From an agent that stays: one that goes knows less and less. */
async function statusOf(system: ChosenSystem, hosts: readonly string[]): Promise<StatusView | null> {
  for (const host of system.hosts.filter((each) => hosts.includes(each))) {
    const view = await connectAgent(system.layout.host(host).agentSocket, 1_000)
      .status()
      .catch(() => null);
    if (view !== null) return view;
  }
  return null;
}
