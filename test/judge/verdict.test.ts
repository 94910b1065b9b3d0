import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failuresThatCount, gradeInstance } from '../../src/judge/verdict.ts';
import { gradeExternal, gradeHost, gradeService, gradeStore, neededActive } from '../../src/judge/wholes.ts';
import { gravest, gravestFault, isGraver } from '../../src/judge/reason.ts';
import type { BeatVerdict } from '../../src/judge/beats.ts';
import type { ReasonKind, Verdict } from '../../src/judge/reason.ts';
import type { CheckFacts, InstanceFacts, StatusFacts } from '../../src/judge/verdict.ts';
import type { ServiceFacts } from '../../src/judge/wholes.ts';
import type { HostState, Phase } from '../../src/model/states.ts';
import type { Severity } from '../../src/model/system.ts';
import { monoMs, ms } from '../../src/model/units.ts';

const notDown = { exitCode: null, exitSignal: null, startError: null, tries: 0, nextInMs: null };

const facts = (more: Partial<InstanceFacts> = {}): InstanceFacts => ({
  phase: 'active',
  planned: 'active',
  plannedBecause: 'unsaid',
  severity: 1,
  afterFailure: false,
  phaseForMs: 100,
  phaseWithinMs: 1000,
  down: notDown,
  notYet: null,
  processGone: false,
  beat: null,
  status: null,
  checks: [],
  filesMissing: [],
  d: ms(4000),
  ...more,
});
const check = (more: Partial<CheckFacts> = {}): CheckFacts => ({
  name: 'tcp',
  severity: 1,
  result: 'critical',
  text: 'refused',
  failures: 2,
  every: ms(1000),
  ...more,
});
const status = (more: Partial<StatusFacts> = {}): StatusFacts => ({
  flag: 'ok',
  subsystems: {},
  why: null,
  failures: 0,
  every: ms(1000),
  ...more,
});
const beat = (late: boolean): BeatVerdict => ({
  late,
  silentMs: ms(5000),
  toleratedMs: ms(3000),
  lookAgainAt: monoMs(0),
});

