// Runs of runbooks as pure steps, and what is read out of the words of a block and of a shell text.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { readRunbook } from '../../src/act/runbook/read.ts';
import { mayBeginByItself, type AutoFacts } from '../../src/model/runbook-limits.ts';
import { defaultRunbook } from '../../src/model/runbook-default.ts';
import {
  aborted,
  answered,
  began,
  finished,
  interrupted,
  newRun,
  nextOf,
  type Run,
} from '../../src/model/runbook-run.ts';
import type { Runbook } from '../../src/model/runbook.ts';
import { shellMentions } from '../../src/model/shell-words.ts';
import { ms } from '../../src/model/units.ts';
import { external, service } from '../judge/systems.ts';

const page = (...steps: readonly string[]): Runbook => {
  const read = readRunbook(`# Page\n\n${steps.map((step, at) => `## Step ${at + 1}\n\n${step}\n`).join('\n')}`, 'page');
  assert.deepEqual(read.problems, []);
  return read.runbook;
};
const block = (words: string, text = 'true'): string => `\`\`\`sh ${words}\n${text}\n\`\`\``;
const fresh = (book: Runbook, allowedBy: string | null = null): Run =>
  newRun(book, {
    id: 'r-1',
    runbook: 'page',
    service: null,
    host: 'a',
    incident: null,
    startedBy: 'eve',
    auto: false,
    why: '',
    allowedBy,
    values: {},
    startedAtMs: 0,
  });

/** Runs it; `passes` says how each block comes out, by its line; answers `yes` to every question. Says what was executed, in order. */
function walk(book: Runbook, passes: (index: number) => boolean, from = fresh(book)): { done: string[]; run: Run } {
  const done: string[] = [];
  let run = from;
  for (let next = nextOf(book, run); next.kind !== 'ended'; next = nextOf(book, run)) {
    if (next.kind === 'ask')
      run = answered(book, run, 'yes', { who: 'eve', why: '', atMs: 1 }) ?? assert.fail('no answer');
    else if (next.kind === 'execute') {
      done.push(`${next.undo ? 'undo ' : ''}${next.block}`);
      run = began(run, { host: 'a', life: 'x', atMs: 1 });
      const ok = passes(next.block);
      run = finished(book, run, { ok, code: ok ? 0 : 1, signal: null, why: null, atMs: 2 });
    } else assert.fail(next.kind);
    assert.ok(done.length < 100, 'it does not end');
  }
  return { done, run };
}

test('a check that passes ends its step; one that fails goes on to what stands below it', () => {
  const book = page(`${block('check')}\n\n${block('do')}\n\n${block('check')}`, block('check'));
  assert.deepEqual(
    walk(book, () => true),
    { done: ['0', '3'], run: walk(book, () => true).run },
  );
  assert.equal(walk(book, () => true).run.outcome, 'done');
  assert.deepEqual(walk(book, (index) => index !== 0).done, ['0', '1', '2', '3']);
  // The proof fails and nothing below mends it: the run ends.
  const failed = walk(book, (index) => index !== 0 && index !== 2);
  assert.deepEqual(failed.done, ['0', '1', '2']);
  assert.equal(failed.run.outcome, 'failed');
  assert.match(failed.run.because ?? '', /step 1, Step 1 \(line \d+\): the check failed/);
});

test('checks that stand together are one question, and otherwise=next makes a finding of one', () => {
  const book = page(
    `${block('check')}\n\n${block('check')}\n\n${block('do')}`,
    block('check otherwise=next'),
    block('do otherwise=next'),
    block('check'),
  );
  assert.deepEqual(walk(book, (index) => index !== 0).done, ['0', '1', '2', '3', '4', '5'], 'one of two fails');
  assert.deepEqual(walk(book, () => true).done, ['0', '1', '3', '4', '5']);
  assert.equal(walk(book, (index) => index !== 3 && index !== 4).run.outcome, 'done');
  const last = walk(book, (index) => index !== 5).run;
  assert.equal(last.outcome, 'failed');
  assert.match(last.because ?? '', /: the check failed, and nothing below it in its step mends that$/);
});

test('what was done is taken back in reverse order, also what failed in the middle, and only that', () => {
  const book = page(
    `${block('do')}\n\n${block('undo')}`,
    `${block('check')}\n\n${block('do')}\n\n${block('undo')}`,
    `${block('do')}\n\n${block('undo')}`,
    block('check'),
  );
  const failed = walk(book, (index) => index !== 3);
  assert.deepEqual(failed.done, ['0', '1', '3', 'undo 3', 'undo 0']);
  assert.equal(failed.run.outcome, 'failed');
  let run = began({ ...fresh(book), allowedBy: 'eve' }, { host: 'a', life: 'x', atMs: 1 });
  run = aborted(run, book, { who: 'bob', why: 'wrong host', atMs: 2 }) ?? assert.fail();
  assert.deepEqual(
    [run.phase, run.outcome, run.at, run.because],
    ['undo', 'aborted', 0, 'given up by bob: wrong host'],
  );
  assert.deepEqual(nextOf(book, run), { kind: 'ask', what: 'approve', block: 0, undo: true });
  run = aborted(run, book, { who: 'bob', why: '', atMs: 3 }) ?? assert.fail();
  assert.equal(run.phase, 'ended');
  assert.equal(aborted(run, book, { who: 'bob', why: '', atMs: 3 }), null);
  // Begun, cut off, and allowed once more: it may have been done in part.
  const cut = interrupted(book, began({ ...fresh(book), allowedBy: 'eve' }, { host: 'a', life: 'x', atMs: 1 }));
  const again = answered(book, cut, 'again', { who: 'bob', why: '', atMs: 2 }) ?? assert.fail();
  assert.equal(aborted(again, book, { who: 'bob', why: '', atMs: 3 })?.phase, 'undo');
});

test('nothing changes without a yes, and what an agent left in the middle is not begun again unasked', () => {
  const kinds = fc.constantFrom('check', 'check otherwise=next', 'do', 'do repeatable', 'do otherwise=next', 'person');
  const steps = fc.array(fc.array(kinds, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      steps,
      fc.infiniteStream(fc.constantFrom('ok', 'fails', 'killed', 'yes', 'no', 'skip', 'again', 'abort')),
      (given, fates) => {
        const book = page(
          ...given.map((blocks) =>
            blocks.map((kind) => (kind === 'person' ? '```person\nlook\n```' : block(kind))).join('\n\n'),
          ),
        );
        let run = fresh(book);
        const begun = new Map<number, number>();
        for (let turn = 0; turn < 300; turn += 1) {
          const next = nextOf(book, run);
          if (next.kind === 'ended') {
            assert.ok(run.outcome !== null && run.endedAtMs !== null);
            return;
          }
          const fate = fates.next().value;
          const of = book.blocks[next.block];
          if (fate === 'abort' && turn > 250) run = aborted(run, book, { who: 'eve', why: '', atMs: 1 }) ?? run;
          else if (next.kind === 'execute') {
            const state = run.blocks[next.block]?.state;
            if (of?.kind === 'do') assert.equal(state, 'approved', 'it began without a yes');
            assert.notEqual(of?.kind, 'person');
            begun.set(next.block, (begun.get(next.block) ?? 0) + 1);
            run = began(run, { host: 'a', life: 'x', atMs: 1 });
            if (fate === 'killed') {
              run = interrupted(book, run);
              const again = nextOf(book, run);
              if (of?.kind === 'do' && !of.repeatable)
                assert.deepEqual(again, { kind: 'ask', what: 'settle', block: next.block, undo: false });
            } else run = finished(book, run, { ok: fate === 'ok', code: 0, signal: null, why: null, atMs: 2 });
          } else if (next.kind === 'ask' && (fate === 'yes' || fate === 'no' || fate === 'skip' || fate === 'again')) {
            const after = answered(book, run, fate, { who: 'eve', why: '', atMs: 1 });
            if (fate === 'again') assert.equal(after === null, next.what !== 'settle');
            run = after ?? run;
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a page that was written on Windows reads as any other', () => {
  const lines = ['# P', '', '## One', '', '- a list', '', '  ```sh do within=1s', '  true', '  echo x', '  ```', ''];
  const [unix, windows] = ['\n', '\r\n'].map((end) => readRunbook(lines.join(end), 'p'));
  assert.deepEqual(windows, unix);
  assert.deepEqual(readRunbook(`\uFEFF${lines.join('\r\n')}`, 'p'), unix);
  assert.deepEqual(
    unix?.runbook.blocks.map(({ text, line }) => [text, line]),
    [['true\necho x', 7]],
  );
});

test('a block that is not closed, or nearly says what it is, is a problem: prose never runs', () => {
  const problems = (...lines: string[]): (string | number)[][] =>
    readRunbook(['# P', '## One', ...lines].join('\n'), 'p').problems.map(({ line, message }) => [line, message]);
  assert.deepEqual(problems('```sh do', 'true', '', '## Two', 'Call 4711'), [
    [3, 'this block is not closed: what follows may be in it'],
  ]);
  assert.deepEqual(problems('```sh do', 'true', '', '## Two', '```sh check', 'true', '```'), [
    [3, 'this block is not closed where line 7 begins another'],
  ]);
  assert.deepEqual(
    problems('> - ````Sh do', '>   cat <<E', '>   ```sh', '>   E', '>   ````', '', '~~~sh do', 'x', '~~~'),
    [],
  );
  assert.deepEqual(problems('```do', 'true', '```', '```sh{check}', 'true', '```'), [
    [3, '"do" does not say what runs it'],
    [6, '"sh{check}" does not say what runs it'],
  ]);
});

test('the words of a block: known ones are taken, every other is a problem with its place and the nearest name', () => {
  const read = readRunbook(
    [
      '# P',
      '## One',
      '```sh check within=1m on=b as=nobody otherwise=next',
      'true',
      '```',
      '```sh do repeatable ask within=500ms',
      'true',
      '```',
      '```yaml',
      'only: shown',
      '```',
      '## Two',
      '```sh chek',
      'x',
      '```',
      '```sh do repeatabel',
      'x',
      '```',
      '```sh check within=soon',
      'x',
      '```',
      '```bash do',
      'x',
      '```',
      '```sh undo',
      'x',
      '```',
      '```sh do repeatable=yes',
      'x',
      '```',
      '```sh check ask',
      'x',
      '```',
      '- in a list:',
      '  ```sh check',
      '  ```',
    ].join('\n'),
    'p',
  );
  const [first, second] = read.runbook.blocks;
  assert.deepEqual(
    [first?.within, first?.on, first?.as, first?.otherwise, first?.line],
    [60_000, 'b', 'nobody', 'next', 3],
  );
  assert.deepEqual([second?.within, second?.repeatable, second?.ask], [500, true, true]);
  assert.deepEqual(
    read.problems.map(({ code, line, column }) => `${code} ${line}:${column}`),
    [
      'SF-204 13:1',
      'SF-202 16:1',
      'SF-203 19:1',
      'SF-204 22:1',
      'SF-204 25:1',
      'SF-203 28:1',
      'SF-203 31:1',
      'SF-204 35:3',
    ],
  );
  assert.match(read.problems[0]?.next ?? '', /Did you mean "check"\?/);
  assert.match(read.problems[1]?.next ?? '', /Did you mean "repeatable"\?/);
  assert.deepEqual(
    readRunbook('# Only a title\n\nwords\n', 'p').problems.map((each) => each.code),
    ['SF-206'],
  );
  assert.equal(readRunbook(`${'x'.repeat(300_000)}`, 'p').problems[0]?.code, 'SF-201');
});

test('words alone are for a person; a heading above other headings only groups them', () => {
  const { runbook, problems } = readRunbook(
    '<!-- runbook: service=p on=a asks=DATE,TABLE -->\n# T\nabout it\n## Group\nsome words\n### Look\nAt the lamp.\n### Do\n```sh do\ntrue\n```\n',
    'p',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [runbook.title, runbook.about, runbook.service, runbook.on, runbook.asks],
    ['T', 'about it', 'p', 'a', ['DATE', 'TABLE']],
  );
  assert.deepEqual(
    runbook.steps.map((step) => step.title),
    ['Look', 'Do'],
  );
  assert.deepEqual(
    runbook.blocks.map((each) => [each.kind, each.text]),
    [
      ['person', 'At the lamp.'],
      ['do', 'true'],
    ],
  );
});

const mentions: readonly (readonly [text: string, variables: string[], commands: string[], files: string[]])[] = [
  ['ps -p "${pid}" | grep java', ['pid'], ['ps', 'grep'], []],
  ["echo '${not}' \\${nor} ${with:-default} $1 $$ $?", [], [], []],
  ['for f in *.log; do tail -n 5 "$f"; done', [], ['tail'], []],
  ['x=1\ny=$(date +%s)\nif test "$x" = "$y"; then /usr/bin/restart --now; fi', [], ['date', '/usr/bin/restart'], []],
  ['cat /etc/a.conf < /etc/in > /tmp/out; grep -q x /etc/b', [], ['cat', 'grep'], ['/etc/a.conf', '/etc/in', '/etc/b']],
  ['tail "${dir}/log/x.log" 2>/dev/null || true', ['dir'], ['tail'], ['${dir}/log/x.log']],
  ['# a comment with $none and cat /x\nmonit status', [], ['monit'], []],
  ['sudo -u x id && ! pgrep z', [], ['sudo', 'pgrep'], []],
  ['helper() { true; }\nhelper "$A"', ['A'], [], []],
  ['cat <<EOF\n$IN here\nEOF\nls', ['IN'], ['cat', 'ls'], []],
  ['case "$role" in active | warm) start-it ;; *) true ;; esac\nls', ['role'], ['start-it', 'ls'], []],
  ['echo "it is $(uname -n) and ${#host}"', ['host'], ['uname'], []],
  ['while read -r line; do process "$line"; done', [], ['process'], []],
  [`x="$(awk '{print $NF}' /a)"; y="$(sed -n '$p' "$f")"`, ['f'], ['awk', 'sed'], []],
  [`cat <<EOF\nit's \${A} $(cat /b)\nEOF\nawk '{print $NF}' x`, ['A'], ['cat', 'awk'], []],
  [`cat <<'A' << "B C"\n$X\nA\n$Y\nB C\ncat <<\\D\n$X\nD\necho "$Z"`, ['Z'], ['cat'], []],
  ['echo $((n+1)) $((${i:-0}*2)) "$(( (a+b)*$c ))"', ['c'], [], []],
  [': "${d:=x}"; while getopts ab o; do echo "$d$o"; done', [], [], []],
  ['if command -v x >/dev/null; then env -u A nice -n 5 y; fi', [], ['y'], []],
];

for (const [text, variables, commands, files] of mentions)
  test(`what a shell text mentions: ${JSON.stringify(text)}`, () => {
    const found = shellMentions(text);
    assert.deepEqual([...found.variables].toSorted(), variables.toSorted());
    for (const command of commands)
      assert.ok(found.commands.includes(command), `${command} of ${found.commands.join(' ')}`);
    for (const command of found.commands) assert.ok(commands.includes(command), command);
    assert.deepEqual(found.files, files);
  });

test('docs/runbooks.md: its page can be read, and its table of words holds every word and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'runbooks.md'), 'utf8');
  const example = /````markdown\n([^]*?)\n````/.exec(text)?.[1] ?? assert.fail('no example');
  const { runbook, problems } = readRunbook(example, 'example');
  assert.deepEqual(problems, []);
  assert.deepEqual(
    runbook.blocks.map((each) => each.kind),
    ['check', 'do', 'check', 'do', 'check', 'person'],
  );
  const words = text.slice(text.indexOf('## The words of a block'), text.indexOf('In an HTML comment'));
  const listed = [...words.matchAll(/^\| `([a-z]+)[=`]/gm)].map(([, word]) => word ?? '');
  const unknown = readRunbook('## X\n```sh do zzzzzz\ntrue\n```\n', 'x').problems[0]?.next ?? '';
  const known = /Known: (.*)\./.exec(unknown)?.[1]?.split(', ') ?? [];
  assert.deepEqual(listed.toSorted(), known.toSorted());
});

test('every service has a runbook that can be read, whatever its texts hold', () => {
  const hostile = service('p`x', ['a'], {
    impact: 'Line\n# not a heading `tick` ${VAR}',
    about: '```sh do\nrm\n```',
    log: { file: 'log/x', started: "it's `up` $(now)" },
    files: [{ path: "a b/${PORT}'s", mode: '0440', owner: 'root', group: '0' }],
    restart: { alternative: { kind: 'shell', line: './by-hand.sh\n```\nx' } },
  });
  for (const each of [hostile, external('rates')]) {
    const { runbook, problems } = readRunbook(defaultRunbook(each), each.name);
    assert.deepEqual(problems, []);
    assert.equal(runbook.steps.at(-1)?.title, 'It is as it should be again');
    for (const of of runbook.blocks) assert.doesNotMatch(of.text, /^rm$/m);
  }
});

test('a runbook begins by itself within its limits, and what holds it back is told', () => {
  const auto = { severity: 2, atMost: 2, per: ms(3_600_000) } as const;
  const facts: AutoFacts = {
    severity: 1,
    openForMs: 10_000,
    nowMs: 10_000_000,
    begunAtMs: [],
    overForMs: null,
    recoverWithinMs: 30_000,
    open: false,
    paused: false,
    plannedDown: false,
    atWork: false,
    failover: false,
  };
  const may = (more: Partial<AutoFacts>): unknown => mayBeginByItself(auto, { ...facts, ...more });
  assert.deepEqual(may({}), { may: true });
  assert.deepEqual(may({ begunAtMs: [9_000_000, 6_000_000] }), { may: true });
  assert.deepEqual(may({ begunAtMs: [9_000_000, 9_000_001] }), {
    may: false,
    why: 'it has begun by itself as often as allowed; a person is needed',
  });
  for (const held of [
    { severity: 3 as const },
    { severity: 0 as const },
    { openForMs: 10 },
    { open: true },
    { plannedDown: true },
    { overForMs: 29_000 },
  ])
    assert.deepEqual(may(held), { may: false, why: null });
  for (const held of [{ paused: true }, { failover: true }, { atWork: true }])
    assert.notEqual((may(held) as { why: string | null }).why, null);
});
