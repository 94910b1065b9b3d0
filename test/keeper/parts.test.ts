// The small parts by themselves: reading /proc, the gate, deadlines, options, shapes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';

import { monoNow } from '../../src/keeper/clock.ts';
import { Deadlines } from '../../src/keeper/deadlines.ts';
import { whyNotBegun } from '../../src/keeper/diagnose.ts';
import { gate } from '../../src/keeper/gate.ts';
import { optionsFromArguments, optionsToArguments } from '../../src/keeper/options.ts';
import { bootId, environmentOf, isAlive, isSame, readStat, readStatLater } from '../../src/keeper/proc.ts';
import { shellQuoted } from '../../src/model/shell-quote.ts';
import { lineReader, requestShapes } from '../../src/keeper/wire.ts';
import { parseStat } from '../../src/model/process-stat.ts';
import { after, ms } from '../../src/model/units.ts';
import { startRequest } from './process-manager.cases.ts';

test('a stat line is read whatever the command is called', () => {
  const rest = 'S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 4711 0';
  for (const name of ['sleep', 'a) S 9 (b', ')', 'with space']) {
    const stat = parseStat(`7 (${name}) ${rest}`);
    assert.deepEqual(stat, { state: 'S', ppid: 1, pgid: 7, session: 7, threads: 3, startTicks: 4711 });
  }
  assert.equal(parseStat(''), null);
  assert.equal(parseStat('7 (x) S 1'), null);
});

test('the dead that nobody reaped are dead, but not while one of their threads runs', () => {
  const stat = { ppid: 1, pgid: 7, session: 7, startTicks: 1 };
  assert.equal(isAlive({ ...stat, state: 'Z', threads: 1 }), false);
  assert.equal(isAlive({ ...stat, state: 'Z', threads: 2 }), true);
  assert.equal(isAlive({ ...stat, state: 'X', threads: 1 }), false);
  assert.equal(isAlive({ ...stat, state: 'T', threads: 1 }), true);
  assert.equal(isAlive(null), false);
});

test('a process is known by its start, and by its mark', async (t) => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore', env: { ...process.env, STANDFAST_INSTANCE: 'x@a#1' } });
  t.after(() => child.kill('SIGKILL'));
  const pid = child.pid!;
  const stat = readStat(pid)!;
  assert.equal((await readStatLater(pid))?.startTicks, stat.startTicks);
  assert.equal(isSame(pid, stat.startTicks), true);
  assert.equal(isSame(pid, stat.startTicks + 1), false);
  assert.equal((await environmentOf(pid))?.get('STANDFAST_INSTANCE'), 'x@a#1');
  assert.match(bootId(), /^[0-9a-f-]{36}$/);
});

test('a gate lets so many in at once, in order, and goes on after a failure', async () => {
  const through = gate(2);
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  const tasks = Array.from({ length: 9 }, (_, index) =>
    through(async () => {
      inside++;
      most = Math.max(most, inside);
      order.push(index);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      if (index % 3 === 0) throw new Error('no');
      return index;
    }),
  );
  const settled = await Promise.allSettled(tasks);
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(settled.filter((each) => each.status === 'fulfilled').length, 6);
});

test('deadlines strike once, never before their time, in their order; a sweep strikes what is due', async () => {
  const struck: { key: string; early: boolean }[] = [];
  const all = Promise.withResolvers<void>();
  const deadlines = new Deadlines((key, deadline) => {
    struck.push({ key, early: monoNow() < deadline });
    if (key === 'last') all.resolve();
  });
  const now = monoNow();
  deadlines.arm('second', after(now, 30.5));
  deadlines.arm('first', after(now, 12.25));
  deadlines.arm('moved', after(now, 5));
  deadlines.arm('moved', after(now, 40));
  deadlines.arm('disarmed', after(now, 20));
  deadlines.arm('last', after(now, 60));
  deadlines.disarm('disarmed');
  // However late the process gets a processor, the order holds: after 35 ms without a turn two are due at once, the later of them armed first.
  while (monoNow() < now + 35);
  await all.promise;
  assert.deepEqual(
    struck,
    ['first', 'second', 'moved', 'last'].map((key) => ({ key, early: false })),
  );
  deadlines.arm('past', after(monoNow(), -1));
  deadlines.sweep();
  assert.equal(struck.at(-1)?.key, 'past');
  assert.ok(deadlines.worstLateMs >= 0);
});

test('nothing begins close before a deadline', async () => {
  const struck: string[] = [];
  const deadlines = new Deadlines((key) => struck.push(key));
  deadlines.arm('soon', after(monoNow(), 15));
  await deadlines.quietFor(10_000);
  assert.deepEqual(struck, ['soon']);
});

test('options are read as they are written', () => {
  const options = {
    state: '/s',
    system: 'pricing',
    host: 'a',
    cgroup: 'v2',
    agentCommand: ['node', 'agent.ts', '--host', 'a'],
    agent: { pid: 7, startTicks: 8 },
  } as const;
  assert.deepEqual(optionsFromArguments(optionsToArguments(options)), { options, ready: false });
  const bare = { ...options, cgroup: 'none', agentCommand: [], agent: null } as const;
  assert.deepEqual(optionsFromArguments(['--ready', ...optionsToArguments(bare)]), { options: bare, ready: true });
  for (const wrong of [
    [],
    ['--state', '/s'],
    [...optionsToArguments(bare), '--cgroup', 'v3'],
    [...optionsToArguments(bare), '--agent', 'x'],
    ['--what'],
  ])
    assert.throws(() => optionsFromArguments(wrong));
});

test('what comes over the socket is believed only in its shape', () => {
  const { activate, start, extend, ping } = requestShapes;
  const request = { instance: 'x@a#1', term: 1, deadline: 5, signal: null };
  assert.equal(activate(request), true);
  for (const wrong of [
    null,
    [],
    {},
    { ...request, term: '1' },
    { ...request, deadline: null },
    { ...request, signal: 9 },
    { ...request, deadline: Number.NaN },
  ])
    assert.equal(activate(wrong), false, JSON.stringify(wrong));
  assert.equal(start({ ...request }), false);
  assert.equal(extend([{ instance: 'x', term: 1, deadline: ms(4) }]), true);
  assert.equal(extend([{ instance: 'x', term: 1 }]), false);
  assert.equal(ping(null), true);
});

test('lines are put together from pieces, and what is not JSON ends it', () => {
  const heard: unknown[] = [];
  const read = lineReader((line) => heard.push(line));
  assert.equal(read('{"a":'), true);
  assert.equal(read('1}\n{"b":2}\n{'), true);
  assert.deepEqual(heard, [{ a: 1 }, { b: 2 }]);
  assert.equal(read('nonsense\n'), false);
});

test('a quoted word stays one word', () => {
  assert.equal(shellQuoted("it's"), "'it'\\''s'");
  assert.equal(shellQuoted(''), "''");
});

test('a limit that the account may not have is told by its key', async () => {
  const request = startRequest('/', 'greedy', 'true', { limits: { memory: null, files: 5_000_000 } });
  const said = 'ulimit: error setting limit (Operation not permitted)';
  const { why } = await whyNotBegun(request, { kind: 'preparation', why: said, notes: [] });
  assert.match(why, /^it may not have 5000000 open files: lower `limits\.files`.*Operation not permitted/);
});
