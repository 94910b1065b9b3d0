// The likeliest mode: over the whole catalogue, each fault in two ways with two harmless changes at the same time; and with its own detector off, nothing
// else is called likely. What is damped, and what is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfMachine, saidOnce, type FoundAt } from '../../src/judge/modes-once.ts';
import { suspectsOf, type Failed } from '../../src/judge/modes.ts';
import { findingsOf, remembered, settle, type Standing } from '../../src/judge/modes-settle.ts';
import type { Reason } from '../../src/judge/reason.ts';
import { modes } from '../../src/model/modes.ts';
import type { FindingWeight, Harm, Mode, Seen } from '../../src/model/mode.ts';

const failedAt = 10_000_000;

const harmCauses: Readonly<Record<Harm, Reason>> = {
  ends: { kind: 'down', facts: { exitCode: 1, exitSignal: null, startError: null, tries: 3, nextInMs: null } },
  fails: { kind: 'check-failed', facts: { check: 'http', text: 'HTTP 500', timesInARow: 3, enough: 3 } },
  silent: { kind: 'beat-late', facts: { silentMs: 9000, toleratedMs: 2000 } },
  slow: { kind: 'check-warns', facts: { check: 'http', text: 'took 3 s' } },
};

function found(mode: string, weight: FindingWeight, aheadMs: number, over: Partial<FoundAt> = {}): FoundAt {
  return {
    mode,
    weight,
    subject: `${mode} subject`,
    services: ['pricer'],
    text: mode,
    sinceMs: failedAt - aheadMs,
    untilMs: weight === 'change' ? failedAt - aheadMs : null,
    host: 'a',
    machine: 'a',
    ...over,
  };
}

function failed(cause: Reason): Failed {
  return { service: 'pricer', host: 'a', sinceMs: failedAt, cause, needs: ['rates'] };
}

/** The gravest that its detector ever says of it. */
function weightOf(mode: Mode): FindingWeight {
  const { thresholds } = mode;
  return thresholds.includes('Fault:')
    ? 'fault'
    : thresholds.includes('Ahead:')
      ? 'ahead'
      : thresholds.includes('Change:')
        ? 'change'
        : 'pressure';
}

/** Harmless, at nearly the same time: a package that it does not run on, and a comment in its file. */
const harmless: readonly FoundAt[] = [
  found('version-changed', 'change', 120_000, { subject: 'bash', services: [] }),
  found('configuration-changed', 'change', 60_000, { subject: 'etc/other.properties', services: ['feed'] }),
];

const explainable = modes.filter((mode) => mode.harms.length > 0 && mode.detector !== 'core');

test('each mode is named first though two harmless changes came at the same time', () => {
  const missed: string[] = [];
  let tried = 0;
  for (const mode of explainable)
    for (const way of [0, 1]) {
      tried += 1;
      // The first way: it stood on what the service uses. The second: on the whole host, longer ago, and it fails in another way.
      const harm = mode.harms[way % mode.harms.length] ?? 'fails';
      const here =
        way === 0
          ? found(mode.id, weightOf(mode), 240_000)
          : found(mode.id, weightOf(mode), 900_000, { services: ['pricer', 'feed'] });
      const [first] = suspectsOf(failed(harmCauses[harm]), [...harmless, here]);
      if (first?.mode !== mode.id || first.subject !== here.subject) missed.push(`${mode.id} (${way + 1})`);
    }
  assert.ok(missed.length <= 0.1 * tried, `${missed.length} of ${tried}: ${missed.join(', ')}`);
});

test('with its own detector off nothing else is called likely', () => {
  for (const mode of explainable)
    for (const harm of mode.harms) {
      const suspects = suspectsOf(failed(harmCauses[harm]), harmless);
      assert.ok(
        suspects.every((each) => each.sure === 'possible'),
        `${mode.id} by ${harm}: ${JSON.stringify(suspects[0])}`,
      );
    }
});

test('what failed says so itself: that weighs most', () => {
  const says: Reason = {
    kind: 'check-failed',
    facts: { check: 'write', text: 'write failed: ENOSPC: no space left on device', timesInARow: 3, enough: 3 },
  };
  const both = [found('port-refused', 'fault', 60_000), found('disk-space', 'fault', 600_000)];
  const [first, second] = suspectsOf(failed(says), both);
  assert.equal(first?.mode, 'disk-space');
  assert.equal(first.sure, 'likely');
  assert.ok(first.for.some((each) => each.includes('ENOSPC') || each.includes('no space left')));
  assert.equal(second?.sure, 'possible');
});

