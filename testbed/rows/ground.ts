// What a host stands on: its wall clock, its disk, its cores, its very machine.
import { setClock } from '../machine.ts';
import type { Row } from '../row.ts';
import { empty, fill } from '../scenes.ts';

const common = { store: 'managed', recoverWithin: '2s' } as const;
const forEver = 'while :; do :; done';

const calmForMs = 600_000;

/** Whether a setting is too quick for a busy machine. */
function calm(recoverWithin: string): Row {
  return {
    name: `calm-${recoverWithin}`,
    what: 'both cores are kept busy for 10 min, and nothing else is done',
    bed: { store: 'managed', recoverWithin },
    runs: 1,
    subject: 'stays',
    async fault({ active, hold }) {
      const busy = [1, 2].map(() => active.space.spawn(['sh', '-c', forEver], { stdio: 'ignore' }));
      await hold(calmForMs);
      for (const each of busy) each.kill('SIGKILL');
    },
  };
}

export const groundRows: readonly Row[] = [
  {
    name: 'clock-ahead',
    what: 'the wall clock of the active’s host is moved three years ahead, and back 5 s later',
    bed: { ...common, clocks: true },
    runs: 20,
    subject: 'stays',
    async fault({ active, hold }) {
      setClock(active, '+3y');
      await hold(5000);
      setClock(active, '+0');
      await hold(3000);
    },
  },
  {
    name: 'clock-behind',
    what: 'the wall clock of the active’s host is moved three years back, and forth 5 s later',
    bed: { ...common, clocks: true },
    runs: 20,
    subject: 'stays',
    async fault({ active, hold }) {
      setClock(active, '-3y');
      await hold(5000);
      setClock(active, '+0');
      await hold(3000);
    },
  },
  {
    name: 'state-full',
    what: 'the disk under the state folder of the active’s host is full for 10 s',
    bed: { store: 'own', recoverWithin: '2s', small: { what: 'state', mib: 64 } },
    runs: 20,
    subject: 'stays',
    async fault({ active, hold, explain }) {
      fill(active.state);
      await hold(10_000);
      empty(active.state);
      await explain(active);
    },
  },
  {
    name: 'cpu-taken',
    what: 'eight busy processes on two cores for 10 s',
    bed: common,
    runs: 20,
    subject: 'either',
    async fault({ active, hold }) {
      const busy = Array.from({ length: 8 }, () => active.space.spawn(['sh', '-c', forEver], { stdio: 'ignore' }));
      await hold(10_000);
      for (const each of busy) each.kill('SIGKILL');
    },
  },
  {
    name: 'host-replaced',
    what: 'a new machine takes name and address of the active’s, which is only cut off',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, moved }) {
      active.space.cut();
      await bed.replace(active);
      await moved();
      active.space.killAll();
    },
  },
  ...['1s', '700ms', '500ms', '300ms'].map(calm),
];
