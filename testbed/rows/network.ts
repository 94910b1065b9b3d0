// Lines: cut both ways or one way, lossy, healed half-way.
import type { Row } from '../row.ts';
import { signal } from '../space.ts';

const common = { store: 'managed', recoverWithin: '2s' } as const;
const quick = { ...common, recoverWithin: '1s' } as const;

export const networkRows: readonly Row[] = [
  {
    name: 'partition',
    what: 'the active’s host is cut off both ways, and lives',
    bed: quick,
    runs: 100,
    subject: 'moves',
    gapP99Ms: 1200,
    async fault({ active, others, moved, hold, explain }) {
      active.space.cut();
      await moved();
      await explain(others[0] ?? active);
      await hold(1500);
      active.space.join();
    },
  },
  {
    name: 'deaf',
    what: 'the active’s host hears nothing, and can still send',
    bed: quick,
    runs: 20,
    subject: 'moves',
    async fault({ active, others, moved, hold, explain }) {
      active.space.drop('in', 100);
      await moved();
      await explain(others[0] ?? active);
      await hold(1500);
      active.space.dropNothing();
    },
  },
  {
    name: 'mute',
    what: 'the active’s host can send nothing, and still hears',
    bed: quick,
    runs: 20,
    subject: 'moves',
    async fault({ active, others, moved, hold, explain }) {
      active.space.drop('out', 100);
      await moved();
      await explain(others[0] ?? active);
      await hold(1500);
      active.space.dropNothing();
    },
  },
  {
    name: 'lossy',
    what: '30 % of what the active’s host sends is lost, for 10 s',
    bed: common,
    runs: 20,
    subject: 'either',
    async fault({ active, hold }) {
      active.space.drop('out', 30);
      await hold(10_000);
      active.space.dropNothing();
    },
  },
  {
    name: 'partition-short',
    what: 'the active’s host is cut off, and the line healed half-way: after 600 ms, before its session is over',
    bed: common,
    runs: 20,
    subject: 'stays',
    async fault({ active, hold }) {
      active.space.cut();
      await hold(600);
      active.space.join();
      await hold(2000);
    },
  },
  {
    name: 'partition-at-deadline',
    what: 'the same about when its session is over: after 1.1 to 1.7 s',
    bed: common,
    runs: 20,
    subject: 'either',
    async fault({ active, hold }) {
      active.space.cut();
      await hold(1100 + 600 * Math.random());
      active.space.join();
      await hold(2000);
    },
  },
  {
    name: 'partition-and-kill',
    what: 'two faults at once: the active’s host is cut off, and the standby next in order killed',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, others, moved, hold }) {
      const view = await bed.settled();
      active.space.cut();
      signal(bed.pid(view, 'subject', others[0]?.host ?? ''), 'SIGKILL');
      await moved();
      await hold(1500);
      active.space.join();
    },
  },
  {
    name: 'apart',
    what: 'every host is cut off from every other for 3 s',
    bed: common,
    runs: 20,
    subject: 'either',
    async fault({ bed, hold }) {
      for (const { space } of bed.machines) space.cut();
      await hold(3000);
      for (const { space } of bed.machines) space.join();
    },
  },
];
