// A fence agent is asked in the ecosystem's form, and believed only when a status says so.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { fenceHost } from '../../src/act/fence.ts';
import type { FenceAnswer } from '../../src/act/fence.ts';
import { ms } from '../../src/model/units.ts';
import { runCommand } from '../../src/observe/command.ts';
import type { RunCommand } from '../../src/ports.ts';

const double = join(import.meta.dirname, 'fence_double.sh');

interface Case {
  readonly name: string;
  readonly mode?: string;
  readonly isOff?: boolean;
  readonly action?: 'off' | 'on';
  readonly agent?: string;
  readonly within?: number;
  readonly comes: FenceAnswer['kind'];
  readonly why?: RegExp;
  readonly asked: string;
}

const cases: readonly Case[] = [
  { name: 'off is confirmed by a status', comes: 'done', asked: 'status b, off b, status b' },
  { name: 'what is off already is not switched', isOff: true, comes: 'done', asked: 'status b' },
  {
    name: 'off that comes later is waited for',
    mode: 'late',
    comes: 'done',
    asked: 'status b, off b, status b, status b',
  },
  { name: 'on again', action: 'on', isOff: true, comes: 'done', asked: 'status b, on b, status b' },
  {
    name: 'one that says done and is on has failed',
    mode: 'lies',
    within: 900,
    comes: 'failed',
    why: /fence_double\.sh says that it is on/,
    asked: 'status b, off b, status b',
  },
  {
    name: 'of one that does not answer nothing is known',
    mode: 'deaf',
    comes: 'unknown',
    why: /off: exit status 1, Connection timed out; .*status: exit status 1, Connection timed out/,
    asked: 'status b, off b, status b',
  },
  {
    name: 'one that hangs is ended',
    mode: 'hangs',
    within: 3000,
    comes: 'unknown',
    why: /did not end in time/,
    asked: 'status b, off b, status b',
  },
  {
    name: 'one that hangs when it is asked how the machine is, and switches it off all the same',
    mode: 'blind',
    within: 2400,
    comes: 'done',
    asked: 'status b, off b, status b',
  },
  {
    name: 'one that switches it off and hangs then',
    mode: 'dumb',
    within: 1800,
    comes: 'done',
    asked: 'status b, off b, status b',
  },
  {
    name: 'one that is not there',
    agent: 'fence_nowhere',
    comes: 'failed',
    why: /fence_nowhere could not be started/,
    asked: '',
  },
];

for (const { name, mode, isOff, action = 'off', agent = double, within = 20_000, comes, why, asked } of cases)
  test(name, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sf-fence-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'asked'), '');
    if (isOff === true) writeFileSync(join(folder, 'off-b'), '');
    const options = { folder, password: 'a=b c', ...(mode === undefined ? {} : { mode }) };
    const answer = await fenceHost(
      { host: 'b', action, fence: { agent, options, within: ms(within), powerOn: false } },
      byItsOwnClock(t, join(folder, 'hangs')),
    );
    assert.equal(answer.kind, comes, JSON.stringify(answer));
    if (why !== undefined) assert.match(answer.kind === 'done' ? '' : answer.why, why);
    const lines = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').join(', ');
    assert.ok(lines.startsWith(asked), `${lines} does not begin with ${asked}`);
  });

/** What an agent that answers takes, whatever this machine is busy with. */
const answersInMs = 100;

/** Runs the agents; only what hangs uses up its time, and that at once: else it were chance what a busy machine has got done by then. */
function byItsOwnClock(t: TestContext, hangs: string): RunCommand {
  let clock = performance.now();
  t.mock.method(performance, 'now', () => clock);
  return async (request) => {
    rmSync(hangs, { force: true });
    const over = new AbortController();
    const look = setInterval(() => {
      if (existsSync(hangs)) over.abort();
    }, 10);
    const end = await runCommand({ ...request, within: ms(60_000), signal: over.signal });
    clearInterval(look);
    clock += over.signal.aborted ? request.within : answersInMs;
    return over.signal.aborted ? { kind: 'timedOut', output: '', errors: '' } : end;
  };
}
