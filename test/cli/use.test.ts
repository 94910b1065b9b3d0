// Use: help, slips of the pen, pipes that close, intents and their refusals.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verbs } from '../../src/cli/verbs.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { systemLayout } from '../../src/layout.ts';
import { bytes, ms, wallMs } from '../../src/model/units.ts';
import { cli, ended, fakeAgent, folder, root } from './stage.ts';
import { incident, instance, service, status } from './views.ts';

const main = join(root, 'src', 'main.ts');
const notRoot = process.getuid?.() === 0 ? false : 'needs root, to be somebody whom nobody knows';

test('help names every verb that there is and no other, and each has help with an example', async (t) => {
  const { stdout, code } = await cli(t, ['--help']);
  assert.equal(code, 0);
  const named = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) .*$/gm)]
    .map((match) => match[1])
    .filter((name) => name !== 'standfast');
  assert.deepEqual(named, [...verbs.map((verb) => verb.name), 'help']);
  for (const verb of verbs) {
    const help = await cli(t, [verb.name, '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`Examples:\\n  standfast ${verb.name}`), verb.name);
    assert.match(help.stdout, /--state <dir>/);
    assert.equal(help.stderr, '');
  }
});

test('a slip of the pen: exit 2, the code, and what was meant', async (t) => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['statsu'], /^SF-001 +unknown command 'statsu'\n +Did you mean status\?/],
    [['frobnicate'], /^SF-001 .*\n +See standfast --help/],
    [['status', '--jsn'], /^SF-002 +unknown option '--jsn'\n +Did you mean --json\?/],
    [['status', 'extra'], /^SF-002 +too many arguments/],
    [['explain'], /^SF-002 +missing required argument 'subject'\n +See standfast explain --help/],
    [['up', 'examples/pricing', '--timeout', 'soon'], /^SF-002 +--timeout soon is no duration/],
    [['logs', 'x', '--lines', 'many'], /^SF-002 +--lines many/],
    [['journal', '--since', 'yesterday-ish', '--state', '/nonexistent'], /^SF-00[24]/],
    [['check', '/nonexistent'], /^SF-003 +\/nonexistent can't be read: there is no such file/],
    [['check', join(root, 'docs')], /^SF-003 .*without a standfast.yaml/],
  ];
  for (const [words, error] of cases) {
    const { code, stdout, stderr } = await cli(t, words);
    assert.match(stderr, error, words.join(' '));
    assert.equal(code, stderr.startsWith('SF-004') ? 3 : 2, words.join(' '));
    assert.equal(stdout, '');
  }
  for (const words of [[], ['--state', folder(t)]]) {
    const bare = await cli(t, words);
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /^Usage: standfast/);
  }
  assert.match((await cli(t, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('with --json what went wrong is JSON too, and the words are beside it', async (t) => {
  const state = folder(t);
  const wrong = join(folder(t), 'standfast.yaml');
  writeFileSync(wrong, 'system: shop\n');
  const cases: readonly (readonly [string[], number, string])[] = [
    [['status'], 3, 'SF-004'],
    [['explain', 'pricer'], 3, 'SF-004'],
    [['logs', 'pricer'], 3, 'SF-004'],
    [['failover'], 2, 'SF-002'],
    [['assess', '/nonexistent'], 2, 'SF-003'],
    [['apply', wrong], 2, 'SF-111'],
    [['assess', wrong], 2, 'SF-111'],
    [['simulate', wrong], 2, 'SF-111'],
    [['up', wrong, '--detach'], 2, 'SF-111'],
    [['up', wrong], 2, 'SF-002'],
    [['down'], 3, 'SF-004'],
  ];
  for (const [words, exit, code] of cases) {
    const { code: status, stdout, stderr } = await cli(t, [...words, '--json', '--state', state]);
    assert.equal(status, exit, words.join(' '));
    const { ok, errors } = JSON.parse(stdout) as { ok: boolean; errors: { code: string; message: string }[] };
    assert.equal(ok, false);
    assert.equal(errors[0]?.code, code, words.join(' '));
    assert.match(stderr, new RegExp(`^(\\S+:\\d+:\\d+ +)?${code} `), words.join(' '));
  }
  assert.equal((await cli(t, ['schema', '--json'])).code, 0);
});

test('where nobody has a home: what is known is done, and the rest is said', { skip: notRoot }, async () => {
  const { HOME: _home, ...env } = process.env;
  const child = spawn(
    'setpriv',
    ['--reuid=54321', '--regid=54321', '--clear-groups', process.execPath, main, 'status'],
    {
      env,
      cwd: '/',
    },
  );
  const { code, stderr } = await ended(child);
  assert.match(stderr, /^SF-006 .*not known where state lies\n(.*\n)*.*--state DIR/);
  assert.equal(code, 2);
});

test('an output that cannot be written is said', async () => {
  const shell = spawn('sh', ['-c', `"$0" "$1" schema >/dev/full`, process.execPath, main]);
  const { code, stderr } = await ended(shell);
  assert.match(stderr, /^SF-008 +the output cannot be written: .*ENOSPC/);
  assert.equal(code, 3);
});

test('a reader that has had enough ends it without a word', async (t) => {
  const state = folder(t);
  const many = Array.from({ length: 3_000 }, (_, n) => service(`service-${n}`, [instance('a', 'active')]));
  await fakeAgent(t, state, { view: status({ services: many }) });
  const shell = spawn('sh', [
    '-c',
    `"$0" "$1" status --state "$2" | head -n 1; "$0" "$1" status --json --state "$2" | true`,
    process.execPath,
    join(root, 'src', 'main.ts'),
    state,
  ]);
  let errors = '';
  let output = '';
  shell.stderr.on('data', (part: Buffer) => (errors += String(part)));
  shell.stdout.on('data', (part: Buffer) => (output += String(part)));
  const [code] = (await once(shell, 'close')) as [number];
  assert.equal(errors, '');
  assert.equal(code, 0);
  assert.match(output, /^pricing: It stands.*\n$/);
});

test('intents carry who, what, where, why and for how long', async (t) => {
  const state = folder(t);
  const agent = await fakeAgent(t, state);
  const env = { SUDO_USER: 'ann' };
  const asks: readonly (readonly [string[], object])[] = [
    [
      ['restart', 'pricer@a', '--why', 'new libraries'],
      { kind: 'restart', service: 'pricer', host: 'a', why: 'new libraries', forMs: null },
    ],
    [['stop', 'gateway', '--for', '2h'], { kind: 'stop', service: 'gateway', host: null, why: '', forMs: 7_200_000 }],
    [['start', 'gateway'], { kind: 'start', service: 'gateway', host: null }],
    [
      ['failover', 'pricer', '--to', 'a', '--accept-loss'],
      { kind: 'failover', service: 'pricer', host: 'a', acceptLoss: true },
    ],
    [['pause'], { kind: 'pause', service: null, forMs: 3_600_000 }],
    [['pause', 'pricer', '--for', '5m'], { kind: 'pause', service: 'pricer', forMs: 300_000 }],
    [['resume', 'pricer'], { kind: 'resume', service: 'pricer', forMs: null }],
  ];
  for (const [words, want] of asks) {
    const { code, stdout, stderr } = await cli(t, [...words, '--state', state], { env });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /under way/);
    assert.partialDeepStrictEqual(agent.asked.at(-1), { ...want, owner: 'ann' });
  }
});

test('a refusal is exit 1 with its code, why, and what to do instead', async (t) => {
  const state = folder(t);
  const answer = {
    ok: false,
    code: 'SF-412',
    why: 'b would lose 41 s of prices; its limit is 5 s',
    next: 'Wait 12 s, or accept the loss: --accept-loss',
  } as const;
  await fakeAgent(t, state, { answer });
  const refused = await cli(t, ['failover', 'pricer', '--to', 'b', '--state', state]);
  assert.equal(refused.code, 1);
  assert.equal(refused.stderr, `SF-412  ${answer.why}\n        ${answer.next}\n`);
  const json = await cli(t, ['failover', 'pricer', '--json', '--state', state]);
  assert.equal(json.code, 1);
  assert.deepEqual(JSON.parse(json.stdout), answer);
  assert.equal(json.stderr, refused.stderr);
});

test('names that are not there are wrong use, with the nearest', async (t) => {
  const state = folder(t);
  const agent = await fakeAgent(t, state);
  const service = await cli(t, ['restart', 'pricr', '--state', state]);
  assert.equal(service.code, 2);
  assert.match(service.stderr, /SF-007 +there is no service pricr\n +Did you mean pricer\?/);
  const host = await cli(t, ['failover', 'pricer', '--to', 'z', '--state', state]);
  assert.match(host.stderr, /there is no host z/);
  assert.equal(agent.asked.length, 0);
  const ack = await cli(t, ['ack', 'i-9', '--state', state]);
  assert.equal(ack.code, 2);
  assert.match(ack.stderr, /no open incident i-9/);
});

test('ack takes an incident, and incidents shows open ones before those that are over', async (t) => {
  const state = folder(t);
  const layout = systemLayout(state, 'pricing').host('a');
  mkdirSync(layout.folder, { recursive: true, mode: 0o700 });
  const journal = await openJournal({
    file: layout.journalFile,
    host: 'a',
    maxAgeMs: ms(86_400_000),
    maxBytes: bytes(1 << 20),
  });
  t.after(() => journal.close());
  for (const event of ['opened', 'resolved'])
    journal.append({
      atMs: wallMs(Date.now()),
      kind: 'incident',
      service: 'risk',
      instance: 'risk@a',
      term: null,
      rule: null,
      facts: { id: 'i-0', event, severity: 1, cause: { kind: 'process-gone', facts: {} }, also: [], host: 'a' },
    });
  await journal.flush();
  await fakeAgent(t, state, { view: status({ incidents: [incident('i-1')] }) });
  const ack = await cli(t, ['ack', 'i-1', '--state', state], { env: { SUDO_USER: 'ann' } });
  assert.equal(ack.stdout, 'ann has i-1.\n');
  const { stdout, code } = await cli(t, ['incidents', '--state', state], { env: { COLUMNS: '140' } });
  assert.equal(code, 0, 'only severity 3 is open');
  assert.ok(stdout.indexOf('i-1') < stdout.indexOf('Resolved lately'));
  assert.match(stdout.slice(stdout.indexOf('Resolved lately')), /1 +i-0 +risk on a: its process is gone/);
  for (const [all, ids] of [
    [[], ['i-1']],
    [['--all'], ['i-1', 'i-0']],
  ] as const) {
    const json = await cli(t, ['incidents', '--json', ...all, '--state', state]);
    assert.deepEqual(
      (JSON.parse(json.stdout) as { id: string }[]).map((each) => each.id),
      ids,
    );
  }
});

test('intents in force are listed with their owner, reason and end', async (t) => {
  const state = folder(t);
  const view = {
    id: 'pause-1',
    kind: 'pause',
    service: null,
    host: null,
    owner: 'ann',
    why: 'network work',
    keep: false,
    atMs: Date.now(),
    untilMs: Date.now() + 600_000,
  } as const;
  await fakeAgent(t, state, { more: { intents: () => [view] } });
  const { stdout } = await cli(t, ['intents', '--state', state]);
  assert.match(stdout, /ann +pause +everything +(10 min|9 min \d+ s) more +network work/);
  assert.deepEqual(JSON.parse((await cli(t, ['intents', '--json', '--state', state])).stdout), [view]);
});

test('schema and unit print what is to be saved', async (t) => {
  const schema = await cli(t, ['schema']);
  assert.equal(schema.code, 0);
  assert.equal(typeof JSON.parse(schema.stdout), 'object');
  const unit = await cli(t, ['unit', 'examples/pricing', '--state', '/var/lib/a b']);
  assert.equal(unit.code, 0, unit.stderr);
  assert.match(
    unit.stdout,
    /ExecStart=.*\/standfast up .*examples\/pricing\/standfast\.yaml --state "\/var\/lib\/a b"\n/,
  );
  assert.match(unit.stdout, /KillMode=process/);
});
