// What a policy asks of hosts, trigger, consumers and capacity.

import type { Path } from './problem.ts';
import { some, type Reading } from './reading.ts';
import type { ServiceShape } from './shape-service.ts';
import type { RunService } from './system.ts';

/** Says what contradicts the policy. */
export function checkPolicy(reading: Reading, service: RunService, shape: ServiceShape, path: Path): void {
  const { findings } = reading;
  const hosts = service.on.map((place) => place.host);
  const policyWrong = reading.wasWrong([...path, 'policy']) || reading.wasWrong([...path, 'on']);
  if (hosts.length > 1 && shape.policy === undefined && !policyWrong)
    findings.add(
      'SF-160',
      path,
      `${service.name} runs on ${some(hosts)} and has no policy`,
      'Add one of hot-active/cold-passive, /warm-passive, /warm-active, /hot-active, or name one host in `on`.',
      { atKey: true },
    );
  if (hosts.length === 1 && shape.policy !== undefined && !policyWrong && !brokenHosts(shape, hosts))
    findings.add(
      'SF-161',
      [...path, 'policy'],
      `${service.name} runs on ${hosts[0] ?? ''} alone, so there is nothing for a policy to choose between`,
      'Remove the policy, or name a second host in `on`.',
    );
  const consumersWrong = reading.wasWrong([...path, 'consumers']);
  if (shape.policy === 'hot-active/hot-active' && shape.consumers === undefined && !consumersWrong)
    findings.add(
      'SF-162',
      path,
      `two active ones of ${service.name} need consumers that bear it, and \`consumers\` is missing`,
      'Add `consumers: dropDuplicates`, or { balancer: { detectsWithin: 3s } }.',
      { atKey: true },
    );
  if (shape.policy !== 'hot-active/hot-active' && shape.consumers !== undefined && !policyWrong)
    findings.add(
      'SF-163',
      [...path, 'consumers'],
      '`consumers` is for hot-active/hot-active, and here at most one is active',
      'Remove it, or choose hot-active/hot-active.',
      { atKey: true },
    );
  if (service.trigger === 'standby' && shape.policy === 'hot-active/cold-passive')
    findings.add(
      'SF-164',
      [...path, 'trigger'],
      'a cold standby does not run, so it cannot watch',
      'Choose trigger: supervisor or manual, or a policy with a warm standby.',
    );
  if (service.trigger === 'standby' && shape.policy === undefined && hosts.length === 1 && !policyWrong)
    findings.add(
      'SF-164',
      [...path, 'trigger'],
      'there is no standby to watch: it runs on one host',
      'Remove the trigger, or name a second host and a policy.',
    );
  if (service.prefer !== null && !hosts.includes(service.prefer))
    checkPrefer(reading, service.prefer, hosts, [...path, 'prefer']);
  checkCapacity(reading, service, path);
}

/** Some hosts named in `on` do not exist; how many it runs on is then unknown. */
function brokenHosts(shape: ServiceShape, hosts: readonly string[]): boolean {
  const { on } = shape;
  if (on === undefined || typeof on === 'string') return false;
  return new Set(Array.isArray(on) ? (on as string[]) : Object.keys(on)).size !== hosts.length;
}

function checkPrefer(reading: Reading, prefer: string, hosts: readonly string[], path: Path): void {
  reading.findings.add(
    'SF-144',
    path,
    `it prefers ${prefer}, and does not run there`,
    `Prefer one of ${some(hosts)}, or add ${prefer} to \`on\`.`,
  );
}

function checkCapacity(reading: Reading, service: RunService, path: Path): void {
  const { load, capacity } = service;
  if (load === null) return;
  if (capacity === null) {
    if (!reading.wasWrong([...path, 'capacity']))
      reading.findings.add(
        'SF-170',
        [...path, 'load'],
        '`load` cannot be held against anything without `capacity`',
        'Add `capacity`: what one instance can carry.',
        { atKey: true },
      );
    return;
  }
  const active = service.policy === 'hot-active/hot-active' ? service.on.length : 1;
  if (load > capacity * active)
    reading.findings.add(
      'SF-170',
      [...path, 'load'],
      `a load of ${load} is more than ${active === 1 ? `the active one carries (${capacity})` : `all ${active} carry (${capacity * active})`}`,
      active === 1
        ? 'Lower the load, or choose hot-active/hot-active so that several share it.'
        : 'Lower the load, or add hosts.',
    );
}
