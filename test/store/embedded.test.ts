// The embedded store: the suite of all stores, and what can befall a file.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { ms } from '../../src/model/units.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { folder } from './places.ts';
import { storeCases } from './store.cases.ts';

storeCases({
  name: 'embedded',
  module: join(import.meta.dirname, 'open-embedded.ts'),
  make: (t) => Promise.resolve(join(folder(t), 'store.db')),
  faults: {
    stall(where) {
      // Another agent's write that never ends: the disk stalled in the middle of it.
      const other = new DatabaseSync(where);
      other.exec('BEGIN IMMEDIATE');
      return Promise.resolve(() => {
        other.close();
        return Promise.resolve();
      });
    },
    async exchange(where) {
      move(where, `${where}.aside`);
      await (await openEmbedded({ file: where, prefix: 'system' })).close();
      return () => {
        move(`${where}.aside`, where);
        return Promise.resolve();
      };
    },
  },
  skip: {},
});

/** What it writes is never finished: it is stopped in the middle. */
const stopsItself = (file: string): string => `
  const { DatabaseSync } = require('node:sqlite');
  new DatabaseSync(${JSON.stringify(file)}).exec('BEGIN IMMEDIATE; UPDATE meta SET revision = revision + 1');
  process.stdout.write('stopped', () => process.kill(process.pid, 'SIGSTOP'));
`;

test('an agent stopped in the middle of its write is ended; another program is only named', async (t) => {
  const where = folder(t);
  const file = join(where, 'store.db');
  const store = await openEmbedded({ file, prefix: 'system' });
  t.after(() => store.close());
  const put = (value: string) => store.txn([], [{ key: 'key', value }], ms(200));
  for (const [script, ended] of [
    ['other.js', false],
    ['agent.js', true],
  ] as const) {
    writeFileSync(join(where, script), stopsItself(file));
    const child = spawn(process.execPath, ['--no-warnings', join(where, script)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const gone = once(child, 'exit');
    await once(child.stdout, 'data');
    let named = false;
    for (;;) {
      const answer = await put(script);
      if (answer.kind === 'applied') {
        assert.ok(ended, 'it was written though another holds the file');
        break;
      }
      assert.ok(
        answer.kind === 'unknown' && /holds the file|held the file|no answer from the disk/.test(answer.why),
        JSON.stringify(answer),
      );
      // Found out once, and at the next look it is left alone still.
      if (!ended && named) break;
      named ||= /holds the file/.test(answer.why);
    }
    if (!ended) assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
    if (!ended) child.kill('SIGKILL');
    assert.deepEqual(await gone, [null, 'SIGKILL']);
  }
});

function move(from: string, to: string): void {
  for (const end of ['', '-wal', '-shm']) {
    rmSync(to + end, { force: true });
    renameSync(from + end, to + end);
  }
}
