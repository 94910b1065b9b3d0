// Runs of runbooks on real agents: carried on by whoever is there, never twice, taken back, begun by themselves within limits.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RunbookListing, RunView, TestedRunbook } from '../../src/api-runbook.ts';
import { connectAgent } from '../../src/client.ts';
import { startCli } from '../cli/stage.ts';
import { ended, eventually, lives, makeStand, textOf, written, type Stand } from '../system/stand.ts';

const head = `
objective: { unavailable: 10m, per: 60m, recoverWithin: 5s }
console: false
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
`;

const clientOf = (stand: Stand, host: string) => connectAgent(stand.at(host, 'agent.sock')).runbooks;

async function runOf(stand: Stand, id: string, host = 'a'): Promise<RunView> {
  const answer = await clientOf(stand, host).run(id, null);
  return answer.ok ? answer.value : assert.fail(answer.why);
}

async function untilNeeds(stand: Stand, id: string, what: string): Promise<RunView> {
  return await eventually(`${id} needs ${what}`, async () => {
    const run = await runOf(stand, id).catch(() => null);
    return run !== null && (run.needs.kind === what || (run.needs.kind === 'person' && run.needs.what === what))
      ? run
      : null;
  });
}

async function begin(
  stand: Stand,
  name: string,
  more: { allow?: boolean; values?: Record<string, string> } = {},
): Promise<RunView> {
  const request = { name, host: null, owner: 'eve', why: '', allow: more.allow ?? false, values: more.values ?? {} };
  const answer = await clientOf(stand, 'a').start(request);
  return answer.ok ? answer.value : assert.fail(answer.why);
}

async function standing(
  t: TestContext,
  system: string,
  services: string,
  pages: Readonly<Record<string, string>>,
): Promise<Stand> {
  const stand = makeStand(t, `system: ${system}${head}services:\n${services}`);
  for (const [name, text] of Object.entries(pages)) stand.write(text, `runbooks/${name}.md`);
  // Some of what is described here cannot start.
  await stand.cli('up', stand.folder, '--detach', '--timeout', '1s');
  for (const host of ['a', 'b']) await stand.until(`a picture of it, by ${host}`, () => true, host);
  return stand;
}

const sleeper = '  work: { run: sleep 100000, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }\n';

