// What is read from files without an agent: descriptions, outputs of services, the journal; and what doctor sees.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openJournal } from '../../src/journal/journal.ts';
import { systemLayout } from '../../src/layout.ts';
import { bytes, ms, wallMs } from '../../src/model/units.ts';
import { cli, ended, fakeAgent, folder, startCli, written } from './stage.ts';

function description(t: TestContext, text: string): string {
  const path = join(folder(t), 'standfast.yaml');
  writeFileSync(path, text);
  return path;
}

const good = `system: shop
objective: { unavailable: 10m, per: 60m, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  db: { run: sleep 9, policy: hot-active/warm-active, on: [a, b], activate: { signal: SIGUSR1 } }
  web: { run: sleep 9, on: [a], needs: [db], ready: { http: "http://127.0.0.1:8080/", within: 900ms } }
`;

test('check shows z for every service and where each figure comes from', async (t) => {
  const path = description(t, good);
  const { code, stdout } = await cli(t, ['check', path, '--state', folder(t)]);
  assert.equal(code, 0);
  assert.match(stdout, /db +hot-active\/warm-active +4\.9 s +100 msᵃ +0 msᵖ +0 msᵖ +5 s +5 s +✓ fits/);
  assert.match(stdout, /web +single .* 900 ms /);
  const json = JSON.parse((await cli(t, ['check', path, '--json', '--state', folder(t)])).stdout) as {
    ok: boolean;
    fits: boolean;
    services: { name: string; zMs: number }[];
  };
  assert.equal(json.ok, true);
  assert.equal(json.fits, true);
  assert.deepEqual(
    json.services.map((each) => each.name),
    ['db', 'web'],
  );
});

test('a valid description that misses its objective: exit 1, with what would do', async (t) => {
  const path = description(t, good.replace('recoverWithin: 5s', 'recoverWithin: 600ms'));
  const { code, stdout } = await cli(t, ['check', path, '--state', folder(t)]);
  assert.equal(code, 1);
  assert.match(stdout, /✗ too long/);
  assert.match(stdout, /web: .*It needs .*recoverWithin is 600ms\..* would do/);
  assert.match(stdout, /can't be back in time\. up starts it all the same\./);
});

test('every problem is shown at once with file, line and column; exit 2', async (t) => {
  const path = description(
    t,
    good.replace('run: sleep 9, on: [a]', 'runs: sleep 9, on: [a]').replace('needs: [db]', 'needs: [dbb]'),
  );
  const shown = await cli(t, ['check', path]);
  assert.equal(shown.code, 2);
  assert.match(shown.stderr, new RegExp(`^${path}:6:\\d+ +SF-\\d{3} `, 'm'));
  assert.match(shown.stderr, /"runs".*"run"/);
  assert.match(shown.stderr, /"dbb".*"db"/);
  assert.match(shown.stderr, /\d problems, nothing was changed\.\n$/);
  assert.equal(shown.stdout, '');
  const json = JSON.parse((await cli(t, ['check', path, '--json'])).stdout) as {
    ok: boolean;
    errors: { line: number; file: string }[];
  };
  assert.equal(json.ok, false);
  assert.ok(json.errors.length >= 2);
  assert.ok(json.errors.every((each) => each.file === path && each.line > 0));
  const up = await cli(t, ['up', path, '--state', folder(t)]);
  assert.equal(up.code, 2);
  assert.match(up.stderr, /nothing was changed/);
  const none = await cli(t, ['check', '/nonexistent', '--json']);
  assert.equal(none.code, 2);
  assert.partialDeepStrictEqual(JSON.parse(none.stdout), { ok: false, errors: [{ code: 'SF-003', line: null }] });
});

test('logs reads over rotated files, follows, and shows what a terminal would obey', async (t) => {
  const state = folder(t);
  const layout = systemLayout(state, 'shop').host('a');
  mkdirSync(layout.logs, { recursive: true });
  const file = layout.output('web');
  writeFileSync(`${file}.2`, 'one\n');
  writeFileSync(`${file}.1`, 'two\nthree\n');
  writeFileSync(file, 'four\n\u001b[2Jfive\tsix\n');
  const all = await cli(t, ['logs', 'web', '--state', state]);
  assert.equal(all.stdout, 'one\ntwo\nthree\nfour\n\\x1b[2Jfive\tsix\n');
  const json = await cli(t, ['logs', 'web', '-n', '1', '--json', '--state', state]);
  assert.deepEqual(JSON.parse(json.stdout), { service: 'web', host: 'a', line: '\u001b[2Jfive\tsix' });
  assert.equal(
    (await cli(t, ['logs', 'web@a', '-n', '3', '--state', state])).stdout,
    'three\nfour\n\\x1b[2Jfive\tsix\n',
  );
  const child = startCli(t, ['logs', 'web', '--follow', '-n', '1', '--state', state]);
  const over = ended(child);
  await written(child, /six/);
  appendFileSync(file, 'seven\n');
  await written(child, /seven/);
  // Rotated by copy and truncate.
  renameSync(`${file}.1`, `${file}.3`);
  truncateSync(file, 0);
  appendFileSync(file, 'after\n');
  await written(child, /after/);
  child.kill('SIGINT');
  assert.equal((await over).code, 0);
  const other = await cli(t, ['logs', 'wep', '--state', state]);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /SF-007 .*\n +Did you mean web\?/);
  assert.equal((await cli(t, ['logs', '../../x', '--state', state])).code, 2);
});

