// What befalls etcd. Trouble of the store alone demotes nobody: the hosts promise one another to wait.
import { join } from 'node:path';
import { both, etcd, killed, lasting, stopped, type Fault, type Trouble } from '../fault.ts';
import type { Row, Scene } from '../row.ts';
import { fill, leaderOf } from '../scenes.ts';
import { at1s, at2s, ownAt2s } from './beds.ts';

const everywhere = etcd(({ bed }) => bed.machines);

/** Its own etcd is killed, and started again. */
const ownKilled: Trouble = async ({ bed }) => {
  await bed.etcd?.killAll();
  return () => bed.etcd?.start();
};

/** The line of one host that could take over. */
const anotherCut: Trouble = ({ others: [other] }) => {
  other?.space.cut();
  return () => other?.space.join();
};

/** No byte is left on the disk of the member that leads; one that ended of it is started again. */
const leadersDiskFull: Trouble = async ({ bed }) => {
  const { host, folder } = await leaderOf(bed);
  const empty = fill(join(folder, 'etcd'));
  return () => {
    empty();
    bed.etcd?.startOne(host);
  };
};

/** Another store in the place of the true one under running agents, for several times what a session lasts; a person must have been called. */
function another(make: (scene: Scene) => unknown, before?: (scene: Scene) => Promise<void>): Fault {
  return {
    lastsMs: 8000,
    async befall(scene) {
      const { bed, active, hold, note, explain } = scene;
      await before?.(scene);
      await bed.etcd?.killAll();
      bed.etcd?.putAside('true');
      await make(scene);
      await hold(8000);
      await explain(active);
      const views = await Promise.all(bed.machines.map((machine) => bed.status(machine)));
      // One of them reports for all, as long as they hear one another.
      const called = views.flatMap((view) => view?.incidents ?? []).find(({ cause }) => cause.startsWith('store:'));
      note(called === undefined ? 'NOBODY WAS CALLED' : `called: ${called.cause} (severity ${called.severity})`);
      await bed.etcd?.killAll();
      bed.etcd?.putBack('true');
      bed.etcd?.forget('old');
      await bed.etcd?.start();
    },
  };
}

/** A backup, and then a failover that it knows nothing of, to its end: what is between hosts when the store goes is active nowhere until it is back. */
async function backUpThenMove({ bed, active, others, moved }: Scene): Promise<void> {
  await bed.etcd?.killAll();
  bed.etcd?.keepCopy('old');
  await bed.etcd?.start();
  await bed.settled();
  await bed.failover(active, 'subject', others[0]?.host ?? '');
  await moved();
  await bed.settled();
}

export const storeRows: readonly Row[] = [
  {
    name: 'etcd-leader-killed',
    what: 'the member of etcd that leads is killed',
    bed: { ...at2s, also: ['bystander'] },
    runs: 100,
    subject: 'stays',
    fault: lasting(2000, killed(etcd(async ({ bed }) => [await leaderOf(bed)]))),
  },
  {
    name: 'etcd-stopped',
    what: 'every member of etcd is stopped for 60 s',
    bed: { ...at2s, also: ['bystander'] },
    runs: 100,
    abreast: 2,
    subject: 'stays',
    fault: lasting(60_000, stopped(everywhere), { explained: true }),
  },
  {
    name: 'etcd-stopped-1s',
    what: 'every member of etcd is stopped for 10 s, under recoverWithin 1s',
    bed: { ...at1s, also: ['bystander'] },
    runs: 20,
    subject: 'stays',
    fault: lasting(10_000, stopped(everywhere), { explained: true }),
  },
  {
    name: 'quorum-lost',
    what: 'two of three members of etcd, on the other hosts, are stopped for 10 s',
    bed: at2s,
    runs: 20,
    subject: 'stays',
    fault: lasting(10_000, stopped(etcd(({ others }) => others))),
  },
  {
    name: 'etcd-killed',
    what: 'every member of etcd is killed, and started again 5 s later',
    bed: ownAt2s,
    runs: 20,
    subject: 'stays',
    fault: lasting(5000, ownKilled),
  },
  {
    name: 'etcd-stopped-and-kill',
    what: 'two faults at once: etcd is stopped, and one host that could take over is lost: the active must step down, and comes back with etcd',
    bed: at2s,
    runs: 20,
    subject: 'either',
    fault: lasting(4000, both(stopped(everywhere), anotherCut), { explained: true }),
  },
  {
    name: 'etcd-disk-full',
    what: 'the disk under the member of etcd that leads is full for 10 s',
    bed: { ...ownAt2s, small: { what: 'etcd', mib: 200 } },
    runs: 20,
    subject: 'stays',
    fault: lasting(10_000, leadersDiskFull),
  },
  {
    name: 'store-wiped',
    what: 'etcd is wiped under running agents: an empty one of the same name answers for 8 s',
    bed: ownAt2s,
    runs: 20,
    subject: 'stays',
    fault: another(({ bed }) => bed.etcd?.start()),
  },
  {
    name: 'store-restored',
    what: 'etcd is put back to what it was before the last failover, for 8 s',
    bed: ownAt2s,
    runs: 20,
    subject: 'either',
    fault: another(({ bed }) => {
      bed.etcd?.putBack('old');
      return bed.etcd?.start();
    }, backUpThenMove),
  },
  {
    name: 'store-exchanged',
    what: 'another cluster answers in the place of etcd for 8 s',
    bed: ownAt2s,
    runs: 20,
    subject: 'stays',
    fault: another(({ bed }) => bed.etcd?.start('another')),
  },
];