test('two approve at once and one is first; a step whose agent is killed is never begun twice; what was done is taken back', async (t) => {
  const stand = await standing(t, 'rb-kill', sleeper, {
    mend: [
      '<!-- runbook: asks=DATE -->',
      '# Mend it',
      '## First',
      '```sh do',
      'echo "${DATE}" >> first',
      '```',
      '```sh undo',
      'echo undone >> first',
      '```',
      '## Long',
      '```sh do on=b within=5m',
      'echo $$ >> long; sleep 1000; echo never >> long',
      '```',
      '```sh undo',
      'echo undone >> long',
      '```',
    ].join('\n'),
  });
  const value = '$(touch hit)';
  const without = await stand.cli('runbook', 'run', 'mend');
  assert.deepEqual([without.code, /SF-216 .*DATE/.test(without.stderr)], [2, true], without.stderr);
  const asked = await stand.cli('runbook', 'run', 'mend', '--set', `DATE=${value}`);
  assert.deepEqual([asked.code, asked.stderr.startsWith('SF-215')], [1, true], asked.stderr);
  assert.ok(!existsSync(join(stand.folder, 'first')), 'nothing was done without a yes');
  const second = await stand.cli('runbook', 'run', 'mend', '--set', 'DATE=1');
  const id = /open: (r-\w+)/.exec(second.stderr)?.[1] ?? assert.fail(second.stderr);
  await eventually('both agents know of it', async () =>
    (await Promise.all(['a', 'b'].map((host) => clientOf(stand, host).run(id, null)))).every((each) => each.ok),
  );

  const yes = (host: string, owner: string) =>
    clientOf(stand, host).answer({ run: id, block: 0, undo: false, word: 'yes', owner, why: '' });
  const both = await Promise.all([yes('a', 'ann'), yes('b', 'bob')]);
  assert.equal(both.filter((each) => each.ok).length, 1, JSON.stringify(both));
  const late = both.find((each) => !each.ok);
  assert.ok(
    late !== undefined && !late.ok && late.code === 'SF-212' && /(ann|bob) has answered/.test(late.why),
    JSON.stringify(late),
  );
  await untilNeeds(stand, id, 'approve');
  assert.equal(readFileSync(join(stand.folder, 'first'), 'utf8'), `${value}\n`);

  assert.equal((await stand.cli('runbook', 'yes', id, '--step', '2')).code, 0);
  const file = join(stand.folder, 'long');
  const pid = Number(await eventually('the long step runs', () => textOf(file).trim() || null));
  const running = await untilNeeds(stand, id, 'running');
  assert.ok(running.needs.kind === 'running' && running.needs.host === 'b');
  const agent =
    stand.living().find((each) => each.kind === 'agent' && each.host === 'b')?.pid ?? assert.fail('no agent');
  process.kill(agent, 'SIGKILL');
  const cut = await untilNeeds(stand, id, 'settle');
  assert.equal(cut.blocks[1]?.state, 'interrupted');
  await eventually('what was left of it is ended', () => !lives(pid));
  assert.equal(textOf(file), `${pid}\n`, 'it was not begun twice');

  const [no, follows] = [await stand.cli('runbook', 'no', id), await stand.cli('runbook', 'continue')];
  assert.deepEqual([no.code, follows.code, /SF-215/.test(follows.stderr)], [0, 1, true], follows.stderr);
  const rest = await stand.cli('runbook', 'continue', '--yes', id);
  assert.deepEqual([rest.code, /SF-218 .*failed: step 2, Long/.test(rest.stderr)], [1, true], rest.stderr);
  assert.match(textOf(file), /undone\n$/);
  assert.match(textOf(join(stand.folder, 'first')), /undone\n$/);
  assert.ok(!existsSync(join(stand.folder, 'hit')));
  const kinds = ['Started', 'Begins', 'Ends', 'Answered', 'Interrupted', 'Over'].map((each) => `runbook${each}`);
  await eventually('all of that is in the journal', async () => {
    const written = new Set((await stand.journal()).map((line) => line.kind));
    return kinds.every((kind) => written.has(kind));
  });
});

test('a closed terminal ends no run; it is carried on elsewhere, and given up while a step runs', async (t) => {
  const stand = await standing(t, 'rb-tty', sleeper, {
    slow: '# Slow\n## Look\nIs the lamp on?\n## Do\n```sh do within=5m\necho $$ > pid; trap "" TERM; echo here; while :; do sleep 1; done\n```\n',
  });
  const terminal = startCli(t, ['runbook', 'run', 'slow'], { terminal: 100, env: { STANDFAST_STATE: stand.state } });
  await written(terminal, /\[y\] done/);
  const { id } = await eventually('the run', async () => (await clientOf(stand, 'a').runs())[0]);
  const closed = ended(terminal);
  terminal.kill('SIGKILL');
  await closed;
  const other = startCli(t, ['runbook', 'continue'], { terminal: 100, env: { STANDFAST_STATE: stand.state } });
  await written(other, /\[y\] done/);
  const approve = written(other, /\[y\] yes/);
  other.stdin?.write('y\n');
  await approve;
  const here = written(other, /here/);
  other.stdin?.write('y\n');
  await here;
  const pid = Number(await eventually('a pid', () => textOf(join(stand.folder, 'pid')).trim() || null));
  const over = ended(other);
  assert.equal((await stand.cli('runbook', 'abort', id, '--why', 'wrong host')).code, 0);
  await eventually('the step is ended', () => !lives(pid));
  assert.match((await over).stdout, /given up by \S+: wrong host/);
  await eventually('a knows of it', async () => (await runOf(stand, id)).outcome === 'aborted');
});

