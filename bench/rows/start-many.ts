// From the command to the first output of the last of many services, against the bare parent, in pairs.
import { Beacons } from '../beacons.ts';
import { now } from '../clock.ts';
import type { Row } from '../row.ts';
import { median } from '../statistics.ts';

export const startMany: Row = {
  name: 'start-many',
  what: 'start of 500 services, from the command to the last one’s own first output, against the bare Node parent',
  async measure(context) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run < context.runs(5); run++) {
      theirs.push(await startBare(context.services));
      ours.push(await startOurs(context.services));
      context.note(`run ${run + 1}: ${Math.round(ours[run] ?? 0)} ms, bare ${Math.round(theirs[run] ?? 0)} ms`);
    }
    const ratio = median(ours) / median(theirs);
    return [
      { what: 'Standfast', unit: 'ms', values: ours, target: null, reached: null },
      { what: 'bare parent', unit: 'ms', values: theirs, target: null, reached: null },
      { what: 'ratio of medians', unit: '×', values: [ratio], target: 'at most 1.5', reached: ratio <= 1.5 },
    ];
  },
};

async function startOurs(count: number): Promise<number> {
  const beacons = new Beacons('sh', count);
  const product = beacons.product();
  try {
    const all = beacons.ours.all(count);
    const began = now();
    const up = product.up();
    const [at] = await Promise.all([all, up]);
    return at - began;
  } finally {
    product.remove();
    beacons.close();
  }
}

async function startBare(count: number): Promise<number> {
  const beacons = new Beacons('sh', count);
  const all = beacons.theirs.all(count);
  const began = now();
  const bare = beacons.bareParent();
  try {
    return (await all) - began;
  } finally {
    await bare.end();
    beacons.close();
  }
}
