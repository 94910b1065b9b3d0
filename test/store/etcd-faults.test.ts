// What befalls a cluster of etcd: members killed, hung, all stopped, wiped, compacted; certificates and passwords.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ms } from '../../src/model/units.ts';
import { StoreUnreachable, type Store } from '../../src/ports.ts';
import { diagnoseEtcd } from '../../src/store/etcd/diagnose.ts';
import { openEtcd } from '../../src/store/etcd/etcd.ts';
import { openMembers } from '../../src/store/etcd/members.ts';
import { readRequest } from '../../src/store/etcd/messages.ts';
import { enough, put } from './basic.cases.ts';
import { noEtcd, startCluster, type Cluster } from './etcd-cluster.ts';
import { accessTo } from './open-etcd.ts';
import { afterwards, folder } from './places.ts';
import { watching } from './watching.ts';

const skip = noEtcd();
type Access = Parameters<typeof openEtcd>[0]['access'];

async function opened(t: TestContext, access: Access, make = true): Promise<Store> {
  const store = await openEtcd({ access, system: 'faults', make });
  afterwards(t, () => store.close());
  return store;
}

/** Why a question is not answered by this way within so long; null: it is. The first member is asked first. */
async function whyNone(access: Access, withinMs: number): Promise<string | null> {
  const members = openMembers(access, 0);
  const asked = await members.ask(withinMs, (calls, call) => calls.kv.txn(readRequest('', 'standfast/'), call));
  members.close();
  return asked.kind === 'none' ? asked.why : null;
}

/** Writes until one is applied; the revision. Compares nothing: to be applied twice is no harm. */
async function untilApplied(store: Store, key: string): Promise<number> {
  for (;;) {
    const answer = await store.txn([], [{ key, value: '1' }], ms(1000));
    if (answer.kind === 'applied') return answer.revision;
  }
}

test('each member in turn is killed or hung, and no change is missed or told twice', { skip }, async (t) => {
  const cluster = await startCluster(t, { members: 3 });
  const store = await opened(t, accessTo(cluster.urls));
  const other = await opened(t, accessTo(cluster.urls.toReversed()));
  const told = watching(other, (await other.read('')).revision);
  for (const [round, member] of cluster.members.entries()) {
    await member.kill();
    await untilApplied(store, `killed/${round}`);
    await member.start();
    member.signal('SIGSTOP');
    const end = await untilApplied(store, `hung/${round}`);
    await told.until(({ changes }) => (changes.at(-1)?.revision ?? 0) >= end);
    member.signal('SIGCONT');
  }
  const end = await put(store, { key: 'end', value: '1' });
  await told.until(({ changes }) => changes.at(-1)?.revision === end);
  const revisions = told.changes.map((change) => change.revision);
  assert.deepEqual(
    revisions,
    revisions.map((_, index) => end - revisions.length + 1 + index),
  );
  const there = (await store.read('')).entries.map((entry) => entry.key).toSorted();
  assert.deepEqual([...new Set(told.changes.map((change) => change.key))].toSorted(), there);
});

test(
  'a compare-and-set whose member dies is applied once or unknown, never refused by its own doing',
  { skip },
  async (t) => {
    const cluster = await startCluster(t, { members: 3 });
    const store = await opened(t, accessTo(cluster.urls));
    let revision = await put(store, { key: 'session', value: '0' });
    for (let n = 1; n <= 6; n++) {
      const victim = cluster.members[n % 3]!;
      const asked = store.txn([{ key: 'session', revision }], [{ key: 'session', value: String(n) }], enough);
      await Promise.all([victim.kill(), asked]);
      const answer = await asked;
      assert.notEqual(answer.kind, 'refused', JSON.stringify(answer));
      const [entry] = (await store.read('session')).entries;
      if (answer.kind === 'applied') assert.deepEqual([entry?.value, entry?.revision], [String(n), answer.revision]);
      revision = entry?.revision ?? 0;
      await victim.start();
    }
  },
);

