// A process under a lease is killed: what its consumers go without, for the three policies with one active.
import type { FailoverView } from '../../src/api.ts';
import type { Gap } from '../consumer.ts';
import { Pair, type PairOptions } from '../pair.ts';
import type { Context, Figure, Row } from '../row.ts';
import { p99 } from '../statistics.ts';

/** What may be added to b + i. */
const mostMs = 50;

const kinds = [
  { policy: 'hot-active/warm-active', loadMs: 0, recoverWithin: '2m' },
  { policy: 'hot-active/warm-passive', loadMs: 200, recoverWithin: '2m' },
  { policy: 'hot-active/cold-passive', loadMs: 200, recoverWithin: '2m' },
] as const satisfies readonly PairOptions[];

export const failoverRows: readonly Row[] = kinds.map((options) => {
  const other = options.policy.replace('hot-active/', '');
  const added = { 'warm-active': '', 'warm-passive': 'i + ', 'cold-passive': 'b + i + ' }[other] ?? '';
  return {
    name: `failover-${other}`,
    what: `${other} failover, process killed, the consumer’s gap: p99 at most ${added}${mostMs} ms`,
    measure: (context) => measure(context, options),
  };
});

async function measure(context: Context, options: PairOptions): Promise<Figure[]> {
  const pair = await Pair.start(options);
  try {
    const gaps: Gap[] = [];
    const runs = context.runs(100);
    for (let run = 0; run < runs; run++) {
      const { pid } = await pair.settled();
      const gap = pair.consumer.nextGap();
      process.kill(pid, 'SIGKILL');
      gaps.push(await gap);
      if ((run + 1) % 10 === 0) context.note(`${run + 1} of ${runs}`);
    }
    await pair.settled();
    return figures(gaps, await pair.product.failovers(), pair, (await pair.consumer.asked()).share);
  } finally {
    pair.close();
  }
}

function figures(gaps: readonly Gap[], failovers: readonly FailoverView[], pair: Pair, lateShare: number): Figure[] {
  const byTerm = new Map(failovers.map((each) => [each.term, each]));
  const told = gaps.map(({ term }) => byTerm.get(term));
  const plain = (what: string, values: readonly number[], unit = 'ms'): Figure => ({
    what,
    unit,
    values,
    target: null,
    reached: null,
  });
  const known = (pick: (each: FailoverView) => number | null): number[] =>
    told.flatMap((each) => (each === undefined ? [] : (pick(each) ?? [])));
  // What was not measured is not subtracted.
  const beyond = gaps.map(({ gapMs }, n) => gapMs - (told[n]?.bMs ?? 0) - (told[n]?.iMs ?? 0));
  const overlaps = pair.consumer.overlaps;
  return [
    plain(
      'gap',
      gaps.map(({ gapMs }) => gapMs),
    ),
    {
      what: 'gap − b − i',
      unit: 'ms',
      values: beyond,
      target: `p99 at most ${mostMs}`,
      reached: p99(beyond) <= mostMs,
    },
    plain(
      'told: d',
      known((each) => each.dMs),
    ),
    plain(
      'told: s',
      known((each) => each.switchMs),
    ),
    plain(
      'told: b',
      known((each) => each.bMs),
    ),
    plain(
      'told: i',
      known((each) => each.iMs),
    ),
    plain('failovers not told', [told.filter((each) => each === undefined).length], ''),
    { what: 'two actives seen', unit: '', values: [overlaps.length], target: 'never', reached: overlaps.length === 0 },
    plain('questions later than 5 ms', [100 * lateShare], '%'),
  ];
}
