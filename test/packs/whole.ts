// The rest of the rehearsal of the Deephaven pack, `npm run rehearsal`: each fault with a restart, which does not cure it; every procedure against the fault or the
// wish that it is for; what monit and Standfast do beside each other.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusView } from '../../src/api.ts';
import { parseEnvFile } from '../../src/model/environment.ts';
import { eventually, instanceOf, lives, makeStand, serviceOf } from '../system/stand.ts';
import { faults, pidOf } from './faults.ts';
import { canGoBack, newCertificate, switchOff } from './procedures.ts';
import { allStand, atOnce, breakIt, levels, mend, missingHere, pack, startRehearsal, waves } from './rehearsal.ts';

const skip = missingHere();

test(
  'an installation that runs already is taken as it is, with nothing changed but the block of paths',
  { skip },
  async (t) => {
    const stand = makeStand(t, readFileSync(join(pack, 'standfast.yaml'), 'utf8'));
    const installation = join(stand.folder, 'i');
    execFileSync(process.execPath, [join(pack, 'rehearsal', 'build.mjs'), installation], { stdio: 'ignore' });
    const { env: paths } = parseEnvFile(readFileSync(join(installation, 'paths.env'), 'utf8'));
    const { env: inPack } = parseEnvFile(readFileSync(join(pack, 'paths.env'), 'utf8'));
    assert.deepEqual(Object.keys(paths), Object.keys(inPack), 'one block, the same names');
    for (const name of ['ETCD_SERVICE', 'MARIADB_SERVICE', 'MONIT_SERVICE'])
      execFileSync(paths['SERVICE'] ?? '', [paths[name] ?? '', 'start']);
    const names = Object.keys(levels);
    const ports = Object.entries(paths).filter(([name]) => name.endsWith('_PORT'));
    await eventually('monit has started all of it', () => {
      const listening = execFileSync('ss', ['-ltnH'], { encoding: 'utf8' });
      return ports.every(([, port]) => listening.includes(`:${port} `));
    });
    const before = new Map(names.map((name) => [name, pidOf(paths, name)]));

    const described = join(stand.folder, 'd');
    for (const each of ['standfast.yaml', 'runbooks', 'README.md'])
      cpSync(join(pack, each), join(described, each), { recursive: true });
    cpSync(join(installation, 'paths.env'), join(described, 'paths.env'));
    const up = await stand.cli('up', described, '--detach', '--timeout', '120s');
    assert.equal(up.code, 0, up.stderr + up.stdout);
    const view = await stand.until('all of it stands', allStand);
    for (const name of names)
      assert.equal(instanceOf(view, name, 'dh').pid, before.get(name), `${name} is the one that ran`);
    const tested = await stand.cli('runbook', 'test');
    assert.doesNotMatch(tested.stdout, /SF-2/, 'no page mentions what is not there');
  },
);

test('no restart cures what the pages mend', { skip }, async (t) => {
  const rehearsal = await startRehearsal(t);
  const { stand } = rehearsal;
  for (const wave of waves()) {
    await atOnce(2, wave, async (fault) => {
      await breakIt(rehearsal, fault);
      const before = instanceOf(await stand.until('a picture', () => true), fault.service, 'dh').pid;
      const { code, stderr } = await stand.cli('restart', fault.service, '--why', 'perhaps that helps');
      assert.equal(code, 0, stderr);
      // A new one is well until its checks have been asked.
      await stand.until(`${fault.service}, restarted: still ${fault.what}`, (view) => {
        const { pid, severity } = instanceOf(view, fault.service, 'dh');
        return pid !== before && severity !== 0;
      });
    });
    await atOnce(2, wave, (fault) => mend(rehearsal, fault));
    await stand.until('all stands', allStand);
  }
});

