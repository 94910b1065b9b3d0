// The plan of a change, as people read it before they say yes.

import type { ChangePlan, ServiceChange } from '../../model/change-plan.ts';
import type { Terminal } from '../terminal.ts';
import { safe } from '../text.ts';

/** At most so many differences of one service are shown. */
const most = 8;

/** Every part of the plan that holds something, the most disturbing first. */
export function planLines(plan: ChangePlan, terminal: Terminal): string[] {
  const head = (text: string): string => terminal.paint('bold', text);
  const named = (names: readonly string[]): string => names.map(safe).join(', ');
  const lines: string[] = [];
  const part = (title: string, rows: readonly string[]): void => {
    if (rows.length > 0) lines.push(head(title), ...rows);
  };
  part('Goes (stopped in order, its lease given away):', [
    ...plan.removed.map((name) => `  ${safe(name)}`),
    ...plan.hosts.removed.map((name) => `  host ${safe(name)}: what is active there moves first; then its agent ends`),
  ]);
  part(
    'Stops while it changes, and is started again (what holds two active ones apart is another):',
    plan.stopped.flatMap((each) => [`  ${safe(each.service)}`, ...whyLines(each)]),
  );
  part(
    'Is started anew, one instance at a time, the active one last:',
    plan.restarted.flatMap((each) => [`  ${safe(each.service)} on ${named(each.hosts)}`, ...whyLines(each)]),
  );
  part(
    'Moves:',
    plan.moved.flatMap((each) => [
      `  ${safe(each.service)}${each.from.length === 0 ? '' : ` from ${named(each.from)}`}${each.to.length === 0 ? '' : `${each.from.length === 0 ? ', also' : ''} to ${named(each.to)}`}`,
      ...whyLines(each),
    ]),
  );
  part('Comes:', [
    ...plan.added.map((name) => `  ${safe(name)}`),
    ...plan.hosts.added.map((name) => `  host ${safe(name)}: its agent is started there, by standfast up`),
  ]);
  part('Is only read again; what runs goes on:', [
    ...plan.reread.flatMap((each) => [`  ${safe(each.service)}`, ...whyLines(each)]),
    ...plan.system.slice(0, most).map((line) => `  ${safe(line.trim())}`),
    ...(plan.system.length > most ? [`  … and ${plan.system.length - most} more`] : []),
  ]);
  return lines;
}

function whyLines({ why }: ServiceChange): string[] {
  const shown = why.slice(0, most).map((line) => `      ${safe(line.trim())}`);
  return why.length > most ? [...shown, `      … and ${why.length - most} more`] : shown;
}
