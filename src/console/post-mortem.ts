// An incident as Markdown, to paste into a post-mortem: times with their offset, every foreign text on a line of its own.

import type { ExplanationView } from '../api-web.ts';
import type { IncidentView } from '../api.ts';
import { visible } from './said.tsx';
import { duration, offsetAt, stamp } from './times.tsx';

export function markdownOf(incident: IncidentView, story: ExplanationView | null, system: string): string {
  const { sinceMs, resolvedAtMs } = incident;
  const when = (atMs: number): string => `${stamp(atMs, { ms: true })} ${offsetAt(atMs)}`;
  const lines = [
    `# ${plain(system)}: ${plain(incident.cause)}`,
    '',
    `- Incident: \`${plain(incident.id)}\`, severity ${incident.severity}`,
    `- Impact: ${plain(incident.impact)}`,
    `- Began: ${when(sinceMs)}`,
    resolvedAtMs === null ? '- Still open' : `- Over: ${when(resolvedAtMs)}, after ${duration(resolvedAtMs - sinceMs)}`,
    ...(incident.also.length === 0 ? [] : [`- Also: ${incident.also.map(plain).join(', ')}`]),
    `- Held by: ${incident.ackBy === null ? 'nobody' : plain(incident.ackBy)}`,
    '',
    '## Story',
    '',
    ...(story?.steps ?? [])
      .filter((step) => !step.detail)
      .map((step) => `- ${when(step.atMs)}: ${plain(step.text)}${step.rule === null ? '' : ` (rule ${step.rule})`}`),
    '',
    '## Done automatically',
    '',
    ...(incident.done.length === 0 ? ['- nothing'] : incident.done.map((each) => `- ${plain(each)}`)),
    '',
  ];
  return lines.join('\n');
}

/** No text of others becomes markup. */
function plain(text: string): string {
  return visible(text).replace(/[\\`*_<>[\]#|]/g, (each) => `\\${each}`);
}
