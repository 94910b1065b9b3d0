// What the hosts of one service have of the same thing: told alike by every host that sees the difference, so that it can be said once.

import type { Seen } from '../../model/mode.ts';
import type { Watch } from './watch.ts';

/** Those that have the same. */
export interface Group {
  readonly value: string;
  /** In words: `a`, `a and b`. */
  readonly hosts: string;
}

/** Empty unless a host has another value of this fact; else what `say` makes of the groups, the one of most hosts first. `part`: what of a value counts. */
export function comparedSeen(
  watch: Pick<Watch, 'host' | 'peers'>,
  facts: Readonly<Record<string, string>>,
  fact: string,
  say: (groups: readonly Group[]) => Seen,
  part: (value: string) => string = (value) => value,
): readonly Seen[] {
  const all = [{ host: watch.host, facts }, ...watch.peers].flatMap((each) => {
    const value = each.facts[fact];
    return value === undefined ? [] : [{ host: each.host, value: part(value) }];
  });
  if (!all.some(({ host }) => host === watch.host)) return [];
  const groups = [...Map.groupBy(all, ({ value }) => value)]
    .map(([value, of]) => ({ value, hosts: of.map(({ host }) => host).toSorted() }))
    .toSorted((a, b) => b.hosts.length - a.hosts.length || ((a.hosts[0] ?? '') < (b.hosts[0] ?? '') ? -1 : 1));
  if (groups.length < 2) return [];
  return [say(groups.map(({ value, hosts }) => ({ value, hosts: hosts.join(' and ') })))];
}
