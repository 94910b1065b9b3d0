// Versions, packages, units, accounts, cron and sudo: changed by the real tools (dpkg, systemctl, usermod) in a root of their own, and found there.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openAccounts } from '../../../src/observe/modes/accounts.ts';
import { openUnits } from '../../../src/observe/modes/units.ts';
import { openVersions } from '../../../src/observe/modes/versions.ts';
import { folder, ground, look, needs, said, sh, watchOn } from './look.ts';

function file(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test(
  'a package that dpkg upgrades, and removes, with the apt command that did it',
  { skip: needs('dpkg', 'dpkg-deb') },
  async (t) => {
    const root = folder(t);
    sh('mkdir -p "$1/db/info" "$1/db/updates" "$1/inst" && : > "$1/db/status"', root);
    const dpkg = `dpkg --force-not-root --admindir="$1/db" --instdir="$1/inst" --log=/dev/null`;
    const install = (version: string): void => {
      file(
        root,
        `deb-${version}/DEBIAN/control`,
        `Package: sf-engine\nVersion: ${version}\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: test\n`,
      );
      sh(`dpkg-deb -b "$1/deb-$2" "$1/$2.deb" >/dev/null && ${dpkg} -i "$1/$2.deb" >/dev/null 2>&1`, root, version);
    };
    install('1.0');
    const asking = (argv: readonly string[]): readonly string[] =>
      argv[0] === 'dpkg-query' ? ['dpkg-query', `--admindir=${root}/db`, ...argv.slice(1)] : argv;
    const detector = openVersions(ground({ root, asking }));
    const watch = watchOn(root, { packages: [{ name: 'sf-engine', as: 'sf-engine', services: ['pricer'] }] });
    assert.deepEqual(said(await look(detector, watch)), []);
    install('1.1');
    file(
      root,
      'var/log/apt/history.log',
      'Start-Date: 2026-11-21  02:10:00\nCommandline: apt-get upgrade\nRequested-By: ann (1000)\nUpgrade: sf-engine:all (1.0, 1.1)\nEnd-Date: 2026-11-21  02:10:09\n',
    );
    const [upgraded] = await look(detector, watch);
    assert.equal(
      upgraded?.text,
      'package sf-engine went from 1.0 to 1.1 (apt-get upgrade by ann, at 2026-11-21 02:10:00)',
    );
    assert.deepEqual(said(await look(detector, watch)), []);
    const { facts = {} } = await detector.look(watch);
    const peers = [{ host: 'b', address: '127.0.0.1', clockAheadMs: 0, facts: { 'version pricer sf-engine': '1.0' } }];
    const [mismatch] = await look(detector, { ...watch, peers });
    assert.equal(mismatch?.text, 'sf-engine of pricer is 1.1 on a, 1.0 on b');
    assert.equal(facts['version pricer sf-engine'], '1.1');
    const dpkgSays = (state: string): void =>
      void sh('sed -i "s/^Status: .*/Status: install ok $2/" "$1/db/status"', root, state);
    for (const state of ['unpacked', 'half-configured', 'triggers-awaited']) {
      dpkgSays(state);
      assert.deepEqual(said(await look(detector, watch)), [], `${state}: it is there`);
    }
    const full = watchOn(root, { packages: [{ name: 'sf-engine:all', as: 'sf-engine:all', services: ['pricer'] }] });
    assert.deepEqual(said(await look(detector, full)), [], 'with its architecture');
    dpkgSays('installed');
    sh(`${dpkg} -r sf-engine >/dev/null 2>&1`, root);
    assert.deepEqual(said(await look(detector, watch)), ['package-removed fault']);
  },
);

test('an npm package and a program file that are replaced', async (t) => {
  const root = folder(t);
  file(root, 'app/package.json', '{ "version": "2.0.0" }');
  file(root, 'bin/pricer', '#!/bin/sh\n');
  sh('chmod +x "$1"', join(root, 'bin/pricer'));
  const detector = openVersions(ground());
  const watch = watchOn(root, {
    packages: ['pricer', 'ledger'].map((name) => ({ name: `npm:${root}/app`, as: 'npm:${AT}/app', services: [name] })),
    programs: [
      { path: 'pricer', searched: `/nowhere:${root}/bin`, services: ['pricer'] },
      { path: join(root, 'bin/pricer'), searched: '', services: ['ledger'] },
      { path: 'sf-nowhere', searched: '/nowhere', services: ['pricer'] },
    ],
  });
  assert.deepEqual(said(await look(detector, watch)), []);
  file(root, 'app/package.json', '{ "version": "3.0.0" }');
  file(root, 'bin/pricer', '#!/bin/sh\nexit 1\n');
  assert.deepEqual(said(await look(detector, watch)), ['version-changed change', 'version-changed change']);
  const hosts = ['b', 'c'].map((host, n) => ({
    host,
    address: '127.0.0.1',
    clockAheadMs: 0,
    facts: { 'version pricer npm:${AT}/app': `${n + 2}.0.0` },
  }));
  const [other, ...more] = await look(detector, { ...watch, peers: hosts });
  assert.deepEqual([other?.text, other?.services], ['npm:app of pricer is 3.0.0 on a and c, 2.0.0 on b', ['pricer']]);
  assert.deepEqual(more, [], 'ledger is known here alone');
  rmSync(join(root, 'bin/pricer'));
  for (const _again of [1, 2]) {
    const [removed, ...rest] = await look(detector, watch);
    assert.deepEqual([removed?.mode, removed?.services, rest], ['package-removed', ['pricer', 'ledger'], []]);
  }
});

test('a unit that systemctl disables and masks', { skip: needs('systemctl') }, async (t) => {
  const root = folder(t);
  file(
    root,
    'usr/lib/systemd/system/pricer.service',
    '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
  );
  file(root, 'usr/lib/systemd/system/other.service', '[Service]\nExecStart=/bin/true\n');
  const detector = openUnits(ground({ root }));
  const watch = watchOn(root, {
    units: [
      { name: 'pricer', services: ['pricer'] },
      { name: 'other.service', services: [] },
    ],
  });
  const ctl = (...words: readonly string[]): string => sh('r=$1; shift; systemctl --root="$r" -q "$@"', root, ...words);
  ctl('enable', 'pricer.service');
  assert.deepEqual(said(await look(detector, watch)), []);
  ctl('disable', 'pricer.service');
  file(
    root,
    'var/log/syslog',
    `${new Date().toISOString()} a ansible-systemd: Invoked with name=pricer enabled=False\n`,
  );
  // Of a log of any size only its end is read.
  sh('cd "$1" && mv syslog end && truncate -s 3G syslog && (echo; cat end) >> syslog', join(root, 'var/log'));
  const [disabled] = await look(detector, watch);
  assert.match(disabled?.text ?? '', /^unit pricer.service is disabled: .* \(ansible ran at /);
  ctl('mask', 'pricer.service');
  const [masked] = await look(detector, watch);
  assert.match(masked?.text ?? '', /is masked/);
});

test('units by another name, of a template, of init.d, and started when they are needed, are enabled', async (t) => {
  const root = folder(t);
  const install = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';
  const [shipped, own] = ['usr/lib/systemd/system', 'etc/systemd/system'];
  for (const name of ['ssh.service', 'pricer@.service', 'ledger.service'])
    file(root, `${shipped}/${name}`, `${install}Alias=sshd.service\n`);
  file(root, `${shipped}/ledger.socket`, '[Socket]\n[Install]\nWantedBy=sockets.target\n');
  file(root, 'run/systemd/generator.late/old.service', '[Service]\nExecStart=/etc/init.d/old start\n');
  sh(
    'cd "$1" && mkdir -p multi-user.target.wants sockets.target.wants && ln -s /usr/lib/systemd/system/ssh.service multi-user.target.wants/ && ln -s ../../../usr/lib/systemd/system/ssh.service sshd.service && ln -s /usr/lib/systemd/system/pricer@.service multi-user.target.wants/pricer@1.2.service && ln -s /usr/lib/systemd/system/ledger.socket sockets.target.wants/',
    (mkdirSync(join(root, own), { recursive: true }), join(root, own)),
  );
  const names = ['ssh', 'sshd', 'pricer@1.2', 'ledger.service', 'old', 'pricer@2', 'gone'];
  const watch = watchOn(root, { units: names.map((name) => ({ name, services: ['pricer'] })) });
  assert.deepEqual(
    (await look(openUnits(ground({ root })), watch)).map(({ text }) => text),
    ['unit pricer@2.service is disabled: it will not start at the next boot', 'unit gone.service is not there'],
  );
});

test(
  'an account that is locked, loses its shell, expires, is gone; entries of cron and sudo that are gone',
  { skip: needs('usermod', 'userdel') },
  async (t) => {
    const root = folder(t);
    const reset = (): void => {
      file(root, 'etc/passwd', 'root:x:0:0::/root:/bin/sh\nsfpricer:x:990:990::/:/bin/sh\n');
      file(root, 'etc/group', 'root:x:0:\nsfpricer:x:990:\n');
      file(root, 'etc/shadow', 'root:*:19000:0:99999:7:::\nsfpricer:$6$abc$def:19000:0:99999:7:::\n');
      file(root, 'etc/gshadow', 'root:*::\nsfpricer:!::\n');
    };
    reset();
    file(root, 'etc/cron.d/backup', '5 2 * * * sfpricer /opt/backup.sh\n');
    file(root, 'etc/sudoers', '# sfpricer\nsfpricer ALL=(root) NOPASSWD: /opt/restart.sh\n');
    const watch = watchOn(root, {
      accounts: [{ name: 'sfpricer', services: ['pricer'] }],
      entries: ['/opt/backup.sh', '/opt/restart.sh'].map((text) => ({ text, services: ['pricer'] })),
    });
    for (const [line, text] of [
      ['usermod -P "$1" -L sfpricer', /^account sfpricer was locked/],
      ['usermod -P "$1" -s /usr/sbin/nologin sfpricer', /has lost its shell/],
      ['usermod -P "$1" -e 2020-01-01 sfpricer', /has expired/],
      ['userdel -P "$1" sfpricer', /is gone/],
    ] as const) {
      reset();
      const detector = openAccounts(ground({ root }));
      assert.deepEqual(said(await look(detector, watch)), []);
      sh(`${line} 2>&1`, root);
      const [changed] = await look(detector, watch);
      assert.match(changed?.text ?? line, text);
      assert.equal(changed?.mode, 'account-locked');
    }
    reset();
    rmSync(join(root, 'etc/cron.d/backup'));
    file(root, 'etc/sudoers', '# sfpricer ALL=(root) NOPASSWD: /opt/restart.sh\n');
    assert.deepEqual(said(await look(openAccounts(ground({ root })), watch)), [
      'scheduled-entry-gone fault',
      'scheduled-entry-gone fault',
    ]);
    const closed = { ...ground({ root }), isClosed: (path: string) => path === 'etc/sudoers' };
    assert.deepEqual(said(await look(openAccounts(closed), watch)), [], 'who may not read all of them does not know');
  },
);
