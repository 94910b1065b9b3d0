// One machine, one port, one listener: finds two instances that would listen on the same.
//
// Hosts with a loopback address are one machine; each of its addresses (127.0.0.1, 127.0.0.2) has ports of its own.
// What counts as listening: the variable PORT (and a few names that say the same), and where `ready`, `active`, `status` and the
// role calls reach the instance on its own machine. `checks` do not count: they may look at somebody else's port; nor do role calls
// of another service, and URLs that tell the instances of one apart by more than their port: somebody answers for all of them.
// Instances of a cold-passive service share their port rightly, since one of them runs at a time.

import { expand } from './expand.ts';
import type { Findings, Path } from './problem.ts';
import { pathText } from './problem.ts';
import type { Host, Placement, ProbeSpec, RoleCall, RunService, Service } from './system.ts';

interface Claim {
  readonly service: RunService;
  readonly host: string;
  /** Address and port. */
  readonly listener: string;
  readonly port: number;
  readonly path: Path;
  /** Where it is asked; null: the port alone is said. */
  readonly url: string | null;
  /** Only its role calls go there. */
  readonly isCall: boolean;
}

const listeningNames = /^(PORT|(HTTP|HTTPS|LISTEN|BIND|STATUS|ADMIN|METRICS|HEALTH|GRPC)_PORT)$/;

/** Says every port that two instances on one machine would listen on. */
export function checkPorts(
  findings: Findings,
  system: string,
  hosts: readonly Host[],
  services: readonly Service[],
): void {
  const addresses = new Map(hosts.map((host) => [host.name, plainAddress(host.address)]));
  const claimed = new Map<string, Claim>();
  for (const service of services) {
    if (service.kind !== 'run') continue;
    for (const place of service.on) {
      const address = addresses.get(place.host);
      if (address === undefined || address === '') continue;
      const machine = isLoopback(address) ? 'this machine' : address;
      for (const claim of claimsOf(system, service, place, address)) {
        const key = `${machine} ${claim.listener}`;
        const other = claimed.get(key);
        if (other === undefined || (other.isCall && !claim.isCall && !clash(claim, other))) claimed.set(key, claim);
        else if (clash(claim, other)) say(findings, claim, other);
      }
    }
  }
}

function clash(a: Claim, b: Claim): boolean {
  if (a.service !== b.service) return !a.isCall && !b.isCall;
  if (a.url !== null && b.url !== null && a.url !== b.url) return false;
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

function claimsOf(system: string, service: RunService, place: Placement, address: string): Claim[] {
  const env = {
    ...service.env,
    ...place.env,
    STANDFAST_SYSTEM: system,
    STANDFAST_SERVICE: service.name,
    STANDFAST_HOST: place.host,
  };
  const at = ['services', service.name];
  const claims = new Map<string, Claim>();
  const claim = (
    to: { readonly address: string; readonly port: number } | null,
    path: Path,
    of: Pick<Claim, 'url' | 'isCall'>,
  ): void => {
    if (to === null || (to.address !== address && !isLoopback(to.address))) return;
    // What listens on a host's own address, or on all, is asked on the loopback too.
    const listener = `${isLoopback(to.address) ? to.address : usualLoopback}:${to.port}`;
    if (!claims.has(listener))
      claims.set(listener, { service, host: place.host, listener, port: to.port, path, ...of });
  };
  for (const [name, value] of Object.entries({ ...service.env, ...place.env })) {
    const own = Object.hasOwn(place.env, name);
    if (listeningNames.test(name) && /^\d{1,5}$/.test(value))
      claim({ address, port: Number(value) }, own ? [...at, 'on', place.host, 'env', name] : [...at, 'env', name], {
        url: null,
        isCall: false,
      });
  }
  const asked: readonly [ProbeSpec | RoleCall | null | undefined, Path][] = [
    [service.ready?.probe, ['ready']],
    [service.active?.probe, ['active']],
    [service.detect.status, ['detect', 'status']],
    [service.activate, ['activate']],
    [service.deactivate, ['deactivate']],
  ];
  for (const [probe, path] of asked) {
    const isCall = path[0] === 'activate' || path[0] === 'deactivate';
    if (probe?.kind === 'http') {
      const url = expand(probe.url, env).text;
      claim(ofUrl(url), [...at, ...path, 'http'], { url, isCall });
    } else if (probe?.kind === 'tcp')
      claim(ofAddress(expand(probe.address, env).text), [...at, ...path, 'tcp'], { url: null, isCall });
  }
  return [...claims.values()];
}

function ofUrl(text: string): { readonly address: string; readonly port: number } | null {
  const url = URL.parse(text);
  if (url === null) return null;
  return {
    address: plainAddress(url.hostname),
    port: url.port !== '' ? Number(url.port) : url.protocol === 'https:' ? 443 : 80,
  };
}

function ofAddress(text: string): { readonly address: string; readonly port: number } | null {
  const parts = /^(.+):(\d+)$/.exec(text);
  return parts === null ? null : { address: plainAddress(parts[1] ?? ''), port: Number(parts[2]) };
}

const usualLoopback = '127.0.0.1';

/** One form for each address; the names that mean the usual loopback, or all addresses, are that. */
function plainAddress(text: string): string {
  const plain = text.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return ['localhost', '::1', '0.0.0.0', '::'].includes(plain) ? usualLoopback : plain;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}