test('RB1: the key, row by row', () => {
  const over = { phaseForMs: 1001 };
  const rows: readonly [
    what: string,
    facts: Partial<InstanceFacts>,
    severity: Severity,
    unhealthy: boolean,
    ...ReasonKind[],
  ][] = [
    // 0
    ['running', {}, 0, false],
    ['standing by as planned', { phase: 'standby', planned: 'standby' }, 0, false],
    ['further up than planned, short of active', { phase: 'standby', planned: 'passive' }, 0, false],
    ['down as scheduled', { phase: 'down', planned: 'down', plannedBecause: 'schedule' }, 0, false, 'down-as-planned'],
    [
      'down as asked after it failed',
      { phase: 'failed', planned: 'down', plannedBecause: 'asked', afterFailure: true },
      0,
      false,
      'down-as-planned',
    ],
    ['stopping in time', { phase: 'stopping', planned: 'down' }, 0, false, 'changing'],
    ['told to go down a moment ago', { phase: 'active', planned: 'down' }, 0, false, 'changing'],
    ['first start in time', { phase: 'starting' }, 0, false, 'changing'],
    [
      'first start with all the time it likes',
      { phase: 'starting', phaseForMs: 1e9, phaseWithinMs: null },
      0,
      false,
      'changing',
    ],
    ['first start at the very end of its time', { phase: 'starting', phaseForMs: 1000 }, 0, false, 'changing'],
    ['being activated', { phase: 'standby' }, 0, false, 'changing'],
    ['being deactivated', { planned: 'standby' }, 0, false, 'changing'],
    ['asked to restart', { phase: 'stopping' }, 0, false, 'changing'],
    // 1
    ['down', { phase: 'down' }, 1, false, 'down'],
    ['failed', { phase: 'failed', planned: 'standby' }, 1, false, 'down'],
    ['nothing heard of it', { phase: 'unknown' }, 1, false, 'not-heard-of'],
    ['starting again after a failure', { phase: 'starting', afterFailure: true }, 1, false, 'coming-back'],
    ['warm, but not yet active after a failure', { phase: 'standby', afterFailure: true }, 1, false, 'coming-back'],
    ['being ended after a failure', { phase: 'stopping', afterFailure: true }, 1, false, 'coming-back'],
    ['first start past its time', { phase: 'starting', ...over }, 1, true, 'overdue'],
    ['activation past its time', { phase: 'standby', ...over }, 1, false, 'overdue'],
    ['restart that does not end', { phase: 'stopping', ...over }, 1, false, 'overdue'],
    ['process gone', { processGone: true }, 1, true, 'process-gone'],
    ['process gone while it starts', { phase: 'starting', processGone: true }, 1, true, 'process-gone', 'changing'],
    ['beat late', { beat: beat(true) }, 1, true, 'beat-late'],
    ['says failed', { status: status({ flag: 'failed' }) }, 1, true, 'says-failed'],
    ['no status twice', { status: status({ flag: null, failures: 2 }) }, 1, true, 'status-unreadable'],
    ['a check of severity 1 failed twice', { checks: [check()] }, 1, true, 'check-failed'],
    [
      '… once, where there is no time for a second',
      { checks: [check({ failures: 1, every: ms(2000) })] },
      1,
      true,
      'check-failed',
    ],
    ['a standby is judged alike', { phase: 'standby', planned: 'standby', checks: [check()] }, 1, true, 'check-failed'],
    // the service's own severity instead of 1
    ['down, of a service of severity 2', { phase: 'down', severity: 2 }, 2, false, 'down'],
    ['starting again, of severity 3', { phase: 'starting', afterFailure: true, severity: 3 }, 3, false, 'coming-back'],
    ['beat late, of severity 2', { beat: beat(true), severity: 2 }, 2, true, 'beat-late'],
    ['a check of severity 1 failed twice, of severity 3', { checks: [check()], severity: 3 }, 3, true, 'check-failed'],
    // 2
    [
      'up when it should be down',
      { planned: 'down', plannedBecause: 'asked', ...over },
      2,
      false,
      'up-though-planned-down',
    ],
    [
      'up when it should be down, no time given',
      { planned: 'down', phaseWithinMs: null },
      2,
      false,
      'up-though-planned-down',
    ],
    [
      'starting when it should be down',
      { phase: 'starting', planned: 'down', ...over },
      2,
      false,
      'up-though-planned-down',
    ],
    ['does not stop', { phase: 'stopping', planned: 'down', ...over }, 2, false, 'overdue'],
    ['active when it should stand by', { planned: 'standby', ...over }, 2, false, 'active-though-not-planned'],
    ['configuration missing', { filesMissing: ['etc/x'] }, 2, false, 'files-missing'],
    ['a check of severity 2', { checks: [check({ severity: 2, failures: 1 })] }, 2, false, 'check-failed'],
    // 3
    ['says degraded', { status: status({ flag: 'degraded' }) }, 3, false, 'says-degraded'],
    [
      'says ok with a failed subsystem',
      { status: status({ subsystems: { db: 'failed', disk: 'ok' } }) },
      3,
      false,
      'says-degraded',
    ],
    [
      'says ok with a degraded subsystem',
      { status: status({ subsystems: { db: 'degraded' } }) },
      3,
      false,
      'says-degraded',
    ],
    ['no status once', { status: status({ flag: null, failures: 1 }) }, 3, false, 'status-unreadable'],
    ['a check of severity 1 failed once', { checks: [check({ failures: 1 })] }, 3, false, 'check-failed'],
    [
      'a check of severity 3, however often',
      { checks: [check({ severity: 3, failures: 99 })] },
      3,
      false,
      'check-failed',
    ],
    ['a check warns', { checks: [check({ result: 'warning' })] }, 3, false, 'check-warns'],
    [
      'a check could not run, however often',
      { checks: [check({ result: 'unknown', failures: 99 })] },
      3,
      false,
      'check-unsure',
    ],
    // and what is fine beside it
    [
      'all that is seen is fine',
      { beat: beat(false), status: status(), checks: [check({ result: 'ok', failures: 0 })] },
      0,
      false,
    ],
    [
      'what is down is not judged by its last answers',
      { phase: 'down', planned: 'down', checks: [check()], beat: beat(true) },
      0,
      false,
      'down-as-planned',
    ],
    [
      'what starts is not judged by its answers yet',
      { phase: 'starting', checks: [check()], beat: beat(true) },
      0,
      false,
      'changing',
    ],
    [
      'the gravest first',
      { checks: [check({ result: 'warning' })], filesMissing: ['x'], beat: beat(true) },
      1,
      true,
      'beat-late',
      'files-missing',
      'check-warns',
    ],
  ];
  for (const [what, more, severity, unhealthy, ...kinds] of rows) {
    const verdict = gradeInstance(facts(more));
    assert.equal(verdict.severity, severity, what);
    assert.equal(verdict.unhealthy, unhealthy, what);
    assert.deepEqual(
      verdict.reasons.map((reason) => reason.kind),
      kinds,
      what,
    );
  }
});

