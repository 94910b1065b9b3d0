// The processes of the services: when they are ready and serve, how they end, and the deadlines over them.

import type { Ended, Input } from '../../decide/input.ts';
import type { MonoMs } from '../../model/units.ts';
import { monoMs } from '../../model/units.ts';
import { latencies } from './behaviour.ts';
import type { Process, SimHost } from './host.ts';
import type { World } from './world.ts';

/** A probe of its host sees it, a little later. */
export function observed(world: World, host: SimHost, running: Process, kind: 'ready' | 'active'): void {
  if (host.agent === null) return;
  const input: Input = { kind: 'seen', seen: [{ kind, instance: running.id, at: host.mono(world.now) }] };
  world.after(latencies.probe, { kind: 'hear', host: host.name, life: host.agent.life, input });
}

/** Later deadlines for those of these that are still in that term. */
export function extend(
  world: World,
  host: SimHost,
  until: MonoMs,
  instances: readonly { readonly instance: string; readonly term: number }[],
): void {
  for (const { instance, term } of instances) {
    const running = host.process(instance);
    if (running === undefined || running.term !== term || running.deadline === null) continue;
    running.deadline = monoMs(Math.max(running.deadline, until));
    arm(world, host, running);
  }
}

/** Its end, should its deadline stand as it is. */
export function arm(world: World, host: SimHost, running: Process): void {
  if (running.deadline !== null)
    world.queue.add(Math.max(world.now, running.deadline), {
      kind: 'deadline',
      host: host.name,
      instance: running.id,
    });
}

/** SIGKILL, once. */
export function kill(world: World, host: SimHost, running: Process, by: Ended['by']): void {
  if (running.dying) return;
  running.dying = true;
  world.after(latencies.kill, {
    kind: 'end',
    host: host.name,
    instance: running.id,
    by,
    code: null,
    signal: 'SIGKILL',
  });
}

/** The process is gone, whatever ended it. */
export function end(
  world: World,
  name: string,
  instance: string,
  how: { readonly by: Ended['by']; readonly code: number | null; readonly signal: string | null },
): void {
  const host = world.hosts.get(name);
  const running = host?.process(instance);
  if (host === undefined || running === undefined) return;
  host.processes = host.processes.filter((each) => each !== running);
  const at = host.mono(world.now);
  const { by, code, signal } = how;
  const ended: Ended = {
    instance,
    service: running.service,
    code,
    signal,
    endedAt: at,
    goneAt: at,
    endedAtMs: host.wall(world.now),
    by,
    term: running.term,
  };
  host.ended = [...host.ended, ended];
  world.watcher.changed(running.service);
  if (host.agent !== null)
    world.after(latencies.keeper, {
      kind: 'hear',
      host: name,
      life: host.agent.life,
      input: { kind: 'ended', ended },
    });
}

/** It has started: it may serve from now on, or soon. */
export function ready(world: World, name: string, instance: string): void {
  const host = world.hosts.get(name);
  const running = host?.process(instance);
  const service = running === undefined ? undefined : world.services.get(running.service);
  const behaviour = running === undefined ? undefined : world.options.behaviours.get(running.service);
  if (host === undefined || running === undefined || service === undefined || behaviour === undefined) return;
  running.readyAt = world.now;
  if (running.role === 'active')
    if (service.active === null) serves(world, name, instance, running.term);
    else world.after(behaviour.iMs, { kind: 'serves', host: name, instance, term: running.term });
  observed(world, host, running, 'ready');
}

/** It was told to be active, and is. */
export function serves(world: World, name: string, instance: string, term: number): void {
  const host = world.hosts.get(name);
  const running = host?.process(instance);
  if (
    host === undefined ||
    running === undefined ||
    running.role !== 'active' ||
    running.term !== term ||
    running.serves
  )
    return;
  running.serves = true;
  world.watcher.changed(running.service);
  if (running.awaited) observed(world, host, running, 'active');
  const service = world.services.get(running.service);
  const behaviour = world.options.behaviours.get(running.service);
  if (service?.finishes === true && behaviour !== undefined)
    world.after(behaviour.worksMs, { kind: 'finished', host: name, instance });
}
