// Heartbeats by message, touched file and database row, with real files and databases.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  futimesSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { ms } from '../../src/model/units.ts';
import type { ObservePlan } from '../../src/ports.ts';
import { mariadb, postgres } from './databases.ts';
import { type Seen, folder, now, openSeen, plan, run } from './seen.ts';

const beatOf = (source: NonNullable<ObservePlan['heartbeat']>['source'], every = 200) => ({ source, every: ms(every) });

/** Observes a process of its own and waits until it is being observed. */
async function observe(t: TestContext, dir: string, heartbeat: ObservePlan['heartbeat']): Promise<Seen> {
  const child = run(t, ['sleep', '1000']);
  await once(child, 'spawn');
  const seen = openSeen(t);
  seen.observer.observe(plan({ dir, pid: child.pid, heartbeat }));
  await seen.kind('ready');
  return seen;
}

test('message: told at once, until it is no longer observed', async (t) => {
  const seen = await observe(t, folder(t), beatOf({ kind: 'message' }));
  const before = now();
  seen.observer.said('pricer@a#1', { beat: true });
  seen.observer.said('pricer@a#1', { status: { status: 'degraded', subsystems: {} } });
  const beat = await seen.kind('beat');
  assert.ok(beat.at >= before && beat.at <= now());
  assert.equal((await seen.kind('status')).said.status, 'degraded');
  seen.observer.unobserve('pricer@a#1');
  seen.observer.said('pricer@a#1', { beat: true });
  assert.equal(seen.all.filter((each) => each.kind === 'beat').length, 1);
});

test('file: every way of touching it is a beat, at the time of the touch', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'beat');
  const ways: readonly [string, () => void][] = [
    ['made', () => writeFileSync(path, '')],
    ['touched', () => utimesSync(path, new Date(), new Date())],
    ['appended', () => appendFileSync(path, 'x')],
    [
      'touched through a handle',
      () => {
        const file = openSync(path, 'r+');
        futimesSync(file, new Date(), new Date());
        closeSync(file);
      },
    ],
    [
      'replaced',
      () => {
        writeFileSync(`${path}.new`, '1');
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'removed and made again',
      () => {
        rmSync(path);
        writeFileSync(path, '');
      },
    ],
    ['touched once more', () => utimesSync(path, new Date(), new Date())],
  ];
  const seen = await observe(t, dir, beatOf({ kind: 'file', path: 'beat' }));
  for (const [name, touch] of ways) {
    const from = seen.all.length;
    const before = now();
    touch();
    const done = now();
    const beat = await seen.kind('beat', from);
    // The kernel cuts file times to its tick.
    assert.ok(beat.at >= before - 11 && beat.at <= done + 1, `${name}: ${beat.at - before} ms`);
  }
});

test('file: what an earlier instance left is no beat', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'beat');
  writeFileSync(path, '');
  utimesSync(path, new Date(), new Date(Date.now() - 5000));
  const seen = await observe(t, dir, beatOf({ kind: 'file', path: 'beat' }));
  const other = openSeen(t);
  other.observer.observeExternal({
    name: 'clock',
    dir,
    env: {},
    checks: [{ name: 'file', probe: { kind: 'file', path: 'beat' }, every: ms(100), severity: null }],
  });
  await other.until((each): each is typeof each => each.kind === 'check', 3);
  assert.equal(seen.all.filter((each) => each.kind === 'beat').length, 0);
  utimesSync(path, new Date(), new Date());
  await seen.kind('beat');
});

test('file: a time that cannot be is put between the looks', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'beat');
  const begun = now();
  const seen = await observe(t, dir, beatOf({ kind: 'file', path: 'beat' }));
  // Later than the process began, however long that took.
  writeFileSync(path, '');
  await seen.kind('beat');
  for (const shift of [3_600_000, -3_600_000]) {
    const from = seen.all.length;
    utimesSync(path, new Date(), new Date(Date.now() + shift));
    const { at } = await seen.kind('beat', from);
    // When it was looked at before, only the observer knows.
    assert.ok(at >= begun && at <= now(), `${at - begun} ms`);
  }
});

test('file: beats without pause are told, but not each', async (t) => {
  const dir = folder(t);
  const seen = await observe(t, dir, beatOf({ kind: 'file', path: 'beat' }));
  run(t, ['sh', '-c', 'while :; do echo >> beat; done'], dir);
  const first = await seen.kind('beat');
  const counted = (): number => seen.all.filter((each) => each.kind === 'beat').length;
  // On a busy machine it is touched less often.
  const later = await seen.until(
    (each): each is Extract<typeof each, { kind: 'beat' }> =>
      each.kind === 'beat' && each.at > first.at + 500 && counted() > 5,
  );
  assert.ok(counted() <= (later.at - first.at) / 5, `${counted()} beats in ${later.at - first.at} ms`);
});