test('all members stopped is lost and unknown, and all is back when they are', { skip }, async (t) => {
  const cluster = await startCluster(t, { members: 3 });
  const store = await opened(t, accessTo(cluster.urls));
  const told = watching(store, (await store.read('')).revision);
  await put(store, { key: 'before', value: '1' });
  await told.until(({ changes }) => changes.length === 1);
  cluster.signalAll('SIGSTOP');
  const answer = await store.txn([], [{ key: 'during', value: '1' }], ms(400));
  assert.equal(answer.kind, 'unknown');
  await told.until(({ states }) => states.length === 1);
  assert.match(told.states[0]!, /^lost: /);
  await assert.rejects(store.read(''), StoreUnreachable);
  cluster.signalAll('SIGCONT');
  await told.until(({ states }) => states.at(-1) === 'back');
  const end = await untilApplied(store, 'after');
  await told.until(({ changes }) => (changes.at(-1)?.revision ?? 0) >= end);
});

test('an etcd wiped in its place is another store, and is not made one again', { skip }, async (t) => {
  const cluster = await startCluster(t, { members: 1 });
  const store = await opened(t, accessTo(cluster.urls));
  const revision = await put(store, { key: 'lease', value: '1' });
  const told = watching(store, revision);
  const [member] = cluster.members;
  await member!.kill();
  await member!.start({ wiped: true });
  await told.until(({ states }) => states.some((state) => /another store/.test(state)));
  const answer = await store.txn([{ key: 'lease', revision: 0 }], [{ key: 'lease', value: '2' }], enough);
  assert.match(answer.kind === 'unknown' ? answer.why : answer.kind, /another store/);
  await assert.rejects(store.read(''), /another store/);
  // An agent that begins now makes none of it either.
  await assert.rejects(opened(t, accessTo(cluster.urls), false), StoreUnreachable);
});

test('an etcd that went back to an older state is another store', { skip }, async (t) => {
  const cluster = await startCluster(t, { members: 1 });
  const [member] = cluster.members;
  const store = await opened(t, accessTo(cluster.urls));
  await put(store, { key: 'a', value: '1' });
  await member!.kill();
  member!.keepCopy();
  await member!.start();
  for (let n = 0; n < 5; n++) await untilApplied(store, `later/${n}`);
  await member!.kill();
  member!.putBack();
  await member!.start();
  const answer = await store.txn([], [{ key: 'b', value: '1' }], enough);
  assert.match(answer.kind === 'unknown' ? answer.why : answer.kind, /went back to revision/);
});

test('a watch from a revision that was compacted away is lost, and reading anew goes on', { skip }, async (t) => {
  const cluster = await startCluster(t, { members: 1 });
  const store = await opened(t, accessTo(cluster.urls));
  const first = await put(store, { key: 'a', value: '1' });
  for (let n = 0; n < 5; n++) await put(store, { key: 'a', value: String(n) });
  const { revision } = await store.read('');
  etcdctl(cluster, 'compact', String(revision));
  const told = watching(store, first);
  await told.until(({ states }) => states.length > 0);
  assert.match(told.states[0]!, /^lost: .*compacted/);
  const again = watching(store, revision);
  const next = await put(store, { key: 'b', value: '1' });
  await again.until(({ changes }) => changes.length === 1);
  assert.equal(again.changes[0]?.revision, next);
});

test('etcd with certificates: ours is needed, and whose counts is checked', { skip }, async (t) => {
  const home = folder(t);
  const pki = certificates(home);
  const cluster = await startCluster(t, {
    members: 1,
    scheme: 'https',
    args: ['--cert-file', pki.cert, '--key-file', pki.key, '--client-cert-auth', '--trusted-ca-file', pki.ca],
  });
  const access = { ...accessTo(cluster.urls), ca: pki.ca, cert: pki.cert, key: pki.key };
  const store = await opened(t, access);
  const told = watching(store, (await store.read('')).revision);
  await put(store, { key: 'a', value: '1' });
  await told.until(({ changes }) => changes.length === 1);
  const { members, cannotWrite } = await diagnoseEtcd(access);
  assert.deepEqual([cannotWrite, members[0]?.why], [null, null]);
  assert.ok(Math.abs(members[0]?.clockAheadMs ?? 1e9) < 60_000);
  assert.match((await whyNone({ ...access, ca: null }, 500)) ?? '', /certificate/);
  assert.match((await whyNone({ ...access, cert: null, key: null }, 500)) ?? '', /certificate/);
});

