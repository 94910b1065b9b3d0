// A start by the shell that waits comes out as one by a shell of its own: what the process gets, and what is said when it cannot begin.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { ownAccount } from '../../src/account.ts';
import { launch } from '../../src/keeper/launch.ts';
import type { LaunchOutcome, LaunchPlan } from '../../src/keeper/launch.ts';
import { Spare, canBeSet } from '../../src/keeper/spare.ts';

/** A spare that has a shell. */
async function filled(t: TestContext): Promise<{ readonly spare: Spare; readonly refill: () => Promise<void> }> {
  const made: (() => void)[] = [];
  const spare = new Spare(
    async () => void setImmediate(() => made.shift()?.()),
    () => undefined,
  );
  t.after(() => spare.close());
  const refill = async (): Promise<void> => {
    const done = new Promise<void>((resolve) => made.push(resolve));
    spare.fill();
    await done;
  };
  await refill();
  return { spare, refill };
}

function plan(folder: string, changed: Partial<LaunchPlan> = {}): LaunchPlan {
  return {
    command: { kind: 'argv', argv: ['/bin/true'] },
    dir: '/',
    env: { PATH: process.env['PATH'] ?? '' },
    enter: [],
    files: null,
    account: ownAccount(),
    diesWithKeeper: false,
    output: join(folder, 'output'),
    role: { path: join(folder, 'role.json'), line: '{"role":"active","term":1}' },
    record: { path: join(folder, 'record'), line: '{}' },
    roleNeeded: true,
    ...changed,
  };
}

/** How it came out, and whether the waiting shell was used. */
async function begin(whole: LaunchPlan, spare: Spare | null): Promise<{ came: LaunchOutcome; waited: boolean }> {
  const { child, outcome } = launch(whole, spare);
  const ended = once(child, 'exit');
  const came = await outcome;
  await ended;
  return { came, waited: child.spawnargs.includes('-s') };
}

test('a waiting shell becomes the same as one begun for it', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-spare-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { spare, refill } = await filled(t);
  const shows = `env | sort; ls /proc/self/fd; readlink /proc/self/fd/0 /proc/$$/cwd; umask; read -r x </proc/$$/stat; set -- "$@" $x; echo "$(($6 == $3)) $(($7 == $3))"; cat; printf '%s|' "$0" "$1" "$2"`;
  const it = plan(folder, {
    command: { kind: 'argv', argv: ['/bin/sh', '-c', shows, "a'b", 'c d\n"$e`', ''] },
    dir: '/tmp',
    env: {
      PATH: process.env['PATH'] ?? '',
      QUOTED: `it's\nof $(two) \`lines\` "and" \\more`,
      EMPTY: '',
      BIG: 'x'.repeat(50_000),
      LC_ALL: 'C.UTF-8',
      ÜBER: 'not a name for a shell',
    },
  });
  const plain = { ...it, env: Object.fromEntries(Object.entries(it.env).filter(([name]) => name !== 'ÜBER')) };
  const said: string[] = [];
  for (const [whole, by] of [
    [plain, null],
    [plain, spare],
  ] as const) {
    const { came, waited } = await begin(whole, by);
    assert.deepEqual(came, { kind: 'runs', notes: [] });
    assert.equal(waited, by !== null);
    said.push(readFileSync(it.output, 'utf8'));
    rmSync(it.output);
    assert.equal(readFileSync(it.role.path, 'utf8'), `${it.role.line}\n`);
  }
  assert.ok(said[1] === said[0], 'the process differs');
  await refill();
  const printed = { ...it, command: { kind: 'argv', argv: ['env'] } } as const;
  assert.equal((await begin(printed, spare)).waited, false);
  assert.ok(readFileSync(it.output, 'utf8').includes('ÜBER=not a name'));
});

test('what cannot begin is said in the same words', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-spare-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { spare, refill } = await filled(t);
  const nowhere = join(folder, 'nowhere', 'x');
  const cases: Partial<LaunchPlan>[] = [
    { command: { kind: 'argv', argv: ['/nowhere'] } },
    { dir: nowhere },
    { role: { path: nowhere, line: '' } },
    { role: { path: nowhere, line: '' }, roleNeeded: false },
    { record: { path: nowhere, line: '' }, output: nowhere },
    { enter: [nowhere] },
  ];
  for (const changed of cases) {
    const own = await begin(plan(folder, changed), null);
    const waiting = await begin(plan(folder, changed), spare);
    assert.equal(waiting.waited, true);
    assert.deepEqual(waiting.came, own.came);
    await refill();
  }
});

test('a waiting shell is given once, and ends with who made it', { timeout: 60_000 }, async (t) => {
  const { spare } = await filled(t);
  const shell = spare.take();
  assert.ok(shell !== null);
  assert.equal(spare.take(), null);
  const ended = once(shell, 'exit');
  shell.stdin?.destroy();
  assert.deepEqual(await ended, [0, null]);
});

test('half of what it is to become is nothing', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-spare-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { spare } = await filled(t);
  const shell = spare.take();
  const ended = once(shell!, 'exit');
  shell!.stdin!.end(`{\nexec </dev/null\ntrue >'${folder}/begun'\n`);
  assert.notDeepEqual(await ended, [0, null]);
  assert.deepEqual(readdirSync(folder), []);
});

test('names that mean something to a shell are left to a shell of their own', () => {
  for (const name of ['IFS', 'PPID', 'BASH_ENV', 'UID', 'a.b', 'a-b', '1A', ''])
    assert.equal(canBeSet({ [name]: 'x' }), false, name);
  for (const name of ['PATH', 'HOME', 'LC_ALL', 'STANDFAST_INSTANCE', '_a', 'BASE'])
    assert.equal(canBeSet({ [name]: 'x' }), true, name);
  assert.equal(canBeSet({ A: 'x\0' }), false);
});
