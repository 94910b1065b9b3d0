// One machine, one port, one listener: finds two instances that would listen on the same.
//
// What counts as listening: the variable PORT (and a few names that say the same), and where `ready`, `active`, `status` and the
// role calls reach the instance on its own machine. `checks` do not count: they may look at somebody else's port. Instances of a
// cold-passive service share their port rightly, since one of them runs at a time.

import { expand } from './expand.ts';
import type { Findings, Path } from './problem.ts';
import { pathText } from './problem.ts';
import type { Host, Placement, ProbeSpec, RoleCall, RunService, Service } from './system.ts';

interface Claim {
  readonly service: RunService;
  readonly host: string;
  readonly port: number;
  readonly path: Path;
}

const listeningNames = /^(PORT|(HTTP|HTTPS|LISTEN|BIND|STATUS|ADMIN|METRICS|HEALTH|GRPC)_PORT)$/;

/** Says every port that two instances on one machine would listen on. */
export function checkPorts(
  findings: Findings,
  system: string,
  hosts: readonly Host[],
  services: readonly Service[],
): void {
  const machines = new Map(hosts.map((host) => [host.name, machineOf(host.address)]));
  const claimed = new Map<string, Claim>();
  for (const service of services) {
    if (service.kind !== 'run') continue;
    for (const place of service.on) {
      const machine = machines.get(place.host);
      if (machine === undefined) continue;
      for (const claim of claimsOf(system, service, place, machine)) {
        const key = `${machine} ${claim.port}`;
        const other = claimed.get(key);
        if (other === undefined) claimed.set(key, claim);
        else if (clash(claim, other)) say(findings, claim, other);
      }
    }
  }
}

function clash(a: Claim, b: Claim): boolean {
  if (a.service !== b.service) return true;
  return a.host !== b.host && a.service.policy !== 'hot-active/cold-passive';
}

function say(findings: Findings, claim: Claim, other: Claim): void {
  const who = `${other.service.name}@${other.host}`;
  findings.add(
    'SF-166',
    claim.path,
    `port ${claim.port} of ${claim.service.name}@${claim.host} is that of ${who} on the same machine (${pathText(other.path)})`,
    'Give each instance its own port, for example by `env: { PORT: "…" }` under each host in `on`.',
  );
}

function claimsOf(system: string, service: RunService, place: Placement, machine: string): Claim[] {
  const env = {
    ...service.env,
    ...place.env,
    STANDFAST_SYSTEM: system,
    STANDFAST_SERVICE: service.name,
    STANDFAST_HOST: place.host,
  };
  const at = ['services', service.name];
  const claims = new Map<number, Claim>();
  const claim = (port: number | null, path: Path): void => {
    if (port !== null && !claims.has(port)) claims.set(port, { service, host: place.host, port, path });
  };
  for (const [name, value] of Object.entries({ ...service.env, ...place.env })) {
    const own = Object.hasOwn(place.env, name);
    if (listeningNames.test(name) && /^\d{1,5}$/.test(value))
      claim(Number(value), own ? [...at, 'on', place.host, 'env', name] : [...at, 'env', name]);
  }
  const asked: readonly [ProbeSpec | RoleCall | null | undefined, Path][] = [
    [service.ready?.probe, ['ready']],
    [service.active?.probe, ['active']],
    [service.detect.status, ['detect', 'status']],
    [service.activate, ['activate']],
    [service.deactivate, ['deactivate']],
  ];
  for (const [probe, path] of asked) {
    if (probe?.kind === 'http') claim(portOfUrl(expand(probe.url, env).text, machine), [...at, ...path, 'http']);
    else if (probe?.kind === 'tcp')
      claim(portOfAddress(expand(probe.address, env).text, machine), [...at, ...path, 'tcp']);
  }
  return [...claims.values()];
}

function portOfUrl(text: string, machine: string): number | null {
  const url = URL.parse(text);
  if (url === null || machineOf(url.hostname) !== machine) return null;
  return url.port !== '' ? Number(url.port) : url.protocol === 'https:' ? 443 : 80;
}

function portOfAddress(text: string, machine: string): number | null {
  const parts = /^(.+):(\d+)$/.exec(text);
  return parts === null || machineOf(parts[1] ?? '') !== machine ? null : Number(parts[2]);
}

/** One word for all addresses of this very machine; others stand for themselves. */
function machineOf(address: string): string {
  const plain = address.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return plain === 'localhost' || plain === '::1' || plain.startsWith('127.') || plain === '0.0.0.0' || plain === '::'
    ? 'loopback'
    : plain;
}
