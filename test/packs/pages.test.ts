// Pages of the Deephaven pack on files alone: what must not be removed stays, and a file whose last line has no end is not spoiled. On a whole installation:
// deephaven.test.ts.

import assert from 'node:assert/strict';
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
            env: { PATH: process.env['PATH'] ?? '', DH_ETC: join(folder, 'etc'), DH_DB: join(folder, 'db'), ...env },
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

test('a name with more in it than a name is refused before anything is done', async (t) => {
  const { run } = stage(t);
  for (const page of ['update-service-https', 'enable-update-service'])
    for (const HOSTNAME of ['a|;1e id', 'a b', '$(id)', '.*', ''])
      assert.match((await run(page, /Is that a name/, { HOSTNAME })).said, /write the name of this server/, page);
});
