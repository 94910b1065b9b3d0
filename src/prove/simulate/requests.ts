// What a keeper does when it is asked, as design.md describes it: a deadline is armed before a role is given; old terms are refused.

import type { Outcome } from '../../decide/effect.ts';
import type { Running } from '../../decide/input.ts';
import type { MonoMs } from '../../model/units.ts';
import { latencies } from './behaviour.ts';
import type { Happening } from './happening.ts';
import type { Process, SimHost } from './host.ts';
import { arm, kill } from './processes.ts';
import type { World } from './world.ts';

type Asked = Extract<Happening, { kind: 'request' | 'called' | 'rested' }>;

/** Carries a request out, or the call that it leads to. */
export function request(world: World, asked: Asked): void {
  const host = world.hosts.get(asked.host);
  if (host === undefined || !host.up) return;
  switch (asked.kind) {
    case 'request':
      if (host.boot === asked.boot) keeper(world, host, asked);
      break;
    case 'called':
      call(world, host, asked);
      break;
    case 'rested':
      rested(world, host, asked);
      break;
    default:
      asked satisfies never;
  }
}

function keeper(world: World, host: SimHost, asked: Extract<Happening, { kind: 'request' }>): void {
  const { request: wish, life } = asked;
  const answer = (outcome: Outcome): void =>
    world.after(latencies.keeper, {
      kind: 'hear',
      host: host.name,
      life,
      input: { kind: 'outcome', id: wish.id, outcome, at: host.mono(world.now + latencies.keeper) },
    });
  const called = (how: 'activate' | 'deactivate'): void => {
    const { instance, id } = wish;
    world.after(2 * latencies.keeper, { kind: 'called', host: host.name, life, instance, id, how });
  };
  if (wish.kind === 'start') {
    const started = start(world, host, wish);
    const outcome: Outcome = 'why' in started ? { kind: 'failed', why: started.why } : { kind: 'done' };
    const running: Running | null = 'why' in started ? null : host.runningOf(started);
    world.after(latencies.keeper, {
      kind: 'hear',
      host: host.name,
      life,
      input: { kind: 'startOutcome', id: wish.id, outcome, running },
    });
    return;
  }
  const running = host.process(wish.instance);
  if (running === undefined) return answer({ kind: 'failed', why: 'there is no such instance' });
  switch (wish.kind) {
    case 'stop':
      world.after(latencies.stop, {
        kind: 'end',
        host: host.name,
        instance: wish.instance,
        by: 'stop',
        code: 0,
        signal: null,
      });
      break;
    case 'kill':
      kill(world, host, running, 'kill');
      break;
    case 'activate': {
      const refused = refusal(world, host, running.service, wish.term, wish.deadline);
      if (refused !== null) return answer({ kind: 'failed', why: refused });
      running.deadline = wish.deadline;
      running.role = 'active';
      running.term = wish.term;
      running.mayBeActive = true;
      world.watcher.changed(running.service);
      arm(world, host, running);
      return called('activate');
    }
    case 'deactivate':
      running.role = wish.role;
      return called('deactivate');
    case 'disarm':
      running.deadline = null;
      running.term = 0;
      break;
    default:
      wish satisfies never;
  }
  answer({ kind: 'done' });
}

function start(
  world: World,
  host: SimHost,
  wish: {
    readonly instance: string;
    readonly service: string;
    readonly role: Process['role'];
    readonly term: number;
    readonly deadline: MonoMs | null;
  },
): Process | { readonly why: string } {
  const refused = refusal(world, host, wish.service, wish.term, wish.deadline);
  if (refused !== null) return { why: refused };
  if (host.process(wish.instance) !== undefined) return { why: 'it exists' };
  if (world.broken.has(`${wish.service}@${host.name}`)) return { why: 'it is broken' };
  host.pids += 1;
  const running: Process = {
    id: wish.instance,
    service: wish.service,
    host: host.name,
    pid: host.pids,
    startedAt: world.now,
    role: wish.role,
    term: wish.term,
    deadline: wish.deadline,
    mayBeActive: wish.role === 'active',
    serves: false,
    readyAt: null,
    awaited: false,
    dying: false,
  };
  // In one order whatever started first, so that equal situations look equal.
  host.processes = [...host.processes, running].toSorted((a, b) =>
    a.service < b.service ? -1 : a.service > b.service ? 1 : a.pid - b.pid,
  );
  world.watcher.changed(running.service);
  arm(world, host, running);
  world.after(world.options.behaviours.get(wish.service)?.bMs ?? 1, {
    kind: 'ready',
    host: host.name,
    instance: running.id,
  });
  return running;
}

function refusal(world: World, host: SimHost, service: string, term: number, deadline: MonoMs | null): string | null {
  if (deadline !== null && deadline <= host.mono(world.now)) return 'the deadline is past';
  const seen = host.terms.get(service) ?? 0;
  if (term > 0 && term < seen) return 'the term is too old';
  if (term > seen) host.terms = new Map(host.terms).set(service, term);
  return null;
}

/** The agent calls the service itself: one that is gone calls nobody. */
function call(world: World, host: SimHost, asked: Extract<Happening, { kind: 'called' }>): void {
  if (host.agent?.life !== asked.life) return;
  const running = host.process(asked.instance);
  const service = running === undefined ? undefined : world.services.get(running.service);
  const behaviour = running === undefined ? undefined : world.options.behaviours.get(running.service);
  const came = (after: number, outcome: Outcome): void =>
    world.after(after, {
      kind: 'hear',
      host: host.name,
      life: asked.life,
      input: { kind: 'outcome', id: asked.id, outcome, at: host.mono(world.now + after) },
    });
  if (running === undefined || service === undefined || behaviour === undefined)
    return came(latencies.storeLoss, { kind: 'unknown', why: 'no answer' });
  if (asked.how === 'deactivate') {
    world.after(latencies.call, {
      kind: 'rested',
      host: host.name,
      life: asked.life,
      instance: asked.instance,
      id: asked.id,
    });
    return;
  }
  running.mayBeActive = true;
  world.after(behaviour.iMs, { kind: 'serves', host: host.name, instance: running.id, term: running.term });
  // Where nothing else tells that it is active, the answer of the call does.
  const answersAtOnce = service.active !== null || service.activate?.kind === 'signal';
  came(answersAtOnce ? latencies.call : behaviour.iMs, { kind: 'done' });
}

/** It has given the role back and said so; then its deadline is taken off. */
function rested(world: World, host: SimHost, asked: Extract<Happening, { kind: 'rested' }>): void {
  const running = host.process(asked.instance);
  if (running !== undefined) {
    running.mayBeActive = false;
    running.serves = false;
    running.awaited = false;
    world.watcher.changed(running.service);
  }
  if (host.agent?.life === asked.life) host.agent.ask({ kind: 'disarm', id: asked.id, instance: asked.instance });
}
