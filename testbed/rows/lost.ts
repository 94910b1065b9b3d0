// Something of a host ends at once: a process, the agent, the keeper, all of it.
import {
  activeProcess,
  agent,
  both,
  keeper,
  keeperAndAgent,
  killed,
  lasting,
  untilMoved,
  type Fault,
  type Trouble,
} from '../fault.ts';
import type { Row } from '../row.ts';
import { bringBack, letLead } from '../scenes.ts';
import { at1s, at2s } from './beds.ts';

/** Nothing of the active's host answers any more, and nothing says goodbye: the line goes first, so that no end is told. */
const lost: Trouble = ({ bed, active }) => {
  active.space.cut();
  active.space.killAll();
  return () => bringBack(bed, active);
};

/** `led`: whether the member of etcd that is lost with the host led. */
function hostLost(led: boolean): Fault {
  const { lastsMs, befall } = untilMoved(lost);
  return {
    lastsMs,
    async befall(scene) {
      await letLead(scene.bed, scene.active, led);
      await befall(scene);
    },
  };
}

const thenUp: Trouble =
  ({ bed, active }) =>
  () =>
    bed.up(active);

export const lostRows: readonly Row[] = [
  {
    name: 'process-killed',
    what: 'the active process is killed; a standby takes over',
    bed: at2s,
    runs: 100,
    subject: 'moves',
    gapP99Ms: 100,
    fault: untilMoved(killed(activeProcess)),
  },
  {
    name: 'agent-killed',
    what: 'the agent of the active’s host is killed',
    bed: at2s,
    runs: 20,
    subject: 'stays',
    fault: lasting(3000, killed(agent)),
  },
  {
    name: 'keeper-killed',
    what: 'the keeper of the active’s host is killed: what it leased dies with it',
    bed: at2s,
    runs: 20,
    subject: 'moves',
    fault: untilMoved(killed(keeper)),
  },
  {
    name: 'agent-keeper-killed',
    what: 'two faults at once: agent and keeper of the active’s host are killed',
    bed: at2s,
    runs: 20,
    subject: 'moves',
    fault: untilMoved(both(thenUp, killed(keeperAndAgent))),
  },
  {
    name: 'host-lost',
    what: 'all of the active’s host is lost, its member of etcd with it, which does not lead',
    bed: { ...at1s, also: ['bystander'] },
    runs: 100,
    subject: 'moves',
    gapP99Ms: 1000,
    fault: hostLost(false),
  },
  {
    name: 'host-lost-leader',
    what: 'all of the active’s host is lost, and its member led etcd',
    bed: { ...at1s, also: ['bystander'] },
    runs: 100,
    subject: 'moves',
    gapP99Ms: 1600,
    fault: hostLost(true),
  },
  {
    name: 'host-lost-leader-2s',
    what: 'the same; what is active on another host must stay',
    bed: { ...at2s, also: ['bystander'] },
    runs: 100,
    subject: 'moves',
    fault: hostLost(true),
  },
  // The fastest setting is the least for which `calm-…` shows no move; this is what a lost host then costs.
  ...['700ms', '500ms', '300ms'].map((recoverWithin): Row => ({
    name: `host-lost-${recoverWithin}`,
    what: 'all of the active’s host is lost, its member of etcd with it, which does not lead',
    bed: { ...at2s, recoverWithin },
    runs: 20,
    subject: 'moves',
    fault: hostLost(false),
  })),
];
