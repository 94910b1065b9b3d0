// What a host stands on: its wall clock, its disk, its cores, its very machine.
import { busy, clockMoved, lasting, type Fault, type Trouble } from '../fault.ts';
import type { Row } from '../row.ts';
import { fill } from '../scenes.ts';
import { at2s, ownAt2s } from './beds.ts';

/** No byte is left under the state folder. */
const stateFull: Trouble = ({ active }) => fill(active.state);

/** Whoever writes to the state folder waits, as on a disk that hangs. */
const stateBlocked: Trouble = ({ bed, active }) => bed.block(active.state);

/** A new machine takes name and address of the active's, which is only cut off; then the old one is switched off. */
const replaced: Fault = {
  lastsMs: 8000,
  async befall({ bed, active, others, moved, explain }) {
    active.space.cut();
    await bed.replace(active);
    await moved();
    await explain(others[0] ?? active);
    active.space.killAll();
  },
};

export const groundRows: readonly Row[] = [
  {
    name: 'clock-ahead',
    what: 'the wall clock of the active’s host is moved three years ahead, and back 5 s later',
    bed: { ...at2s, clocks: true },
    runs: 20,
    subject: 'stays',
    fault: lasting(5000, clockMoved('+3y'), { thenMs: 3000 }),
  },
  {
    name: 'clock-behind',
    what: 'the wall clock of the active’s host is moved three years back, and forth 5 s later',
    bed: { ...at2s, clocks: true },
    runs: 20,
    subject: 'stays',
    fault: lasting(5000, clockMoved('-3y'), { thenMs: 3000 }),
  },
  {
    name: 'state-full',
    what: 'the disk under the state folder of the active’s host is full for 10 s',
    bed: { ...ownAt2s, small: { what: 'state', mib: 64 } },
    runs: 20,
    subject: 'stays',
    fault: lasting(10_000, stateFull),
  },
  {
    name: 'state-blocked',
    what: 'the disk under the state folder of the active’s host hangs for 10 s: whoever writes there waits',
    bed: { ...ownAt2s, small: { what: 'state', mib: 64, blocks: true } },
    runs: 20,
    subject: 'either',
    fault: lasting(10_000, stateBlocked),
  },
  {
    name: 'cpu-taken',
    what: 'eight busy processes on two cores for 10 s',
    bed: at2s,
    runs: 20,
    subject: 'either',
    fault: lasting(10_000, busy(8)),
  },
  {
    name: 'host-replaced',
    what: 'a new machine takes name and address of the active’s, which is only cut off',
    bed: at2s,
    runs: 20,
    subject: 'moves',
    fault: replaced,
  },
  // Whether a setting is too quick for a busy machine.
  ...['1s', '700ms', '500ms', '300ms'].map((recoverWithin): Row => ({
    name: `calm-${recoverWithin}`,
    what: 'both cores are kept busy for 10 min, and nothing else is done',
    bed: { ...at2s, recoverWithin },
    runs: 1,
    subject: 'stays',
    fault: lasting(600_000, busy(2)),
  })),
];
