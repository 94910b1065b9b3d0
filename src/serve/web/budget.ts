// The outage budget burning down, from the outages: at each moment, what was used up in the period before it. Exact at the points, straight between.

import type { BudgetView, OutageView } from '../../api-web.ts';
import type { StatusView } from '../../api.ts';

/** Between the corners that outages make, so that the falling lines show. */
const evenPoints = 60;

/** `serves` null: not known which services count, so all do. */
export function budgetOf(
  status: Pick<StatusView, 'objective'>,
  outages: readonly OutageView[],
  serves: readonly string[] | null,
  nowMs: number,
): BudgetView {
  const { unavailableMs, perMs, usedMs } = status.objective;
  const counted = outages.filter((each) => serves === null || serves.includes(each.service));
  const spans = union(counted.map((each) => [each.fromMs, each.toMs ?? nowMs]));
  const usedAt = (atMs: number): number =>
    spans.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, atMs) - Math.max(from, atMs - perMs)), 0);
  const startMs = nowMs - perMs;
  const corners = spans.flatMap(([from, to]) => [from, to, from + perMs, to + perMs]);
  const even = Array.from({ length: evenPoints + 1 }, (_, index) => startMs + (perMs * index) / evenPoints);
  const moments = [...new Set([...corners, ...even].map(Math.round))]
    .filter((at) => at >= startMs && at <= nowMs)
    .toSorted((a, b) => a - b);
  return {
    unavailableMs,
    perMs,
    usedMs,
    outages: counted,
    points: moments.map((atMs) => ({ atMs, usedMs: Math.round(usedAt(atMs)) })),
  };
}

/** Two services out together are one outage. */
function union(spans: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const merged: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (to <= from) continue;
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
