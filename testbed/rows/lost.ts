// Something of a host ends at once: a process, the agent, the keeper, all of it.
import type { Row } from '../row.ts';
import { letLead, loseActive, runnersOf } from '../scenes.ts';
import { signal } from '../space.ts';

const common = { store: 'managed', recoverWithin: '2s' } as const;

export const lostRows: readonly Row[] = [
  {
    name: 'process-killed',
    what: 'the active process is killed; a standby takes over',
    bed: common,
    runs: 100,
    subject: 'moves',
    gapP99Ms: 100,
    async fault({ bed, active, moved }) {
      signal(bed.pid(await bed.settled(), 'subject', active.host), 'SIGKILL');
      await moved();
    },
  },
  {
    name: 'agent-killed',
    what: 'the agent of the active’s host is killed',
    bed: common,
    runs: 20,
    subject: 'stays',
    async fault({ bed, active, hold }) {
      signal((await runnersOf(bed, active)).agent, 'SIGKILL');
      await hold(3000);
    },
  },
  {
    name: 'keeper-killed',
    what: 'the keeper of the active’s host is killed: what it leased dies with it',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, moved }) {
      signal((await runnersOf(bed, active)).keeper, 'SIGKILL');
      await moved();
    },
  },
  {
    name: 'agent-keeper-killed',
    what: 'two faults at once: agent and keeper of the active’s host are killed',
    bed: common,
    runs: 20,
    subject: 'moves',
    async fault({ bed, active, moved }) {
      const { agent, keeper } = await runnersOf(bed, active);
      signal(keeper, 'SIGKILL');
      signal(agent, 'SIGKILL');
      await moved();
      await bed.up(active);
    },
  },
  {
    name: 'host-lost',
    what: 'all of the active’s host is lost, its member of etcd with it, which does not lead',
    bed: { ...common, recoverWithin: '1s', also: ['bystander'] },
    runs: 100,
    subject: 'moves',
    gapP99Ms: 1000,
    async fault(scene) {
      await letLead(scene.bed, scene.active, false);
      await loseActive(scene);
    },
  },
  {
    name: 'host-lost-leader',
    what: 'all of the active’s host is lost, and its member led etcd',
    bed: { ...common, recoverWithin: '1s', also: ['bystander'] },
    runs: 100,
    subject: 'moves',
    gapP99Ms: 1600,
    async fault(scene) {
      await letLead(scene.bed, scene.active, true);
      await loseActive(scene);
    },
  },
  {
    name: 'host-lost-leader-2s',
    what: 'the same; what is active on another host must stay',
    bed: { ...common, also: ['bystander'] },
    runs: 100,
    subject: 'moves',
    async fault(scene) {
      await letLead(scene.bed, scene.active, true);
      await loseActive(scene);
    },
  },
  ...['700ms', '500ms', '300ms'].map(fast),
];

/** The fastest setting is the least for which `calm-…` shows no move; this is what a lost host then costs. */
function fast(recoverWithin: string): Row {
  return {
    name: `host-lost-${recoverWithin}`,
    what: 'all of the active’s host is lost, its member of etcd with it, which does not lead',
    bed: { ...common, recoverWithin },
    runs: 20,
    subject: 'moves',
    async fault(scene) {
      await letLead(scene.bed, scene.active, false);
      await loseActive(scene);
    },
  };
}
