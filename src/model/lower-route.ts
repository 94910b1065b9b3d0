// The address that moves with the active one: read, and checked against everything else that has an address.

import { canBeHeld, internetAddress, isLinkLocal, prefixedAddress } from './internet-address.ts';
import type { Path } from './problem.ts';
import { missing, type Reading } from './reading.ts';
import type { ServiceShape } from './shape-service.ts';
import { isLeased, type Host, type Route, type RunService, type Service } from './system.ts';

/** What `route` says; null when absent or wrong, which has then been said. */
export function lowerRoute(reading: Reading, shape: ServiceShape, path: Path): Route | null {
  const at = [...path, 'route'];
  if (shape.route === undefined) return null;
  const { vip, dev } = shape.route;
  if (vip === undefined) {
    missing(reading, at, 'vip', 'Add the address with its prefix: `vip: 10.9.0.100/24`.');
    return null;
  }
  const read = prefixedAddress(vip);
  if (read === null || !canBeHeld(read)) {
    reading.findings.add(
      'SF-194',
      [...at, 'vip'],
      `"${vip}" is not an address that a host can hold, with its prefix`,
      'Write for example 10.9.0.100/24 or fd00::100/64: an address of the hosts’ network that no machine has.',
    );
    return null;
  }
  if (dev === undefined && isLinkLocal(read.text)) {
    reading.findings.add(
      'SF-194',
      [...at, 'vip'],
      `"${vip}" is an address of every network there is (fe80::/10), so it does not say which device it belongs on`,
      'Name the device too: `dev: eth0`.',
    );
    return null;
  }
  if (dev !== undefined && !/^[^\s/:]{1,15}$/.test(dev)) {
    reading.findings.add(
      'SF-194',
      [...at, 'dev'],
      `"${dev}" cannot be the name of a network device`,
      'Write a name that `ip link` shows, such as eth0, or leave `dev` out: it is found from the address.',
    );
    return null;
  }
  return { address: read.text, prefix: read.prefix, family: read.family, dev: dev ?? null };
}

/** An address follows a lease, and one that two hold is held by none. */
export function checkRoutes(reading: Reading, services: readonly Service[], hosts: readonly Host[]): void {
  const taken = new Map<string, string>();
  for (const host of hosts) {
    const address = internetAddress(host.address);
    if (address !== null) taken.set(`${address.family} ${address.bits}`, `host ${host.name} has it`);
  }
  for (const service of services) {
    if (service.kind !== 'run' || service.route === null) continue;
    const path = ['services', service.name, 'route'];
    checkLeased(reading, service, path);
    const address = internetAddress(service.route.address);
    const key = `${address?.family} ${address?.bits}`;
    const other = taken.get(key);
    if (other !== undefined)
      reading.findings.add(
        'SF-196',
        [...path, 'vip'],
        `${service.route.address} cannot move with ${service.name}: ${other}`,
        'Give each service that needs one an address of its own, which no machine has.',
      );
    taken.set(key, `it moves with ${service.name} already`);
  }
}

function checkLeased(reading: Reading, service: RunService, path: Path): void {
  if (isLeased(service)) return;
  reading.findings.add(
    'SF-195',
    path,
    `an address moves with the only active one, and ${service.name} is ${service.policy}`,
    'Give it several hosts and a policy with one active, or remove `route`.',
    { atKey: true },
  );
}
