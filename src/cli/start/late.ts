// What to say when a start takes longer than it may: which instance is not where it should be, why, and what it wrote last.

import type { StatusView } from '../../api.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { durationText } from '../times.ts';
import { lastLines } from './output.ts';
import { unplanned } from './planned.ts';

/** At most this many instances are told of, and lines of each. */
const most = { instances: 5, lines: 3 };

/** A failure with exit 1 that tells all of it; exit 3 when no agent answered at all. */
export async function lateFailure(
  context: Context,
  system: ChosenSystem,
  view: StatusView | null,
  timeoutMs: number,
): Promise<Failure> {
  if (view === null) return withoutAgent(context, system, timeoutMs);
  const { instances, hosts } = unplanned(view, system.hosts);
  const told = await Promise.all(
    instances.slice(0, most.instances).map(async ({ service, instance }) => {
      const lines = await lastLines(system.layout.host(instance.host).output(service), most.lines);
      const why = instance.reason ?? 'no reason given yet';
      const wrote = lines.length === 0 ? 'It wrote nothing.' : `It wrote last: ${lines.join(' | ')}`;
      const wanted = instance.planned === 'unknown' ? '' : ` and should be ${instance.planned}`;
      return `${service} on ${instance.host} is ${instance.phase}${wanted}: ${why}. ${wrote}`;
    }),
  );
  const more = instances.length > most.instances ? [`… and ${instances.length - most.instances} more.`] : [];
  const silent = hosts.map((host) => `Host ${host} has not reported.`);
  const first = instances[0];
  const hardly = first === undefined && hosts.length === 0 ? ['All of it is, but has not been for a second yet.'] : [];
  return new Failure({
    code: 'SF-307',
    what: `not every instance is in its planned phase after ${durationText(timeoutMs)}`,
    why: [...silent, ...told, ...more, ...hardly].join('\n'),
    next: `It goes on trying. ${first === undefined ? context.command('status') : `${context.command(`explain ${first.service}`)}   ${context.command(`logs ${first.service}`)}`}`,
    exit: 1,
  });
}

async function withoutAgent(context: Context, system: ChosenSystem, timeoutMs: number): Promise<Failure> {
  const logs = await Promise.all(system.hosts.map((host) => lastLines(system.layout.host(host).agentLog, most.lines)));
  const lines = logs.flat();
  return new Failure({
    code: 'SF-301',
    what: `no agent of ${system.name} answered within ${durationText(timeoutMs)}`,
    why:
      lines.length === 0
        ? `Nothing in ${system.hosts.map((host) => system.layout.host(host).agentLog).join(', ')}.`
        : `The agents wrote last:\n${lines.join('\n')}`,
    next: context.command('doctor'),
    exit: 1,
  });
}
