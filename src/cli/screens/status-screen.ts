// The first screen: one sentence, the budget, services × hosts, incidents.

import type { HostView, StatusView } from '../../api.ts';
import type { Terminal } from '../terminal.ts';
import { safe, wrapped } from '../text.ts';
import { clockText, durationText } from '../times.ts';
import { grid } from './grid.ts';
import { incidentList } from './incident-list.ts';

/** Lines for this terminal. `most` services at most. `heardMs`: how long ago the agent was heard last; said when it is long. */
export function statusScreen(
  view: StatusView,
  terminal: Terminal,
  of: { readonly nowMs: number; readonly heardMs?: number; readonly most?: number },
): string[] {
  const incidents = incidentList(
    view.incidents.filter((each) => each.resolvedAtMs === null),
    terminal,
    of.nowMs,
  );
  return [
    ...staleLines(view, terminal, of),
    ...sentenceLines(
      view.sentence.includes(view.system) ? view.sentence : `${view.system}: ${view.sentence}`,
      view,
      terminal,
    ),
    ...wrapped(budgetText(view), terminal.columns()),
    '',
    ...grid(view, terminal, of.most ?? Infinity),
    ...managerLines(view, terminal),
    ...hostLines(view, of.nowMs),
    ...(incidents.length === 0 ? [] : ['', ...incidents]),
  ];
}

/** The one sentence, in the colour of the severity. */
export function sentenceLines(sentence: string, view: StatusView, terminal: Terminal): string[] {
  const style = view.severity === 0 ? 'good' : view.severity === 3 ? 'wait' : 'bad';
  const [first = '', ...rest] = wrapped(safe(sentence), terminal.columns());
  return [terminal.paint(style, first), ...rest.map((line) => terminal.paint(style, line))];
}

/** `outage budget 600 s in 60 min: 599.8 s left`. */
function budgetText(view: StatusView): string {
  const { unavailableMs, perMs, usedMs } = view.objective;
  const left = unavailableMs - usedMs;
  const budget = `outage budget ${durationText(unavailableMs)} in ${durationText(perMs)}`;
  return left >= 0 ? `${budget}: ${durationText(left)} left` : `${budget}: overdrawn by ${durationText(-left)}`;
}

/** After this the picture is no longer called present. In ms. */
const staleAfterMs = 3_000;

function staleLines(
  view: StatusView,
  terminal: Terminal,
  of: { readonly nowMs: number; readonly heardMs?: number },
): string[] {
  const heardMs = of.heardMs ?? 0;
  if (heardMs < staleAfterMs) return [];
  const text = `STALE: the agent was last heard ${durationText(heardMs)} ago; this is how it was at ${clockText(view.atMs, of.nowMs)}`;
  return wrapped(text, terminal.columns()).map((line) => terminal.paint('bad', line));
}

/** With more of one manager than this on a host only trouble is told one by one. */
const fewest = 3;

/** Whose processes are not Standfast's own, what their managers say of them, and who may start them again. */
function managerLines(view: StatusView, terminal: Terminal): string[] {
  const owned = view.services.flatMap((service) =>
    service.instances.flatMap(({ host, manager }) =>
      manager === undefined ? [] : [{ service: service.name, host, manager }],
    ),
  );
  const groups = Map.groupBy(owned, ({ host, manager }) => `${host} ${manager.title} ${manager.restarts}`);
  const lines = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { manager, host } = first;
    const told = group.length > fewest ? group.filter((each) => each.manager.trouble !== null) : group;
    return [
      `${group.map((each) => each.service).join(', ')} on ${host} ${group.length === 1 ? 'belongs' : 'belong'} to ${manager.title}. After a crash: ${manager.restarts}.`,
      ...told.flatMap((each) => {
        const says = each.manager.trouble ?? each.manager.says;
        const called = each.manager.name === each.service ? '' : ` (${each.manager.name})`;
        return says === null ? [] : [`${each.service}${called}: ${says}`];
      }),
    ];
  });
  return lines.length === 0
    ? []
    : ['', ...lines.flatMap((line) => wrapped(safe(line), terminal.columns() - 2).map((each) => `  ${each}`))];
}

function hostLines(view: StatusView, nowMs: number): string[] {
  return view.hosts.flatMap((host) =>
    host.state === 'up' ? [] : [`  host ${safe(host.name)}: ${hostText(host, nowMs)}`],
  );
}

function hostText(host: HostView, nowMs: number): string {
  const heard =
    host.asOfMs === null
      ? ''
      : `, last heard at ${clockText(host.asOfMs, nowMs)} (${durationText(nowMs - host.asOfMs)} ago)`;
  switch (host.state) {
    case 'up':
      return 'up';
    case 'silent':
      return `silent${heard}`;
    case 'down':
      return `down${heard}`;
    case 'maintenance':
      return `in maintenance${askedText(host, nowMs)}`;
    case 'banned':
      return `banned${askedText(host, nowMs)}`;
    case 'unknown':
      return `nothing known of it${heard}`;
    default:
      return host.state satisfies never;
  }
}

/** ` until 14:30, as root asked: new disk`. */
function askedText({ asked }: HostView, nowMs: number): string {
  if (asked === undefined) return '';
  const until = asked.untilMs === null ? '' : ` until ${clockText(asked.untilMs, nowMs)}`;
  return `${until}, as ${safe(asked.by)} asked${asked.why === '' ? '' : `: ${safe(asked.why)}`}`;
}
