// A person's failover, and what standing still costs.
import { cpuMs } from '../../bench/proc.ts';
import type { Row } from '../row.ts';
import { revisionOf, runnersOf } from '../scenes.ts';
import { at2s } from './beds.ts';

const watchedMs = 30_000;

/** Three hosts and 300 services that do nothing, for half a minute. */
function idle(recoverWithin: string, writesPerSecond: number): Row {
  return {
    name: `idle-${recoverWithin}`,
    what: 'nothing is done to 3 hosts with 300 services, for 30 s',
    bed: { ...at2s, recoverWithin, idle: 299 },
    runs: 3,
    subject: 'stays',
    fault: {
      lastsMs: watchedMs,
      async befall({ bed, hold, figure }) {
        const runners = await Promise.all(bed.machines.map((machine) => runnersOf(bed, machine)));
        const used = (): number[] => runners.map(({ agent, keeper }) => cpuMs(agent) + cpuMs(keeper));
        const before = used();
        const revision = revisionOf(bed);
        const started = performance.now();
        await hold(watchedMs);
        const seconds = (performance.now() - started) / 1000;
        const writes = (revisionOf(bed) - revision) / seconds / bed.machines.length;
        figure({ what: 'writes to etcd a second, of each host', value: writes, atMost: writesPerSecond });
        for (const [at, after] of used().entries())
          figure({
            what: 'agent and keeper of a host, % of a core',
            value: (after - (before[at] ?? 0)) / seconds / 10,
            atMost: 5,
          });
      },
    },
  };
}

export const moveRows: readonly Row[] = [
  {
    name: 'planned-failover',
    what: 'a person moves the active: failover --to',
    bed: at2s,
    runs: 100,
    subject: 'moves',
    gapP99Ms: 50,
    lost: 0,
    fault: {
      lastsMs: 1000,
      async befall({ bed, active, others, moved }) {
        await bed.failover(active, 'subject', others[0]?.host ?? '');
        await moved();
      },
    },
  },
  idle('2s', 5),
  idle('1s', 7),
];
