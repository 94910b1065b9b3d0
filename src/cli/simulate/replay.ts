// `simulate --replay INCIDENT`: what happened, what the described system makes of the same faults, and what a changed one would.

import { readDescription } from '../../model/read.ts';
import type { System } from '../../model/system.ts';
import type { Replayed, RecordedFault } from '../../prove/simulate/replay.ts';
import { replay } from '../../prove/simulate/replay.ts';
import { ruleNamed } from '../../prove/simulate/summary.ts';
import { systemLayout } from '../../layout.ts';
import { knownOf } from '../assess/measured.ts';
import type { Column } from '../columns.ts';
import { columns } from '../columns.ts';
import type { Context } from '../context.ts';
import type { ReadFile } from '../description.ts';
import { Failure } from '../failure.ts';
import { readJournals } from '../journals.ts';
import { systemsIn } from '../systems.ts';
import { safe, wrapped } from '../text.ts';
import { clockText, durationText } from '../times.ts';
import type { Recorded } from './recorded.ts';
import { incidentsIn, recordedIncident } from './recorded.ts';

/** Newest lines of the journal that are looked through. */
const mostLines = 100_000;
const kinds = ['incident', 'ended', 'rule', 'hostLost', 'storeLost', 'storeBack', 'session', 'failover', 'active'];

/** Prints what would have happened; 1 when a service would have been away for longer than its objective lets one recovery take. */
export async function replayIncident(
  context: Context,
  id: string,
  read: ReadFile,
  changed: System,
  changes: readonly string[],
  json: boolean,
): Promise<0 | 1> {
  const recorded = await find(context, id, changed);
  const { timings } = await knownOf(context, changed.name);
  const described = readDescription({ text: read.text, file: read.file, folder: read.folder }).system ?? changed;
  const { faults, activeOn, untilMs } = recorded;
  const again = replay({ system: described, timings, faults, activeOn, untilMs });
  const now = changes.length === 0 ? again : replay({ system: changed, timings, faults, activeOn, untilMs });
  const rows = rowsOf(recorded, described, again, changed, now);
  if (json) context.terminal.print(JSON.stringify(jsonOf(recorded, changed, changes, rows, again, now), null, 2));
  else context.terminal.print(...linesOf(context, recorded, changes, rows, again, now));
  return now.overlaps > 0 || rows.some((row) => row.nowMs !== null && (row.lasting || row.nowMs > row.declaredZMs))
    ? 1
    : 0;
}

async function find(context: Context, id: string, system: System): Promise<Recorded> {
  const folder = (await systemsIn(context.state)).find((each) => each.name === system.name);
  const lines =
    folder === undefined
      ? []
      : readJournals(
          { name: folder.name, hosts: folder.hosts, layout: systemLayout(context.state, folder.name) },
          { kinds, limit: mostLines },
        ).lines;
  const recorded = recordedIncident(lines, id, system);
  if (recorded === null) {
    const known = incidentsIn(lines);
    throw new Failure({
      code: 'SF-002',
      what: `--replay ${id}: no incident of that name is recorded of ${system.name}`,
      why:
        known.length === 0
          ? `The journals of ${system.name} in ${context.state} tell of none.`
          : `The newest are ${known.join(', ')}.`,
      next: `Give one of ${context.command('incidents')}, or the state it was recorded in with --state.`,
      exit: 2,
    });
  }
  if (recorded.faults.length === 0)
    throw new Failure({
      code: 'SF-002',
      what: `--replay ${id}: the journal tells of nothing from outside that led to it`,
      why: 'Replayed are ends of instances, lost hosts, a lost store and externals that do not answer.',
      next: `Read it: ${context.command(`explain ${id}`)}.`,
      exit: 2,
    });
  return recorded;
}

interface Row {
  readonly service: string;
  /** As measured; null: no recovery of it was recorded. */
  readonly thenMs: number | null;
  /** Null: not described. */
  readonly againMs: number | null;
  readonly nowMs: number | null;
  readonly lasting: boolean;
  readonly activeOn: readonly string[];
  readonly declaredZMs: number;
}

function rowsOf(recorded: Recorded, described: System, again: Replayed, changed: System, now: Replayed): Row[] {
  const names = [...new Set([...changed.services, ...described.services].map((service) => service.name))];
  return names.map((name) => {
    const before = again.services.find((each) => each.name === name);
    const after = now.services.find((each) => each.name === name);
    const service = changed.services.find((each) => each.name === name);
    return {
      service: name,
      thenMs: recorded.gaps[name] ?? null,
      againMs: before === undefined ? null : before.gapMs,
      nowMs: after === undefined ? null : after.gapMs,
      lasting: after?.lasting ?? false,
      activeOn: after?.activeOn ?? [],
      declaredZMs: service?.kind === 'run' ? service.objective.recoverWithin : changed.objective.recoverWithin,
    };
  });
}

