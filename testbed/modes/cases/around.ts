// Names and addresses, the network, versions, and what people and configuration management switch off.

import { setTimeout as pause } from 'node:timers/promises';
import { both, checked, worker, type App, type Case, type Way } from '../case.ts';
import { far, here, launcher, type Place } from '../place.ts';

const idle = { run: 'sleep 100000' };
const near = '10.9.1.1';
const away = '10.9.1.2';
const hosts =
  (text: string) =>
  async (place: Place): Promise<void> =>
    void (await place.sh(
      'printf "127.0.0.1 localhost\\n%s" "$1" > /etc/hosts; printf "hosts: files dns\\n" > /etc/nsswitch.conf',
      text,
    ));
const resolver =
  (text: string) =>
  async (place: Place): Promise<void> =>
    void (await place.sh('rm -f /etc/resolv.conf; printf "%s" "$1" > /etc/resolv.conf', text));

const listening = (address: string, port: number, then = 'pass'): string =>
  `import socket,threading,time\ns=socket.socket()\ns.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\ns.bind(("${address}",${port}))\ns.listen(50)\nprint("up",flush=True)\ndef one(c):\n  try:\n    ${then}\n    while c.recv(65536): pass\n  except OSError: pass\n  c.close()\nwhile True: threading.Thread(target=one,args=(s.accept()[0],),daemon=True).start()`;
/** Somebody else's server, at the far address. */
const server =
  (port: number, then?: string) =>
  async (place: Place): Promise<void> =>
    void (await place.begin('python3', '-c', listening(far, port, then)));
const asks = (port: number): string =>
  `python3 -c 'import socket,sys
try: socket.create_connection(("${far}",${port}),2).close()
except OSError as e: print(e); sys.exit(1)'`;
const drop =
  (rule: string) =>
  async (place: Place): Promise<void> =>
    void (await place.sh('nft add rule inet t in $1', rule));
const dropNothing = async (place: Place): Promise<void> => void (await place.sh('nft flush chain inet t in'));
/** The product's own check, of what lies elsewhere. */
const reaches = (address: string): App => ({
  ...idle,
  detect: { checks: [{ tcp: address, every: '1s', severity: 2 }] },
});

/** A name server that answers after so long; 0: never. */
const nameServer =
  (afterMs: number) =>
  async (place: Place): Promise<void> =>
    void (await place.begin(
      'python3',
      '-c',
      `import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(("${far}",53))\nprint("up",flush=True)\nwhile True:\n  q,a=s.recvfrom(512)\n  if ${afterMs}==0: continue\n  time.sleep(${afterMs}/1000)\n  four=q[-4:-2]==b"\\x00\\x01"\n  s.sendto(q[:2]+b"\\x81\\x80\\x00\\x01"+(b"\\x00\\x01" if four else b"\\x00\\x00")+b"\\x00\\x00\\x00\\x00"+q[12:]+(b"\\xc0\\x0c\\x00\\x01\\x00\\x01\\x00\\x00\\x00\\x05\\x00\\x04\\x0a\\x09\\x00\\x02" if four else b""),a)`,
    ));

const etcd =
  (more = '', at = here) =>
  async (place: Place): Promise<void> => {
    place.write(
      'etcd/etcd.sh',
      `exec etcd --name one --data-dir "$PLACE/etcd/data" --listen-client-urls http://${at}:2379 --advertise-client-urls http://${at}:2379 --listen-peer-urls http://${at}:2380 --initial-advertise-peer-urls http://${at}:2380 --initial-cluster one=http://${at}:2380 --log-level error ${more}\n`,
    );
    await place.begin('sh', '-c', 'mkdir -m 700 etcd/data; echo up; exec sh etcd/etcd.sh');
    await place.sh(
      `for i in $(seq 200); do etcdctl --endpoints http://${at}:2379 endpoint health >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`,
    );
  };
const withEtcd = { store: { etcd: [`http://${here}:2379`] } };

