// Something is stopped for longer than a session lasts, and then wakes up. Each row also watches a service that does not use `member`: where keeper and agent
// are stopped with it, nobody ends that one in time, and for how long two are then active is what docs/safety.md tells.
import type { BedOptions } from '../bed.ts';
import type { Row } from '../row.ts';
import { runnersOf } from '../scenes.ts';
import { signal } from '../space.ts';

const common: BedOptions = { store: 'managed', recoverWithin: '2s', also: ['plain'] };
/** Longer than ttl · (1 + drift), and time for who takes over. */
const stoppedMs = 4000;

export const frozenRows: readonly Row[] = [
  {
    name: 'agent-stopped',
    what: 'the agent of the active’s host is stopped for 4 s',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, hold }) {
      const { agent } = await runnersOf(bed, active);
      signal(agent, 'SIGSTOP');
      await hold(stoppedMs);
      signal(agent, 'SIGCONT');
    },
  },
  {
    name: 'keeper-stopped',
    what: 'the keeper of the active’s host is stopped for 4 s',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, hold }) {
      const { keeper } = await runnersOf(bed, active);
      signal(keeper, 'SIGSTOP');
      await hold(stoppedMs);
      signal(keeper, 'SIGCONT');
    },
  },
  {
    name: 'agent-keeper-stopped',
    what: 'agent and keeper of the active’s host are stopped for 4 s, while the services run on',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, hold }) {
      const { agent, keeper } = await runnersOf(bed, active);
      signal(agent, 'SIGSTOP');
      signal(keeper, 'SIGSTOP');
      await hold(stoppedMs);
      signal(keeper, 'SIGCONT');
      signal(agent, 'SIGCONT');
    },
  },
  {
    name: 'host-stopped',
    what: 'all of the active’s host is stopped for 4 s, its member of etcd too',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ active, hold }) {
      active.space.freeze();
      await hold(stoppedMs);
      active.space.thaw();
    },
  },
  {
    name: 'host-stutters',
    what: 'all of the active’s host is stopped for 300 ms, ten times within 10 s',
    bed: common,
    runs: 20,
    subject: 'either',
    async fault({ active, hold }) {
      for (let time = 0; time < 10; time++) {
        active.space.freeze();
        await hold(300);
        active.space.thaw();
        await hold(400 + 600 * Math.random());
      }
    },
  },
];
