// The whole rehearsal of the Deephaven pack, `npm run rehearsal`, some ten minutes: each page with each of its `sh do` steps taken out in turn, which must end
// as failed; and every procedure against the fault or the wish that it is for.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, lives, serviceOf } from '../system/stand.ts';
import { faults, pidOf } from './faults.ts';
import { breakIt, levels, mend, startRehearsal, type Rehearsal } from './rehearsal.ts';

test('with any one step that changes something taken out, a page ends as failed', async (t) => {
  const rehearsal = await startRehearsal(t);
  for (const service of Object.keys(levels)) {
    const page = join(rehearsal.folder, 'runbooks', `${service}.md`);
    const text = readFileSync(page, 'utf8');
    const steps = text.match(/^```sh do/gm)?.length ?? 0;
    for (let n = 0; n < steps; n += 1) {
      const fault = faults.find((each) => each.service === service && each.needs.includes(n));
      assert.ok(fault !== undefined, `no fault needs step ${n} of ${service}`);
      await breakIt(rehearsal, fault);
      writeFileSync(page, without(text, n));
      const { code, stdout } = await rehearsal.run(service);
      assert.equal(code, 1, `${service} without its step ${n}, while ${fault.what}:\n${stdout}`);
      writeFileSync(page, text);
      await mend(rehearsal, fault);
    }
  }
});

test('every procedure does what it says', async (t) => {
  const rehearsal = await startRehearsal(t);
  const { stand, paths, mustRun } = rehearsal;
  const at = (name: string, ...rest: string[]): string => join(paths[name] ?? '', ...rest);

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
    await stand.until('all is well', (view) => view.severity === 0);
  });

  await t.test('a keystore is replaced, with owner and mode, and the old one kept', async () => {
    newCertificate(rehearsal);
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
      renameSync(at('DH_MONIT_D', from), at('DH_MONIT_D', to));
      process.kill(pidOf(paths, service), 'SIGKILL');
      await stand.until(`${service} is down`, (view) => serviceOf(view, service).severity === levels[service]);
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
  });
});

/** The page without its nth `sh do`, and without its undo; nobody waits long for what cannot come. */
function without(text: string, n: number): string {
  let seen = -1;
  return text
    .replaceAll(/^```sh do[^]*?^```\n(\n```sh undo\n[^]*?^```\n)?/gm, (block) => {
      seen += 1;
      return seen === n ? '' : block;
    })
    .replaceAll(/within=\d+s/g, 'within=12s');
}

/** As a certificate authority would hand it over. */
function newCertificate({ paths }: Rehearsal): void {
  const out = ['-keyout', paths['TLS_KEY'] ?? '', '-out', paths['TLS_CERTIFICATE'] ?? ''];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', ...names, ...out], {
    stdio: 'ignore',
  });
  assert.equal(spawnSync('openssl', ['x509', '-in', paths['TLS_CERTIFICATE'] ?? '', '-noout']).status, 0);
}
