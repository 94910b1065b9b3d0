// A check and a step of a runbook under another account: both as the service itself is started (test/keeper/account.test.ts).

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accountFor, writeForOwner } from '../../src/account.ts';
import { runBlock } from '../../src/act/runbook/block.ts';
import { ms } from '../../src/model/units.ts';
import { runCommand } from '../../src/observe/command.ts';

const notRoot = process.getuid?.() === 0 ? false : 'needs root, to run something as somebody else';

test(
  "what runs as another account has that account's home, shell and groups and the usual umask, whatever the PATH",
  { skip: notRoot },
  async (t) => {
    const before = process.umask(0o027);
    t.after(() => process.umask(before));
    assert.equal(writeForOwner(), 0o027);
    const dir = mkdtempSync(join(tmpdir(), 'standfast-account-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    chmodSync(dir, 0o755);
    const text = 'echo "$HOME $USER $LOGNAME $SHELL $(umask) $(/usr/bin/id -u) $(/usr/bin/id -Gn) $PWD"';
    const env = { PATH: '/nonexistent' };
    const request = { dir, env, user: 'nobody', group: null, input: null, within: ms(10_000) };
    const check = await runCommand({ ...request, command: { kind: 'shell', line: text } });
    const more = { withinMs: 10_000, mark: 'r/0', record: join(dir, 'record') };
    const block = await runBlock({ ...more, text, dir, env, as: 'nobody' }, () => undefined);
    assert.deepEqual(
      [check.kind === 'ended' ? check.output : check, (await block.ended).ok ? block.written().head : 'failed'],
      Array(2).fill(`/nonexistent nobody nobody /bin/sh 0027 65534 nogroup ${dir}\n`),
    );
    // What the description says of it counts.
    const own = await runBlock(
      { ...more, text: 'echo "$HOME"', dir, env: { HOME: dir }, as: 'nobody' },
      () => undefined,
    );
    assert.deepEqual([(await own.ended).ok, own.written().head], [true, `${dir}\n`]);
    // Root may enter this folder, and brings it there.
    chmodSync(dir, 0o700);
    const brought = await runCommand({
      ...request,
      command: { kind: 'argv', argv: ['/bin/readlink', '/proc/self/cwd'] },
    });
    assert.deepEqual(brought.kind === 'ended' ? brought.output : brought, `${dir}\n`);
  },
);

test('our own account needs no rights, and one that is not there is said', async () => {
  const own = await accountFor(String(process.getuid?.()), null);
  assert.deepEqual('why' in own ? own : own.privileges, []);
  assert.deepEqual(await accountFor('no-such-user', null), { why: 'there is no user no-such-user on this machine' });
  assert.deepEqual(await accountFor(null, 'no-such-group'), { why: 'there is no group no-such-group on this machine' });
});
