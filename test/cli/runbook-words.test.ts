// What runbooks did, as the journal and explain word it; and a run as the terminal shows it, with nothing of its output obeyed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunBlockView, RunView } from '../../src/api-runbook.ts';
import type { JsonValue } from '../../src/model/json.ts';
import { runPrinter } from '../../src/cli/runbook/printer.ts';
import { worded } from '../../src/cli/explain/words.ts';
import { atMs, line } from './views.ts';

const words = (kind: string, facts: Readonly<Record<string, JsonValue>>): string => {
  const all = { run: 'r-1', runbook: 'pricer', ...facts };
  const said = worded(line(1, kind, all), { rules: new Map(), cause: () => null }, atMs);
  return `${said.text} | ${said.aside}`;
};
const step = { step: 2, title: 'Restart it', does: 'do', line: 9, by: 'eve' };

test('each thing that a runbook does has its sentence, with who, where, how and why', () => {
  const said: readonly (readonly [string, Readonly<Record<string, JsonValue>>, string])[] = [
    [
      'runbookStarted',
      { by: 'eve', why: 'no prices', auto: false, allowed: false, incident: 'i-1' },
      'is begun by eve, for incident i-1 (asks before it changes anything): no prices',
    ],
    ['runbookBegins', step, 'step 2, Restart it (do) begins on a'],
    ['runbookEnds', { ...step, ok: true, code: 0, signal: null, why: null }, 'step 2, Restart it (do) on a is done'],
    [
      'runbookEnds',
      { ...step, does: 'check', ok: false, code: 3, signal: null, why: null },
      'step 2, Restart it (check) on a does not pass, exit 3',
    ],
    [
      'runbookEnds',
      { ...step, ok: false, code: null, signal: 'SIGKILL', why: 'not over within 5 s' },
      'step 2, Restart it (do) on a failed: not over within 5 s',
    ],
    ['runbookAnswered', { by: 'bob', word: 'skip', step: 2, why: 'not now' }, 'bob says skip to step 2: not now'],
    ['runbookAllowed', { by: 'bob' }, 'bob allows every step that follows'],
    ['runbookAborted', { by: 'bob', why: '' }, 'bob gives it up'],
    [
      'runbookInterrupted',
      { ...step, leftover: true },
      'the agent on a had ended in the middle of step 2, Restart it (do): it is not known whether it was done; what it had left running was ended',
    ],
    ['runbookOver', { outcome: 'failed', why: 'the check failed' }, 'failed: the check failed'],
  ];
  for (const [kind, facts, text] of said) assert.equal(words(kind, facts), `runbook pricer: ${text} | r-1`);
  const auto = words('runbookStarted', {
    by: 'standfast',
    why: 'incident i-1',
    auto: true,
    allowed: true,
    incident: 'i-1',
  });
  assert.match(auto, /begins by itself, as the description allows, for incident i-1 \(every step allowed\)/);
  assert.match(
    words('runbookHeldBack', { incident: 'i-1', why: 'a person has paused it' }),
    /does not begin by itself for incident i-1: a person has paused it/,
  );
});

const block: RunBlockView = {
  index: 0,
  kind: 'check',
  step: 0,
  text: 'look',
  state: 'running',
  host: 'a',
  life: 'x',
  by: null,
  beganAtMs: 0,
  endedAtMs: null,
  code: null,
  signal: null,
  why: null,
  output: null,
  undo: null,
  undone: null,
};

const view = (more: Partial<RunBlockView>): RunView => ({
  id: 'r-1',
  runbook: 'pricer',
  service: 'pricer',
  host: 'a',
  incident: null,
  startedBy: 'eve',
  auto: false,
  why: '',
  allowedBy: null,
  values: {},
  phase: 'forward',
  outcome: null,
  because: null,
  startedAtMs: 0,
  endedAtMs: null,
  title: 'Pricer',
  headings: ['Look'],
  blocks: [{ ...block, ...more }],
  needs: { kind: 'running', block: 0, undo: false, host: 'a' },
  version: '1',
});

test('output is shown once as it comes, what was not kept is said, and no character of it moves the cursor', () => {
  const lines: string[] = [];
  const printer = runPrinter({
    redraws: false,
    columns: () => 80,
    rows: () => 24,
    paint: (_style, text) => text,
    print: (...more) => void lines.push(...more),
    write: () => undefined,
  });
  const show = (head: string, left: number, tail: string, more: Partial<RunBlockView> = {}): string[] => {
    lines.length = 0;
    printer.show(view({ output: { head, left, tail, total: head.length + left + tail.length }, ...more }));
    return [...lines];
  };
  assert.deepEqual(show('one\ntw', 0, ''), ['', '1 of 1  Look', '  check on a', '  | look', '    one']);
  assert.deepEqual(show('one\ntwo\n', 0, ''), ['    two']);
  assert.deepEqual(show('one\ntwo\n', 0, 'th'), []);
  assert.deepEqual(show('one\ntwo\n', 100, 'end\u001b[2J\n'), [
    '    th',
    '    … 98 characters are not kept …',
    '    end\\x1b[2J',
  ]);
  assert.deepEqual(show('one\ntwo\n', 100, 'end\u001b[2J\n', { state: 'failed', code: 7, endedAtMs: 1500 }), [
    '  does not pass, exit 7 (1.5 s)',
  ]);
  assert.deepEqual(show('one\ntwo\n', 100, 'end\u001b[2J\n', { state: 'failed', code: 7, endedAtMs: 1500 }), []);
});