test('a part of a word says nothing, and errors are no cause of what says “error”', () => {
  const surest = (mode: string, weight: FindingWeight, text: string): string | undefined =>
    suspectsOf(failed({ kind: 'check-warns', facts: { check: 'http', text } }), [found(mode, weight, 240_000)])[0]
      ?.sure;
  assert.equal(surest('clock-off', 'ahead', 'token not yet valid'), 'likely');
  assert.equal(surest('clock-off', 'ahead', 'connection timed out'), 'possible');
  assert.equal(surest('slow-peer', 'ahead', 'template: latest not found'), 'possible');
  assert.equal(surest('errors-rising', 'ahead', 'HTTP 500: internal error'), 'possible');
});

test('time speaks for or against', () => {
  const ends = failed(harmCauses.ends);
  assert.equal(suspectsOf(ends, [found('disk-space', 'fault', 840_000)])[0]?.sure, 'likely');
  const [after] = suspectsOf(ends, [found('disk-space', 'fault', -600_000)]);
  assert.equal(after?.sure, 'possible');
  assert.match(after.against.join(), /seen only 10 min after the failure/);
  const [borne] = suspectsOf(ends, [found('disk-space', 'fault', 86_400_000)]);
  assert.match(borne?.against.join() ?? '', /has stood for 24 h without this failure/);
  assert.deepEqual(suspectsOf(ends, [found('version-changed', 'change', 7 * 3_600_000)]), []);
  assert.deepEqual(suspectsOf(ends, [found('disk-space', 'fault', 900_000, { untilMs: failedAt - 600_000 })]), []);
});

test('what concerns others, or another host, is no suspect or a weaker one', () => {
  const ends = failed(harmCauses.ends);
  assert.deepEqual(suspectsOf(ends, [found('disk-space', 'fault', 60_000, { services: ['feed'] })]), []);
  assert.deepEqual(
    suspectsOf(ends, [found('disk-space', 'fault', 60_000, { host: 'b', machine: 'b', services: [] })]),
    [],
  );
  assert.equal(suspectsOf(ends, [found('port-refused', 'fault', 60_000, { services: ['rates'] })]).length, 1);
  const both = suspectsOf(ends, [
    found('disk-space', 'fault', 60_000),
    found('disk-space', 'fault', 60_000, { host: 'b', machine: 'a' }),
  ]);
  assert.ok(both.length >= 1 && both[0]?.host === 'a');
});

test('several hosts on one machine: what all of them see is said once, for all of them', () => {
  const seen = (host: string, services: readonly string[], mode = 'disk-space'): FoundAt =>
    found(mode, 'fault', 60_000, { host, machine: 'm', services, subject: '/' });
  const [one, ...more] = saidOnce([seen('a', ['pricer']), seen('b', ['feed']), seen('c', ['pricer'])]);
  assert.deepEqual([one?.host, one?.alsoOn, one?.services, more], ['a', ['b', 'c'], ['pricer', 'feed'], []]);
  assert.equal(saidOnce([seen('a', []), seen('b', ['feed'])])[0]?.services.length, 0, 'all of the machine');
  assert.equal(saidOnce([seen('a', ['x'], 'slow-peer'), seen('b', ['x'], 'slow-peer')]).length, 2);
  const [suspect] = suspectsOf(failed(harmCauses.ends), [seen('b', ['feed']), seen('a', ['pricer'])]);
  assert.equal(suspect?.sure, 'likely');
});

test('what every host of a machine sees is told from what each has of its own', () => {
  assert.ok(isOfMachine({ mode: 'disk-space', services: ['pricer'] }));
  assert.ok(isOfMachine({ mode: 'packet-loss', services: [] }), 'all of the host');
  assert.ok(!isOfMachine({ mode: 'slow-peer', services: ['pricer'] }));
});

test('a difference between hosts is said once, whoever sees it, and of each service apart', () => {
  const seen = (host: string, service: string): FoundAt =>
    found('version-mismatch', 'ahead', 60_000, { host, machine: host, services: [service], subject: 'engine' });
  const told = saidOnce([seen('a', 'pricer'), seen('b', 'pricer'), seen('b', 'feed'), seen('c', 'pricer')]);
  assert.deepEqual(
    told.map(({ host, alsoOn, services }) => [host, alsoOn ?? [], services]),
    [
      ['a', ['b', 'c'], ['pricer']],
      ['b', [], ['feed']],
    ],
  );
});