test('etcd with users: the login is renewed, a wrong password and a missing role are said', { skip }, async (t) => {
  const home = folder(t);
  const cluster = await startCluster(t, { members: 1, args: ['--auth-token', 'simple', '--auth-token-ttl', '1'] });
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, 'secret\n');
  etcdctl(cluster, 'user', 'add', 'root:top');
  etcdctl(cluster, 'user', 'add', 'standfast:secret');
  etcdctl(cluster, 'role', 'add', 'ours');
  etcdctl(cluster, 'role', 'grant-permission', 'ours', '--prefix=true', 'readwrite', 'standfast/');
  etcdctl(cluster, 'user', 'grant-role', 'root', 'root');
  const access = { ...accessTo(cluster.urls), user: 'standfast', passwordFile };
  const early = await opened(t, access);
  etcdctl(cluster, 'auth', 'enable');
  await assert.rejects(opened(t, accessTo(cluster.urls)), /lets in only who logs in/);
  await assert.rejects(opened(t, access), /may read and write/);
  etcdctl(cluster, '--user', 'root:top', 'user', 'grant-role', 'standfast', 'ours');
  const store = await opened(t, access);
  const told = watching(store, (await store.read('')).revision);
  await put(store, { key: 'a', value: '1' });
  await told.until(({ changes }) => changes.length === 1);
  await untilApplied(early, 'early');
  // A member that was away knows no token that was given before.
  await cluster.members[0]!.kill();
  await cluster.members[0]!.start();
  const end = await untilApplied(store, 'b');
  await told.until(({ changes }) => (changes.at(-1)?.revision ?? 0) >= end);
  // One that takes the connection and says nothing holds up no login.
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  afterwards(t, () => void silent.close());
  const { port } = silent.address() as AddressInfo;
  assert.equal(await whyNone({ ...access, endpoints: [`http://127.0.0.1:${port}`, ...cluster.urls] }, enough), null);
  writeFileSync(passwordFile, 'wrong');
  await assert.rejects(opened(t, access), /does not accept our user and password/);
});

test('doctor hears of a full etcd and of a member that is missing', { skip }, async (t) => {
  const cluster = await startCluster(t, { members: 3, args: ['--quota-backend-bytes', String(1 << 20)] });
  const store = await opened(t, accessTo(cluster.urls));
  const big = JSON.stringify('x'.repeat(100_000));
  let why = '';
  for (let n = 0; n < 60 && why === ''; n++) {
    const answer = await store.txn([], [{ key: `big/${n}`, value: big }], enough);
    if (answer.kind === 'unknown') ({ why } = answer);
  }
  assert.match(why, /NOSPACE/);
  await cluster.members[2]!.kill();
  const health = await diagnoseEtcd(accessTo(cluster.urls));
  assert.ok(health.alarms?.some(({ kind }) => kind === 'NOSPACE'));
  assert.match(health.cannotWrite ?? '', /NOSPACE/);
  assert.deepEqual(
    health.members.map((member) => member.why === null),
    [true, true, false],
  );
  assert.equal(health.listed?.length, 3);
});

function etcdctl(cluster: Cluster, ...args: readonly string[]): void {
  execFileSync('etcdctl', ['--endpoints', cluster.urls.join(','), ...args], {
    env: { ...process.env, ETCDCTL_API: '3' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** A certificate of its own authority, for 127.0.0.1, good for server and client. */
function certificates(home: string): { ca: string; cert: string; key: string } {
  const at = (name: string): string => join(home, name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=test');
  openssl('req', ...key, '-keyout', at('key.pem'), '-out', at('request'), '-subj', '/CN=standfast');
  writeFileSync(at('extensions'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  const sign = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('extensions')];
  openssl('x509', '-req', '-in', at('request'), ...sign, '-out', at('cert.pem'), '-days', '2');
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') };
}
