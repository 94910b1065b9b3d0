// The network between hosts, in a network namespace of this test: nftables drops, rejects, loses, and lets only small packets through. Names come from a
// hosts file and a resolver bound over the real ones in a mount namespace of what asks.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openEtcd } from '../../../src/observe/modes/etcd.ts';
import { openIdle } from '../../../src/observe/modes/idle.ts';
import { openNames } from '../../../src/observe/modes/names.ts';
import { openPorts } from '../../../src/observe/modes/ports.ts';
import { openSockets } from '../../../src/observe/modes/sockets.ts';
import { freePort } from '../../free-port.ts';
import { busy, folder, ground, idle, look, needs, said, sh, shQuietly, starved, watchOn } from './look.ts';

let farHosts = 0;

/** A namespace with one server that swallows what it is sent, reached over a pair of devices; each segment is a packet of its own. */
async function farHost(
  t: TestContext,
): Promise<{ address: string; rule(text: string): void; sh(line: string): string; run(program: string): void }> {
  farHosts += 1;
  const name = `sfm${process.pid}-${farHosts}`;
  const net = `10.213.${(process.pid + farHosts) % 250}`;
  sh(
    'ip netns add "$1" && ip link add "$1" type veth peer name far netns "$1" && ip addr add "$2.1/30" dev "$1" && ip link set "$1" gso_max_segs 1 up && ip -n "$1" addr add "$2.2/30" dev far && ip -n "$1" link set far up && ip -n "$1" link set lo up && ip netns exec "$1" nft add table inet t && ip netns exec "$1" nft add chain inet t in "{ type filter hook input priority 0; }"',
    name,
    net,
  );
  t.after(() => shQuietly('ip link del "$1"; ip netns del "$1"', name));
  const server = spawn(
    'ip',
    [
      'netns',
      'exec',
      name,
      process.execPath,
      '-e',
      'require("net").createServer(s=>s.on("data",()=>{}).on("error",()=>{})).listen(7000,"0.0.0.0",()=>console.log("up"))',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  return {
    address: `${net}.2:7000`,
    sh: (line) => sh('ip netns exec "$1" sh -c "$2"', name, line),
    run(program) {
      const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', program], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      t.after(() => child.kill('SIGKILL'));
    },
    rule: (text) =>
      sh(
        'ip netns exec "$1" nft flush chain inet t in && { [ -z "$2" ] || ip netns exec "$1" nft add rule inet t in "$2"; }',
        name,
        text,
      ),
  };
}

test(
  'a port that refuses, one that drops, one way only, large packets that vanish',
  { skip: needs('ip', 'nft', 'ss') },
  async (t) => {
    const far = await farHost(t);
    const [host = ''] = far.address.split(':');
    const detector = openPorts(ground());
    const peer = { host: 'b', address: host, clockAheadMs: 0, facts: { 'reaches a': 'yes' } };
    const watch = watchOn(folder(t), { ports: [{ name: far.address, services: ['pricer'] }] });
    assert.deepEqual(said(await look(detector, watch)), []);
    assert.deepEqual(said(await look(detector, { ...watch, peers: [peer] })), []);
    far.rule('tcp dport 7000 reject with tcp reset');
    assert.deepEqual(said(await look(detector, { ...watch, peers: [peer] })), ['port-refused fault']);
    // A port of this host, closed here, which a firewall would make of it: nobody who listens is for its service to tell.
    const port = await freePort();
    const own = async (name: string, lines: readonly string[]): Promise<readonly string[]> => {
      let line = '';
      const detectorHere = openPorts(ground({ asking: () => ['echo', line] }));
      const listens = watchOn(folder(t), { listens: [{ name, services: ['pricer'] }] });
      const told: string[] = [];
      for (line of lines) told.push(said(await look(detectorHere, listens)).join());
      return told;
    };
    const here = `127.0.0.1:${port}`;
    assert.deepEqual(await own(here, [`LISTEN 0 511 *:${port} *:*`, '']), ['port-refused fault', 'port-refused fault']);
    assert.deepEqual(await own(here, [`LISTEN 0 511 127.0.0.2:${port} 0.0.0.0:*`]), ['']);
    assert.deepEqual(await own(here, [`LISTEN 512 511 0.0.0.0:${port} 0.0.0.0:*`]), [''], 'its queue is full');
    assert.deepEqual(await own(far.address, ['LISTEN 0 511 *:7000 *:*']), [''], 'it is on no device here');
    far.rule('tcp dport 7000 drop');
    const unheard = { ...peer, facts: { 'reaches a': 'no' } };
    const [cut, blocked] = await Promise.all([
      look(detector, { ...watch, peers: [peer] }),
      look(openPorts(ground()), { ...watch, peers: [unheard] }),
    ]);
    const oneWay = cut.find(({ mode }) => mode === 'one-way');
    assert.equal(oneWay?.text, `b reaches a, and a does not reach b (${far.address}): that way is cut`);
    assert.deepEqual(oneWay.services, ['pricer']);
    assert.deepEqual(said(blocked), ['port-blocked fault']);
    far.rule('');
    far.rule('meta length > 600 drop');
    const large = connect(7000, host).on('error', () => undefined);
    t.after(() => large.destroy());
    await once(large, 'connect');
    large.write(Buffer.alloc(100_000));
    let seen: readonly string[] = [];
    while (seen.length === 0) seen = said(await look(detector, watch));
    assert.deepEqual(seen, ['mtu-black-hole fault']);
  },
);

test('packets that are lost', { skip: needs('ip', 'nft') }, async (t) => {
  const far = await farHost(t);
  const root = folder(t);
  mkdirSync(join(root, 'proc/net'), { recursive: true });
  // Of the namespace: nothing else of this machine sends there.
  const counted = (): { out: number; again: number } => {
    const text = far.sh('cat /proc/net/snmp');
    writeFileSync(join(root, 'proc/net/snmp'), text);
    const [names = [], values = []] = text
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '));
    const of = (name: string): number => Number(values[names.indexOf(name)]);
    return { out: of('OutSegs'), again: of('RetransSegs') };
  };
  far.sh('ip link set lo mtu 1500 gso_max_segs 1');
  const loss = openSockets(ground({ root }));
  const before = counted();
  assert.deepEqual(await look(loss, watchOn(root, {})), []);
  far.rule('tcp dport 7000 numgen random mod 100 < 10 drop');
  far.run(
    'const s=require("net").connect(7000,"127.0.0.1");const b=Buffer.alloc(20000);const go=()=>{while(s.write(b));s.once("drain",go)};s.on("error",()=>{}).on("connect",go)',
  );
  const enough = (): boolean => {
    const { out, again } = counted();
    return out - before.out > 500 && again - before.again > 50;
  };
  while (!enough()) await new Promise((again) => setTimeout(again, 50));
  assert.deepEqual(said(await look(loss, watchOn(root, {}))), ['packet-loss ahead']);
});

test('fed: on a quiet host segments are counted over several looks', async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'proc/net'), { recursive: true });
  let now = 0;
  const loss = openSockets(ground({ root, mono: () => now }));
  let [out, again] = [0, 0];
  const after = async (sent: number, lost: number): Promise<readonly string[]> => {
    [now, out, again] = [now + 5000, out + sent, again + lost];
    writeFileSync(join(root, 'proc/net/snmp'), `Tcp: OutSegs RetransSegs\nTcp: ${out} ${again}\n`);
    return said(await look(loss, watchOn(root, {})));
  };
  const looks = async (sent: number, lost: number): Promise<readonly string[]> => {
    const told: string[] = [];
    for (let n = 0; n < 12; n += 1) told.push((await after(sent, lost)).length === 0 ? '-' : 'lost');
    return told;
  };
  await after(0, 0);
  // Each fourth look has enough; from the second of them on it stands in between, too.
  const all = (text: string): readonly string[] => text.split(' ');
  assert.deepEqual(await looks(50, 5), all('- - - lost - - - lost lost lost lost lost'));
  assert.deepEqual((await looks(50, 0)).slice(4), all('- - - - - - - -'));
  assert.deepEqual(await looks(50, 2), all('- - - - - - - - - - - -'), 'a connection to a host that is gone');
  assert.deepEqual(await looks(400, 20), all('lost lost lost lost lost lost lost lost lost lost lost lost'));
});

