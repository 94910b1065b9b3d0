// Certificates and configuration: made by openssl, changed as people change them.

import { checked, worker, type Case, type Way } from '../case.ts';
import { far, type Place } from '../place.ts';

const openssl = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** A key and a certificate in one file, for so many days from a day that was so long ago. */
async function certificate(place: Place, path: string, days: number, name = 'app.test', agoDays = 0): Promise<void> {
  const clock = agoDays === 0 ? '' : 'LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME="-$4d" ';
  await place.sh(
    `mkdir -p "$(dirname "$1")"; ${clock}${openssl} -days "$2" -subj "/CN=$3" -addext "subjectAltName=DNS:$3" -keyout "$1.key" -out "$1.crt" 2>/dev/null && cat "$1.crt" "$1.key" > "$1.new" && mv "$1.new" "$1"`,
    path,
    String(days),
    name,
    String(agoDays),
  );
}

/** root ▸ middle ▸ leaf in tls/, and the right file in tls/tls.pem. */
async function chain(place: Place): Promise<void> {
  await place.sh(
    `mkdir -p tls && cd tls && ${openssl} -days 900 -subj /CN=root -keyout root.key -out root.crt 2>/dev/null &&
    for pair in middle:root leaf:middle; do n=\${pair%:*}; i=\${pair#*:};
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$n -keyout $n.key -out $n.csr 2>/dev/null &&
      printf "basicConstraints=CA:TRUE\\n" > ext && openssl x509 -req -in $n.csr -CA $i.crt -CAkey $i.key -CAcreateserial -days 90 -extfile ext -out $n.crt 2>/dev/null; done;
    cat leaf.crt middle.crt root.crt > tls.pem`,
  );
}

const serve = (file: string): string =>
  `exec openssl s_server -quiet -accept ${far}:7443 -cert ${file} -key ${file} -www >/dev/null 2>&1`;
const shown = `openssl s_client -connect ${far}:7443 </dev/null 2>/dev/null`;
const server = {
  services: { tls: { shell: serve('tls/tls.pem'), on: 'a', ready: { tcp: `${far}:7443`, within: '20s' } } },
};
const fileWatch = { certificates: [{ file: 'tls/tls.pem' }] };
const portWatch = { certificates: [{ file: 'tls/tls.pem', on: `${far}:7443`, name: 'app.test' }] };

const idle = { run: 'sleep 100000' };

