// A full disk under the state folder: what runs stays, what is under no lease starts, and an activation says why it cannot be.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { isSame } from '../../src/keeper/proc.ts';
import { NativeKeeper } from './native.ts';
import { failure, inMs, leased, startRequest, value } from './process-manager.cases.ts';
import { eventually } from './waiting.ts';

const small = mkdtempSync(join(realpathSync(tmpdir()), 'standfast-full-'));
const mounted = mounts();

function mounts(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', small], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test(
  'a full disk stops no start without a lease and no keeper',
  { skip: mounted ? false : 'needs root, to mount a small file system' },
  async (t) => {
    const keeper = new NativeKeeper('auto', join(small, 'state'));
    t.after(async () => {
      await rm(join(small, 'filler'), { force: true });
      await keeper.close();
      execFileSync('umount', [small]);
      await rm(small, { recursive: true });
    });
    await keeper.start();
    const { client } = keeper;
    const before = value(await client.start(startRequest(small, 'before', 'exec sleep 600', leased(0, null))));
    await writeFile(join(small, 'filler'), Buffer.alloc(1024 * 1024)).catch(() => undefined);

    const single = value(await client.start(startRequest(small, 'single', 'echo lost; exec sleep 600')));
    assert.equal(isSame(single.pid, single.startTicks), true);
    assert.match(
      failure(await client.activate({ instance: before.instance, term: 3, deadline: inMs(600_000), signal: 'SIGKILL' }))
        .why,
      /role file cannot be written: .*no space/i,
    );
    assert.equal(isSame(before.pid, before.startTicks), true, 'no signal without a role file');
    assert.deepEqual(
      value(await client.extend([{ instance: before.instance, term: 3, deadline: inMs(600_000) }])).taken,
      [],
      'not armed either',
    );
    const active = failure(
      await client.start(startRequest(small, 'active', 'exec sleep 600', leased(1, inMs(600_000)))),
    );
    assert.equal(active.code, 'SF-613');

    await keeper.crash();
    await keeper.start();
    assert.deepEqual(
      new Set(keeper.hello?.running.map((each) => each.pid)),
      new Set([before.pid, single.pid]),
      'found though nothing was written',
    );
    value(await client.kill({ instance: single.instance }));
    assert.equal((await keeper.ended(single.instance)).by, 'kill');
    const later = value(await client.start(startRequest(small, 'later', 'exec sleep 600')));
    const roleFile = /STANDFAST_ROLE_FILE=([^\0]*)/.exec(readFileSync(`/proc/${later.pid}/environ`, 'utf8'))?.[1] ?? '';
    assert.equal(readFileSync(roleFile, 'utf8'), '', 'started without its role');
    await rm(join(small, 'filler'));
    await eventually(() => readFileSync(roleFile, 'utf8') === '{"role":"active","term":0}', 'it gets its role');
    value(await client.activate({ instance: before.instance, term: 3, deadline: inMs(600_000), signal: null }));
    await eventually(() => isSame(before.pid, before.startTicks), 'it still runs');
  },
);
