// Something is stopped for longer than a session lasts, and then wakes up. Each row also watches a service that does not use `member`: where keeper and agent
// are stopped with it, nobody ends that one in time, and for how long two are then active is what docs/safety.md tells.
import type { BedOptions } from '../bed.ts';
import { agent, frozen, keeper, keeperAndAgent, lasting, stopped, type Fault, type Trouble } from '../fault.ts';
import type { Row } from '../row.ts';
import { at2s } from './beds.ts';

/** Longer than ttl · (1 + drift), and time for who takes over. */
const stoppedMs = 4000;
const bed: BedOptions = { ...at2s, also: ['plain'] };

function row(name: string, what: string, trouble: Trouble): Row {
  return { name, what, bed, runs: 20, subject: 'moves', fault: lasting(stoppedMs, trouble) };
}

/** Again and again, with pauses that are drawn. */
const stutter: Fault = {
  lastsMs: 10_000,
  async befall({ active: { space }, hold }) {
    for (let time = 0; time < 10; time++) {
      space.freeze();
      await hold(300);
      space.thaw();
      await hold(400 + 600 * Math.random());
    }
  },
};

export const frozenRows: readonly Row[] = [
  row('agent-stopped', 'the agent of the active’s host is stopped for 4 s', stopped(agent)),
  row('keeper-stopped', 'the keeper of the active’s host is stopped for 4 s', stopped(keeper)),
  row(
    'agent-keeper-stopped',
    'agent and keeper of the active’s host are stopped for 4 s, while the services run on',
    stopped(keeperAndAgent),
  ),
  row('host-stopped', 'all of the active’s host is stopped for 4 s, its member of etcd too', frozen),
  {
    name: 'host-stutters',
    what: 'all of the active’s host is stopped for 300 ms, ten times within 10 s',
    bed,
    runs: 20,
    subject: 'either',
    fault: stutter,
  },
];