const phases: readonly Phase[] = ['down', 'starting', 'passive', 'standby', 'active', 'stopping', 'failed', 'unknown'];

test('every phase against every plan has a grade and, unless all is well, a reason', () => {
  for (const phase of phases)
    for (const planned of phases)
      for (const afterFailure of [false, true])
        for (const phaseForMs of [0, 5000])
          for (const phaseWithinMs of [null, 1000]) {
            const verdict = gradeInstance(
              facts({ phase, planned, afterFailure, phaseForMs, phaseWithinMs, severity: 2 }),
            );
            const what = `${phase} though ${planned}`;
            if (verdict.severity !== 0) assert.ok(verdict.reasons.length > 0, what);
            const wanted = planned === 'active' || planned === 'standby' || planned === 'passive';
            const there = phase === planned || (phase === 'standby' && planned === 'passive');
            if (wanted && there) assert.deepEqual(verdict, { severity: 0, reasons: [], unhealthy: false }, what);
            if (wanted && (phase === 'down' || phase === 'failed' || phase === 'unknown'))
              assert.equal(verdict.severity, 2, what);
            if (wanted && afterFailure && !there && phase !== 'active') assert.equal(verdict.severity, 2, what);
          }
});

test('how many failures count', () => {
  assert.equal(failuresThatCount(ms(1999), ms(4000)), 2);
  assert.equal(failuresThatCount(ms(2000), ms(4000)), 1);
});

test('a service as a whole', () => {
  const fine: Verdict = {
    severity: 0,
    reasons: [{ kind: 'changing', facts: { phase: 'starting', planned: 'standby' } }],
  };
  const bad: Verdict = { severity: 3, reasons: [{ kind: 'files-missing', facts: { files: [] } }] };
  const whole: ServiceFacts = {
    severity: 1,
    wanted: true,
    active: 1,
    needed: 1,
    noneForMs: null,
    waitsFor: null,
    instances: [fine],
  };
  const rows: readonly [Partial<ServiceFacts>, Severity, ...ReasonKind[]][] = [
    [{}, 0],
    [{ instances: [fine, bad] }, 3, 'files-missing'],
    [{ active: 0, instances: [bad] }, 1, 'none-active', 'files-missing'],
    [{ active: 0, severity: 2 }, 2, 'none-active'],
    [{ active: 0, wanted: false }, 0],
    [{ active: 1, needed: 2 }, 3, 'too-few'],
  ];
  for (const [more, severity, ...kinds] of rows) {
    const verdict = gradeService({ ...whole, ...more });
    assert.deepEqual([verdict.severity, ...verdict.reasons.map((reason) => reason.kind)], [severity, ...kinds]);
  }
  assert.deepEqual(
    [
      neededActive({ capacity: 100, load: 150 }),
      neededActive({ capacity: null, load: 150 }),
      neededActive({ capacity: 100, load: 0 }),
    ],
    [2, 1, 1],
  );
});

test('hosts, externals, the store', () => {
  const states: Record<HostState, Severity> = { up: 0, silent: 3, down: 3, maintenance: 0, banned: 0, unknown: 0 };
  for (const state of Object.keys(states) as HostState[])
    assert.equal(gradeHost('b', state, 10).severity, states[state], state);
  assert.equal(gradeStore(true, null).severity, 0);
  assert.equal(gradeStore(false, 'disk full').severity, 2);
  const rows: readonly [CheckFacts[], Severity][] = [
    [[], 0],
    [[check({ result: 'ok' })], 0],
    [[check({ result: 'ok' }), check()], 1],
    [[check({ failures: 1 })], 3],
    [[check({ severity: 2, failures: 9 })], 2],
    [[check({ result: 'warning' })], 3],
    [[check({ result: 'unknown', failures: 9 })], 3],
  ];
  for (const [checks, severity] of rows) assert.equal(gradeExternal(1, checks, 2).severity, severity);
  assert.equal(gradeExternal(2, [check()], 2).severity, 2);
});

test('1 is graver than 2, 2 than 3, 3 than 0', () => {
  const order: readonly Severity[] = [1, 2, 3, 0];
  for (const [i, a] of order.entries()) for (const [j, b] of order.entries()) assert.equal(isGraver(a, b), i < j);
  assert.equal(gravest([0, 3, 2]), 2);
  assert.equal(gravest([]), 0);
  assert.equal(gravestFault(3, [0, 1]), 1);
});
