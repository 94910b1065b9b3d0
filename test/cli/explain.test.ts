// explain: the story from the journal in words, and nothing left out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalLine } from '../../src/api.ts';
import { explainDecision, explainIncident, explainService } from '../../src/cli/explain/explanation.ts';
import type { Known } from '../../src/cli/explain/state-words.ts';
import { explanationScreen } from '../../src/cli/explain/screen.ts';
import { worded } from '../../src/cli/explain/words.ts';
import type { Vocabulary } from '../../src/cli/explain/words.ts';
import { rules } from '../../src/decide/rules.ts';
import { reasonWords } from '../../src/judge/words.ts';
import { atMs, incident, instance, line, service, status } from './views.ts';

process.env['TZ'] = 'UTC';

const vocabulary: Vocabulary = {
  rules: new Map(rules.map((rule) => [rule.n, rule])),
  cause: (cause) => {
    try {
      return reasonWords(cause as Parameters<typeof reasonWords>[0]);
    } catch {
      return null;
    }
  },
};

const plain = {
  redraws: false,
  columns: () => 110,
  rows: () => Infinity,
  paint: (_style: string, text: string) => text,
  print: () => undefined,
  write: () => undefined,
};

function known(lines: readonly JournalLine[], more: Partial<Known> = {}): Known {
  return {
    lines,
    unreadable: [],
    wrote: [],
    status: status(),
    found: null,
    vocabulary,
    nowMs: atMs + 60_000,
    command: (words) => `standfast ${words}`,
    ...more,
  };
}

function text(kind: string, because: JournalLine['because'], more: Partial<JournalLine> = {}): string {
  const said = worded(line(1, kind, because, more), vocabulary, atMs);
  return said.aside === '' ? said.text : `${said.text} | ${said.aside}`;
}

const ended = {
  host: 'a',
  code: null,
  signal: 'SIGKILL',
  by: 'itself',
  why: null,
  endedAtMs: atMs,
  seenAfterMs: 1,
  finished: false,
  tries: 1,
};

