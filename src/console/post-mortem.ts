// An incident as Markdown, to paste into a post-mortem: times with their offset, every foreign text on a line of its own.

import type { ExplanationView } from '../api-web.ts';
import type { FailoverView, IncidentView } from '../api.ts';
import { visible } from './said.tsx';
import { duration, offsetAt, stamp } from './times.tsx';

/** Everything that the page shows, in order. */
export function markdownOf(of: {
  readonly incident: IncidentView;
  readonly story: ExplanationView | null;
  readonly failovers: readonly FailoverView[];
  readonly system: string;
}): string {
  const { incident, story, failovers } = of;
  const { sinceMs, resolvedAtMs } = incident;
  const when = (atMs: number): string => `${stamp(atMs, { ms: true })} ${offsetAt(atMs)}`;
  const steps = (story?.steps ?? []).filter((step) => !step.detail);
  return [
    `# ${plain(of.system)}: ${plain(incident.cause)}`,
    '',
    `- Incident: \`${visible(incident.id).replaceAll('`', '')}\`, severity ${String(incident.severity)}`,
    `- Impact: ${plain(incident.impact)}`,
    `- Began: ${when(sinceMs)}`,
    resolvedAtMs === null ? '- Still open' : `- Over: ${when(resolvedAtMs)}, after ${duration(resolvedAtMs - sinceMs)}`,
    ...(incident.also.length === 0 ? [] : [`- Also: ${incident.also.map(plain).join(', ')}`]),
    `- Held by: ${incident.ackBy === null ? 'nobody' : plain(incident.ackBy)}`,
    ...(incident.flapping ? ['- It came and went'] : []),
    ...section(
      'What recovered',
      failovers.map(
        (each) =>
          `- ${when(each.atMs)}: ${plain(each.service)} ${plain(each.from ?? '?')} → ${plain(each.to ?? 'nobody')}, ${plain(each.cause)}: ${partsOf(each)}; allowed ${duration(each.declaredZMs)}`,
      ),
    ),
    ...section(
      'Done automatically',
      incident.done.map((each) => `- ${plain(each)}`),
    ),
    ...section(
      'What may be behind it (never certain)',
      incident.modes.map(
        (each) =>
          `- ${each.sure}: ${plain(each.text)}${spoken('for it', each.for)}${spoken('against it', each.against)}`,
      ),
    ),
    ...section(
      'Story',
      steps.map(
        (step) =>
          `- ${when(step.atMs)}: ${plain(step.text)}${step.rule === null ? '' : ` (rule ${String(step.rule)})`}`,
      ),
    ),
    ...section(
      'Not in it',
      (story?.missing ?? []).map(({ host, why }) => `- the journal of ${plain(host)}: ${plain(why)}`),
    ),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];
}

/** `d 612 ms + s 26 ms + b 0 ms + i 402 ms = 1.04 s`; what was not measured is said to be so. */
function partsOf({ dMs, switchMs, bMs, iMs, zMs }: FailoverView): string {
  const parts = Object.entries({ d: dMs, s: switchMs, b: bMs, i: iMs });
  return `${parts.map(([name, ms]) => `${name} ${duration(ms)}`).join(' + ')} = ${duration(zMs)}`;
}

function spoken(how: string, what: readonly string[]): string {
  return what.length === 0 ? '' : `; ${how}: ${what.map(plain).join(', ')}`;
}

/** No text of others becomes markup, or a line of its own. */
function plain(text: string): string {
  return visible(text)
    .replace(/[\\`*_<>[\]#|]/g, (each) => `\\${each}`)
    .replaceAll('\n', ' ');
}
