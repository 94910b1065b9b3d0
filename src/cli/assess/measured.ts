// What this machine's journals know of the described system: how long starts, loads and switches took, how often instances failed, and
// the last failover of each service. A description that never ran here is assessed without.

import type { JournalLine } from '../../api.ts';
import type { History, Measured } from '../../model/timings.ts';
import type { MeasuredParts } from '../../prove/figures.ts';
import type { Rehearsal, SeenFailover } from '../../prove/grid.ts';
import type { MeasuredTimings } from '../../prove/outages.ts';
import { durationWords } from '../../prove/words.ts';
import { systemLayout } from '../../layout.ts';
import type { Context } from '../context.ts';
import { readJournals } from '../journals.ts';
import { systemsIn } from '../systems.ts';

/** What the journals know. */
export interface Known {
  readonly parts: MeasuredParts;
  readonly timings: MeasuredTimings;
  readonly seen: Readonly<Record<string, SeenFailover>>;
  readonly rehearsed: Readonly<Record<string, Rehearsal>>;
}

/** Of a description that never ran here, or that is to be assessed as stated. */
export const nothingKnown: Known = { parts: {}, timings: {}, seen: {}, rehearsed: {} };

const mostLines = 20_000;
const latest = 10;
const dayMs = 86_400_000;
/** Fewer failures, or a shorter time, say too little of a rate: an afternoon of drills is no year. */
const leastFailures = 3;
const leastWatchedMs = 7 * dayMs;
const staleAfterMs = 30 * dayMs;

/** Reads the journals of the system of that name; what cannot be read is as if it were not there. */
export async function knownOf(context: Pick<Context, 'state' | 'now'>, system: string): Promise<Known> {
  const found = (await systemsIn(context.state).catch(() => [])).find((each) => each.name === system);
  if (found === undefined) return nothingKnown;
  const { lines } = readJournals(
    { name: found.name, hosts: found.hosts, layout: systemLayout(context.state, found.name) },
    { kinds: ['started', 'ready', 'active', 'ended', 'failover'], limit: mostLines },
  );
  return { parts: ratesOf(lines), timings: timingsFrom(lines), ...failoversSeen(lines, context.now()) };
}

/** The newest figures of each service on each host. */
function timingsFrom(lines: readonly JournalLine[]): MeasuredTimings {
  const made = new Map<string, Map<string, { bMs: number[]; iMs: number[]; switchMs: number[] }>>();
  for (const { service, host, kind, because } of lines) {
    if (service === null) continue;
    const hosts = made.get(service) ?? new Map<string, { bMs: number[]; iMs: number[]; switchMs: number[] }>();
    made.set(service, hosts);
    const history = hosts.get(host) ?? { bMs: [], iMs: [], switchMs: [] };
    hosts.set(host, history);
    if (kind === 'ready') keep(history.bMs, because['bMs']);
    if (kind === 'active') keep(history.iMs, because['iMs']);
    if (kind === 'failover') keep(history.switchMs, because['switchMs']);
  }
  return Object.fromEntries(
    [...made].map(([service, hosts]): [string, Measured] => [service, Object.fromEntries<History>(hosts)]),
  );
}

function keep(list: number[], value: unknown): void {
  if (typeof value !== 'number') return;
  list.push(value);
  if (list.length > latest) list.shift();
}

/** How often instances ended unasked and how long it took until they were ready again. */
function ratesOf(lines: readonly JournalLine[]): MeasuredParts {
  const first = lines[0]?.atMs ?? 0;
  const watchedMs = (lines.at(-1)?.atMs ?? 0) - first;
  if (watchedMs < leastWatchedMs) return {};
  const failures = new Map<string, { count: number; downMs: number; since: number | null }>();
  for (const { kind, service, host, atMs, because } of lines) {
    if (service === null) continue;
    const part = `${service}@${host}`;
    const known = failures.get(part) ?? { count: 0, downMs: 0, since: null };
    failures.set(part, known);
    if (kind === 'ended' && because['by'] === 'itself' && because['finished'] !== true) {
      known.count += 1;
      known.since ??= atMs;
    }
    if (kind === 'ready' && known.since !== null) {
      known.downMs += atMs - known.since;
      known.since = null;
    }
  }
  const rated = [...failures].filter(
    ([, { count, downMs }]) => count >= leastFailures && downMs > 0 && downMs < watchedMs,
  );
  return Object.fromEntries(
    rated.map(([part, { count, downMs }]) => [
      part,
      {
        mtbfMs: (watchedMs - downMs) / count,
        mttrMs: downMs / count,
        source: `${count} failures in ${durationWords(watchedMs)} of the journal`,
      },
    ]),
  );
}

/** The last failover of each service, those that nobody asked for apart from those that people did. */
function failoversSeen(lines: readonly JournalLine[], nowMs: number): Pick<Known, 'seen' | 'rehearsed'> {
  const seen: Record<string, SeenFailover> = {};
  const rehearsed: Record<string, Rehearsal> = {};
  const recent = new Map<string, number[]>();
  for (const { kind, service, atMs, because } of lines) {
    const zMs = because['zMs'];
    if (kind !== 'failover' || service === null || typeof zMs !== 'number') continue;
    const found: Rehearsal = {
      zMs,
      day: new Date(atMs).toISOString().slice(0, 10),
      stale: nowMs - atMs > staleAfterMs,
    };
    if (because['planned'] === true) {
      rehearsed[service] = found;
      continue;
    }
    const list = recent.get(service) ?? [];
    recent.set(service, list);
    keep(list, zMs);
    seen[service] = { ...found, worstMs: Math.max(...list) };
  }
  return { seen, rehearsed };
}
