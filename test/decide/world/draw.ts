// Draws a system as the lines of a scenario: hosts, services of every policy and trigger, needs among them. As text, so that a storm which
// breaks something can be shrunk, read and kept like any golden trace.

import type { Random } from './random.ts';

export interface DrawnService {
  readonly name: string;
  readonly policy: 'single' | 'hot-active' | 'cold-passive' | 'warm-passive' | 'warm-active';
  readonly on: readonly string[];
  readonly options: readonly string[];
}

export interface DrawnSystem {
  readonly hosts: readonly string[];
  /** Those that carry a member of the store; none: its members stand apart. */
  readonly storeOn: readonly string[];
  readonly services: readonly DrawnService[];
}

/** One line of a scenario. */
export function lineOf({ name, policy, on, options }: DrawnService): string {
  return [`service ${name} ${policy} on ${on.join(' ')}`, ...options].join('; ');
}

/** A system of two to four hosts; the same numbers give the same system. */
export function drawSystem(random: Random): DrawnSystem {
  const hosts = ['a', 'b', 'c', 'd'].slice(0, random.pick([2, 3, 3, 4]));
  const services: DrawnService[] = [];
  const some = (least: number): string[] => {
    const drawn = hosts.toSorted(() => random.next() - 0.5);
    return drawn.slice(0, Math.max(least, Math.ceil(random.next() * hosts.length)));
  };
  const needs = (): string[] =>
    services.length > 0 && random.chance(0.4) ? [`needs ${random.pick(services).name}`] : [];
  const count = 2 + Math.floor(random.next() * 3);
  for (let index = 0; index < count; index += 1) {
    const name = `s${index}`;
    const draw = random.next();
    if (draw < 0.12) services.push({ name, policy: 'single', on: some(1).slice(0, 1), options: needs() });
    else if (draw < 0.24) services.push({ name, policy: 'hot-active', on: some(2), options: needs() });
    else services.push(drawLeased(random, name, some(2), needs()));
  }
  const storeOn = hosts.slice(0, random.pick([0, 0, 1, 2, 3]));
  return { hosts, storeOn, services };
}

function drawLeased(random: Random, name: string, on: readonly string[], more: readonly string[]): DrawnService {
  const policy = random.pick(['cold-passive', 'warm-passive', 'warm-active', 'warm-active'] as const);
  const options = [...more];
  if (random.chance(0.2)) options.push('trigger standby');
  if (random.chance(0.4)) options.push(`prefer ${on[0] ?? ''}`, ...(random.chance(0.5) ? ['failBack'] : []));
  if (policy === 'cold-passive' ? random.chance(0.5) : random.chance(0.1)) options.push('signals');
  else if (policy !== 'cold-passive' && random.chance(0.1)) options.push('noCalls');
  if (random.chance(0.3)) options.push('noDeactivate');
  if (random.chance(0.5)) options.push('heartbeat 500ms');
  if (random.chance(0.1)) options.push('fenceBeforeTakeover');
  if (random.chance(0.35)) options.push('vip');
  return { name, policy, on, options };
}

/** Another description of the same system: some of it made of something else, under another policy, on other hosts, or gone. */
export function drawLater(random: Random, { services: before, hosts: described, storeOn }: DrawnSystem): DrawnSystem {
  const gone = described.length > 2 && random.chance(0.2) ? random.pick(described) : null;
  const hosts = described.filter((name) => name !== gone);
  const services: DrawnService[] = [];
  for (const [index, was] of before.entries()) {
    // Only what comes later may need it, so the last can go.
    if (index > 0 && index === before.length - 1 && random.chance(0.2)) continue;
    services.push(drawChange(random, was, hosts));
  }
  return { hosts, storeOn, services };
}

function drawChange(random: Random, was: DrawnService, hosts: readonly string[]): DrawnService {
  const placed = was.on.filter((host) => hosts.includes(host));
  const isLeased = was.policy !== 'single' && was.policy !== 'hot-active';
  const least = was.policy === 'single' ? 1 : 2;
  const on =
    placed.length < least || (least === 2 && random.chance(0.3))
      ? hosts.toSorted(() => random.next() - 0.5).slice(0, least)
      : placed;
  const changed = random.chance(0.5) ? ['env 2'] : [];
  const needs = was.options.filter((option) => option.startsWith('needs '));
  if (isLeased && random.chance(0.25)) {
    const other = drawLeased(random, was.name, on, needs);
    return { ...other, options: [...other.options, ...changed] };
  }
  const preferred = was.options.find((option) => option.startsWith('prefer '))?.slice(7) ?? null;
  const stays = preferred !== null && on.includes(preferred);
  const kept = was.options.filter((option) => stays || !(option.startsWith('prefer ') || option === 'failBack'));
  return { ...was, on, options: [...kept, ...changed] };
}
