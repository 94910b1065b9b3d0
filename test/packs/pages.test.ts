// Pages of the Deephaven pack on files alone: what must not be removed stays, and a file whose last line has no end is not spoiled. On a whole installation:
// deephaven.test.ts.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runBlock } from '../../src/act/runbook/block.ts';
import { readRunbook } from '../../src/act/runbook/read.ts';

const pages = join(import.meta.dirname, '../../packs/deephaven/runbooks');

interface Stage {
  readonly folder: string;
  readonly file: (path: string, text: string) => void;
  readonly text: (path: string) => string;
  /** Runs the blocks of the page in steps whose titles match, or only those that do something, until one fails. */
  readonly run: (
    page: string,
    titles: RegExp,
    env: Readonly<Record<string, string>>,
    only?: 'do',
  ) => Promise<{ readonly ok: boolean; readonly said: string }>;
}

function stage(t: TestContext): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'sf-pages-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'records'));
  return {
    folder,
    file(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    text: (path) => readFileSync(join(folder, path), 'utf8'),
    async run(page, titles, env, only) {
      const { runbook, problems } = readRunbook(readFileSync(join(pages, `${page}.md`), 'utf8'), page);
      assert.deepEqual(problems, []);
      let said = '';
      const chosen = runbook.blocks.filter(
        ({ step, kind }) => titles.test(runbook.steps[step]?.title ?? '') && (only === undefined || kind === only),
      );
      assert.ok(chosen.length > 0, `${page} has no step ${String(titles)}`);
      for (const [index, { text }] of chosen.entries()) {
        const block = await runBlock(
          {
            text,
            dir: folder,
            env: {
              PATH: process.env['PATH'] ?? '',
              DH_ETC: join(folder, 'etc'),
              DH_DB: join(folder, 'db'),
              ENVIRONMENT_PROP: join(folder, 'etc/resources/iris-environment.prop'),
              ...env,
            },
            as: null,
            withinMs: 30_000,
            mark: `pages-${process.pid}/${index}`,
            record: join(folder, 'records', String(index)),
          },
          () => undefined,
        );
        const { ok } = await block.ended;
        const { head, tail } = block.written();
        said += head + tail;
        if (!ok) return { ok, said };
      }
      return { ok: true, said };
    },
  };
}

test('corrupt-intraday shows all that goes, and tables with a name like it keep their files', async (t) => {
  const { file, run, folder } = stage(t);
  const state = 'db/TempFiles/dbmerge/db_dis/p1/2018-02-09';
  const goes = [
    'db/Intraday/Order/Event/p1/2018-02-09/table.size',
    `${state}/Order.Event.userstate`,
    `${state}/Order.Event.bin.header`,
    `${state}/Event.host-1.bin.header`,
    'db/TempFiles/dbmerge/db_dis/p1.2018-02-09.Order.Event.loaderState',
    'db/Systems/Order/ImportDetails/p1/2018-02-09/Event.importDetails',
  ];
  const stays = [
    'db/Intraday/Order/EventAudit/p1/2018-02-09/table.size',
    'db/Intraday/Order/Event/p1/2018-02-08/table.size',
    `${state}/Order.EventAudit.bin.header`,
    `${state}/Trade.Event.bin.header`,
    `${state}/Order.LastEvent.bin.header`,
  ];
  for (const each of [...goes, ...stays]) file(each, 'x');
  const values = { NAMESPACE: 'Order', TABLE: 'Event', PARTITION: '*', DATE: '2018-02-09' };
  const shown = await run('corrupt-intraday', /What would go/, values);
  const lines = shown.said.trim().split('\n');
  assert.deepEqual(lines.toSorted(), goes.map((each) => join(folder, each.replace(/\/table\.size$/, ''))).toSorted());
  assert.ok((await run('corrupt-intraday', /Remove it|Is it gone/, values)).ok);
  for (const each of goes) assert.ok(!existsSync(join(folder, each)), each);
  for (const each of stays) assert.ok(existsSync(join(folder, each)), each);
});

test('an export without a query takes no place among the backups', async (t) => {
  const { file, run, folder } = stage(t);
  file('iris', '#!/bin/sh\nwhile [ "$1" != --file ]; do shift; done\ncat "$QUERIES" > "$2"\n');
  chmodSync(join(folder, 'iris'), 0o755);
  file('none', '<queries/>\n');
  file('one', '<query serial="1"/>\n');
  const backups = join(folder, 'controller_tool/backups');
  for (let n = 10; n < 24; n += 1) file(`controller_tool/backups/201802${n}T000000.xml`, '<query serial="1"/>\n');
  const env = { DH_ADMIN_HOME: folder, IRIS: join(folder, 'iris'), began: '0' };
  const before = readdirSync(backups).toSorted();
  const empty = await run('cache-backup', /Export/, { ...env, QUERIES: join(folder, 'none') });
  assert.deepEqual([empty.ok, readdirSync(backups).toSorted()], [false, before]);
  assert.match(empty.said, /has no query/);
  assert.ok((await run('cache-backup', /./, { ...env, QUERIES: join(folder, 'one') })).ok);
  assert.equal(readdirSync(backups).length, 14);
});

