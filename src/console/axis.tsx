// One time axis: what happened, and the outage budget burning down below it, on the same hours. Drawn as SVG; what happened last stands under it
// as text, for who reads it on a phone or hears it.

import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { BudgetView, Happening } from '../api-web.ts';
import type { StatusView } from '../api.ts';
import { useAsked } from './ask.ts';
import { Happened, kinds } from './happened.tsx';
import { useNow } from './live.ts';
import { visible } from './said.tsx';
import { clockLike, duration, stamp } from './times.tsx';

const spans: readonly (readonly [ms: number, text: string])[] = [
  [900_000, '15 min'],
  [3_600_000, '1 h'],
  [21_600_000, '6 h'],
  [86_400_000, '24 h'],
];
const height = 148;
const lanesAt = 18;
const lane = 18;
const budgetTop = 96;
const budgetBottom = 126;
/** Nearer marks are one, with their number. */
const nearPx = 13;
const laneNames = ['incidents', 'failovers', 'starts', 'people, changes'];

/** The axis of the first page. */
export function Axis({ objective }: { readonly objective: StatusView['objective'] }) {
  const [spanMs, setSpanMs] = useState(() => spans.find(([ms]) => ms >= objective.perMs)?.[0] ?? 86_400_000);
  const now = useNow(5_000);
  // The minute is part of the question, so that the answer is asked for anew.
  const happenings = useAsked<readonly Happening[]>('/api/v1/timeline').data;
  const budget = useAsked<BudgetView>('/api/v1/budget', { everyMs: 15_000 }).data;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const watch = new ResizeObserver(() => setWidth(Math.max(280, element.clientWidth)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const left = width < 560 ? 0 : 112;
  const x = (atMs: number): number => left + ((atMs - (now - spanMs)) / spanMs) * (width - left - 10);
  const inSight = useMemo(
    () => (happenings ?? []).filter((each) => each.atMs >= now - spanMs),
    [happenings, now, spanMs],
  );
  const marks = useMemo(
    () => gathered(inSight, (atMs) => Math.round(((atMs - (now - spanMs)) / spanMs) * (width - left - 10))),
    [inSight, now, spanMs, width, left],
  );
  return (
    <section aria-labelledby="axis" className="panel grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="axis">What happened, and the outage budget</h2>
        <label className="ml-auto">
          <span className="sr-only">How far back</span>
          <select
            className="field border-line py-0 text-sm"
            value={spanMs}
            onChange={(event) => setSpanMs(Number(event.target.value))}
          >
            {spans.map(([ms, text]) => (
              <option key={ms} value={ms}>
                last {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div ref={box} className="min-w-0 overflow-hidden">
        <svg
          role="img"
          aria-label={`${inSight.length} happenings in the last ${duration(spanMs)}; the last of them are listed below`}
          width={width}
          height={height}
          className="block text-[12px]"
        >
          {left === 0
            ? null
            : laneNames.map((name, index) => (
                <text key={name} x={0} y={lanesAt + index * lane + 4} className="fill-dim">
                  {name}
                </text>
              ))}
          {laneNames.map((name, index) => (
            <line
              key={name}
              x1={left}
              x2={width}
              y1={lanesAt + index * lane}
              y2={lanesAt + index * lane}
              className="stroke-line"
            />
          ))}
          {left === 0 ? null : (
            <text x={0} y={budgetTop + 18} className="fill-dim">
              budget left
            </text>
          )}
          <line x1={left} x2={width - 10} y1={budgetBottom} y2={budgetBottom} className="stroke-line" />
          {budget === undefined ? null : <Budget budget={budget} x={x} from={left} now={now} since={now - spanMs} />}
          {marks.map(({ px, of }) => {
            const gravest = of[0];
            if (gravest === undefined) return null;
            const { lane: its, sign, tone } = kinds[gravest.kind];
            return (
              <text
                key={`${gravest.kind} ${gravest.atMs} ${gravest.subject}`}
                x={left + px}
                y={lanesAt + its * lane + 5}
                textAnchor="middle"
                className={`fill-current font-bold ${tone}`}
              >
                {of.length > 1 ? `${sign}${of.length}` : sign}
                <title>
                  {of
                    .slice(0, 12)
                    .map((each) => `${stamp(each.atMs)}  ${visible(each.text, 200)}`)
                    .join('\n')}
                </title>
              </text>
            );
          })}
          {[0, 0.25, 0.5, 0.75, 1].map((part) => {
            const atMs = now - spanMs + part * spanMs;
            return (
              <text
                key={part}
                x={left + part * (width - left - 10)}
                y={height - 4}
                textAnchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
                className="fill-dim tabular-nums"
              >
                {part === 1 ? 'now' : stamp(atMs, { day: false }).slice(0, 5)}
              </text>
            );
          })}
        </svg>
      </div>
      {budget === undefined ? null : (
        <p className="text-sm text-dim">
          {clockLike(Math.max(0, budget.unavailableMs - budget.usedMs))} of {clockLike(budget.unavailableMs)} left in
          the last {duration(budget.perMs)};{' '}
          {budget.outages.length === 0
            ? 'no outage.'
            : `${budget.outages.length} ${budget.outages.length === 1 ? 'outage' : 'outages'}.`}
        </p>
      )}
      <Happened of={inSight} empty={happenings === undefined ? 'Reading the journals…' : 'Nothing happened.'} />
    </section>
  );
}

function Budget({
  budget,
  x,
  from,
  now,
  since,
}: {
  readonly budget: BudgetView;
  readonly x: (atMs: number) => number;
  readonly from: number;
  readonly now: number;
  readonly since: number;
}) {
  if (budget.unavailableMs === 0 || budget.points.length === 0) return null;
  const y = (usedMs: number): number =>
    budgetTop + (budgetBottom - budgetTop) * Math.min(1, usedMs / budget.unavailableMs);
  const last = budget.points.at(-1);
  const points = [
    ...budget.points.filter((each) => each.atMs >= since),
    ...(last === undefined ? [] : [{ ...last, atMs: now }]),
  ];
  const line = points.map((each) => `${Math.max(from, x(each.atMs)).toFixed(1)},${y(each.usedMs).toFixed(1)}`);
  const first = line[0]?.split(',')[0] ?? String(from);
  const end = x(now).toFixed(1);
  return (
    <>
      <polygon
        points={`${first},${budgetBottom} ${line.join(' ')} ${end},${budgetBottom}`}
        className="fill-good opacity-20"
      />
      <polyline points={line.join(' ')} className="fill-none stroke-good" strokeWidth={1.5} />
      {budget.outages.map((each) => (
        <rect
          key={`${each.service} ${each.fromMs}`}
          x={Math.max(from, x(each.fromMs))}
          width={Math.max(2, x(each.toMs ?? now) - Math.max(from, x(each.fromMs)))}
          y={budgetTop}
          height={budgetBottom - budgetTop}
          className="fill-bad opacity-40"
        >
          <title>{`${visible(each.service, 80)} out for ${duration((each.toMs ?? now) - each.fromMs)} from ${stamp(each.fromMs)}`}</title>
        </rect>
      ))}
    </>
  );
}

interface Mark {
  readonly px: number;
  readonly of: Happening[];
}

/** What lies too near on its lane becomes one mark. */
function gathered(happenings: readonly Happening[], px: (atMs: number) => number): readonly Mark[] {
  const lastOf = new Map<number, Mark>();
  const marks: Mark[] = [];
  for (const each of happenings) {
    const its = kinds[each.kind].lane;
    const last = lastOf.get(its);
    const here = px(each.atMs);
    if (last !== undefined && here - last.px < nearPx + (last.of.length > 1 ? 12 : 0)) {
      last.of.push(each);
      continue;
    }
    const mark = { px: here, of: [each] };
    lastOf.set(its, mark);
    marks.push(mark);
  }
  return marks;
}
