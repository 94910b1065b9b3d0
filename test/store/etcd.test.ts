// The store in a real etcd: the suite of all stores. What befalls a cluster is in etcd-faults.test.ts.
import { test } from 'node:test';
import { join } from 'node:path';
import { noEtcd, relay, startCluster, type Cluster } from './etcd-cluster.ts';
import { storeCases } from './store.cases.ts';

const missing = noEtcd();
if (missing !== false) test('etcd: the suite of all stores', { skip: missing });
else {
  const places = new Map<string, { cluster: Cluster; other: Cluster | null; turnTo(port: number): void }>();
  storeCases({
    name: 'etcd',
    module: join(import.meta.dirname, 'open-etcd.ts'),
    async make(t) {
      const cluster = await startCluster(t, { members: 1 });
      const front = await relay(t, portOf(cluster));
      const where = `http://127.0.0.1:${front.port}`;
      const other = t.name.includes('another store in its place') ? await startCluster(t, { members: 1 }) : null;
      places.set(where, {
        cluster,
        other,
        turnTo: (port) => {
          front.turnTo(port);
        },
      });
      return where;
    },
    faults: {
      stall(where) {
        places.get(where)?.cluster.signalAll('SIGSTOP');
        return Promise.resolve(() => {
          places.get(where)?.cluster.signalAll('SIGCONT');
          return Promise.resolve();
        });
      },
      exchange(where) {
        const place = places.get(where);
        if (place === undefined || place.other === null) throw new Error('no other etcd was started');
        place.turnTo(portOf(place.other));
        return Promise.resolve(() => {
          place.turnTo(portOf(place.cluster));
          return Promise.resolve();
        });
      },
    },
    skip: {},
  });
}

function portOf(cluster: Cluster): number {
  return Number(new URL(cluster.urls[0] ?? '').port);
}
