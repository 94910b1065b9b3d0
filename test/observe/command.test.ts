// Commands that leave something behind: a check's is ended with it, a start's is what it was for.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runBlock } from '../../src/act/runbook/block.ts';
import { findRunbook } from '../../src/agent/runbook-library.ts';
import { ms } from '../../src/model/units.ts';
import { runCommand } from '../../src/observe/command.ts';
import { service, system } from '../judge/systems.ts';
import { hang, needs } from './modes/look.ts';
import { eventually, lives, textOf } from '../system/stand.ts';

test('a daemon on its way out of the group of the command that started it is not ended; what a check leaves is', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'standfast-command-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  // It still holds the pipes and the group when its command ends, as on a busy machine.
  const line =
    '{ until test -e go; do sleep 0.05; done; exec setsid sh -c "echo \\$\\$ >left; exec sleep 1000" >/dev/null 2>&1; } & echo $! >child';
  const run = (leaves: boolean) =>
    runCommand({
      command: { kind: 'shell', line },
      dir,
      env: {},
      user: null,
      group: null,
      input: null,
      within: ms(60_000),
      leaves,
    });
  const child = (): number => Number(readFileSync(join(dir, 'child'), 'utf8'));

  assert.equal((await run(false)).kind, 'ended');
  await eventually('what a check left is ended', () => !lives(child()));

  const end = await run(true);
  assert.equal(end.kind === 'ended' ? end.code : null, 0);
  assert.ok(lives(child()), 'it was left on its way');
  writeFileSync(join(dir, 'go'), '');
  const pid = Number(await eventually('it has arrived', () => textOf(join(dir, 'left')).trim() || null));
  assert.ok(lives(pid));
  process.kill(pid, 'SIGKILL');
});

test(
  'a folder, or a program, on a file system that hangs holds up nobody but the command',
  { skip: needs() },
  async (t) => {
    const kept = mkdtempSync(join(tmpdir(), 'standfast-command-'));
    const at = join(kept, 'hung');
    const server = await hang(t, at);
    t.after(() => rmSync(kept, { recursive: true, force: true }));
    const run = (dir: string, program: string) =>
      runCommand({
        command: { kind: 'argv', argv: [program] },
        dir,
        env: { 'an.odd-name': 'kept' },
        user: null,
        group: null,
        input: null,
        within: ms(300),
      });
    // More pages than threads that wait for files.
    const pages = Array.from({ length: 6 }, async (_, n) => {
      const it = service('it', ['a'], { runbook: join(at, `${n}.md`) });
      return await findRunbook(system(['a'], [it], ['it']), 'it');
    });
    const block = await runBlock(
      { text: 'true', dir: at, env: {}, withinMs: 300, as: null, mark: 'm', record: join(kept, 'record') },
      () => undefined,
    );
    assert.equal((await run(at, 'true')).kind, 'timedOut');
    assert.equal((await run('/', join(at, 'program'))).kind, 'timedOut');
    assert.match((await block.ended).why ?? '', /not over within 0.3 s/);
    for (const page of await Promise.all(pages))
      assert.match(page.kind === 'unreadable' ? page.why : page.kind, /a file system does not answer within 2 s/);
    assert.equal(server.exitCode, null, 'it hung all the while');
  },
);