test('monit and Standfast do not fight over a process', { skip }, async (t) => {
  const { stand, paths, monit } = await startRehearsal(t);
  const pidIn = (view: StatusView, service: string): number | null => instanceOf(view, service, 'dh').pid;
  const first = await stand.until('a picture', () => true);

  // Who restarts it in monit gets what he asked for, once; who stops it there sees it come back, since Standfast says what is to run.
  for (const word of ['restart', 'stop']) {
    const before = pidOf(paths, 'db_ltds');
    monit(word, 'db_ltds');
    const after = await stand.until(
      `db_ltds is back after monit ${word}`,
      (view) => pidIn(view, 'db_ltds') !== before && allStand(view),
    );
    assert.equal(pidIn(after, 'db_ltds'), pidOf(paths, 'db_ltds'));
  }
  // While a person has it paused Standfast starts nothing; what monit starts again is shown as what runs.
  assert.equal((await stand.cli('pause', 'db_ltds', '--why', 'monit alone')).code, 0);
  const killed = pidOf(paths, 'db_ltds');
  process.kill(killed, 'SIGKILL');
  const found = await stand.until('what monit started is shown', (view) => {
    const { phase, pid } = instanceOf(view, 'db_ltds', 'dh');
    return phase === 'active' && pid !== null && pid !== killed;
  });
  assert.equal(pidIn(found, 'db_ltds'), pidOf(paths, 'db_ltds'));
  assert.equal((await stand.cli('resume', 'db_ltds')).code, 0);
  // What Standfast stops stays down, whatever monit's cycle; monit lets go of it.
  assert.equal((await stand.cli('stop', 'db_ltds', '--why', 'not today')).code, 0);
  await stand.until('db_ltds is down', (view) => instanceOf(view, 'db_ltds', 'dh').phase === 'down');
  await eventually('monit leaves it alone', () => /monitoring status +Not monitored/.test(monit('status', 'db_ltds')));
  assert.ok(!lives(pidOf(paths, 'db_ltds')));
  assert.equal((await stand.cli('start', 'db_ltds')).code, 0);
  await stand.until('db_ltds is back', allStand);

  // monit itself dies: what it runs goes on, and monit is started again.
  const last = await stand.until('a picture', () => true);
  process.kill(pidIn(last, 'monit') ?? assert.fail('monit does not run'), 'SIGKILL');
  const again = await stand.until(
    'monit is back',
    (view) => pidIn(view, 'monit') !== pidIn(last, 'monit') && allStand(view),
  );
  for (const name of Object.keys(levels))
    if (name !== 'db_ltds') assert.equal(pidIn(again, name), pidIn(first, name), `${name} ran on`);
});