const nameCases: readonly Case[] = [
  {
    mode: 'name-changed',
    ways: [
      {
        alone: true,
        how: 'a name leads to an address where nobody is, and the check of it fails',
        app: reaches('rates.test:7001'),
        prepare: async (place) => {
          await hosts(`${far} rates.test\n`)(place);
          await server(7001)(place);
        },
        make: hosts(`10.9.0.77 rates.test\n`),
        mend: hosts(`${far} rates.test\n`),
        also: ['port-blocked', 'port-refused'],
        shows: 'app',
      },
      {
        alone: true,
        how: 'a name leads to a machine that does something else, and the service ends',
        app: {
          ...worker(
            `test "$(getent ahostsv4 rates.test | head -1 | cut -d" " -f1)" = ${far} || { echo "ECONNREFUSED rates.test" >&2; false; }`,
          ),
          watch: { names: ['rates.test'] },
        },
        prepare: hosts(`${far} rates.test\n`),
        make: hosts(`${here} rates.test\n`),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'name-unresolvable',
    ways: [
      {
        alone: true,
        how: 'its line is gone from /etc/hosts, and the service ends',
        app: {
          ...worker('getent hosts rates.test >/dev/null || { echo "getaddrinfo ENOTFOUND rates.test" >&2; false; }'),
          watch: { names: ['rates.test'] },
        },
        prepare: async (place) => {
          await hosts(`${far} rates.test\n`)(place);
          await resolver('nameserver 127.0.0.114\noptions timeout:1 attempts:1\n')(place);
        },
        make: hosts(''),
        mend: hosts(`${far} rates.test\n`),
        shows: 'app',
      },
      {
        alone: true,
        how: 'the name server that knew it is gone, and a check of it fails',
        app: reaches('rates.test:7004'),
        prepare: async (place) => {
          await hosts('')(place);
          await server(7004)(place);
          await nameServer(1)(place);
          await resolver(`nameserver ${far}\noptions timeout:1 attempts:1\n`)(place);
        },
        make: async (place) => void (await place.sh('nft add rule inet t in udp dport 53 reject')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'resolver-slow',
    ways: [
      {
        alone: true,
        how: 'the first of two name servers is silent, and answers are late',
        app: {
          ...idle,
          watch: { names: ['rates.test'] },
          detect: {
            checks: [
              {
                command: [
                  'sh',
                  '-c',
                  's=$(date +%s%N); getent hosts rates.test >/dev/null; e=$(( ($(date +%s%N) - s) / 1000000 )); test $e -lt 900 || { echo "the answer is late: $e ms"; exit 1; }',
                ],
                every: '2s',
                severity: 3,
              },
            ],
          },
        },
        prepare: async (place) => {
          await hosts('')(place);
          await nameServer(1)(place);
          await resolver(`nameserver ${far}\n`)(place);
        },
        make: async (place) => {
          await place.begin(
            'python3',
            '-c',
            `import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(("${here}",53))\nprint("up",flush=True)\ntime.sleep(99999)`,
          );
          await resolver(`nameserver ${here}\nnameserver ${far}\noptions timeout:2 attempts:2\n`)(place);
        },
        mend: resolver(`nameserver ${far}\n`),
        shows: 'app',
        within: 150,
      },
      {
        alone: true,
        how: 'the only name server takes 1.5 s for each answer',
        app: { ...idle, watch: { names: ['rates.test'] } },
        prepare: async (place) => {
          await hosts(`${far} rates.test\n`)(place);
          await nameServer(1500)(place);
        },
        make: async (place) => {
          await hosts('')(place);
          await resolver(`nameserver ${far}\n`)(place);
        },
        shows: 'own',
        within: 150,
      },
    ],
  },
  {
    mode: 'own-address-changed',
    ways: [
      {
        alone: true,
        how: 'the address is taken off its device, and who asks there gets nothing',
        app: { ...checked(`ip route get ${here} | grep -q "^local" || { echo "EADDRNOTAVAIL ${here}"; exit 1; }`) },
        make: async (place) => void (await place.sh(`ip addr del ${here}/32 dev lo`)),
        shows: 'app',
      },
      {
        alone: true,
        how: 'the device has another address now',
        app: idle,
        make: async (place) => void (await place.sh(`ip addr del ${here}/32 dev lo; ip addr add 10.9.0.3/32 dev lo`)),
        shows: 'own',
      },
    ],
  },
  {
    mode: 'etcd-peers',
    ways: [
      {
        how: 'a member is added that never comes',
        app: idle,
        more: withEtcd,
        prepare: etcd(),
        make: async (place) =>
          void (await place.sh(
            `etcdctl --endpoints http://${here}:2379 member add two --peer-urls http://10.9.0.88:2380 >/dev/null`,
          )),
        shows: 'own',
      },
      {
        how: 'the member is registered under an address where it is not',
        app: idle,
        more: withEtcd,
        prepare: etcd(),
        make: async (place) =>
          void (await place.sh(
            `id=$(etcdctl --endpoints http://${here}:2379 member list | cut -d, -f1); etcdctl --endpoints http://${here}:2379 member update "$id" --peer-urls http://10.9.0.88:2380 >/dev/null`,
          )),
        shows: 'own',
      },
    ],
  },
];

const versionPackage = (version: string, script: string, name = 'sf-engine'): string =>
  `rm -rf deb; mkdir -p deb/DEBIAN deb/var/lib/${name} && printf 'Package: ${name}\\nVersion: ${version}\\nArchitecture: all\\nMaintainer: t <t@example.org>\\nDescription: test\\n' > deb/DEBIAN/control && printf '%s\\n' '${script}' > deb/var/lib/${name}/run && dpkg-deb -b deb ${version}.deb >/dev/null && dpkg -i ${version}.deb >/dev/null 2>&1`;

const peopleCases: readonly Case[] = [
  {
    mode: 'version-changed',
    ways: [
      {
        how: 'the program is replaced by one that ends at once',
        app: { run: ['bin/app'] },
        prepare: async (place) => {
          place.write('bin/app', '#!/bin/sh\nexec sleep 100000\n', 0o755);
          await Promise.resolve();
        },
        make: async (place) => {
          place.write('bin/app.new', '#!/bin/sh\necho unsupported option\nexit 1\n', 0o755);
          await place.sh('mv bin/app.new bin/app');
          await place.standfast('restart', place.app);
        },
        shows: 'app',
      },
      {
        how: 'dpkg upgrades the package that it runs',
        app: { ...worker('sh /var/lib/sf-engine/run'), watch: { packages: ['sf-engine'] } },
        prepare: async (place) => void (await place.sh(versionPackage('1.0', 'exit 0'))),
        make: async (place) => void (await place.sh(versionPackage('1.1', 'echo incompatible; exit 1'))),
        mend: async (place) => void (await place.sh('dpkg -i 1.0.deb >/dev/null 2>&1')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'version-mismatch',
    ways: both(1, 2, (way) => ({
      how: way === 1 ? 'one of two hosts is upgraded' : 'one of two hosts has an older program of the same name',
      app: {
        shell: 'exec sleep 100000',
        policy: 'hot-active/hot-active',
        consumers: 'dropDuplicates',
        on: { a: { env: { AT: 'one' } }, b: { env: { AT: 'two' } } },
        watch: { packages: ['npm:lib/${AT}/engine'] },
      },
      more: { hosts: { a: { address: here }, b: { address: far } } },
      async prepare(place) {
        for (const each of ['one', 'two']) place.write(`lib/${each}/engine/package.json`, '{ "version": "2.0.0" }');
        await Promise.resolve();
      },
      async make(place) {
        place.write(
          `lib/${way === 1 ? 'one' : 'two'}/engine/package.json`,
          `{ "version": "${way === 1 ? '3.0.0' : '1.9.0'}" }`,
        );
        await Promise.resolve();
      },
      shows: 'own',
      within: 180,
    })),
  },
  {
    mode: 'unit-disabled',
    ways: [
      {
        how: 'systemctl disables it',
        app: { ...idle, watch: { units: ['engine.service'] } },
        prepare: async (place) =>
          void (await place.sh(
            'printf "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n" > /etc/systemd/system/engine.service; systemctl --root=/ -q enable engine.service',
          )),
        make: async (place) => void (await place.sh('systemctl --root=/ -q disable engine.service')),
        shows: 'own',
      },
      {
        how: 'it is masked, and a check that asks for it fails',
        app: {
          ...checked(
            'test "$(readlink /etc/systemd/system/engine.service)" != /dev/null || { echo "engine.service is masked"; exit 1; }',
          ),
          watch: { units: ['engine.service'] },
        },
        prepare: async (place) =>
          void (await place.sh(
            'printf "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n" > /etc/systemd/system/engine.service; systemctl --root=/ -q enable engine.service',
          )),
        make: async (place) =>
          void (await place.sh('rm /etc/systemd/system/engine.service; systemctl --root=/ -q mask engine.service')),
        mend: async (place) =>
          void (await place.sh(
            'systemctl --root=/ -q unmask engine.service; printf "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n" > /etc/systemd/system/engine.service; systemctl --root=/ -q enable engine.service',
          )),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'package-removed',
    ways: [
      {
        how: 'dpkg removes it, and what needs it ends',
        app: { ...worker('sh /var/lib/sf-pump/run'), watch: { packages: ['sf-pump'] } },
        prepare: async (place) => void (await place.sh(versionPackage('1.0', 'exit 0', 'sf-pump'))),
        make: async (place) => void (await place.sh('dpkg -r sf-pump >/dev/null 2>&1')),
        shows: 'app',
      },
      {
        how: 'its program is deleted',
        app: { run: ['bin/app'] },
        prepare: async (place) => {
          place.write('bin/app', '#!/bin/sh\nexec sleep 100000\n', 0o755);
          await Promise.resolve();
        },
        make: async (place) => {
          await place.sh('rm bin/app');
          await place.standfast('restart', place.app);
        },
        shows: 'app',
      },
    ],
  },
  {
    mode: 'account-locked',
    ways: [
      {
        how: 'usermod locks it, and a check of it fails',
        app: {
          ...checked(
            'grep -q "^sfapp:[^!]" /etc/shadow || { echo "authentication: account sfapp is locked"; exit 1; }',
          ),
          watch: { accounts: ['sfapp'] },
        },
        prepare: async (place) => void (await place.sh('useradd -M sfapp; echo "sfapp:secret" | chpasswd -c SHA512')),
        make: async (place) => void (await place.sh('usermod -L sfapp')),
        shows: 'app',
      },
      {
        how: 'userdel removes it, and what runs as it ends',
        app: { ...worker('setpriv --reuid=sfjobs --clear-groups true'), watch: { accounts: ['sfjobs'] } },
        prepare: async (place) => void (await place.sh('useradd -M sfjobs')),
        make: async (place) => void (await place.sh('userdel sfjobs')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'scheduled-entry-gone',
    ways: [
      {
        how: 'the line of cron is gone, and what it made grows old',
        app: {
          ...checked('grep -q backup.sh /etc/cron.d/backup || { echo "the backup is old"; exit 1; }'),
          watch: { entries: ['/opt/backup.sh'] },
        },
        prepare: async (place) => void (await place.sh('echo "5 2 * * * root /opt/backup.sh" > /etc/cron.d/backup')),
        make: async (place) => void (await place.sh('rm /etc/cron.d/backup')),
        shows: 'app',
      },
      {
        how: 'the line of sudo is commented out',
        app: { ...idle, watch: { entries: ['/opt/restart.sh'] } },
        prepare: async (place) =>
          void (await place.sh(
            'mkdir -p /etc/sudoers.d; echo "app ALL=(root) NOPASSWD: /opt/restart.sh" > /etc/sudoers.d/app',
          )),
        make: async (place) => void (await place.sh('sed -i "s/^/# /" /etc/sudoers.d/app')),
        shows: 'own',
      },
    ],
  },
];

/** Another machine beside this one: a network namespace by a pair of devices, where host b of the description is started. Each has a port that the other asks. */
const twoMachines = (port: number): Pick<Way, 'app' | 'more' | 'prepare'> => ({
  app: {
    shell: `exec python3 -c '${listening('$AT', port)}'`
      .replace('"$AT"', 'os.environ["AT"]')
      .replace('import ', 'import os,'),
    policy: 'hot-active/hot-active',
    consumers: 'dropDuplicates',
    on: { a: { env: { AT: near, TO: away } }, b: { env: { AT: away, TO: near } } },
    detect: { checks: [{ tcp: `\${TO}:${port}`, every: '1s', severity: 3 }] },
  },
  more: {
    hosts: { a: { address: near }, b: { address: away } },
    store: { etcd: [`http://${near}:2379`] },
  },
  async prepare(place) {
    const second = await place.begin('unshare', '-n', 'sh', '-c', 'ip link set lo up; echo up; exec sleep 1000000');
    place.write('second', String(second.pid));
    await place.sh(
      `ip link add near type veth peer name away netns "$1"; ip addr add ${near}/30 dev near; ip link set near up
      nsenter -t "$1" -n sh -euc 'ip addr add ${away}/30 dev away; ip link set away up; nft add table inet t; nft add chain inet t out "{ type filter hook output priority 0; }"'`,
      String(second.pid),
    );
    await etcd('', near)(place);
    // As soon as the description is written, and again where the etcd is too slow. A state of its own: it is another machine.
    await place.begin(
      'nsenter',
      '-t',
      String(second.pid),
      '-n',
      'sh',
      '-c',
      'echo up; until test -s ../standfast.yaml; do sleep 0.2; done; until STANDFAST_STATE=$PWD/state-b "$0" up .. --detach; do sleep 1; done; exec sleep 1000000',
      launcher,
    );
  },
});

/** Only then a way between them can be cut. */
async function bothStand(place: Place): Promise<void> {
  for (let tries = 0; tries < 240; tries += 1) {
    const of = (await place.status())?.services.find(({ name }) => name === place.app)?.instances ?? [];
    if (of.length === 2 && of.every(({ phase, severity }) => phase === 'active' && severity === 0)) return;
    await pause(500);
  }
  throw new Error('the two machines do not stand');
}

const networkCases: readonly Case[] = [
  {
    mode: 'port-refused',
    ways: [
      {
        how: 'a firewall answers with a reset',
        app: reaches(`${far}:7022`),
        prepare: server(7022),
        make: drop('tcp dport 7022 reject with tcp reset'),
        mend: dropNothing,
        shows: 'app',
      },
      {
        how: 'nobody listens there any more, and the service ends',
        app: { ...worker(asks(7023)), detect: { checks: [{ tcp: `${far}:7023`, every: '5s', severity: 3 }] } },
        prepare: server(7023),
        make: async (place) =>
          void (await place.sh('ss -Hltnp "sport = 7023" | grep -o "pid=[0-9]*" | cut -d= -f2 | xargs kill')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'port-blocked',
    ways: [
      {
        how: 'packets to it are dropped',
        app: reaches(`${far}:7024`),
        prepare: server(7024),
        make: drop('tcp dport 7024 drop'),
        shows: 'app',
      },
      {
        how: 'only new connections are dropped, and the service waits for ever',
        app: { ...worker(asks(7025)), detect: { checks: [{ tcp: `${far}:7025`, every: '5s', severity: 3 }] } },
        prepare: server(7025),
        make: drop('tcp dport 7025 tcp flags syn drop'),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'one-way',
    ways: [
      {
        alone: true,
        how: 'what the other machine sends to a port here is dropped, and its check of it fails',
        ...twoMachines(7031),
        make: async (place) => {
          await bothStand(place);
          await drop('ip saddr 10.9.1.2 tcp dport 7031 drop')(place);
        },
        mend: dropNothing,
        also: ['port-blocked'],
        shows: 'app',
        within: 120,
      },
      {
        alone: true,
        how: 'the other machine has a firewall that lets nothing out to here but answers',
        ...twoMachines(7032),
        make: async (place) => {
          await bothStand(place);
          await place.sh('nsenter -t "$(cat second)" -n nft add rule inet t out ct state new tcp dport 7032 drop');
        },
        also: ['port-blocked'],
        shows: 'own',
        within: 120,
      },
    ],
  },
  {
    mode: 'idle-cut',
    ways: [
      {
        how: 'the other side closes connections that were silent for 6 s',
        app: { ...idle, watch: { idle: [{ to: `${far}:7026`, for: '10s' }] } },
        prepare: server(7026),
        async make(place) {
          await place.sh('ss -Hltnp "sport = 7026" | grep -o "pid=[0-9]*" | cut -d= -f2 | xargs kill; sleep 0.5');
          await server(7026, 'c.settimeout(6)')(place);
        },
        shows: 'own',
        within: 120,
      },
      {
        how: 'it resets connections that were silent for 3 s',
        app: { ...idle, watch: { idle: [{ to: `${far}:7027`, for: '8s' }] } },
        prepare: server(7027),
        async make(place) {
          await place.sh('ss -Hltnp "sport = 7027" | grep -o "pid=[0-9]*" | cut -d= -f2 | xargs kill; sleep 0.5');
          await server(
            7027,
            'c.settimeout(3); c.setsockopt(socket.SOL_SOCKET,socket.SO_LINGER,b"\\x01\\0\\0\\0\\0\\0\\0\\0")',
          )(place);
        },
        shows: 'own',
        within: 120,
      },
    ],
  },
  {
    mode: 'packet-loss',
    ways: both(10, 25, (share) => ({
      alone: true,
      how: `${share} of 100 packets are lost`,
      app: { ...reaches(`${far}:7028`) },
      async prepare(place) {
        await server(7028)(place);
        await place.begin(
          'python3',
          '-c',
          `import socket,time\nprint("up",flush=True)\nwhile True:\n  try:\n    s=socket.create_connection(("${far}",7028),5)\n    s.setsockopt(socket.IPPROTO_TCP,socket.TCP_NODELAY,1)\n    for _ in range(2000):\n      s.send(b"x"*1000); time.sleep(0.004)\n    s.close()\n  except OSError: time.sleep(0.2)`,
        );
      },
      make: drop(`tcp dport 7028 numgen random mod 100 < ${share} drop`),
      shows: 'own',
    })),
  },
  {
    mode: 'mtu-black-hole',
    ways: both({ size: 600, port: 7029 }, { size: 1200, port: 7033 }, ({ size, port }) => ({
      how: `packets above ${size} bytes vanish`,
      app: {
        ...worker(`python3 -c 'import socket
s=socket.create_connection(("${far}",${port}),5); s.settimeout(60)
for _ in range(40): s.send(b"x"*5000)'; sleep 1`),
        detect: { checks: [{ tcp: `${far}:${port}`, every: '5s', severity: 2 }] },
      },
      async prepare(place) {
        await server(port)(place);
        await place.begin(
          'python3',
          '-c',
          `import socket,time\nprint("up",flush=True)\nwhile True:\n  try:\n    s=socket.create_connection(("${far}",${port}),5); s.settimeout(60)\n    while True:\n      s.send(b"x"*5000); time.sleep(0.1)\n  except OSError: time.sleep(0.5)`,
        );
      },
      make: drop(`tcp dport ${port} meta length > ${size} drop`),
      shows: 'own',
    })),
  },
];

export const aroundCases: readonly Case[] = [...nameCases, ...peopleCases, ...networkCases];
