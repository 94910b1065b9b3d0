// Lines: cut both ways or one way, lossy, healed half-way.
import { both, cutOff, killed, lasting, losing, standbyProcess, untilMoved } from '../fault.ts';
import type { Row } from '../row.ts';
import { at1s, at2s } from './beds.ts';

export const networkRows: readonly Row[] = [
  {
    name: 'partition',
    what: 'the active’s host is cut off both ways, and lives',
    bed: at1s,
    runs: 100,
    subject: 'moves',
    gapP99Ms: 1200,
    fault: untilMoved(cutOff, { stillMs: 500 }),
  },
  {
    name: 'deaf',
    what: 'the active’s host hears nothing, and can still send',
    bed: at1s,
    runs: 20,
    subject: 'moves',
    fault: untilMoved(losing('in', 100), { stillMs: 1500 }),
  },
  {
    name: 'mute',
    what: 'the active’s host can send nothing, and still hears',
    bed: at1s,
    runs: 20,
    subject: 'moves',
    fault: untilMoved(losing('out', 100), { stillMs: 1500 }),
  },
  {
    name: 'lossy',
    what: '30 % of what the active’s host sends is lost, for 10 s',
    bed: at2s,
    runs: 20,
    subject: 'either',
    fault: lasting(10_000, losing('out', 30)),
  },
  {
    name: 'lossy-in',
    what: '30 % of what is sent to the active’s host is lost, for 10 s',
    bed: at2s,
    runs: 20,
    subject: 'either',
    fault: lasting(10_000, losing('in', 30)),
  },
  {
    name: 'partition-short',
    what: 'the active’s host is cut off, and the line healed half-way: after 600 ms, before its session is over',
    bed: at2s,
    runs: 20,
    subject: 'stays',
    fault: lasting(600, cutOff, { thenMs: 2000 }),
  },
  {
    name: 'partition-at-deadline',
    what: 'the same about when its session is over: after 1.1 to 1.7 s',
    bed: at2s,
    runs: 20,
    subject: 'either',
    fault: lasting([1100, 1700], cutOff, { thenMs: 2000 }),
  },
  {
    name: 'partition-and-kill',
    what: 'two faults at once: the active’s host is cut off, and the standby next in order killed',
    bed: at2s,
    runs: 20,
    subject: 'moves',
    fault: untilMoved(both(cutOff, killed(standbyProcess)), { stillMs: 1500 }),
  },
  {
    name: 'apart',
    what: 'every host is cut off from every other for 3 s',
    bed: at2s,
    runs: 20,
    subject: 'either',
    fault: lasting(3000, ({ bed }) => {
      for (const { space } of bed.machines) space.cut();
      return () => {
        for (const { space } of bed.machines) space.join();
      };
    }),
  },
];
