// What goes wrong around a run: a step that hangs, one that writes without end, one whose program is gone, a failover in the middle, and a service that goes.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunView } from '../../src/api-runbook.ts';
import { connectAgent } from '../../src/client.ts';
import { activeOn, eventually, instanceOf, lives, makeStand, textOf } from '../system/stand.ts';

const system = `system: rb-attacks
objective: { unavailable: 10m, per: 60m, recoverWithin: 2m }
console: false
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  slow:
    run: sleep 100000
    policy: hot-active/warm-passive
    on: [a, b]
    activate: { command: { shell: "touch asked-$STANDFAST_HOST" } }
    active: { command: "test -e go", within: 60s }
  plain: { run: sleep 100000, on: [a] }
`;
const pages = {
  move: '<!-- runbook: service=slow -->\n# Move\n## Do\n```sh do\necho done >> moved\n```\n',
  hang: '<!-- runbook: service=plain -->\n# Hang\n## Do\n```sh do within=1s\necho $$ > hanging\ntrap "" TERM\nwhile :; do sleep 1; done\n```\n## Never\n```sh do\ntouch never\n```\n',
  flood:
    '<!-- runbook: service=plain -->\n# Flood\n## Do\n```sh do within=5m\necho begins\nhead -c 20000000 /dev/zero | tr "\\\\0" x\necho ends\n```\n',
  ghost: '# Ghost\n## Do\n```sh do\ntouch half\n```\n## As another\n```sh do as=no-such-user\ntrue\n```\n',
  gone: '<!-- runbook: service=plain -->\n# Gone\n## Do\n```sh do\nno-such-program --now\n```\n',
};

test('no run begins, and no step that was allowed begins, while the service is being moved; hanging, flooding and vanished steps end as failed or done', async (t) => {
  const stand = makeStand(t, system);
  for (const [name, text] of Object.entries(pages)) stand.write(text, `runbooks/${name}.md`);
  stand.write('', 'go');
  await stand.up();
  const agent = connectAgent(stand.at('a', 'agent.sock')).runbooks;
  const runOf = async (id: string): Promise<RunView> => {
    const answer = await agent.run(id, null);
    return answer.ok ? answer.value : assert.fail(answer.why);
  };
  const started = await agent.start({ name: 'move', host: null, owner: 'eve', why: '', allow: false, values: {} });
  const { id } = started.ok ? started.value : assert.fail(started.why);

  rmSync(join(stand.folder, 'go'));
  const from = activeOn(await stand.until('slow is active', (view) => activeOn(view, 'slow') !== null), 'slow');
  const to = from === 'a' ? 'b' : 'a';
  rmSync(join(stand.folder, `asked-${to}`), { force: true });
  const failover = stand.begin('failover', 'slow', '--to', to, '--why', 'to see');
  await eventually('the other one is being activated', () => existsSync(join(stand.folder, `asked-${to}`)));
  const other = await stand.cli('runbook', 'run', 'slow');
  assert.match(other.stderr, /SF-211/, 'one at a time for a service');
  const yes = await agent.answer({ run: id, block: 0, undo: false, word: 'yes', owner: 'eve', why: '' });
  assert.ok(yes.ok);
  const held = await eventually('it waits', async () => {
    const run = await runOf(id);
    return run.needs.kind === 'waiting' ? run.needs : null;
  });
  assert.match(held.why, /failover of slow is under way/);
  assert.equal((await agent.abort(id, 'eve', 'another one')).ok, true);
  const refused = await stand.cli('runbook', 'run', 'move', '--yes');
  assert.deepEqual(
    [refused.code, /SF-213 .*failover of slow is under way/.test(refused.stderr)],
    [1, true],
    refused.stderr,
  );
  assert.ok(!existsSync(join(stand.folder, 'moved')), 'nothing was done meanwhile');
  stand.write('', 'go');
  await stand.until('it has moved', (view) => activeOn(view, 'slow') === to);
  failover.kill('SIGKILL');
  const after = await stand.cli('runbook', 'run', 'move', '--yes');
  assert.equal(after.code, 0, after.stderr + after.stdout);
  assert.equal(textOf(join(stand.folder, 'moved')), 'done\n');

  const hang = await stand.cli('runbook', 'run', 'hang', '--yes');
  assert.equal(hang.code, 1, hang.stderr + hang.stdout);
  assert.match(hang.stdout, /not over within 1 s/);
  assert.ok(!lives(Number(textOf(join(stand.folder, 'hanging')))) && !existsSync(join(stand.folder, 'never')));

  const before = instanceOf(await stand.until('a picture', () => true), 'plain', 'a').pid;
  const flood = await stand.cli('runbook', 'run', 'flood', '--yes', '--json');
  assert.equal(flood.code, 0, flood.stderr);
  const { blocks } = JSON.parse(flood.stdout) as RunView;
  assert.ok((blocks[0]?.output?.total ?? 0) > 20_000_000, 'all of it was read');
  assert.equal(instanceOf(await stand.until('a picture', () => true), 'plain', 'a').pid, before);

  const rotten = await stand.cli('runbook', 'test', 'gone');
  assert.deepEqual([rotten.code, /SF-221.*no-such-program/.test(rotten.stdout)], [1, true], rotten.stdout);
  assert.equal((await stand.cli('runbook', 'run', 'gone', '--yes')).code, 1);

  const ghost = await agent.start({ name: 'ghost', host: null, owner: 'eve', why: '', allow: true, values: {} });
  assert.deepEqual(
    [ghost.ok, 'code' in ghost && ghost.code, existsSync(join(stand.folder, 'half'))],
    [false, 'SF-223', false],
    'what would stop it half way is looked at before',
  );

  // A service that is described no more: what would run now had another folder and other variables.
  const last = await agent.start({ name: 'flood', host: null, owner: 'eve', why: '', allow: false, values: {} });
  const open = last.ok ? last.value.id : assert.fail(last.why);
  stand.write(system.replace(/^  plain:.*\n/m, ''));
  assert.equal((await stand.cli('apply', stand.folder, '--yes')).code, 0);
  assert.ok((await agent.answer({ run: open, block: 0, undo: false, word: 'yes', owner: 'eve', why: '' })).ok);
  const waits = await eventually('it waits again', async () => {
    const { needs } = await runOf(open);
    return needs.kind === 'waiting' ? needs : null;
  });
  assert.match(waits.why, /there is no service plain any more; give it up/);
  assert.ok((await agent.abort(open, 'eve', '')).ok);
  assert.deepEqual([(await runOf(open)).phase, (await runOf(open)).blocks[0]?.beganAtMs], ['ended', null]);
});