test('entries in words', () => {
  const cases: readonly (readonly [said: string, expected: string])[] = [
    [text('ended', ended), 'pricer on a ended, killed by signal 9 (SIGKILL) (not by Standfast) | seen after 1 ms'],
    [
      text('ended', { ...ended, signal: null, code: 3, tries: 7 }),
      'pricer on a ended, exit status 3; failed 7 times in a row | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, by: 'stop', signal: 'SIGTERM', why: 'restart' }),
      'pricer on a ended, killed by signal 15 (SIGTERM) (stopped by Standfast: restart) | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, by: 'kill', why: 'beat-late' }),
      'pricer on a ended, killed by signal 9 (SIGKILL) (by Standfast: beat-late) | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, by: 'deadline' }),
      'pricer on a ended, killed by signal 9 (SIGKILL) (by the keeper: its lease had run out) | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, by: 'keeper-lost', signal: null }),
      'pricer on a ended, exit status not known (its keeper was lost) | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, signal: null, code: 0, leftBehind: true }),
      'pricer on a ended, exit status 0, and left processes behind, which were ended with it (it seems to go into the background) | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, signal: 'SIGUSR1', why: 'deaf' }),
      'pricer on a ended, killed by signal 10 (SIGUSR1) (by which it is made active: it does not handle that signal) | seen after 1 ms',
    ],
    [
      text('ended', { ...ended, finished: true, signal: null, code: 0 }),
      'pricer on a has finished, as planned (exit status 0) | seen after 1 ms',
    ],
    [text('active', { host: 'b', iMs: null }, { term: 4 }), 'pricer is active on b (term 4) | i not measured'],
    [text('ready', { host: 'b', bMs: 203 }), 'pricer on b is ready | b 203 ms'],
    [text('ready', { host: 'b', bMs: null }), 'pricer on b is ready | b not measured'],
    [
      text('strayOutcome', { id: 77 }),
      'the store answered a write of a that nothing waited for any more; what became of it is read from the store',
    ],
    [
      text('rotated', { kind: 'rotated', path: '/l/pricer.log', copiedBytes: 3 << 20, leftOut: 0, lostBytes: 70 }),
      'the output of pricer on a was put aside and begun anew; at least 70 B that were written meanwhile are lost | 3 MiB',
    ],
    [
      text('rotated', { kind: 'truncated', path: '/l/pricer.log', lostBytes: 2048, why: 'no space' }),
      'the output of pricer on a was emptied and nothing of it kept, 2 KiB lost: no space',
    ],
    [text('retired', { host: 'a', again: false }), 'pricer is on a no more: nothing of it is left there'],
    [
      text('broken', { why: 'no end', input: 'tick' }),
      'the agent on a found itself in a state that must never be, and ended so as to begin anew; services go on: no end | at the input tick',
    ],
    [
      text('journalLost', { lost: 3, fromMs: 1, toMs: 2, why: 'the disk is full' }),
      '3 lines of the journal of a are missing before this one: the disk is full',
    ],
    [
      text('journalMovedAside', { code: 'SF-523', why: 'it is no database', movedTo: '/x/journal.db.1' }),
      'the journal of a was damaged (it is no database): it was put aside as /x/journal.db.1, and a new one begun (code SF-523)',
    ],
    [
      text(
        'rule',
        { host: 'a', cause: 'killed (SIGKILL)', to: 'b', restartMs: 900, handOverMs: 17, other: 'warm', failures: 1 },
        { rule: 232 },
      ),
      'b is to take pricer over: a restart on a would take 900 ms, b takes 17 ms | rule 232',
    ],
    [
      text(
        'failover',
        {
          cause: 'killed (SIGKILL)',
          from: 'a',
          to: 'b',
          planned: false,
          endedAtMs: atMs,
          dMs: 1,
          switchMs: 17,
          bMs: 0,
          iMs: 0,
          zMs: 18,
          declaredZMs: 120_000,
        },
        { rule: 232 },
      ),
      'pricer is active on b instead of a, cause: killed (SIGKILL), by rule 232 | d 1 + s 17 + b 0 + i 0 = z 18 ms',
    ],
    [
      text(
        'failover',
        {
          cause: 'planned by ann',
          from: 'a',
          to: 'a',
          planned: true,
          endedAtMs: atMs,
          dMs: 0,
          switchMs: 17,
          bMs: 9,
          iMs: null,
          zMs: 130_000,
          declaredZMs: 120_000,
        },
        { rule: 216 },
      ),
      'pricer is active on a again, as asked, cause: planned by ann; longer than the 2 min declared, by rule 216 | d 0 + s 17 + b 9 + i not measured = z 2 min 10 s',
    ],
    [
      text('wait', { host: 'a', waitsFor: 'back-off', tries: 7, nextAtMs: atMs + 40_001 }, { rule: 538 }),
      'pricer on a is tried again later: tried 7 times, next in 40 s | rule 538',
    ],
    [
      text('wait', { host: 'a', waitsFor: 'feed', tries: 0 }, { rule: 536 }),
      'pricer on a waits for feed: what it needs is not there | rule 536',
    ],
    [
      text('person', { verb: 'failover', owner: 'ann', why: 'patching', host: 'b', id: 'x' }, { rule: 600 }),
      'ann asked: failover pricer to b, because: patching | rule 600',
    ],
    [
      text('hostLost', { host: 'b', epoch: 3, silentMs: 2021 }, { service: null }),
      'host b is lost: its session was seen unchanged for 2.02 s, and is over (epoch 3, said by a)',
    ],
    [
      text(
        'incident',
        {
          id: 'i-1',
          event: 'opened',
          severity: 1,
          key: 'k',
          cause: { kind: 'process-gone', facts: {} },
          also: ['web'],
          host: 'a',
        },
        { instance: 'pricer@a', rule: 700 },
      ),
      'incident i-1 opened: pricer@a: its process is gone; also hit: web | severity 1',
    ],
    [
      text('somethingNew', { host: 'a', fooBar: 3, tookMs: 1500, list: ['x'] }),
      'pricer on a: somethingNew (foo bar 3, took 1.5 s, list ["x"])',
    ],
    [
      text('rule', { host: 'a', extra: true }, { rule: 99_999 }),
      'pricer on a: rule, since rule 99999 says so (extra true) | rule 99999',
    ],
  ];
  for (const [said, expected] of cases) assert.equal(said, expected);
});

