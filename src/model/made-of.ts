// What a running instance is made of: change any of it, and only a new process has it. The name of it is part of the instance's own, so that every
// agent, also one that has just begun, can tell an instance that runs as described from one that runs as it was described before.

import { createHash } from 'node:crypto';
import type { RunService } from './system.ts';

interface Names {
  readonly now: string;
  /** What versions before called the same, with the paths as they are on this machine. */
  readonly before: string;
}

const kept = new WeakMap<RunService, Map<string, Names>>();

/**
 * Eight hex digits that differ when an instance of the service on that host would have to be started anew. The same on all machines, whatever folder the
 * description lies in there: each tells by it whether another one's instance runs as described.
 */
export function madeOf(service: RunService, host: string): string {
  return namesOf(service, host).now;
}

/** True for the name of what runs as described, also when an older version started it. */
export function isMadeSo(service: RunService, host: string, made: string): boolean {
  const { now, before } = namesOf(service, host);
  return made === now || made === before;
}

function namesOf(service: RunService, host: string): Names {
  let byHost = kept.get(service);
  if (byHost === undefined) {
    byHost = new Map();
    kept.set(service, byHost);
  }
  let names = byHost.get(host);
  if (names === undefined) {
    const now = nameOf(partsOf(service, host));
    names = { now, before: service.asWritten === null ? now : nameOf(partsOf({ ...service, asWritten: null }, host)) };
    byHost.set(host, names);
  }
  return names;
}

function nameOf(parts: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}

/** Each under the word that the description has for it. */
export function partsOf(service: RunService, host: string): Readonly<Record<string, unknown>> {
  const { run, policy, env, user, group, limits, route, manager } = service;
  const { dir, envFile } = service.asWritten ?? service;
  const placed = service.on.find((place) => place.host === host)?.env ?? {};
  // An active one keeps the address that it was made active with, so another address takes a hand-over.
  const moving = route === null ? {} : { route };
  // Another manager's process is another process.
  const owned = manager.kind === 'native' ? {} : { manager };
  return { run, policy, dir, env: sorted({ ...env, ...placed }), envFile, user, group, limits, ...moving, ...owned };
}

function sorted(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** What the instance of that id was made of; null: an older version started it, and did not say. */
export function madeOfInstance(id: string): string | null {
  const [first = '', ...rest] = id.slice(id.indexOf('#') + 1).split('.');
  return rest.length >= 2 && /^[0-9a-f]{8}$/.test(first) ? first : null;
}
