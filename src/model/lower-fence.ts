// Fence agents: how a host is cut off from outside, and which services demand it before they are taken over.

import type { Path } from './problem.ts';
import { missing, type Reading } from './reading.ts';
import type { DescriptionShape } from './shape.ts';
import { isLeased, type Fence, type Host, type RunService, type Service } from './system.ts';
import { ms } from './units.ts';

type FenceShape = NonNullable<NonNullable<DescriptionShape['hosts']>[string]['fence']>;

/** Switching a machine off and hearing that it is takes some seconds; much longer means that the device hangs. */
const usualWithin = ms(60_000);

/** What a fence agent is told by Standfast itself. */
const ourOptions = ['action', 'nodename'];

/** What `fence` says; null when absent or wrong, which has then been said. */
export function lowerFence(reading: Reading, shape: FenceShape | undefined, path: Path): Fence | null {
  if (shape === undefined) return null;
  const { agent } = shape;
  if (agent === undefined) {
    missing(reading, path, 'agent', 'Name the program: `agent: fence_ipmilan`, or a path.');
    return null;
  }
  const options: Record<string, string> = {};
  for (const [name, value] of Object.entries(shape.options ?? {})) {
    const why = ourOptions.includes(name)
      ? 'is said by Standfast'
      : !/^[A-Za-z0-9_-]+$/.test(name)
        ? 'cannot be the name of an option'
        : !isPlain(value)
          ? 'must be a text, a number or true or false'
          : /[\n\r\0]/.test(String(value))
            ? 'must be of one line'
            : null;
    if (why === null && isPlain(value)) options[name] = String(value);
    else
      reading.findings.add(
        'SF-197',
        [...path, 'options', name],
        `the option ${name} of ${agent} ${why ?? 'is wrong'}`,
        `Write it as \`${agent.replace(/^.*\//, '')} -o metadata\` shows; action and nodename are not yours to say.`,
      );
  }
  return { agent, options, within: shape.within ?? usualWithin, powerOn: shape.powerOn ?? false };
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Who demands fencing needs a way to fence every host that may lose it. */
export function checkFencing(reading: Reading, services: readonly Service[], hosts: readonly Host[]): void {
  for (const service of services) {
    if (service.kind !== 'run' || !service.fenceBeforeTakeover) continue;
    const path = ['services', service.name, 'fenceBeforeTakeover'];
    const without = fenceless(service, hosts);
    if (!isLeased(service))
      reading.findings.add(
        'SF-198',
        path,
        `${service.name} is ${service.policy}, so nobody takes it over and no host is fenced for it`,
        'Remove `fenceBeforeTakeover`, or give it several hosts and a policy with one active.',
        { atKey: true },
      );
    else if (without.length > 0)
      reading.findings.add(
        'SF-198',
        path,
        `${service.name} is taken over only from a fenced host, and nothing says how to fence ${without.join(', ')}`,
        `Add \`fence: { agent: …, options: … }\` to ${without.map((name) => `host ${name}`).join(' and ')}, or remove \`fenceBeforeTakeover\`.`,
        { atKey: true },
      );
  }
}

function fenceless(service: RunService, hosts: readonly Host[]): string[] {
  return service.on
    .map((place) => place.host)
    .filter((name) => hosts.some((host) => host.name === name && host.fence === null));
}