function jsonOf(
  recorded: Recorded,
  system: System,
  changes: readonly string[],
  rows: readonly Row[],
  again: Replayed,
  now: Replayed,
): Record<string, unknown> {
  return {
    replay: recorded.id,
    system: system.name,
    changes,
    openedAtMs: recorded.openedAtMs,
    resolvedAtMs: recorded.resolvedAtMs,
    faults: recorded.faults.map(({ atMs, untilMs, what }) => ({ atMs, untilMs, ...what })),
    services: rows,
    systemGapMs: { described: again.systemGapMs, changed: now.systemGapMs },
    overlaps: now.overlaps,
    notReplayed: now.missed,
    rulesFired: {
      described: Object.fromEntries([...again.rulesFired].map(([rule, times]) => [String(rule), times])),
      changed: Object.fromEntries([...now.rulesFired].map(([rule, times]) => [String(rule), times])),
    },
  };
}

function linesOf(
  context: Context,
  recorded: Recorded,
  changes: readonly string[],
  rows: readonly Row[],
  again: Replayed,
  now: Replayed,
): string[] {
  const { terminal } = context;
  const width = Math.min(terminal.columns(), 120);
  const isChanged = changes.length > 0;
  const heads: Column[] = [
    { title: 'service', wraps: true },
    { title: 'then', alignRight: true },
    { title: 'replayed', alignRight: true },
    ...changedColumn(isChanged),
    { title: 'allowed', alignRight: true },
    { title: 'active at the end', optional: 2 },
  ];
  const shown = rows.filter((row) => (row.thenMs ?? 0) + (row.againMs ?? 0) + (row.nowMs ?? 0) > 0);
  const cell = (ms: number | null): string => (ms === null ? '–' : ms === 0 ? 'none' : durationText(ms));
  const table = shown.map((row) => [
    safe(row.service),
    cell(row.thenMs),
    cell(row.againMs),
    ...(isChanged ? [cell(row.nowMs) + (row.lasting ? ' and on' : '')] : []),
    durationText(row.declaredZMs),
    safe(row.activeOn.join(', ')),
  ]);
  const say = (text: string): string[] => wrapped(safe(text), width);
  const title = (text: string): string[] => ['', terminal.paint('bold', text)];
  const over =
    recorded.resolvedAtMs === null
      ? 'not over yet'
      : `over after ${durationText(recorded.resolvedAtMs - recorded.openedAtMs)}`;
  return [
    ...say(`Incident ${recorded.id}, opened ${clockText(recorded.openedAtMs, context.now())}, ${over}.`),
    ...title('What befell the system'),
    ...recorded.faults.slice(0, 40).flatMap((fault) => say(`${offset(fault, recorded)}  ${faultWords(fault)}`)),
    ...(recorded.faults.length > 40 ? [`… and ${recorded.faults.length - 40} more (--json)`] : []),
    ...title(
      isChanged
        ? `How long consumers went without: then, as described, and with ${changes.join(' ')}`
        : 'How long consumers went without: then, and by the rules of today',
    ),
    ...(table.length === 0 ? ['Nobody went without, then or now.'] : columns(heads, table, { width, indent: 2 })),
    ...now.missed.flatMap((text) => say(`Not replayed: ${text}.`)),
    ...say(
      now.overlaps === 0
        ? 'Never two active where one may be.'
        : `${now.overlaps} times two were active where one may be: this is a fault of Standfast.`,
    ),
    ...title('Rules that acted'),
    ...ruleTable(again, now, isChanged, width),
  ];
}

function changedColumn(isChanged: boolean): readonly Column[] {
  return isChanged ? [{ title: 'changed', alignRight: true }] : [];
}

function ruleTable(again: Replayed, now: Replayed, isChanged: boolean, width: number): string[] {
  const rules = [...new Set([...again.rulesFired.keys(), ...now.rulesFired.keys()])]
    .filter((rule) => !ruleNamed(rule).quiet)
    .toSorted((a, b) => a - b);
  const times = (of: Replayed, rule: number): string => String(of.rulesFired.get(rule) ?? 0);
  return columns(
    [
      { title: 'rule', alignRight: true },
      { title: 'name' },
      { title: 'replayed', alignRight: true },
      ...changedColumn(isChanged),
    ],
    rules.map((rule) => [
      String(rule),
      ruleNamed(rule).name,
      times(again, rule),
      ...(isChanged ? [times(now, rule)] : []),
    ]),
    { width, indent: 2 },
  );
}

function offset({ atMs }: RecordedFault, { openedAtMs }: Recorded): string {
  const ms = atMs - openedAtMs;
  return `${ms < 0 ? '−' : '+'}${durationText(Math.abs(ms))}`;
}

function faultWords({ what, untilMs, atMs }: RecordedFault): string {
  const lasts = untilMs === null ? '' : `, for ${durationText(untilMs - atMs)}`;
  switch (what.kind) {
    case 'instance':
      return `${what.service}@${what.host} ended${what.wasActive ? ', the active one' : ''}`;
    case 'host':
      return `host ${what.host} was lost${lasts === '' ? ' and not heard of again' : lasts}`;
    case 'store':
      return `the store was away${lasts}`;
    case 'external':
      return `${what.service} did not answer${lasts}`;
    default:
      return what satisfies never;
  }
}