const certificateCases: readonly Case[] = [
  {
    mode: 'certificate-expiry',
    ways: [
      {
        how: 'the file that is put there has expired, and what uses it refuses to',
        app: {
          ...worker(
            'openssl x509 -in tls/tls.pem -noout -checkend 0 >/dev/null || { echo "certificate has expired" >&2; false; }',
          ),
          watch: fileWatch,
        },
        prepare: (place) => certificate(place, 'tls/tls.pem', 90),
        make: (place) => certificate(place, 'tls/tls.pem', 30, 'app.test', 40),
        mend: (place) => certificate(place, 'tls/tls.pem', 90),
        shows: 'app',
      },
      {
        how: 'ten days are left',
        app: { ...idle, watch: fileWatch },
        prepare: (place) => certificate(place, 'tls/tls.pem', 90),
        make: (place) => certificate(place, 'tls/tls.pem', 10),
        shows: 'own',
      },
    ],
  },
  {
    mode: 'certificate-unreadable',
    ways: [
      {
        how: 'the file is damaged in the middle',
        app: { ...worker('openssl x509 -in tls/tls.pem -noout -pubkey >/dev/null'), watch: fileWatch },
        prepare: (place) => certificate(place, 'tls/tls.pem', 90),
        make: async (place) => void (await place.sh('sed -i "3s/^......../********/" tls/tls.pem')),
        mend: (place) => certificate(place, 'tls/tls.pem', 90),
        shows: 'app',
      },
      {
        how: 'the key beside it belongs to another, which a check finds out',
        app: {
          ...checked(
            'test "$(openssl x509 -in tls/tls.pem -noout -pubkey)" = "$(openssl pkey -in tls/tls.pem -pubout)" || { echo "key values mismatch"; exit 1; }',
          ),
          watch: fileWatch,
        },
        prepare: async (place) => {
          await certificate(place, 'tls/tls.pem', 90);
          await certificate(place, 'tls/other.pem', 90);
        },
        make: async (place) =>
          void (await place.sh('cat tls/tls.pem.crt tls/other.pem.key > tls/n && mv tls/n tls/tls.pem')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'certificate-chain',
    ways: [
      {
        how: 'the issuer between is left out of the file, and verifying fails',
        app: {
          ...checked(
            'openssl verify -CAfile tls/root.crt -untrusted tls/tls.pem tls/tls.pem 2>&1 | grep -i "unable to get" && exit 1; exit 0',
          ),
          watch: fileWatch,
        },
        prepare: chain,
        make: async (place) => void (await place.sh('cd tls && cp leaf.crt n && mv n tls.pem')),
        shows: 'app',
      },
      {
        how: 'the order is wrong: nothing fails here, and some clients will',
        app: { ...idle, watch: fileWatch },
        prepare: chain,
        make: async (place) => void (await place.sh('cd tls && cat leaf.crt root.crt middle.crt > n && mv n tls.pem')),
        shows: 'own',
      },
    ],
  },
  {
    mode: 'certificate-name',
    ways: [
      {
        how: 'the file is exchanged for that of another name, and clients refuse it',
        app: {
          ...checked('openssl x509 -in tls/tls.pem -noout -checkhost app.test | grep "NOT match" && exit 1; exit 0'),
          watch: { certificates: [{ file: 'tls/tls.pem', name: 'app.test' }] },
        },
        prepare: (place) => certificate(place, 'tls/tls.pem', 90),
        make: (place) => certificate(place, 'tls/tls.pem', 90, 'other.test'),
        shows: 'app',
      },
      {
        how: 'a port is served with that of another name',
        app: { ...idle, watch: { certificates: [{ on: `${far}:7443`, name: 'app.test' }] } },
        more: server,
        prepare: (place) => certificate(place, 'tls/tls.pem', 90),
        make: async (place) => {
          await certificate(place, 'tls/tls.pem', 90, 'other.test');
          await place.standfast('restart', 'tls');
        },
        shows: 'own',
      },
    ],
  },
  {
    mode: 'certificate-not-loaded',
    ways: [
      {
        how: 'the file is renewed, the port shows the old one',
        app: { ...idle, watch: portWatch },
        more: server,
        prepare: (place) => certificate(place, 'tls/tls.pem', 60),
        make: (place) => certificate(place, 'tls/tls.pem', 90),
        shows: 'own',
        within: 150,
      },
      {
        how: 'the same with a new key, and a check that compares fails',
        app: {
          ...checked(
            `test "$(${shown} | openssl x509 -noout -fingerprint)" = "$(openssl x509 -in tls/tls.pem -noout -fingerprint)" || { echo "another certificate than the file"; exit 1; }`,
          ),
          watch: portWatch,
        },
        more: server,
        prepare: (place) => certificate(place, 'tls/tls.pem', 60),
        make: (place) => certificate(place, 'tls/tls.pem', 100),
        shows: 'app',
        within: 150,
      },
    ],
  },
];

/** Needs its line in etc/extra.conf. */
const reads = worker('grep -q "^limit=10" etc/extra.conf');
const extra = async (place: Place): Promise<void> => {
  place.write('etc/extra.conf', '# limits\nlimit=10\nroute=one\n');
  await place.sh('chmod 640 etc/extra.conf');
};
const rules = async (place: Place): Promise<void> => {
  place.write('etc/rules.txt', 'let ann in\nlet bob in\n');
  await Promise.resolve();
};
const twoHosts = (watch: Way['app'], own: Readonly<Record<string, unknown>>): Pick<Way, 'app' | 'more'> => ({
  app: {
    shell: 'exec sleep 100000',
    policy: 'hot-active/hot-active',
    consumers: 'dropDuplicates',
    on: { a: { env: { AT: 'one' } }, b: { env: { AT: 'two' } } },
    ...watch,
  },
  more: { hosts: { a: { address: '10.9.0.1' }, b: { address: far } }, ...own },
});

const configurationCases: readonly Case[] = [
  {
    mode: 'configuration-missing',
    ways: [
      {
        how: 'a file is removed, and what reads it ends',
        app: { ...reads, files: [{ path: 'etc/extra.conf' }] },
        prepare: extra,
        make: async (place) => void (await place.sh('rm etc/extra.conf')),
        mend: extra,
        shows: 'app',
      },
      {
        how: 'the folder that it lies in is renamed, and a check fails',
        app: { ...checked('cat etc/more/extra.conf >/dev/null'), files: [{ path: 'etc/more/extra.conf' }] },
        prepare: async (place) => {
          place.write('etc/more/extra.conf', 'limit=10\n');
          await Promise.resolve();
        },
        make: async (place) => void (await place.sh('mv etc/more etc/less')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'configuration-permissions',
    ways: [
      {
        how: 'the mode is changed so that the account of the service cannot read it',
        app: {
          ...worker('setpriv --reuid=65534 --clear-groups cat etc/extra.conf >/dev/null'),
          files: [{ path: 'etc/extra.conf', mode: '0644' }],
        },
        prepare: async (place) => {
          await extra(place);
          await place.sh('chmod 644 etc/extra.conf; chmod 755 . etc');
        },
        make: async (place) => void (await place.sh('chmod 600 etc/extra.conf')),
        shows: 'app',
      },
      {
        how: 'it belongs to somebody else',
        app: {
          ...checked(
            'test "$(stat -c %U etc/extra.conf)" = root || { echo "etc/extra.conf does not belong to root"; exit 1; }',
          ),
          files: [{ path: 'etc/extra.conf', owner: 'root' }],
        },
        prepare: extra,
        make: async (place) => void (await place.sh('chown nobody etc/extra.conf')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'configuration-changed',
    ways: [
      {
        how: 'a line is taken out of a file without properties, and the service ends',
        app: { ...worker('grep -q "let bob in" etc/rules.txt'), files: [{ path: 'etc/rules.txt' }] },
        prepare: rules,
        make: async (place) => void (await place.sh('sed -i /bob/d etc/rules.txt')),
        mend: rules,
        shows: 'app',
      },
      {
        how: 'the whole file is exchanged, and a check finds a syntax error in it',
        app: {
          ...checked('grep -vq "^let " etc/rules.txt && { echo "syntax error in the configuration"; exit 1; }; exit 0'),
          files: [{ path: 'etc/rules.txt' }],
        },
        prepare: rules,
        make: async (place) => void (await place.sh('echo "<html>not found</html>" > etc/rules.txt')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'property-changed',
    ways: [
      {
        how: 'a property that is watched is taken out',
        app: {
          ...reads,
          files: [{ path: 'etc/extra.conf' }],
          watch: { properties: [{ file: 'etc/extra.conf', name: 'limit' }] },
        },
        prepare: extra,
        make: async (place) => void (await place.sh('sed -i /^limit/d etc/extra.conf')),
        shows: 'app',
      },
      {
        how: 'a property has another value than before, which nobody declared',
        app: {
          ...checked('grep -q "^route=one" etc/extra.conf || { echo "unknown setting"; exit 1; }'),
          files: [{ path: 'etc/extra.conf' }],
        },
        prepare: extra,
        make: async (place) => void (await place.sh('sed -i s/route=one/route=two/ etc/extra.conf')),
        shows: 'app',
      },
    ],
  },
  {
    mode: 'configuration-drift',
    ways: [
      {
        how: 'one of two hosts gets another value',
        ...twoHosts({ files: [{ path: 'etc/${AT}/extra.conf' }] }, {}),
        prepare: async (place) => {
          for (const each of ['one', 'two']) place.write(`etc/${each}/extra.conf`, 'limit=10\n');
          await Promise.resolve();
        },
        make: async (place) => void (await place.sh('echo limit=11 > etc/two/extra.conf')),
        shows: 'own',
      },
      {
        how: 'one of two hosts keeps the old file when both are to get a new one, and fails',
        ...twoHosts(
          {
            files: [{ path: 'etc/${AT}/extra.conf' }],
            detect: {
              checks: [
                {
                  command: [
                    'sh',
                    '-c',
                    'test "$(cat etc/one/extra.conf)" = "$(cat etc/two/extra.conf)" || { echo "the other one works"; exit 1; }',
                  ],
                  every: '1s',
                  severity: 2,
                },
              ],
            },
          },
          {},
        ),
        prepare: async (place) => {
          for (const each of ['one', 'two']) place.write(`etc/${each}/extra.conf`, 'limit=10\n');
          await Promise.resolve();
        },
        make: async (place) => void (await place.sh('echo limit=12 > etc/one/extra.conf')),
        shows: 'own',
      },
    ],
  },
];

export const paperCases: readonly Case[] = [...certificateCases, ...configurationCases];
