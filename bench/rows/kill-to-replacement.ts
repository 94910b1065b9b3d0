// kill -9 until the replacement's own first output, against the bare parent, one after the other in pairs.
import { Beacons, type Kind } from '../beacons.ts';
import { now } from '../clock.ts';
import type { FirstOutputs } from '../first-outputs.ts';
import type { Context, Figure, Row } from '../row.ts';
import { median } from '../statistics.ts';

/** Node processes are large: fewer of them, each killed more than once. */
const mostNodeServices = 20;

export const killToReplacement: Row = {
  name: 'kill-to-replacement',
  what: 'kill -9 to the replacement’s own first output, against a bare Node parent that respawns on exit',
  async measure(context) {
    return [...(await measureKind(context, 'sh')), ...(await measureKind(context, 'node'))];
  },
};

async function measureKind(context: Context, kind: Kind): Promise<Figure[]> {
  const runs = context.runs(100);
  const services = kind === 'sh' ? runs : Math.min(runs, mostNodeServices);
  const beacons = new Beacons(kind, services);
  const product = beacons.product();
  const allTheirs = beacons.theirs.all(services);
  const bare = beacons.bareParent();
  try {
    await product.up();
    await allTheirs;
    const ours: number[] = [];
    const theirs: number[] = [];
    let pids = new Map<string, number>();
    for (let run = 0; run < runs; run++) {
      const name = `s${run % services}`;
      if (run % services === 0) pids = await pidsOf(product);
      theirs.push(await replaced(name, bare.pids.get(name), beacons.theirs));
      ours.push(await replaced(name, pids.get(name), beacons.ours));
    }
    const ratio = median(ours) / median(theirs);
    return [
      { what: `${kind} service, Standfast`, unit: 'ms', values: ours, target: null, reached: null },
      { what: `${kind} service, bare parent`, unit: 'ms', values: theirs, target: null, reached: null },
      {
        what: `${kind} service, ratio of medians`,
        unit: '×',
        values: [ratio],
        target: 'at most 2',
        reached: ratio <= 2,
      },
    ];
  } finally {
    product.remove();
    await bare.end();
    beacons.close();
  }
}

async function pidsOf(product: ReturnType<Beacons['product']>): Promise<Map<string, number>> {
  const { services } = await product.status();
  return new Map(services.flatMap(({ name, instances }) => instances.map(({ pid }) => [name, pid ?? 0] as const)));
}

/** Kills it and gives how long it took until its replacement spoke. */
async function replaced(name: string, pid: number | undefined, outputs: FirstOutputs): Promise<number> {
  if (pid === undefined || pid === 0) throw new Error(`${name} does not run`);
  const spoken = outputs.next(name);
  const killedAt = now();
  process.kill(pid, 'SIGKILL');
  return (await spoken) - killedAt;
}