test('what is added to a file of properties begins on a line of its own', async (t) => {
  const { file, run, text } = stage(t);
  const environment = 'etc/resources/iris-environment.prop';
  for (const end of ['', '\n']) {
    file(environment, `last=line${end}`);
    assert.ok((await run('without-log-aggregator', /Say so/, {}, 'do')).ok);
    assert.match(text(environment), /^last=line\nRemoteQueryProcessor\.sendLogsToSystemOut=true\n/);
    file(environment, `last=line${end}`);
    for (const TIMEOUT_MS of ['700', '800'])
      assert.ok((await run('forced-shutdown', /Say so/, { TIMEOUT_MS }, 'do')).ok);
    assert.match(text(environment), /^last=line\n# Runbook forced-shutdown\n[^]*Millis=800\n\}\n$/);
    assert.doesNotMatch(text(environment), /Millis=700/);
  }
});

test('the configuration of lighttpd is changed as it is delivered, however it is written', async (t) => {
  const { file, run, text, folder } = stage(t);
  const [conf, users, secret] = ['cus.conf', 'cus.user', 'secret'].map((each) => join(folder, each));
  const env = {
    CUS_CONF: conf ?? '',
    CUS_USERS: users ?? '',
    CUS_AUTH_CONF: join(folder, 'conf.d/iris-auth.conf'),
    CUS_PEM: '/tls.pem',
    CUS_PORT: '443',
    LIGHTTPD: 'true',
    CUS_USER: 'iris',
    PASSWORD_FILE: secret ?? '',
  };
  file(
    'cus.conf',
    'server.modules = (\n  "mod_access",\n#  "mod_auth",\n  # "mod_authn_file",\n)\n# server.port = 81\nserver.port   = 80\n# include "conf.d/iris-auth.conf"\n#ssl.engine    = "enable"',
  );
  assert.ok((await run('update-service-https', /Switch TLS on/, env, 'do')).ok);
  assert.match(
    text('cus.conf'),
    /\n# server.port = 81\n# include [^]*\nserver.port = 443\nssl.engine = "enable"\nssl.pemfile = "\/tls.pem"\n/,
  );
  assert.doesNotMatch(text('cus.conf'), /= 80/);

  for (const wrong of ['', '\nsecret\n', '\r\n']) {
    file('secret', wrong);
    chmodSync(join(folder, 'secret'), 0o600);
    const { ok, said } = await run('update-service-passwords', /Is that a user/, env);
    assert.ok(!ok && said.includes('first line'), JSON.stringify(wrong));
  }
  file('secret', 's"ecret\r\n');
  const all = await run('update-service-passwords', /Is that a user|Write the user down|Is it asked for/, env, 'do');
  assert.ok(all.ok, all.said);
  const [, salt = ''] = /^iris:\$apr1\$(.+)\$.+\n$/.exec(text('cus.user')) ?? [];
  const hash = execFileSync('openssl', ['passwd', '-apr1', '-salt', salt, 's"ecret'], { encoding: 'utf8' });
  assert.equal(text('cus.user'), `iris:${hash}`);
  assert.match(text('cus.conf'), /\n  "mod_auth",\n  "mod_authn_file",\n[^]*\ninclude "conf.d\/iris-auth.conf"\n/);
});

test('an older installation gets its common file also when that was broken off, and loses nothing that it had', async (t) => {
  const { file, run, text } = stage(t);
  const [common, web, query] = ['openapi-defaults', 'web_api_service', 'iris-query-server'].map(
    (each) => `etc/resources/${each}.prop`,
  ) as [string, string, string];
  const include = 'includefiles=openapi-defaults.prop\n';
  file(web, 'a=1\n');
  file(query, 'b=1');
  for (let times = 0; times < 2; times += 1) {
    assert.ok((await run('older-installation', /./, {}, 'do')).ok);
    assert.deepEqual([text(common), text(web), text(query)], ['a=1\n', include, `b=1\n${include}`]);
    file(web, 'a=1\n');
  }
  file(common, 'c=1\n');
  assert.ok((await run('older-installation', /./, {}, 'do')).ok);
  assert.deepEqual([text(common), text(web)], ['c=1\n', `a=1\n${include}`]);
});

test('a name with more in it than a name is refused before anything is done', async (t) => {
  const { run } = stage(t);
  for (const page of ['update-service-https', 'enable-update-service'])
    for (const HOSTNAME of ['a|;1e id', 'a b', '$(id)', '.*', ''])
      assert.match((await run(page, /Is that a name/, { HOSTNAME })).said, /write the name of this server/, page);
});
