// Ports that the services will want on this machine, and who has them. Said before anything is started, with the key to change.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { SystemLayout } from '../../layout.ts';
import { expand } from '../../model/expand.ts';
import type { Placement, ProbeSpec, RunService, System } from '../../model/system.ts';
import type { Context } from '../context.ts';
import { existsSync } from 'node:fs';
import { Failure } from '../failure.ts';
import { failureLines } from '../failure-lines.ts';
import { terminalOf } from '../terminal.ts';
import { safe } from '../text.ts';

/** Names by which a service is told its own port; FEED_PORT may be somebody else's. As in model/check-ports.ts. */
const listeningNames = /^(PORT|(HTTP|HTTPS|LISTEN|BIND|STATUS|ADMIN|METRICS|HEALTH|GRPC)_PORT)$/;

interface WantedPort {
  readonly port: number;
  readonly service: string;
  readonly host: string;
  /** As in the description: `services.pricer.on.a.env.PORT`. */
  readonly key: string;
}

/**
 * Fails with every port that is taken. Ports that a service of this system holds itself are its own. A system that was started before
 * (it has a store, or knows where its description lies) is only warned of: one port must not keep all of it down after a reboot.
 */
export async function checkPorts(
  context: Context,
  system: System,
  layout: SystemLayout,
  hosts: readonly string[],
): Promise<void> {
  const wanted = wantedPorts(system, hosts);
  const sockets = system.hosts.map((host) => layout.host(host.name).memberSocket);
  const taken: string[] = [];
  for (const each of wanted) {
    if (await isFree(each.port)) continue;
    const owner = await context.world.ownerOfPort(each.port);
    if (owner !== null && (await isOurs(owner.pid, sockets))) continue;
    const by = owner === null ? 'a process of another user' : `${safe(owner.command)} (pid ${owner.pid})`;
    taken.push(
      `Port ${each.port}, which ${each.service} needs on ${each.host}, is in use by ${by}. Change ${each.key}, or end that process.`,
    );
  }
  if (taken.length === 0) return;
  const first = !existsSync(layout.storeFile) && !existsSync(layout.storePlaceFile);
  const failure = new Failure({
    code: 'SF-305',
    what: taken.length === 1 ? 'a port is in use' : `${taken.length} ports are in use`,
    why: taken.join('\n'),
    next: first ? 'Nothing was started.' : 'All else is started; these will fail until the port is free.',
    exit: 2,
  });
  if (first) throw failure;
  const errors = terminalOf(process.stderr, context.world.env);
  errors.print(...failureLines(failure, errors));
}

/** The ports that the description gives its services by env, and those of loopback addresses in their probes; each once. */
function wantedPorts(system: System, hosts: readonly string[]): readonly WantedPort[] {
  const found = new Map<number, WantedPort>();
  for (const service of system.services) {
    if (service.kind !== 'run') continue;
    for (const place of service.on.filter((each) => hosts.includes(each.host)))
      for (const wanted of portsOf(service, place)) if (!found.has(wanted.port)) found.set(wanted.port, wanted);
  }
  return [...found.values()];
}

function portsOf(service: RunService, place: Placement): WantedPort[] {
  const own = `services.${service.name}`;
  const named = (env: Readonly<Record<string, string>>, at: string): WantedPort[] =>
    Object.entries(env).flatMap(([name, value]) => {
      const port = listeningNames.test(name) ? portOf(value) : null;
      return port === null ? [] : [{ port, service: service.name, host: place.host, key: `${at}.env.${name}` }];
    });
  const env = { ...service.env, ...place.env };
  const asked = probes(service).flatMap(([key, text]) => {
    const port = loopbackPort(expand(text, env).text);
    return port === null ? [] : [{ port, service: service.name, host: place.host, key: `${own}.${key}` }];
  });
  // The variable first: where both name the port, the variable is what one changes.
  return [...named(place.env, `${own}.on.${place.host}`), ...named(service.env, own), ...asked];
}

/** What the service itself is asked at; its checks and role calls may ask others. */
function probes(service: RunService): (readonly [key: string, text: string])[] {
  const of = (key: string, probe: ProbeSpec | null | undefined): (readonly [string, string])[] => {
    if (probe === null || probe === undefined) return [];
    if (probe.kind === 'http') return [[key, probe.url]];
    return probe.kind === 'tcp' ? [[key, probe.address]] : [];
  };
  return [
    ...of('ready', service.ready?.probe),
    ...of('active', service.active?.probe),
    ...of('detect.status', service.detect.status),
  ];
}

function loopbackPort(text: string): number | null {
  const found = /^(?:https?:\/\/)?(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)/.exec(text);
  return found?.[1] === undefined ? null : portOf(found[1]);
}

function portOf(text: string): number | null {
  const port = Number(text);
  return /^\d+$/.test(text) && port > 0 && port < 65_536 ? port : null;
}

/** True when a service could listen there on loopback, which a listener on all addresses prevents as well. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: a low port, for which the service may have the right.
      resolve(error.code !== 'EADDRINUSE');
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** True when it, or who started it, was started by an agent of this system and state. */
async function isOurs(pid: number, sockets: readonly string[]): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return sockets.some((socket) => environment.split('\0').includes(`STANDFAST_SOCKET=${socket}`));
}
