// How a service or an incident stands now, in sentences: the first thing that `explain` says.

import type { FoundView, InstanceView, JournalLine, ServiceView, StatusView } from '../../api.ts';
import { modeNamed, modePage } from '../../model/modes.ts';
import { heldBackTexts } from '../held-back.ts';
import type { LastWords } from '../outputs/last-words.ts';
import { downWords } from '../screens/grid.ts';
import { safe } from '../text.ts';
import { clockText } from '../times.ts';
import type { Vocabulary } from './words.ts';

/** What is known to explain from. */
export interface Known {
  /** Of all hosts of this machine, oldest first. */
  readonly lines: readonly JournalLine[];
  /** Journals that could not be read, in words. */
  readonly unreadable: readonly string[];
  /** Null: no agent answers. */
  readonly status: StatusView | null;
  /** What the detectors see; null: no agent answers. */
  readonly found: FoundView | null;
  /** Of the instances that it is about and that are in trouble. */
  readonly wrote: readonly LastWords[];
  readonly vocabulary: Vocabulary;
  readonly nowMs: number;
  /** Words a command that people can copy. */
  readonly command: (words: string) => string;
}

/** How it stands, and whether somebody has to do anything. */
export function serviceState(service: ServiceView, lines: readonly JournalLine[], known: Known): string {
  const name = safe(service.name);
  if (service.external !== null) {
    if (service.external.ok === null) return `${name} is external and nothing here watches it.`;
    return service.external.ok
      ? `${name} is external and answers.`
      : `${name} is external and does not answer${service.external.reason === null ? '' : `: ${safe(service.external.reason)}`}. Its owner has to act.`;
  }
  const where =
    service.active.length === 0
      ? phaseList(service)
      : `is active on ${service.active.map(safe).join(', ')}${sinceText(service, lines, known)}`;
  const term = service.term > 0 && service.active.length > 0 ? ` (term ${service.term})` : '';
  const planned = service.scheduledDown ? `, as planned: ${downWords(service)}` : '';
  const paused = service.paused ? ' It is paused: Standfast watches and does nothing.' : '';
  return `${name} ${where}${term}${planned}.${paused} ${needsWords(service, known)}`;
}

/** Since when the newest of the active ones is active. */
function sinceText(service: ServiceView, lines: readonly JournalLine[], known: Known): string {
  const became = lines.findLast(
    (line) => line.kind === 'active' && line.service === service.name && service.active.includes(line.host),
  );
  const started = service.instances.find((each) => service.active.includes(each.host))?.startedAtMs ?? null;
  const at = became?.atMs ?? started;
  return at === null ? '' : ` since ${clockText(at, known.nowMs)}`;
}

function phaseList(service: ServiceView): string {
  if (service.instances.length === 0) return 'runs nowhere';
  return `is active nowhere: ${service.instances.map((each) => `${each.phase} on ${safe(each.host)}${reasonText(each)}`).join(', ')}`;
}

function reasonText(instance: InstanceView): string {
  return instance.reason === null ? '' : ` (${safe(instance.reason)})`;
}

/** The question of three in the morning: must I get up? */
function needsWords(service: ServiceView, known: Known): string {
  const incidents =
    known.status?.incidents.filter(
      (each) =>
        each.resolvedAtMs === null &&
        (each.service === service.name || each.also.some((also) => also.split('@')[0] === service.name)),
    ) ?? [];
  const first = incidents[0];
  if (first !== undefined)
    return `Incident ${safe(first.id)} (severity ${first.severity}): ${safe(first.cause)}. Next: ${safe(first.next)}`;
  if (service.severity === 0) return 'Nobody has to do anything.';
  const worst = service.instances.find((each) => each.severity === service.severity);
  return `Severity ${service.severity}${worst?.reason === null || worst === undefined ? '' : `: ${safe(worst.host)}: ${safe(worst.reason)}`}.`;
}

/** How grave, since when, whose, and what is next. */
export function incidentState(view: StatusView['incidents'][number], known: Known): string {
  const held = view.ackBy === null ? 'Nobody has it yet' : `${safe(view.ackBy)} has it`;
  const since = `since ${clockText(view.sinceMs, known.nowMs)}`;
  const over = view.resolvedAtMs === null ? '' : ` It was over at ${clockText(view.resolvedAtMs, known.nowMs)}.`;
  return `Severity ${view.severity} ${since}: ${safe(view.cause)}. ${held}.${over} Next: ${safe(view.next)}`;
}

/** The mode that an incident is; else each that may be behind it, the likeliest first, with what speaks for and against it; and where it stands what to do. */
export function modesText(incidents: StatusView['incidents']): string[] {
  return incidents.flatMap((incident) => [
    ...ownModeText(incident),
    ...incident.modes.map((each) => {
      const pros = each.for.length === 0 ? '' : `; for it: ${each.for.map(safe).join(', ')}`;
      const cons = each.against.length === 0 ? '' : `; against it: ${each.against.map(safe).join(', ')}`;
      return `${each.sure === 'likely' ? 'Likely' : 'Possibly'} ${safe(each.mode)}: ${safe(each.text)}${pros}${cons}. What to do: ${safe(each.runbook)}`;
    }),
  ]);
}

/** Circumstances that stand and call nobody: a busy host, storage on one device. They concern it, or all of a host that it runs on. */
export function standingText(service: ServiceView, found: FoundView | null): string[] {
  const on = new Set(service.instances.map((each) => each.host));
  const told = (found?.hosts ?? [])
    .filter(({ host }) => on.has(host))
    .flatMap(({ host, found: all }) =>
      all
        .filter((each) => each.weight === 'pressure' && each.untilMs === null)
        .filter(({ services }) => services.length === 0 || services.includes(service.name))
        .map((each) => ({ host, ...each })),
    )
    // What is its own before what all of the host share.
    .toSorted((a, b) => Number(a.services.length === 0) - Number(b.services.length === 0));
  // Several hosts of one machine see the same.
  return [...Map.groupBy(told, (each) => `${each.mode} ${each.subject}`).values()].flatMap((same) => {
    const row = modeNamed(same[0]?.mode ?? '');
    if (row === null) return [];
    const hosts = same.map(({ host }) => safe(host)).join(', ');
    return [
      `Known ${row.id}: on ${hosts}, ${safe(same[0]?.text ?? '')}. It calls nobody. What to do: ${modePage(row)}`,
    ];
  });
}

/** Detectors on its hosts that look less often than usual: that nothing is told of them may be old news. */
export function heldBackText(service: ServiceView, found: FoundView | null): string[] {
  const on = new Set(service.instances.map((each) => each.host));
  return (found?.hosts ?? [])
    .filter(({ host }) => on.has(host))
    .flatMap((each) =>
      heldBackTexts(each).map((text) => `On ${safe(each.host)}, detector ${text}: what it sees may be so old.`),
    );
}

function ownModeText({ mode, modes }: StatusView['incidents'][number]): string[] {
  const row = mode === null || modes.length > 0 ? null : modeNamed(mode);
  return row === null
    ? []
    : [`This is ${row.id}: ${row.what}. How it shows: ${row.shows} What to do: ${modePage(row)}`];
}

/** What can be said when only the journal is left. */
export function withoutAgent(known: Known): string {
  const last = known.lines.at(-1);
  const written =
    last === undefined
      ? 'The journal says nothing of it.'
      : `The journal ends at ${clockText(last.atMs, known.nowMs)}.`;
  return `No agent answers, so how it stands now is not known. ${written}`;
}
