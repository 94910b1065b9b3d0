// A service under another account: what of its surroundings is that account's, and what it can reach.

import assert from 'node:assert/strict';
import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { NativeKeeper } from './native.ts';
import { inMs, leased, startRequest, value } from './process-manager.cases.ts';
import { lines } from './waiting.ts';

const notRoot = process.getuid?.() === 0 ? false : 'needs root, to start a service as somebody else';

test(
  'another account has its own home and reads its role, whatever the umask and the PATH',
  { skip: notRoot },
  async (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const keeper = await NativeKeeper.open(t);
    await chmod(keeper.state, 0o711);
    const line =
      'read -r role <"$STANDFAST_ROLE_FILE"; echo "home=$HOME user=$USER umask=$(umask) role=$role"; exec /bin/sleep 600';
    const more = { user: 'nobody', env: { PATH: '/nonexistent' }, ...leased(1, inMs(60_000)) };
    const request = startRequest(keeper.state, 'of-nobody', line, more);
    value(await keeper.client.start(request));
    const [said] = await lines(request.output, (all) => all.length > 0);
    assert.match(said ?? '', /^home=\/nonexistent user=nobody umask=0077 role=\{"role":"active","term":1\}$/);
    // Replaced while it runs, it is as readable.
    const { instance } = request;
    value(await keeper.client.deactivate({ instance, term: 1, role: 'standby', signal: null }));
    const role = await stat(join(keeper.layout.instances, instance, 'role.json'));
    assert.equal(role.mode & 0o777, 0o644);
  },
);
