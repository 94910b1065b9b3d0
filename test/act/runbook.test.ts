// Blocks of runbooks run by a real shell: what they may do, what is kept of what they write, and how they are ended.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { endLeftovers, runBlock, type BlockEnd } from '../../src/act/runbook/block.ts';
import { keepOutput, type Written } from '../../src/act/runbook/output.ts';

interface Ran extends BlockEnd {
  readonly written: Written;
  readonly text: string;
}

function stage(t: TestContext): {
  folder: string;
  /** `heard`: what it has written so far. */
  readonly run: (
    text: string,
    more?: Partial<Parameters<typeof runBlock>[0]>,
    heard?: (written: string) => void,
  ) => Promise<Ran>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'sf-runbook-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'records'));
  let count = 0;
  return {
    folder,
    async run(text, more = {}, heard) {
      count += 1;
      const block = await runBlock(
        {
          text,
          dir: folder,
          env: { PATH: process.env['PATH'] ?? '', service: 'pricer' },
          as: null,
          withinMs: 60_000,
          mark: `r-${process.pid}/${count}`,
          record: join(folder, 'records', String(count)),
          ...more,
        },
        () => heard?.(block.written().head),
      );
      const end = await block.ended;
      const written = block.written();
      return { ...end, written, text: written.head + written.tail };
    },
  };
}

/** Until nothing of that pid lives. */
async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
    await pause(10);
}

test('a block ends at the first command that fails and at the first unknown variable; its exit decides', async (t) => {
  const { run, folder } = stage(t);
  assert.deepEqual(
    { ...(await run('echo "${service}"; pwd')), written: null },
    { ok: true, code: 0, signal: null, why: null, text: `pricer\n${folder}\n`, written: null },
  );
  const failed = await run('echo before\nfalse\necho after');
  assert.deepEqual([failed.ok, failed.code, failed.text], [false, 1, 'before\n']);
  const unknown = await run('echo "${nothing}"');
  assert.deepEqual([unknown.ok, unknown.text.includes('nothing')], [false, true]);
  assert.match(
    (await run('true', { dir: '/no/such/folder' })).why ?? '',
    /could not be started: its folder \/no\/such\/folder is not there/,
  );
  assert.match((await run('true', { as: 'no-such-account' })).why ?? '', /there is no user no-such-account/);
  assert.deepEqual(readdirSync(join(folder, 'records')), [], 'records go with what they tell of');
});

test('what the kernel does not take as a program or a value fails with its reason, and ends nobody', async (t) => {
  const { run } = stage(t);
  const long = await run(`true # ${'x'.repeat(200_000)}`);
  assert.match(long.why ?? '', /^could not be started: .*128 KiB/);
  const value = await run('true', { env: { PATH: process.env['PATH'] ?? '', long: 'x'.repeat(200_000) } });
  assert.match(value.why ?? '', /^could not be started: .*128 KiB/);
  const zero = await run('true', { env: { PATH: process.env['PATH'] ?? '', zero: 'a\0b' } });
  assert.match(zero.why ?? '', /^could not be started: .*null bytes/);
});

test('no value becomes a command, whatever it holds', async (t) => {
  const { run, folder } = stage(t);
  const value = '$(touch hit) `touch hit` ; touch hit\n"\'; touch hit #';
  const { text } = await run('printf %s "${service}"', { env: { PATH: process.env['PATH'] ?? '', service: value } });
  assert.equal(text, value);
  assert.ok(!existsSync(join(folder, 'hit')));
});

test('at the end of its time all of it is killed, also who ignores SIGTERM and who is in the background', async (t) => {
  const { run, folder } = stage(t);
  // Its time is over once all of it is there, however long that takes.
  const withinMs = 300_000;
  const timer = globalThis.setTimeout;
  let timeIsOver = (): void => assert.fail('its time does not run');
  const mocked = t.mock.method(globalThis, 'setTimeout', ((over: () => void, wait: number, ...rest: []) => {
    if (wait === withinMs) timeIsOver = over;
    return timer(over, wait, ...rest);
  }) as typeof setTimeout);
  const late = await run(
    'trap "" TERM INT HUP; (trap "" TERM; echo child; exec sleep 1000) & echo $! > pid; echo main; while :; do sleep 1000; done',
    { withinMs },
    (written) => {
      if (written.includes('child') && written.includes('main')) timeIsOver();
    },
  );
  mocked.mock.restore();
  assert.equal(late.ok, false);
  assert.match(late.why ?? '', /not over within 300 s/);
  await gone(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  const left = await run('sleep 1000 & echo $! > pid; echo ready');
  assert.deepEqual([left.ok, left.text], [true, 'ready\n'], 'who is left behind holds nobody up');
  await gone(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  // What has a session of its own stays, and who started it hears that nobody reads it any more.
  const daemon = await run(
    `setsid /bin/sh -c 'echo ready; echo $$ > pid; exec sleep 1000' & until test -s pid; do sleep 0.01; done`,
  );
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  assert.equal(daemon.ok, true);
  assert.match(daemon.text, /^ready\n\n\(what it started still writes to here/);
});

test('100 MB of output, binary and broken characters are read to their end; the beginning and the end are kept', async (t) => {
  const { run } = stage(t);
  const before = process.memoryUsage().rss;
  const big = await run("echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last");
  assert.equal(big.ok, true);
  assert.ok(big.written.head.startsWith('first\n') && big.written.tail.endsWith('\nlast\n'));
  assert.equal(big.written.total, 100_000_012);
  assert.equal(big.written.head.length + big.written.left + big.written.tail.length, big.written.total);
  assert.ok(big.written.tail.length + big.written.head.length <= 20 * 1024);
  assert.ok(process.memoryUsage().rss - before < 200 * 2 ** 20, 'it is not gathered in memory');
  const binary = await run(String.raw`printf 'a\377\376\000z\303'; head -c 100000 /dev/urandom >&2`);
  assert.ok(binary.ok && binary.text.startsWith('a\ufffd\ufffd\0z'), JSON.stringify(binary.text.slice(0, 20)));
});

test('a character that comes in two pieces stays one', () => {
  const output = keepOutput();
  for (const byte of Buffer.from('ä€😀')) output.take(Buffer.from([byte]));
  assert.equal(output.written().head, 'ä€😀');
});

test('what an agent that was killed left running is found by its record and mark, and nothing else is touched', async (t) => {
  const { folder } = stage(t);
  const records = join(folder, 'records');
  const block = await runBlock(
    {
      text: 'echo $$; sleep 1000; echo never',
      dir: folder,
      env: { PATH: process.env['PATH'] ?? '' },
      as: null,
      withinMs: 60_000,
      mark: 'r-x/3',
      record: join(records, 'x'),
    },
    () => undefined,
  );
  while (!existsSync(join(records, 'x')) || block.written().total === 0) await pause(5);
  const pid = Number(block.written().head);
  // The same number with another mark is another's.
  writeFileSync(join(records, 'y'), `${pid}\nr-y/1\n`);
  writeFileSync(join(records, 'z'), 'nonsense');
  assert.deepEqual(await endLeftovers(records), ['r-x/3']);
  assert.equal((await block.ended).signal, 'SIGKILL');
  await gone(pid);
  assert.deepEqual(readdirSync(records), []);
});
