// The first screen of `up`: what it is, where it stands, and how to try it.

import type { StatusView } from '../../api.ts';
import { counted } from '../../model/amount-words.ts';
import type { Context } from '../context.ts';
import { safe, wrapped } from '../text.ts';
import { durationText } from '../times.ts';
import { grid } from './grid.ts';
import { incidentList } from './incident-list.ts';
import { sentenceLines } from './status-screen.ts';

/** The screen for a terminal; `most` services at most. */
export function upScreen(view: StatusView, context: Context, most: number = Infinity): string[] {
  const { terminal } = context;
  const open = incidentList(
    view.incidents.filter((each) => each.resolvedAtMs === null),
    terminal,
    view.atMs,
  );
  return [
    ...headLines(view, context),
    '',
    ...grid(view, terminal, most),
    '',
    ...sentenceLines(view.sentence, view, terminal),
    ...(open.length === 0 ? [] : ['', ...open]),
  ];
}

/** A kill to try, and what to look at then; none when nothing could take over. */
export function tryLine(view: StatusView, context: Context): string | null {
  const leased = view.services.find(
    (service) => service.policy.startsWith('hot-active/warm') && service.active.length === 1,
  );
  const instance = leased?.instances.find((each) => each.phase === 'active' && each.pid !== null);
  if (leased === undefined || instance === undefined) return null;
  return `try: kill -9 ${instance.pid} (${safe(leased.name)} on ${safe(instance.host)}), then: ${context.command(`explain ${leased.name}`)}`;
}

function headLines(view: StatusView, context: Context): string[] {
  const { terminal } = context;
  const indent = view.system.length + 2;
  const { unavailableMs, perMs, recoverWithinMs } = view.objective;
  const counts = `${counted(view.hosts.length, 'host')}, ${counted(view.services.length, 'service')} · objective: down ${durationText(unavailableMs)} in ${durationText(perMs)} at most, back within ${durationText(recoverWithinMs)}`;
  const width = terminal.columns() - indent;
  const about = view.about === null ? [] : wrapped(safe(view.about), width);
  const lines = [...about, ...wrapped(counts, width)];
  return lines.map((line, index) =>
    index === 0 ? `${terminal.paint('bold', safe(view.system))}  ${line}` : ' '.repeat(indent) + line,
  );
}