test('a mode goes before what it brings about, on the same service', () => {
  const refused = found('port-refused', 'fault', 30_000, { subject: 'rates:443' });
  const [first, second] = suspectsOf(failed(harmCauses.fails), [refused, found('name-changed', 'change', 40_000)]);
  assert.deepEqual([first?.mode, second?.mode], ['name-changed', 'port-refused']);
  assert.ok(first?.sure === 'possible', 'a change is only ever possible');
  assert.match(first.for.join(), /it brings about that port-refused/);
  const late = suspectsOf(failed(harmCauses.fails), [refused, found('name-changed', 'change', -600_000)]);
  assert.equal(late[0]?.mode, 'port-refused');
});

test('a busy host is named for what is late or silent, and for nothing else', () => {
  const busy = found('cpu-starved', 'pressure', 60_000, { services: [] });
  assert.deepEqual(suspectsOf(failed(harmCauses.ends), [busy]), []);
  assert.equal(suspectsOf(failed(harmCauses.silent), [busy])[0]?.sure, 'possible');
});

test('the same mode seen on two things is one answer', () => {
  const expired = ['etc/tls.pem', '127.0.0.1:8443'].map((subject) =>
    found('certificate-expiry', 'fault', 60_000, { subject }),
  );
  const told = suspectsOf(failed(harmCauses.fails), expired);
  assert.deepEqual(
    told.map(({ mode, sure }) => [mode, sure]),
    [
      ['certificate-expiry', 'likely'],
      ['certificate-expiry', 'possible'],
    ],
  );
});

test('two faults that explain as well: neither is called likely', () => {
  const two = [
    found('disk-space', 'fault', 60_000, { subject: '/data' }),
    found('storage-read-only', 'fault', 60_000, { subject: '/log' }),
  ];
  assert.ok(suspectsOf(failed(harmCauses.ends), two).every((each) => each.sure === 'possible'));
});

test('one slip is no news where two looks must agree; what is over is remembered, then forgotten', () => {
  const seen = (mode: string, weight: FindingWeight = 'fault'): Seen => ({
    mode,
    weight,
    subject: 'x',
    services: [],
    text: mode,
  });
  let kept: readonly Standing[] = [];
  const look = (atMs: number, ...all: readonly Seen[]): readonly string[] => {
    kept = settle(kept, { detector: 'names', atMs, seen: all });
    return findingsOf(kept).map((each) => `${each.mode} ${each.untilMs === null ? 'stands' : 'over'}`);
  };
  assert.deepEqual(look(1000, seen('name-unresolvable')), []);
  assert.deepEqual(look(2000), []);
  assert.deepEqual(look(3000, seen('name-unresolvable')), []);
  assert.deepEqual(look(4000, seen('name-unresolvable')), ['name-unresolvable stands']);
  const before = kept;
  assert.deepEqual(look(5000, seen('name-unresolvable')), ['name-unresolvable stands']);
  assert.equal(kept, before, 'nothing new is nothing to tell');
  assert.deepEqual(look(6000), ['name-unresolvable stands']);
  assert.deepEqual(look(7000), ['name-unresolvable over']);
  assert.deepEqual(look(8000 + 7 * 3_600_000), []);
  kept = settle(kept, { detector: 'versions', atMs: 9000, seen: [seen('version-changed', 'change')] });
  assert.deepEqual(
    findingsOf(kept).map((each) => each.untilMs),
    [9000],
    'a change is over when it is made',
  );
});

test('what a former life of the agent found stands until it is looked at again', () => {
  const stood = found('name-unresolvable', 'fault', 0);
  let kept = remembered([stood]);
  assert.equal(findingsOf(kept)[0]?.sinceMs, stood.sinceMs);
  kept = settle(kept, { detector: 'disk', atMs: failedAt + 1, seen: [] });
  assert.equal(findingsOf(kept)[0]?.untilMs, null, 'another detector says nothing of it');
  kept = settle(kept, { detector: 'names', atMs: failedAt + 2, seen: [stood] });
  assert.equal(findingsOf(kept)[0]?.sinceMs, stood.sinceMs, 'it is the same');
  for (const atMs of [3, 4]) kept = settle(kept, { detector: 'names', atMs: failedAt + atMs, seen: [] });
  assert.equal(findingsOf(kept)[0]?.untilMs, failedAt + 4);
});