test('row: SQLite, also while its file is missing, and replaced', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'beats.db');
  const url = `sqlite:${path}`;
  const query = "select beat_at from beats where name = 'pricer'";
  const seen = await observe(t, dir, beatOf({ kind: 'row', url, query }));
  const missing = await seen.check('unknown');
  assert.equal(missing.check, 'heartbeat row');
  let database = make(path);
  await seen.check('ok');
  await beats(seen, (value) => database.exec(`update beats set beat_at = ${value}`));
  database.close();
  make(`${path}.new`).close();
  renameSync(`${path}.new`, path);
  database = new DatabaseSync(path);
  await beats(seen, (value) => database.exec(`update beats set beat_at = ${value}`));
  database.exec('begin exclusive');
  database.exec('update beats set beat_at = 99');
  database.exec('commit');
  await seen.kind('beat', seen.all.length - 1);
  database.exec('delete from beats');
  assert.match((await seen.check('unknown', seen.all.length)).text, /no value/);
  database.close();
  assert.equal(
    seen.all.filter((each) => each.kind === 'check' && each.result === 'unknown').length,
    2,
    'said once each time',
  );

  function make(file: string): DatabaseSync {
    // It is there whole: one with a table without rows would be another error.
    const made = new DatabaseSync(`${file}.made`);
    made.exec("create table beats (name text, beat_at integer); insert into beats values ('pricer', 0)");
    made.close();
    renameSync(`${file}.made`, file);
    return new DatabaseSync(file);
  }
});

test('row: what is wrong is said once, without the address', async (t) => {
  const dir = folder(t);
  new DatabaseSync(join(dir, 'a.db')).close();
  const cases: readonly [url: string, query: string, why: RegExp][] = [
    ['sqlite:a.db', 'select beat_at from beats', /no such table/],
    ['sqlite:a.db', 'delete from x', /no such table|readonly/],
    ['oracle://u:secret@db/x', 'select 1', /not sqlite:, postgres:, mysql: or mariadb:/],
    ['postgres://u:secret@127.0.0.1:1/x', 'select 1', /refused/],
    ['mariadb://u:secret@127.0.0.1:1/x', 'select 1', /refused/],
  ];
  for (const [url, query, why] of cases) {
    await t.test(url, async (t2) => {
      const seen = await observe(t2, dir, beatOf({ kind: 'row', url, query }));
      const { text } = await seen.check('unknown');
      assert.match(text, why);
      assert.doesNotMatch(text, /secret/);
    });
  }
});

test('row: PostgreSQL, through its restart', { skip: postgres.missing }, async (t) => {
  const server = await postgres.start(t);
  await server.run('create table beats (name text, beat_at timestamptz)', "insert into beats values ('pricer', now())");
  const seen = await observe(
    t,
    folder(t),
    beatOf({ kind: 'row', url: server.url, query: "select beat_at from beats where name = 'pricer'" }),
  );
  await beats(seen, () => server.run('update beats set beat_at = clock_timestamp()'));
  await server.kill();
  await seen.check('unknown');
  await server.startAgain();
  await seen.check('ok');
  await beats(seen, () => server.run('update beats set beat_at = clock_timestamp()'));
});

test('row: MariaDB, through its restart', { skip: mariadb.missing }, async (t) => {
  const server = await mariadb.start(t);
  await server.run(
    'create table beats (name varchar(20), beat_at timestamp(6))',
    "insert into beats values ('pricer', now(6))",
  );
  const seen = await observe(
    t,
    folder(t),
    beatOf({ kind: 'row', url: server.url, query: "select beat_at from beats where name = 'pricer'" }),
  );
  await beats(seen, () => server.run('update beats set beat_at = now(6)'));
  await server.kill();
  await seen.check('unknown');
  await server.startAgain();
  await seen.check('ok');
  await beats(seen, () => server.run('update beats set beat_at = now(6)'));
});

/** Two changes, two beats. The first may only be the value that later ones are compared with, so it is changed until one is told. */
async function beats(seen: Seen, change: (value: number) => void | Promise<void>): Promise<void> {
  for (let round = 0, value = 1; round < 2; round++) {
    const from = seen.all.length;
    let told = false;
    const beat = seen.kind('beat', from).then(() => (told = true));
    const other = openTicks();
    while (!told && value < 400) {
      await change(value++);
      await Promise.race([beat, other()]);
    }
    await beat;
  }
}

function openTicks(): () => Promise<void> {
  return () => new Promise((done) => setTimeout(done, 100));
}