test('every procedure does what it says', { skip }, async (t) => {
  const rehearsal = await startRehearsal(t);
  const { stand, paths, mustRun } = rehearsal;
  const at = (name: string, ...rest: string[]): string => join(paths[name] ?? '', ...rest);

  await t.test('what all processes read is put back by the page of any of them', async () => {
    const common = at('COMMON_PROP');
    const was = readFileSync(common, 'utf8');
    writeFileSync(common, was.replace(/^configuration.server.url=.*$/m, 'configuration.server.url=http://127.0.0.1:1'));
    process.kill(pidOf(paths, 'db_rta'), 'SIGKILL');
    await stand.until('it does not come back', (view) => serviceOf(view, 'db_rta').severity === 1);
    await mustRun('db_rta');
    assert.equal(readFileSync(common, 'utf8'), was);
    await stand.until('all is well', allStand);
  });

  await t.test('queries: exported; imported with their serials, kept or replaced; restored', async () => {
    await mustRun('controller-export');
    const file = at('DH_ADMIN_HOME', 'controller_tool/controllerToolExport.xml');
    const query = at('DH_ADMIN_HOME', 'controller/queries/1001.query');
    const was = readFileSync(query, 'utf8');
    writeFileSync(query, was.replace('ImportQuotes', 'Changed'));
    await mustRun('controller-import-keep', { FILE: file });
    assert.match(readFileSync(query, 'utf8'), /Changed/);
    await mustRun('controller-import-replace', { FILE: file });
    assert.equal(readFileSync(query, 'utf8'), was);
    rmSync(query);
    await mustRun('cache-restore');
    assert.equal(readFileSync(query, 'utf8'), was);
  });

  await t.test('corrupt intraday data: too wide is refused, one table and day goes and nothing else', async () => {
    const table = (name: string, date: string): string =>
      at('DH_DB', 'Intraday/Order', name, 'partition1', date, 'table.size');
    writeFileSync(table('Event', '2018-02-09'), 'spoiled');
    await stand.until('it is seen', (view) => serviceOf(view, 'db_dis').severity === 3);
    const ask = { NAMESPACE: 'Order', TABLE: 'Event', PARTITION: '*', DATE: '2018-02-09' };
    for (const wide of [{ TABLE: '*' }, { NAMESPACE: '..' }, { DATE: '*' }, { TABLE: '' }, { PARTITION: '../*' }]) {
      const { code } = await rehearsal.run('corrupt-intraday', { ...ask, ...wide });
      assert.notEqual(code, 0, JSON.stringify(wide));
    }
    assert.ok(existsSync(table('Event', '2018-02-09')));
    assert.match(await mustRun('corrupt-intraday', ask), /Intraday\/Order\/Event\/partition1\/2018-02-09/);
    assert.ok(!existsSync(table('Event', '2018-02-09')));
    assert.ok(existsSync(at('DH_DB', 'Intraday/Market/Quotes/partition1/2018-02-09/table.size')));
    await stand.until('all is well', allStand);
  });

  await t.test('a keystore is replaced, with owner and mode, and the old one kept', async () => {
    if (canGoBack) {
      newCertificate(paths, 100);
      const from = ['-in', at('TLS_CERTIFICATE'), '-inkey', at('TLS_KEY'), '-name', 'webapi'];
      const STOREPASS = Buffer.from(readFileSync(at('PASSPHRASE_FILE'), 'utf8'), 'base64').toString();
      const to = ['-out', at('KEYSTORE'), '-passout', 'env:STOREPASS'];
      execFileSync('openssl', ['pkcs12', '-export', ...from, ...to], { env: { ...process.env, STOREPASS } });
      assert.match((await rehearsal.run('web_api_service')).stdout, /Certificate will expire/);
    }
    newCertificate(paths);
    const before = readFileSync(at('KEYSTORE'));
    await mustRun('replace-keystore', { HOSTNAME: 'localhost' });
    assert.deepEqual(readFileSync(`${at('KEYSTORE')}.ORG`), before);
    assert.equal(statSync(at('KEYSTORE')).mode & 0o7777, 0o440);
    assert.match(readFileSync(at('DH_ETC', 'resources/iris-common.prop'), 'utf8'), /websocket\.enabled=true/);
  });

  await t.test('what is switched off is switched on', async () => {
    for (const [service, from, to, name] of [
      ['web_api_service', 'web_api_service.conf', 'web_api_service.disabled', 'enable-web-api'],
      ['client_update_service', 'cus.conf', 'cus.conf.disabled', 'enable-update-service'],
    ] as const) {
      await switchOff(rehearsal, service, from, to);
      assert.notEqual((await rehearsal.run(service)).code, 0, 'its own page names the procedure');
      await mustRun(name, service === 'client_update_service' ? { HOSTNAME: 'localhost' } : {});
    }
  });

  await t.test('the update service asks for a password, and speaks HTTPS', async (sub) => {
    const secret = join(rehearsal.folder, 'password');
    writeFileSync(secret, 'a "quoted" one\n'.replaceAll('"', ''), { mode: 0o600 });
    await mustRun('update-service-passwords', { CUS_USER: 'iris', PASSWORD_FILE: secret });
    assert.match(readFileSync(at('CUS_USERS'), 'utf8'), /^iris:\$apr1\$/);
    if (!existsSync('/usr/lib/lighttpd/mod_openssl.so')) return sub.skip('needs lighttpd-mod-openssl');
    await mustRun('update-service-https', { HOSTNAME: 'localhost' });
    assert.equal(statSync(at('CUS_PEM')).mode & 0o77, 0);
  });

  await t.test('a worker that will not end is ended by force', async () => {
    await mustRun('forced-shutdown', { TIMEOUT_MS: '500' });
    const url = `http://127.0.0.1:${paths['QUERY_PORT']}/workers`;
    const answer = await fetch(url, { method: 'POST', body: 'trap "" TERM; while :; do sleep 1; done' });
    const { pid } = (await answer.json()) as { pid: number };
    await mustRun('forced-shutdown', { TIMEOUT_MS: '500' });
    assert.ok(!lives(pid), 'the worker is gone');
  });

  await t.test('an older installation gets its common file', async () => {
    const common = at('DH_ETC', 'resources/iris-common.prop');
    renameSync(common, `${common}.away`);
    await mustRun('older-installation');
    assert.match(readFileSync(at('DH_ETC', 'resources/openapi-defaults.prop'), 'utf8'), /websocket/);
    renameSync(`${common}.away`, common);
  });

  await t.test('the ACL database is looked into, and a lost table is found', async () => {
    await mustRun('acl-database');
    const fault = faults.find((each) => each.what.startsWith('the table')) ?? assert.fail('no such fault');
    await breakIt(rehearsal, fault);
    assert.equal((await rehearsal.run('acl-database')).code, 1);
    await mend(rehearsal, fault);
  });

  await t.test('of a table that is locked nothing is lost: a restart ends who holds it', async () => {
    const client = [`--defaults-file=${paths['MY_CNF']}`, '-N', '-D', 'dbacl_iris', '-e'];
    const mine = "where usergroup = 'since-the-backup'";
    execFileSync(at('MARIADB'), [...client, "insert into tableacls values ('Order', '*', 'since-the-backup', '*')"]);
    const holder = spawn(at('MARIADB'), [...client, 'lock tables tableacls write; select sleep(3600)']);
    t.after(() => holder.kill());
    await stand.until('that is seen', (view) => serviceOf(view, 'mariadb').severity === 3);
    assert.match(await mustRun('mariadb'), /Lock wait timeout/);
    const left = execFileSync(at('MARIADB'), [...client, `select count(*) from tableacls ${mine}`], {
      encoding: 'utf8',
    });
    assert.equal(left.trim(), '1');
    await stand.until('all stands', allStand);
  });

  await t.test('all but the log aggregator run without it', async () => {
    await mustRun('without-log-aggregator');
    assert.equal((await stand.cli('stop', 'log_aggregator_service', '--why', 'it cannot be mended')).code, 0);
    const users = [
      'authentication_server',
      'db_acl_write_server',
      'db_query_server',
      'db_merge_server',
      'iris_controller',
    ];
    const pids = users.map((name) => pidOf(paths, name));
    await stand.until('it is down', (view) => serviceOf(view, 'log_aggregator_service').active.length === 0);
    for (const name of users) process.kill(pidOf(paths, name), 'SIGKILL');
    await eventually('they come back without it', async () => {
      const view = await stand.status();
      return (
        view !== null &&
        users.every((name, n) => serviceOf(view, name).severity === 0 && pidOf(paths, name) !== pids[n])
      );
    });
    const connections = (): string =>
      execFileSync('ss', ['-tnH', `dport = :${paths['LAS_PORT']}`], { encoding: 'utf8' });
    assert.equal(connections(), '', 'none of them logs through it');
    assert.match(await mustRun('with-log-aggregator'), /started anew/);
    await eventually('all of them log through it again', () => connections().trim().split('\n').length >= users.length);
    assert.doesNotMatch(readFileSync(at('DH_ETC', 'resources/iris-environment.prop'), 'utf8'), /LogsToSystemOut/);
    await stand.until('all stands', allStand);
  });
});
