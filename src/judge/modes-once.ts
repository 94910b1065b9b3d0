// What several hosts of one machine see is one thing, and so is a difference between hosts, on whatever machines: it is said once, for all of them.

import { modeNamed } from '../model/modes.ts';
import type { Finding } from '../model/mode.ts';

/** A finding, and where. */
export interface FoundAt extends Finding {
  readonly host: string;
  /** Machine and boot: two hosts of one machine see the same. */
  readonly machine: string;
  /** Other hosts that see the very same; absent: none. */
  readonly alsoOn?: readonly string[];
}

/** On what each host has of its own: the same subject is not the same thing. */
const ofEachHost: ReadonlySet<string> = new Set(['slow', 'process-limits', 'cgroup', 'ports', 'idle', 'core']);
/** Of the whole system: every host tells the same thing, from its own side. */
const ofSystem: ReadonlySet<string> = new Set(['configuration-drift', 'version-mismatch', 'etcd-peers']);

/** It has no host of its own: who tells of it first stands for all. */
export function isOfSystem(mode: string): boolean {
  return ofSystem.has(mode);
}

/** Every host of its machine sees the same. */
export function isOfMachine({ mode, services }: Pick<FoundAt, 'mode' | 'services'>): boolean {
  return services.length === 0 || !ofEachHost.has(modeNamed(mode)?.detector ?? 'core');
}

/** Hosts of one machine see the same: the first of them stands for all, with every service that any of them named, and with their names. */
export function saidOnce(found: readonly FoundAt[]): readonly FoundAt[] {
  const made = new Map<string, FoundAt>();
  for (const each of found) {
    const key = keyOf(each);
    const known = made.get(key);
    if (known === undefined) made.set(key, each);
    else made.set(key, graver(each, known) ? together(each, known) : together(known, each));
  }
  return [...made.values()];
}

function keyOf({ mode, subject, services, machine, host }: FoundAt): string {
  if (isOfSystem(mode)) return `${mode} ${subject} ${services.join(',')}`;
  return `${machine} ${mode} ${subject} ${isOfMachine({ mode, services }) ? '' : host}`;
}

/** What is of the whole host for one of them is so for both. */
function together(first: FoundAt, other: FoundAt): FoundAt {
  const all = first.services.length === 0 || other.services.length === 0;
  const hosts = new Set([...(first.alsoOn ?? []), other.host, ...(other.alsoOn ?? [])]);
  hosts.delete(first.host);
  return {
    ...first,
    services: all ? [] : [...new Set([...first.services, ...other.services])],
    alsoOn: [...hosts],
  };
}

/** One that stands before one that is over, then the older. */
function graver(a: FoundAt, b: FoundAt): boolean {
  if ((a.untilMs === null) !== (b.untilMs === null)) return a.untilMs === null;
  return a.sinceMs < b.sinceMs;
}
