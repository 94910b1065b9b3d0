// A host is lost: its agent, its keeper and its service are killed at once. It is brought back between the runs.
import { Pair } from '../pair.ts';
import type { Row } from '../row.ts';
import { p99 } from '../statistics.ts';

const mostMs = 1000;

export const hostLost: Row = {
  name: 'host-lost',
  what: 'host lost (agent, keeper and service killed at once) with recoverWithin 1s, the consumer’s gap; never two actives',
  async measure(context) {
    const pair = await Pair.start({ policy: 'hot-active/warm-active', recoverWithin: '1s', loadMs: 0 });
    try {
      const gaps: number[] = [];
      const runs = context.runs(100);
      for (let run = 0; run < runs; run++) {
        const { host, pid } = await pair.settled();
        const gap = pair.consumer.nextGap();
        for (const each of [host.agentPid, host.keeperPid, pid]) if (each !== null) process.kill(each, 'SIGKILL');
        gaps.push((await gap).gapMs);
        await pair.product.up();
        if ((run + 1) % 10 === 0) context.note(`${run + 1} of ${runs}`);
      }
      const { overlaps } = pair.consumer;
      for (const text of overlaps) context.note(`two actives: ${text}`);
      const { share } = await pair.consumer.asked();
      return [
        { what: 'gap', unit: 'ms', values: gaps, target: `p99 at most ${mostMs}`, reached: p99(gaps) <= mostMs },
        {
          what: 'two actives seen',
          unit: '',
          values: [overlaps.length],
          target: 'never',
          reached: overlaps.length === 0,
        },
        { what: 'questions later than 5 ms', unit: '%', values: [100 * share], target: null, reached: null },
      ];
    } finally {
      pair.close();
    }
  },
};