test('made from the description it mends what it can; by itself it stays in its limits; each incident names it; rot is found', async (t) => {
  const stand = await standing(
    t,
    'rb-auto',
    [
      '  feed: { shell: "test -e conf || exit 3; exec sleep 100000", on: [a], backOff: { upTo: 2m }, runbook: { path: runbooks/feed.md, auto: { severity: 1, atMost: 1, per: 1h } } }',
      '  plain: { shell: "test -e other || exit 3; exec sleep 100000", on: [b], backOff: { upTo: 2m }, stop: { forcedAfter: 1s }, files: [ { path: other } ] }',
      '',
    ].join('\n'),
    {
      feed: '# Feed\n## Configuration\n```sh check\ntest -e conf\n```\n```sh do\ncp saved conf\n```\n## Start\n```sh check\nstandfast runbook stands feed\n```\n```sh do\nstandfast start feed\n```\n```sh check\nstandfast runbook stands feed\n```\n',
      old: '# Old\n## Look\n```sh check\nno-such-program --now; tail no/such/file "${NOPE}"\n```\n',
    },
  );
  const listed = JSON.parse((await stand.cli('runbook', 'list', '--json')).stdout) as RunbookListing[];
  assert.deepEqual(
    listed.slice(0, 3).map((each) => [each.name, each.auto]),
    [
      ['feed', 'severity 1, at most 1 in 1h'],
      ['plain', null],
      ['old', null],
    ],
  );
  const tests = await stand.cli('runbook', 'test', '--json');
  const tested = JSON.parse(tests.stdout) as TestedRunbook[];
  assert.equal(tests.code, 1);
  assert.deepEqual(
    tested.find((each) => each.name === 'old')?.rotted.map((each) => each.code),
    ['SF-205', 'SF-221', 'SF-222'],
  );
  for (const name of ['feed', 'plain']) assert.deepEqual(tested.find((each) => each.name === name)?.rotted, [], name);

  // Nothing is there yet: both are down. The one may mend itself, once, and cannot.
  const failed = await eventually(
    'a run by itself',
    async () => (await clientOf(stand, 'a').runs()).find((each) => each.auto && each.phase === 'ended') ?? null,
  );
  assert.deepEqual([failed.startedBy, failed.runbook, failed.outcome], ['standfast', 'feed', 'failed']);
  // What else is the matter with the machine is none of theirs.
  await stand.until('both incidents, each with its page', ({ incidents }) =>
    ['feed', 'plain'].every((name) => {
      const own = incidents.filter((incident) => incident.service === name);
      const page = new RegExp(`^standfast runbook run (configuration/)?${name}@`);
      return own.length > 0 && own.every(({ next }) => page.test(next));
    }),
  );
  await eventually('its limit is told', async () =>
    (await stand.journal()).some(
      (line) => line.kind === 'runbookHeldBack' && JSON.stringify(line.because).includes('as often as allowed'),
    ),
  );

  const before = await stand.cli('runbook', 'run', 'plain', '--yes');
  assert.equal(before.code, 1, before.stdout);
  assert.match(before.stdout, /Are its files there, and as described\?[^]*does not pass/);
  stand.write('', 'other');
  const after = await stand.cli('runbook', 'run', 'plain', '--yes');
  assert.equal(after.code, 0, after.stdout + after.stderr);
  stand.write('', 'saved');
  const page = (await begin(stand, 'feed', { allow: true })).id;
  assert.equal(
    (
      await eventually('feed is mended', async () =>
        (await runOf(stand, page)).phase === 'ended' ? await runOf(stand, page) : null,
      )
    ).outcome,
    'done',
  );
  await stand.until('both stand', (each) => each.services.every((service) => service.active.length === 1));
  rmSync(join(stand.folder, 'saved'));
});
