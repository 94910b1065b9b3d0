// `failovers`: what each took, beside what was declared.

import type { FailoverView } from '../../api.ts';
import { columns } from '../columns.ts';
import type { Column } from '../columns.ts';
import { chooseSystem } from '../context.ts';
import { asking, needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import { clockText, durationText } from '../times.ts';
import type { Run } from '../verb.ts';

/** Exit 0, or 3 without an agent. */
export const failovers: Run = async (context, _words, options) => {
  const agent = await needAgent(context, await chooseSystem(context));
  const found = await asking(context, agent.failovers());
  if (options.flag('json')) {
    context.terminal.print(JSON.stringify(found, null, 2));
    return 0;
  }
  if (found.length === 0) {
    context.terminal.print('No failover yet.');
    return 0;
  }
  const newestFirst = found.toSorted((a, b) => b.atMs - a.atMs);
  const rows = newestFirst.map((each) => [...row(each, context.now()), remark(each, newestFirst)]);
  context.terminal.print(...columns(heads, rows, { width: context.terminal.columns() }));
  return 0;
};

const heads: readonly Column[] = [
  { title: 'when' },
  { title: 'service' },
  { title: 'from→to' },
  { title: 'cause', wraps: true },
  { title: 'd', alignRight: true, optional: 4 },
  { title: 's', alignRight: true, optional: 5 },
  { title: 'b', alignRight: true, optional: 6 },
  { title: 'i', alignRight: true, optional: 7 },
  { title: 'z', alignRight: true },
  { title: 'predicted', alignRight: true, optional: 3 },
  { title: 'declared', alignRight: true },
  { title: 'rule', alignRight: true, optional: 8 },
  { title: '', optional: 9 },
];

function row(each: FailoverView, nowMs: number): string[] {
  return [
    clockText(each.atMs, nowMs),
    safe(each.service),
    `${safe(each.from ?? '–')}→${safe(each.to ?? '–')}`,
    safe(each.cause) + (each.planned ? ' (planned)' : ''),
    durationText(each.dMs),
    durationText(each.switchMs),
    durationText(each.bMs),
    // By signal and without a probe nobody knows; that is not 0.
    each.iMs === null ? 'not measured' : durationText(each.iMs),
    durationText(each.zMs),
    rangeText(each.predicted?.zMs ?? null),
    durationText(each.declaredZMs),
    each.rule === 0 ? '' : String(each.rule),
  ];
}

function rangeText(range: readonly [number, number] | null): string {
  if (range === null) return '';
  const [low, high] = range;
  return low < 1 ? `≤ ${durationText(high)}` : `${durationText(low)} to ${durationText(high)}`;
}

/** Late, not as predicted, or slower than before. */
function remark(each: FailoverView, all: readonly FailoverView[]): string {
  if (each.zMs !== null && each.zMs > each.declaredZMs) return '▲ longer than declared';
  const { surprise, predicted } = each;
  if (surprise !== null) {
    const name = `${surprise}Ms` as const;
    return `▲ ${surprise} ${durationText(each[name])}, predicted ${rangeText(predicted?.[name] ?? null)}`;
  }
  const before = all.find((other) => other.service === each.service && other.to === each.to && other.atMs < each.atMs);
  for (const [name, now, then] of [
    ['b', each.bMs, before?.bMs],
    ['i', each.iMs, before?.iMs],
  ] as const)
    if (now !== null && typeof then === 'number' && now > then + 50 && now > 1.5 * then)
      return `▲ ${name} was ${durationText(then)} before`;
  return '';
}
