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

/** Another description of the same system: some of it made of something else, under another policy, on other hosts, or gone. */
export function drawLater(random: Random, { services: before, hosts: described }: System): System {
  const gone = described.length > 2 && random.chance(0.2) ? random.pick(described).name : null;
  const hosts = described.map((host) => host.name).filter((name) => name !== gone);
  const services: Service[] = [];
  for (const [index, was] of before.entries()) {
    if (was.kind !== 'run') continue;
    // Only what comes later may need it, so the last can go.
    if (index > 0 && index === before.length - 1 && random.chance(0.2)) continue;
    services.push(drawChange(random, was, hosts));
  }
  return { ...systemOf(hosts, services), hash: 'another description' };
}

function drawChange(random: Random, was: RunService, hosts: readonly string[]): RunService {
  const placed = was.on.map((place) => place.host).filter((host) => hosts.includes(host));
  const leasedNow = was.policy !== 'single' && was.policy !== 'hot-active/hot-active';
  const least = was.policy === 'single' ? 1 : 2;
  const on =
    placed.length < least || (least === 2 && random.chance(0.3))
      ? hosts.toSorted(() => random.next() - 0.5).slice(0, least)
      : placed;
  const prefer = was.prefer !== null && on.includes(was.prefer) ? was.prefer : null;
  const changed = random.chance(0.5) ? { env: { VERSION: '2' } } : {};
  const moved = { on: on.map((host) => ({ host, env: {} })), prefer, failBack: was.failBack && prefer !== null };
  if (leasedNow && random.chance(0.25))
    return { ...drawLeased(random, was.name, on, { needs: was.needs }), ...changed };
  return { ...was, ...moved, ...changed };
}