test('no fact stays silent, whatever the kind and rule', () => {
  const facts = { unheardOf: 'x4711' };
  const kinds = [
    'ended',
    'started',
    'startFailed',
    'ready',
    'active',
    'adopted',
    'foundRunning',
    'unknownInstance',
    'deactivated',
    'activateFailed',
    'deactivateFailed',
    'endFailed',
    'failover',
    'mayHaveOverlapped',
    'wait',
    'person',
    'incident',
    'notTold',
    'hostLost',
    'hostLeft',
    'keeperLost',
    'storeLost',
    'storeBack',
    'storeRead',
    'description',
    'quit',
    'session',
    'rotated',
  ];
  for (const kind of kinds) assert.match(text(kind, facts), /unheard of x4711/, kind);
  for (const { n } of rules) {
    assert.match(text('rule', facts, { rule: n }), /unheard of x4711/, String(n));
    assert.doesNotMatch(text('rule', { host: 'a' }, { rule: n }), /undefined|null|NaN|\[object/, String(n));
  }
});

const story: readonly JournalLine[] = [
  line(1, 'storeRead', { revision: 3 }, { service: null }),
  line(2, 'ended', ended),
  line(3, 'rule', { host: 'a', cause: 'killed (SIGKILL)', to: 'b', restartMs: 900, handOverMs: 17 }, { rule: 232 }),
  line(4, 'rule', { host: 'b', cause: 'killed (SIGKILL)' }, { rule: 280, host: 'b', term: 3 }),
  line(5, 'active', { host: 'b', iMs: 0 }, { host: 'b', term: 4 }),
  line(
    6,
    'failover',
    {
      cause: 'killed (SIGKILL)',
      from: 'a',
      to: 'b',
      planned: false,
      endedAtMs: atMs,
      dMs: 1,
      switchMs: 17,
      bMs: 0,
      iMs: 0,
      zMs: 18,
      declaredZMs: 120_000,
    },
    { rule: 232, host: 'b', term: 4 },
  ),
  line(7, 'started', { host: 'a', pid: 99, role: 'standby' }),
  line(8, 'ready', { host: 'a', bMs: 200 }),
  line(9, 'ended', { ...ended, host: 'b' }, { service: 'gateway' }),
];

test('a service: how it stands, the story, what consumers noticed, what one can do', () => {
  const found = explainService('pricer', known(story));
  assert.equal(found.state, 'pricer is active on b since 14:02:07 (term 4). Nobody has to do anything.');
  assert.deepEqual(
    found.steps.filter((step) => !step.detail).map((step) => step.rule),
    [null, 232, 280, 232, null],
  );
  assert.equal(found.waitingFor, null);
  assert.equal(found.consumers, 'Consumers had no pricer for 18 ms. Used in the last 1 h: 18 ms of 10 min.');
  assert.deepEqual(found.youCan, [
    'standfast logs pricer',
    'standfast restart pricer',
    'standfast failover pricer --to a',
  ]);
  const lines = explanationScreen(found, plain, atMs + 60_000, false);
  assert.ok(lines.every((each) => each.length <= 110));
  assert.match(
    lines.join('\n'),
    /14:02:07\.115 +pricer on a ended, killed by signal 9 \(SIGKILL\) \(not by Standfast\) +seen after 1 ms/,
  );
});

test('circumstances that stand and call nobody are told of what they concern, once for hosts of one machine', () => {
  type Found = NonNullable<Known['found']>['hosts'][number];
  const single = {
    mode: 'storage-single-device',
    subject: '/data',
    services: ['pricer'],
    weight: 'pressure',
    text: '/data lies on one device, sda, without an array',
    sinceMs: atMs,
    untilMs: null,
  } as const;
  const busy = { ...single, mode: 'cpu-starved', subject: 'cpu', services: [], text: 'processors are short' };
  const host = (name: string, all: Found['found']): Found => ({
    host: name,
    asOfMs: atMs,
    looks: null,
    heldBack: name === 'b' ? [{ detector: 'slow', everyMs: 240_000, usualMs: 20_000, costMs: 2100 }] : [],
    found: all,
  });
  const found = {
    hosts: [host('a', [single, { ...busy, services: ['feed'] }]), host('b', [single, busy]), host('c', [busy])],
  };
  const view = status({ services: [service('pricer', [instance('a', 'active'), instance('b', 'standby')])] });
  assert.deepEqual(explainService('pricer', known([], { status: view, found })).modes, [
    'Known storage-single-device: on a, b, /data lies on one device, sda, without an array. It calls nobody. What to do: docs/runbooks/modes/storage.md',
    'Known cpu-starved: on b, processors are short. It calls nobody. What to do: docs/runbooks/modes/cpu.md',
    'On b, detector slow looks every 4 min, not every 20 s, since a look takes 2.1 s of a processor: what it sees may be so old.',
  ]);
});

test('what it waits for is the newest wait of each host that nothing has followed', () => {
  const waits = line(1, 'wait', { host: 'a', waitsFor: 'feed' }, { rule: 536 });
  const lease = line(2, 'wait', { host: 'a', waitsFor: 'restart' }, { rule: 270 });
  const down = status({
    services: [service('pricer', [instance('a', 'down', { planned: 'active' }), instance('b', 'standby')])],
  });
  assert.equal(explainService('pricer', known([waits, lease], { status: down })).waitingFor, 'feed, restart (a)');
  const begun = [waits, line(3, 'started', { host: 'a' })];
  assert.equal(explainService('pricer', known(begun, { status: down })).waitingFor, 'a to become active');
  const other = [waits, line(3, 'started', { host: 'b' }, { host: 'b' })];
  assert.equal(explainService('pricer', known(other, { status: down })).waitingFor, 'feed (a)');
  assert.equal(explainService('pricer', known([waits])).waitingFor, null, 'it is as planned');
  const starting = status({ services: [service('pricer', [instance('a', 'starting', { planned: 'active' })])] });
  assert.equal(explainService('pricer', known([], { status: starting })).waitingFor, 'a to become active');
});

test('without an agent it says that the present is not known', () => {
  const found = explainService('pricer', known(story, { status: null }));
  assert.equal(found.state, 'No agent answers, so how it stands now is not known. The journal ends at 14:02:07.');
  assert.equal(found.steps.length, 7);
  assert.deepEqual(found.youCan, ['standfast up PATH', 'standfast doctor']);
});

test('an incident: what happened to all that it names, and who has it', () => {
  const facts = {
    id: 'i-1',
    event: 'opened',
    severity: 1,
    key: 'k',
    cause: { kind: 'process-gone', facts: {} },
    also: ['web'],
    host: 'a',
  };
  const lines = [
    ...story,
    line(10, 'incident', facts, { rule: 700, instance: 'pricer@a' }),
    line(20_000, 'incident', { ...facts, event: 'resolved' }, { rule: 700 }),
  ];
  const open = explainIncident(
    'i-1',
    known(lines, { status: status({ incidents: [incident('i-1', { service: 'pricer', severity: 1 })] }) }),
  );
  assert.match(open?.state ?? '', /^Severity 1 since .*: check disk warns.* Nobody has it yet\. Next: make room on b$/);
  assert.deepEqual(open?.youCan, ['standfast ack i-1', 'standfast explain pricer']);
  assert.ok(open?.steps.every((step) => !step.text.startsWith('gateway')));
  assert.match(explainIncident('i-1', known(lines))?.state ?? '', /^Incident i-1 is over since 14:02:27\.$/);
  assert.equal(explainIncident('i-2', known(lines)), null);
});

test('a decision: the rule, why, and every fact', () => {
  const found = explainDecision(3, 'a', known(story));
  assert.equal(
    found?.state,
    'Rule 232 (hand-over-after-end) fired: the active ended, and another host is back sooner than a restart here.',
  );
  assert.deepEqual(found?.steps[0]?.facts, story[2]?.because);
  assert.equal(explainDecision(3, 'b', known(story)), null);
  assert.equal(explainDecision(4711, null, known(story)), null);
});

test('the same said again and again is said once, and long stories are cut with a word', () => {
  const many = Array.from({ length: 90 }, (_, n) =>
    n % 3 === 0
      ? line(n, 'wait', { host: 'a', waitsFor: 'feed' }, { rule: 536 })
      : line(n, 'ended', { ...ended, code: Math.floor(n / 30), signal: null }),
  );
  const found = explainService('pricer', known(many));
  const lines = explanationScreen(found, plain, atMs, false);
  assert.equal(lines.filter((each) => each.includes('waits for feed')).length, 1, 'one wait among what goes on');
  assert.equal(lines.filter((each) => each.includes('ended')).length, 3);
  const different = Array.from({ length: 60 }, (_, n) => line(n, 'startFailed', { host: 'a', why: `reason ${n}` }));
  const long = explainService('pricer', known(different));
  assert.ok(explanationScreen(long, plain, atMs, false).includes('… 40 earlier steps: --all, or --since 1h'));
  assert.equal(explanationScreen(long, plain, atMs, true).filter((each) => each.includes('reason')).length, 60);
});
