// Draws a system: hosts, services of every policy and trigger, needs among them.

import { ms } from '../../../src/model/units.ts';
import type { RunService, Service, System, Trigger } from '../../../src/model/system.ts';
import { leased, need, quick, service, systemOf } from './describe.ts';
import type { Random } from './random.ts';

/** A system of two or three hosts; the same numbers give the same system. */
export function drawSystem(random: Random): System {
  const hosts = random.chance(0.5) ? ['a', 'b'] : ['a', 'b', 'c'];
  const services: Service[] = [];
  const some = (least: number): string[] => {
    const drawn = hosts.toSorted(() => random.next() - 0.5);
    return drawn.slice(0, Math.max(least, Math.ceil(random.next() * hosts.length)));
  };
  const needs = (): Partial<RunService> =>
    services.length > 0 && random.chance(0.4) ? { needs: need(random.pick(services).name) } : {};
  const count = 2 + Math.floor(random.next() * 3);
  for (let index = 0; index < count; index += 1) {
    const name = `s${index}`;
    const draw = random.next();
    if (draw < 0.12) services.push(service(name, some(1).slice(0, 1), { objective: quick, ...needs() }));
    else if (draw < 0.24)
      services.push(service(name, some(2), { policy: 'hot-active/hot-active', objective: quick, ...needs() }));
    else services.push(drawLeased(random, name, some(2), needs()));
  }
  return systemOf(hosts, services);
}

function drawLeased(random: Random, name: string, on: readonly string[], needs: Partial<RunService>): RunService {
  const policy = random.pick([
    'hot-active/cold-passive',
    'hot-active/warm-passive',
    'hot-active/warm-active',
    'hot-active/warm-active',
  ] as const);
  const cold = policy === 'hot-active/cold-passive';
  const trigger: Trigger = random.chance(0.2) ? 'standby' : 'supervisor';
  const prefer = random.chance(0.4) ? (on[0] ?? null) : null;
  return leased(name, on, {
    policy,
    trigger,
    prefer,
    failBack: prefer !== null && random.chance(0.5),
    ...needs,
    ...(cold || random.chance(0.2)
      ? {
          activate: random.chance(0.5) ? null : { kind: 'signal' as const, signal: 'SIGUSR1' },
          active: null,
          deactivate: null,
        }
      : {}),
    ...(random.chance(0.3) ? { deactivate: null } : {}),
    ...(random.chance(0.5)
      ? { detect: { heartbeat: { source: { kind: 'message' as const }, every: ms(500) }, status: null, checks: [] } }
      : {}),
  });
}
