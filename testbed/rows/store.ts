// What befalls etcd. Trouble of the store alone demotes nobody: the hosts promise one another to wait.
import { join } from 'node:path';
import type { Row, Scene } from '../row.ts';
import { empty, fill, leaderOf, signalEtcd } from '../scenes.ts';

const managed = { store: 'managed', recoverWithin: '2s' } as const;
const own = { store: 'own', recoverWithin: '2s' } as const;

/** Under another store for so long: several times what a session lasts. */
const foreignMs = 8000;

/** Puts another store in the place of the true one under running agents, and the true one back; a person must have been called. */
async function underAnother({ bed, active, hold, note, explain }: Scene, make: () => Promise<void>): Promise<void> {
  const etcd = bed.etcd;
  if (etcd === null) throw new Error('needs an etcd of the testbed’s own');
  await etcd.killAll();
  etcd.putAside('true');
  await make();
  await hold(foreignMs);
  await explain(active);
  const views = await Promise.all(bed.machines.map((machine) => bed.status(machine)));
  // One of them reports for all, as long as they hear one another.
  const called = views.flatMap((view) => view?.incidents ?? []).find(({ cause }) => cause.startsWith('store:'));
  note(called === undefined ? 'NOBODY WAS CALLED' : `called: ${called.cause} (severity ${called.severity})`);
  await etcd.killAll();
  etcd.putBack('true');
  await etcd.start();
}

export const storeRows: readonly Row[] = [
  {
    name: 'etcd-leader-killed',
    what: 'the member of etcd that leads is killed',
    bed: { ...managed, also: ['bystander'] },
    runs: 100,
    subject: 'stays',
    async fault({ bed, hold }) {
      signalEtcd([await leaderOf(bed)], 'SIGKILL');
      await hold(2000);
    },
  },
  {
    name: 'etcd-stopped',
    what: 'every member of etcd is stopped for 60 s',
    bed: { ...managed, also: ['bystander'] },
    runs: 100,
    subject: 'stays',
    async fault({ bed, active, hold, explain }) {
      signalEtcd(bed.machines, 'SIGSTOP');
      await hold(60_000);
      await explain(active);
      signalEtcd(bed.machines, 'SIGCONT');
    },
  },
  {
    name: 'etcd-stopped-1s',
    what: 'every member of etcd is stopped for 10 s, under recoverWithin 1s',
    bed: { ...managed, recoverWithin: '1s', also: ['bystander'] },
    runs: 20,
    subject: 'stays',
    async fault({ bed, active, hold, explain }) {
      signalEtcd(bed.machines, 'SIGSTOP');
      await hold(10_000);
      await explain(active);
      signalEtcd(bed.machines, 'SIGCONT');
    },
  },
  {
    name: 'quorum-lost',
    what: 'two of three members of etcd, on the other hosts, are stopped for 10 s',
    bed: managed,
    runs: 20,
    subject: 'stays',
    async fault({ others, hold }) {
      signalEtcd(others, 'SIGSTOP');
      await hold(10_000);
      signalEtcd(others, 'SIGCONT');
    },
  },
  {
    name: 'etcd-killed',
    what: 'every member of etcd is killed, and started again 5 s later',
    bed: own,
    runs: 20,
    subject: 'stays',
    async fault({ bed, hold }) {
      await bed.etcd?.killAll();
      await hold(5000);
      await bed.etcd?.start();
    },
  },
  {
    name: 'etcd-stopped-and-kill',
    what: 'two faults at once: etcd is stopped, and one host that could take over is lost: the active must step down, and comes back with etcd',
    bed: managed,
    runs: 20,
    subject: 'either',
    async fault({ bed, active, others, hold, explain }) {
      const [lost] = others;
      if (lost === undefined) return;
      signalEtcd(bed.machines, 'SIGSTOP');
      lost.space.cut();
      await hold(4000);
      await explain(active);
      lost.space.join();
      signalEtcd(bed.machines, 'SIGCONT');
    },
  },
  {
    name: 'etcd-disk-full',
    what: 'the disk under the member of etcd that leads is full for 10 s',
    bed: { ...own, small: { what: 'etcd', mib: 200 } },
    runs: 20,
    subject: 'stays',
    async fault({ bed, hold }) {
      const leader = await leaderOf(bed);
      const folder = join(leader.folder, 'etcd');
      fill(folder);
      await hold(10_000);
      empty(folder);
      bed.etcd?.startOne(leader.host);
    },
  },
  {
    name: 'store-wiped',
    what: 'etcd is wiped under running agents: an empty one of the same name answers for 8 s',
    bed: own,
    runs: 20,
    subject: 'stays',
    fault: (scene) => underAnother(scene, async () => scene.bed.etcd?.start()),
  },
  {
    name: 'store-restored',
    what: 'etcd is put back to what it was before the last failover, for 8 s',
    bed: own,
    runs: 20,
    subject: 'either',
    async fault(scene) {
      const { bed, active, others } = scene;
      await bed.etcd?.killAll();
      bed.etcd?.keepCopy('old');
      await bed.etcd?.start();
      await bed.settled();
      const { code, stderr } = await bed.cli(active, 'failover', 'subject', '--to', others[0]?.host ?? '');
      if (code !== 0) throw new Error(`failover ended with ${code}: ${stderr}`);
      await underAnother(scene, async () => {
        bed.etcd?.putBack('old');
        await bed.etcd?.start();
      });
      bed.etcd?.forget('old');
    },
  },
  {
    name: 'store-exchanged',
    what: 'another cluster answers in the place of etcd for 8 s',
    bed: own,
    runs: 20,
    subject: 'stays',
    fault: (scene) => underAnother(scene, async () => scene.bed.etcd?.start('another')),
  },
];
