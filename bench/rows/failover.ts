// A process under a lease is killed: what its consumers go without, for the three policies with one active.
import type { FailoverView } from '../../src/api.ts';
import type { Gap } from '../consumer.ts';
import { Pair, type PairOptions } from '../pair.ts';
import type { Context, Figure, Row } from '../row.ts';
import { p99 } from '../statistics.ts';

/** What may be added to b + i. */
const mostMs = 50;

/** A policy, and which parts of a failover are the service's own by what that policy means. */
interface Kind {
  readonly options: PairOptions;
  readonly own: readonly ('b' | 'i')[];
}

const kinds: readonly Kind[] = [
  { options: { policy: 'hot-active/warm-active', loadMs: 0, recoverWithin: '2m' }, own: [] },
  { options: { policy: 'hot-active/warm-passive', loadMs: 200, recoverWithin: '2m' }, own: ['i'] },
  { options: { policy: 'hot-active/cold-passive', loadMs: 200, recoverWithin: '2m' }, own: ['b', 'i'] },
];

export const failoverRows: readonly Row[] = kinds.map((kind) => {
  const other = kind.options.policy.replace('hot-active/', '');
  return {
    name: `failover-${other}`,
    what: `${other} failover, process killed, the consumer’s gap: p99 at most ${[...kind.own, `${mostMs} ms`].join(' + ')}`,
    measure: (context) => measure(context, kind),
  };
});

async function measure(context: Context, kind: Kind): Promise<Figure[]> {
  const pair = await Pair.start(kind.options);
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
    return figures(kind, gaps, await pair.product.failovers(), pair, (await pair.consumer.asked()).share);
  } finally {
    pair.close();
  }
}

function figures(
  { own }: Kind,
  gaps: readonly Gap[],
  failovers: readonly FailoverView[],
  pair: Pair,
  lateShare: number,
): Figure[] {
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
  // What was not told is not subtracted.
  const ours = gaps.map(({ gapMs }, n) =>
    own.reduce((left, part) => left - (told[n]?.[part === 'b' ? 'bMs' : 'iMs'] ?? 0), gapMs),
  );
  const all = gaps.map(({ gapMs }) => gapMs);
  const overlaps = pair.consumer.overlaps;
  return [
    ...(own.length === 0 ? [] : [plain('gap', all)]),
    {
      what: ['gap', ...own].join(' − '),
      unit: 'ms',
      values: ours,
      target: `p99 at most ${mostMs}`,
      reached: p99(ours) <= mostMs,
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
    {
      what: 'two actives seen',
      unit: '',
      values: [overlaps.length],
      target: 'never',
      reached: overlaps.length === 0,
    },
    plain('questions later than 5 ms', [100 * lateShare], '%'),
  ];
}
