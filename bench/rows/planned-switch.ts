// A person moves a service by name: what its consumers go without, and what a client loses that asks once more.
import { Pair } from '../pair.ts';
import type { Row } from '../row.ts';
import { p99 } from '../statistics.ts';

const mostMs = 50;
/** When a client that had no answer asks for the second and last time. */
const retryAfterMs = 100;

export const plannedSwitch: Row = {
  name: 'planned-switch',
  what: `failover --to, warm-active, the consumer’s gap: p99 at most ${mostMs} ms; nothing lost by a client that asks again after ${retryAfterMs} ms`,
  async measure(context) {
    const pair = await Pair.start({ policy: 'hot-active/warm-active', loadMs: 0, recoverWithin: '2m' });
    try {
      const gaps: number[] = [];
      const told: number[] = [];
      const runs = context.runs(100);
      for (let run = 0; run < runs; run++) {
        const { host } = await pair.settled();
        const gap = pair.consumer.nextGap();
        const to = host.name === 'a' ? 'b' : 'a';
        const { code, output } = await pair.product.run(['failover', 'answerer', '--to', to, '--why', 'bench']);
        if (code !== 0) throw new Error(`failover ended with ${code}: ${output}`);
        gaps.push((await gap).gapMs);
        if ((run + 1) % 10 === 0) context.note(`${run + 1} of ${runs}`);
      }
      await pair.settled();
      const failovers = await pair.product.failovers();
      for (const each of failovers) if (each.planned && each.zMs !== null) told.push(each.zMs);
      const lost = gaps.filter((each) => each > retryAfterMs).length;
      const { overlaps } = pair.consumer;
      return [
        { what: 'gap', unit: 'ms', values: gaps, target: `p99 at most ${mostMs}`, reached: p99(gaps) <= mostMs },
        { what: 'told: z', unit: 'ms', values: told, target: null, reached: null },
        {
          what: `lost though asked again after ${retryAfterMs} ms`,
          unit: '',
          values: [lost],
          target: 'none',
          reached: lost === 0,
        },
        {
          what: 'not told as planned',
          unit: '',
          values: [runs - told.length],
          target: 'none',
          reached: runs === told.length,
        },
        {
          what: 'two actives seen',
          unit: '',
          values: [overlaps.length],
          target: 'never',
          reached: overlaps.length === 0,
        },
      ];
    } finally {
      pair.close();
    }
  },
};