test('a silent connection that is cut, and one that is left alone', async (t) => {
  const impatient = createServer((socket) => void setTimeout(() => socket.destroy(), 300)).listen(0, '127.0.0.1');
  const patient = createServer(() => undefined).listen(0, '127.0.0.1');
  t.after(() => {
    impatient.close();
    patient.close();
  });
  await Promise.all([once(impatient, 'listening'), once(patient, 'listening')]);
  const to = (server: typeof patient): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let mono = 0;
  const detector = openIdle(ground({ mono: () => mono }));
  const watch = watchOn(folder(t), {
    idle: [impatient, patient].map((server) => ({ to: to(server), forMs: 60_000, services: ['pricer'] })),
  });
  const cut = once(impatient, 'connection').then(([socket]) => once(socket as Socket, 'close'));
  assert.deepEqual(said(await look(detector, watch)), []);
  await cut;
  mono = 20_000;
  let seen = await look(detector, watch);
  while (seen.length === 0) {
    await new Promise(setImmediate);
    seen = await look(detector, watch);
  }
  assert.deepEqual(
    seen.map(({ mode, subject }) => `${mode} ${subject}`),
    [`idle-cut ${to(impatient)}`],
  );
  await look(detector, watchOn(folder(t), {}));
});

test(
  'a name that changes, that resolves no more, a resolver that is slow, an address of one’s own that is lost',
  { skip: needs('ip', 'unshare') },
  async (t) => {
    const dir = folder(t);
    const hosts = (text: string): void => writeFileSync(join(dir, 'hosts'), text);
    writeFileSync(join(dir, 'nsswitch'), 'hosts: files dns\n');
    const silent = createSocket('udp4');
    silent.bind(53, '127.0.0.113');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const resolver = (text: string): void => writeFileSync(join(dir, 'resolv'), text);
    const asking = (argv: readonly string[]): readonly string[] => [
      'unshare',
      '-m',
      'sh',
      '-c',
      'd=$1; shift; mount --bind "$d/hosts" /etc/hosts && mount --bind "$d/nsswitch" /etc/nsswitch.conf && mount --bind "$d/resolv" "$(readlink -f /etc/resolv.conf)" && exec "$@"',
      'in',
      dir,
      ...argv,
    ];
    const detector = openNames(busy(ground({ asking })));
    const watch = watchOn(dir, { names: [{ name: 'rates.test', services: ['pricer'] }] });
    resolver('options timeout:1 attempts:1\nnameserver 127.0.0.114\n');
    hosts('10.1.1.1 rates.test\n10.1.1.2 rates.test\n');
    assert.deepEqual(said(await look(detector, watch)), []);
    hosts('10.1.1.2 rates.test\n');
    assert.deepEqual(said(await look(detector, watch)), [], 'it turns among its addresses');
    hosts('10.9.9.9 rates.test\n');
    const [changed] = await look(detector, watch);
    assert.match(changed?.text ?? '', /^rates.test leads to 10.9.9.9 now; it was 10.1.1.1, 10.1.1.2$/);
    assert.equal(changed?.weight, 'change');
    await look(detector, watch);
    const late = openNames(starved(ground({ asking }), 1500));
    for (let n = 0; n < 2; n += 1) assert.deepEqual(said(await look(late, watch)), [], 'it is the host that is slow');
    // Of a large provider: ever others, each for a while.
    for (const [n, told] of [1, 1, 0, 0, 0].entries()) {
      hosts(`10.20.0.${Math.max(1, n)} rates.test\n`);
      assert.equal((await look(detector, watch)).length, told, `look ${n}`);
    }
    hosts('');
    assert.deepEqual(said(await look(detector, watch)), ['name-unresolvable fault']);
    resolver('options timeout:2 attempts:1\nnameserver 127.0.0.113\n');
    const slow = openNames(idle(ground({ asking })));
    await look(slow, watch);
    assert.deepEqual(said(await look(slow, watch)), ['name-unresolvable fault', 'resolver-slow ahead']);
    const own = watchOn(dir, { address: '10.213.251.9' });
    // On loopback: a device that was just made takes a while until it runs.
    t.after(() => shQuietly('ip addr del 10.213.251.9/32 dev lo'));
    sh('ip addr add 10.213.251.9/32 dev lo');
    assert.deepEqual(said(await look(openNames(ground()), own)), []);
    sh('ip addr del 10.213.251.9/32 dev lo');
    assert.deepEqual(said(await look(openNames(ground()), own)), ['own-address-changed fault']);
  },
);

