// What changed between two pictures of a system, a line each: what `up` tells while it follows.

import type { FailoverView, StatusView } from '../../api.ts';
import { instanceText } from '../screens/grid.ts';
import type { Terminal } from '../terminal.ts';
import { safe } from '../text.ts';
import { clockText, durationText } from '../times.ts';

/** Lines, without the time. */
export function happenings(before: StatusView, now: StatusView, terminal: Terminal): string[] {
  return [
    ...hostChanges(before, now),
    ...instanceChanges(before, now, terminal),
    ...incidentChanges(before, now, terminal),
    ...(before.store.reachable === now.store.reachable
      ? []
      : [now.store.reachable ? 'the store answers again' : 'the store does not answer']),
  ];
}

/** `pricer a→b in 18 ms: killed (d 1 + s 17 + b 0 + i 0 ms)`. */
export function failoverLine(each: FailoverView): string {
  const part = (ms: number | null): string => (ms === null ? '?' : String(Math.round(ms)));
  const sum = `d ${part(each.dMs)} + s ${part(each.switchMs)} + b ${part(each.bMs)} + i ${part(each.iMs)} ms`;
  return `${safe(each.service)} ${safe(each.from ?? '–')}→${safe(each.to ?? '–')} in ${durationText(each.zMs)}: ${safe(each.cause)} (${sum})`;
}

/** With the time in front. */
export function timed(lines: readonly string[], atMs: number): string[] {
  return lines.map((line) => `${clockText(atMs, atMs)}  ${line}`);
}

function hostChanges(before: StatusView, now: StatusView): string[] {
  return now.hosts.flatMap((host) => {
    const was = before.hosts.find((each) => each.name === host.name);
    if (was === undefined) return [];
    if (was.state !== host.state) return [`host ${safe(host.name)} is ${host.state}`];
    if (was.agentPid !== host.agentPid && was.agentPid !== null && host.agentPid !== null)
      return [`the agent on ${safe(host.name)} is a new one (pid ${host.agentPid}); services went on`];
    if (was.keeperPid !== host.keeperPid && was.keeperPid !== null && host.keeperPid !== null)
      return [`the keeper on ${safe(host.name)} is a new one (pid ${host.keeperPid})`];
    return [];
  });
}

function instanceChanges(before: StatusView, now: StatusView, terminal: Terminal): string[] {
  return now.services.flatMap((service) => {
    const was = before.services.find((each) => each.name === service.name);
    return service.instances.flatMap((instance) => {
      const old = was?.instances.find((each) => each.host === instance.host);
      if (old?.phase === instance.phase && old.pid === instance.pid) return [];
      const ended =
        instance.lastExit !== null && old?.lastExit?.atMs !== instance.lastExit.atMs
          ? `  (ended: ${exitText(instance.lastExit)})`
          : '';
      const reason = instance.reason === null || instance.severity === 0 ? '' : `  ${safe(instance.reason)}`;
      return [`${safe(service.name)}  ${instanceText(instance, terminal)}${ended}${reason}`];
    });
  });
}

function exitText(exit: { readonly code: number | null; readonly signal: string | null }): string {
  if (exit.signal !== null) return exit.signal;
  return exit.code === null ? 'status not known' : `status ${exit.code}`;
}

/** Whom it is about, with a colon; nothing for what is about the whole system, such as the store. */
function aboutText({ service, host }: StatusView['incidents'][number]): string {
  const about = service ?? host;
  return about === null ? '' : `${safe(about)}: `;
}

function incidentChanges(before: StatusView, now: StatusView, terminal: Terminal): string[] {
  const opened = now.incidents.filter(
    (each) =>
      each.resolvedAtMs === null && !before.incidents.some((was) => was.id === each.id && was.resolvedAtMs === null),
  );
  const over = before.incidents.filter(
    (was) =>
      was.resolvedAtMs === null && !now.incidents.some((each) => each.id === was.id && each.resolvedAtMs === null),
  );
  return [
    ...opened.map(
      (each) =>
        `${terminal.paint('bad', `incident ${safe(each.id)}`)} (severity ${each.severity}): ${aboutText(each)}${safe(each.cause)}. Next: ${safe(each.next)}`,
    ),
    ...over.map(
      (each) => `${terminal.paint('good', `incident ${safe(each.id)} is over`)}: ${aboutText(each)}${safe(each.cause)}`,
    ),
  ];
}