async function journalOf(t: TestContext, state: string, host: string, kinds: readonly string[]): Promise<void> {
  const layout = systemLayout(state, 'shop').host(host);
  mkdirSync(layout.folder, { recursive: true, mode: 0o700 });
  const journal = await openJournal({
    file: layout.journalFile,
    host,
    maxAgeMs: ms(86_400_000),
    maxBytes: bytes(1 << 20),
  });
  t.after(() => journal.close());
  for (const kind of kinds)
    journal.append({
      atMs: wallMs(Date.now()),
      kind,
      service: 'web',
      instance: null,
      term: null,
      rule: 540,
      facts: { host, tookMs: 1500 },
    });
  await journal.flush();
}

test('journal reads every host of this machine, a line an entry, with agents and without', async (t) => {
  const state = folder(t);
  await journalOf(t, state, 'a', ['first', 'second']);
  await journalOf(t, state, 'b', ['third']);
  const { code, stdout } = await cli(t, ['journal', '--state', state], { env: { COLUMNS: '200' } });
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3} +1@a +web on a: first: it should run here and does not \(took 1\.5 s\) +\(rule 540\)$/m,
  );
  const lines = (await cli(t, ['journal', '--json', '--state', state])).stdout
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each) as Record<string, unknown>);
  assert.deepEqual(
    lines.map((each) => [each['host'], each['seq'], each['kind'], each['rule'], each['because']]),
    [
      ['a', 1, 'first', 540, { host: 'a', tookMs: 1500 }],
      ['a', 2, 'second', 540, { host: 'a', tookMs: 1500 }],
      ['b', 1, 'third', 540, { host: 'b', tookMs: 1500 }],
    ],
  );
  assert.equal((await cli(t, ['journal', '--json', '--since', '2020-01-01', 'other', '--state', state])).stdout, '');
  const explained = await cli(t, ['explain', '2@a', '--state', state]);
  assert.equal(explained.code, 0);
  assert.match(
    explained.stdout,
    /^Rule 540 \(start\) fired: it should run here and does not\.\n[^]*It rests on:\n {2}host a\n {2}took 1\.5 s\n/,
  );
  assert.equal((await cli(t, ['explain', 'wep', '--state', state])).code, 3);
});

test('journal --follow tells what comes, and explain says when a journal is damaged', async (t) => {
  const state = folder(t);
  await journalOf(t, state, 'a', ['first']);
  mkdirSync(systemLayout(state, 'shop').host('b').folder, { recursive: true });
  const child = startCli(t, ['journal', '--follow', '--state', state]);
  await written(child, /first/);
  await journalOf(t, state, 'b', ['later']);
  await written(child, /later/);
  child.kill('SIGKILL');
  const broken = folder(t);
  const layout = systemLayout(broken, 'shop').host('a');
  mkdirSync(layout.folder, { recursive: true });
  writeFileSync(layout.journalFile, 'this is no database, and long enough to look like one '.repeat(200));
  const { code, stderr } = await cli(t, ['journal', '--state', broken]);
  assert.equal(code, 3);
  assert.match(stderr, /SF-52\d/);
  assert.doesNotMatch(stderr, /at .*\.ts:\d/);
});

test('doctor looks at the machine, the folder, agents and the store, and says what to do', async (t) => {
  const state = folder(t);
  chmodSync(state, 0o777);
  await fakeAgent(t, state, { details: { journal: { lost: 3, trouble: 'the disk is full' } } });
  const { code, stdout } = await cli(t, ['doctor', '--state', state]);
  assert.equal(code, 1);
  assert.match(stdout, /✗ +who may enter +others may write there \(mode 0777\).*chmod 711/);
  assert.match(stdout, /✗ +keeper of a +not there/);
  // Not ✓ where the machine is short of processors: it says so then.
  assert.match(stdout, /[✓!] +agent of a +answers in/);
  assert.match(stdout, /✗ +journal of a +3 lines are missing in .*journal\.db:[^]*the disk is full/);
  assert.match(stdout, /✓ +Node\.js/);
  const json = JSON.parse((await cli(t, ['doctor', '--json', '--state', state])).stdout) as {
    ok: boolean;
    findings: { what: string }[];
  };
  assert.equal(json.ok, false);
  assert.ok(json.findings.length > 8);
  chmodSync(state, 0o755);
  assert.match((await cli(t, ['doctor', '--state', state])).stdout, /! +who may enter +others may see the names/);
  const fresh = await cli(t, ['doctor', '--state', join(state, 'not', 'yet')]);
  assert.equal(fresh.code, 0, fresh.stdout);
});