test(
  'an etcd with a member that never came, and one that is not where the description says',
  { skip: needs('etcd', 'etcdctl') },
  async (t) => {
    const dir = folder(t);
    mkdirSync(join(dir, 'data'), { mode: 0o700 });
    const ports = [await freePort(), await freePort()];
    const client = `http://127.0.0.1:${ports[0]}`;
    const peer = `http://127.0.0.1:${ports[1]}`;
    const etcd = spawn(
      'etcd',
      [
        '--name',
        'one',
        '--data-dir',
        join(dir, 'data'),
        '--listen-client-urls',
        client,
        '--advertise-client-urls',
        client,
        '--listen-peer-urls',
        peer,
        '--initial-advertise-peer-urls',
        peer,
        '--initial-cluster',
        `one=${peer}`,
        '--log-level',
        'error',
      ],
      { stdio: 'ignore' },
    );
    t.after(async () => {
      etcd.kill('SIGKILL');
      await once(etcd, 'exit');
      rmSync(dir, { recursive: true, force: true });
    });
    sh(
      'until etcdctl --endpoints "$1" endpoint health >/dev/null 2>&1; do kill -0 "$2" || exit 1; sleep 0.1; done',
      client,
      String(etcd.pid),
    );
    const detector = openEtcd(ground());
    assert.deepEqual(said(await look(detector, watchOn(dir, { etcd: [client] }))), []);
    const [elsewhere] = await look(detector, watchOn(dir, { etcd: [client, 'http://127.0.0.77:2379'] }));
    assert.match(elsewhere?.text ?? '', /names http:\/\/127.0.0.77:2379, and no member of etcd has that address/);
    const byName = [client.replace('127.0.0.1', 'localhost')];
    assert.deepEqual(said(await look(detector, watchOn(dir, { etcd: byName }))), [], 'another name of the same');
    sh(
      'id=$(etcdctl --endpoints "$1" member list | cut -d, -f1) && etcdctl --endpoints "$1" member update "$id" --peer-urls "$2" >/dev/null',
      client,
      'http://127.0.0.78:2380',
    );
    const [away] = await look(detector, watchOn(dir, { etcd: [client] }));
    assert.equal(
      away?.text,
      `member one of etcd answers its clients (${client}), and nobody is where it is registered for its peers (http://127.0.0.78:2380): the others lose it`,
    );
    sh(
      'id=$(etcdctl --endpoints "$1" member list | cut -d, -f1) && etcdctl --endpoints "$1" member update "$id" --peer-urls "$2" >/dev/null',
      client,
      peer,
    );
    sh('etcdctl --endpoints "$1" member add two --peer-urls http://127.0.0.78:2380 >/dev/null', client);
    const members = await look(detector, watchOn(dir, { etcd: [client] }));
    assert.deepEqual(said(members), ['etcd-peers fault']);
    assert.match(members[0]?.text ?? '', /registered under http:\/\/127.0.0.78:2380 has never started/);
  },
);
