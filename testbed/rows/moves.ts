// A person's failover, and what standing still costs.
import { cpuMs } from '../../bench/proc.ts';
import type { Row } from '../row.ts';
import { revisionOf, runnersOf } from '../scenes.ts';

const common = { store: 'managed', recoverWithin: '2s' } as const;
const watchedMs = 30_000;

/** Three hosts and 300 services that do nothing, for half a minute. */
function idle(recoverWithin: string, writesPerSecond: number): Row {
  return {
    name: `idle-${recoverWithin}`,
    what: 'nothing is done to 3 hosts with 300 services, for 30 s',
    bed: { store: 'managed', recoverWithin, idle: 299 },
    runs: 3,
    subject: 'stays',
    async fault({ bed, hold, figure }) {
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
  };
}

export const moveRows: readonly Row[] = [
  {
    name: 'planned-failover',
    what: 'a person moves the active: failover --to',
    bed: common,
    runs: 100,
    subject: 'moves',
    gapP99Ms: 50,
    lost: 0,
    async fault({ bed, active, others, moved }) {
      const { code, stderr } = await bed.cli(active, 'failover', 'subject', '--to', others[0]?.host ?? '');
      if (code !== 0) throw new Error(`failover ended with ${code}: ${stderr}`);
      await moved();
    },
  },
  idle('2s', 5),
  idle('1s', 7),
];
