// What several hosts of one machine see is one thing: it is said once, for all of them.

import { modeNamed } from '../model/modes.ts';
import type { Finding } from '../model/mode.ts';

/** A finding, and where. */
export interface FoundAt extends Finding {
  readonly host: string;
  /** Machine and boot: two hosts of one machine see the same. */
  readonly machine: string;
  /** Other hosts of that machine that see the very same; absent: none. */
  readonly alsoOn?: readonly string[];
}

/** Found by comparing hosts, or on what each host has of its own: the same subject is not the same thing. */
const ofEachHost: ReadonlySet<string> = new Set(['slow', 'process-limits', 'cgroup', 'ports', 'idle', 'core']);
const comparedModes: ReadonlySet<string> = new Set(['configuration-drift', 'version-mismatch']);

/** Hosts of one machine see the same: the first of them stands for all, with every service that any of them named, and with their names. */
export function onePerMachine(found: readonly FoundAt[]): readonly FoundAt[] {
  const made = new Map<string, FoundAt>();
  for (const each of found) {
    const shared = !ofEachHost.has(modeNamed(each.mode)?.detector ?? 'core') && !comparedModes.has(each.mode);
    const key = `${each.machine} ${each.mode} ${each.subject} ${shared || each.services.length === 0 ? '' : each.host}`;
    const known = made.get(key);
    if (known === undefined) made.set(key, each);
    else made.set(key, graver(each, known) ? together(each, known) : together(known, each));
  }
  return [...made.values()];
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
