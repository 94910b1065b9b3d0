import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { rankCandidates, restartOrHandOver } from '../../src/judge/choice.ts';
import type { Candidate, ChoiceTerms, Exclusion, RecoveryFacts, Recovery } from '../../src/judge/choice.ts';

const candidate = (host: string, more: Partial<Candidate> = {}): Candidate => ({
  host,
  live: true,
  barred: null,
  phase: 'standby',
  severity: 0,
  failedForMs: null,
  behindMs: null,
  mayLoseMs: null,
  ...more,
});
const warm: ChoiceTerms = { policy: 'hot-active/warm-active', prefer: null, order: ['a', 'b', 'c'] };
const cold: ChoiceTerms = { ...warm, policy: 'hot-active/cold-passive' };

test('the order: healthy, most up to date, preferred, the order of on', () => {
  const cases: readonly [what: string, candidates: Candidate[], terms: ChoiceTerms, ranked: string[]][] = [
    ['the order of on', [candidate('c'), candidate('b'), candidate('a')], warm, ['a', 'b', 'c']],
    ['preferred before the order', [candidate('a'), candidate('b')], { ...warm, prefer: 'b' }, ['b', 'a']],
    [
      'state before preference',
      [candidate('a', { behindMs: 5000 }), candidate('b', { behindMs: 0 })],
      { ...warm, prefer: 'a' },
      ['b', 'a'],
    ],
    [
      'less than a second apart is equal',
      [candidate('a', { behindMs: 900 }), candidate('b', { behindMs: 0 })],
      warm,
      ['a', 'b'],
    ],
    ['a second apart is not', [candidate('a', { behindMs: 1000 }), candidate('b', { behindMs: 0 })], warm, ['b', 'a']],
    [
      'steps of less than a second do not add up to equal',
      [candidate('a', { behindMs: 1800 }), candidate('b', { behindMs: 900 }), candidate('c', { behindMs: 0 })],
      warm,
      ['b', 'c', 'a'],
    ],
    ['state not known is last', [candidate('a'), candidate('b', { behindMs: 60_000 })], warm, ['b', 'a']],
    [
      'health before state',
      [candidate('a', { severity: 3, behindMs: 0 }), candidate('b', { behindMs: 9000 })],
      warm,
      ['b', 'a'],
    ],
    ['3 is better than 2', [candidate('a', { severity: 2 }), candidate('b', { severity: 3 })], warm, ['b', 'a']],
    ['a host that on does not name is last', [candidate('x'), candidate('c')], warm, ['c', 'x']],
    [
      'a cold one need not run',
      [candidate('a', { phase: 'down' }), candidate('b', { phase: 'starting' })],
      cold,
      ['a', 'b'],
    ],
  ];
  for (const [what, candidates, terms, ranked] of cases)
    assert.deepEqual(rankCandidates(candidates, terms).ranked, ranked, what);
});

test('who is not able, and what it waits for', () => {
  const cases: readonly [Partial<Candidate>, ChoiceTerms, Exclusion['waitsFor'] | null][] = [
    [{ live: false }, warm, 'host'],
    [{ barred: 'maintenance' }, warm, 'maintenance-end'],
    [{ barred: 'banned' }, warm, 'ban-end'],
    [{ barred: 'asked' }, warm, 'person'],
    [{ failedForMs: 400 }, warm, 'restart'],
    [{ failedForMs: 0 }, warm, null],
    [{ phase: 'down' }, warm, 'restart'],
    [{ phase: 'starting' }, warm, 'ready'],
    [{ phase: 'failed' }, warm, 'restart'],
    [{ phase: 'failed' }, cold, null],
    [{ phase: 'failed', failedForMs: 400 }, cold, 'restart'],
    [{ phase: 'stopping' }, cold, 'stop'],
    [{ phase: 'unknown' }, cold, 'report'],
    [{ phase: 'passive' }, warm, null],
    [{ phase: 'active' }, warm, null],
    [{ severity: 1 }, warm, 'health'],
    [{ severity: 1, phase: 'starting' }, cold, null],
    [{ behindMs: 41_000, mayLoseMs: 5000 }, warm, 'catch-up'],
    [{ behindMs: 41_000, mayLoseMs: 5000 }, { ...warm, acceptLoss: true }, null],
    [{ behindMs: 5000, mayLoseMs: 5000 }, warm, null],
    [{ behindMs: null, mayLoseMs: 5000 }, warm, null],
  ];
  for (const [more, terms, waitsFor] of cases) {
    const { ranked, excluded } = rankCandidates([candidate('a', more)], terms);
    assert.deepEqual(
      [ranked.length, excluded[0]?.waitsFor ?? null],
      [waitsFor === null ? 1 : 0, waitsFor],
      JSON.stringify(more),
    );
  }
  assert.deepEqual(rankCandidates([candidate('b', { behindMs: 41_000, mayLoseMs: 5000 })], warm).excluded, [
    { host: 'b', waitsFor: 'catch-up', facts: { behindMs: 41_000, mayLoseMs: 5000 } },
  ]);
});

const arbitrary = fc.uniqueArray(
  fc.record({
    host: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    live: fc.boolean(),
    barred: fc.constantFrom(null, null, 'maintenance' as const, 'banned' as const),
    phase: fc.constantFrom(
      'down',
      'starting',
      'passive',
      'standby',
      'active',
      'stopping',
      'failed',
      'unknown',
    ) as fc.Arbitrary<Candidate['phase']>,
    severity: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<Candidate['severity']>,
    failedForMs: fc.constantFrom(null, null, -1, 500),
    behindMs: fc.option(fc.integer({ min: 0, max: 4000 })),
    mayLoseMs: fc.option(fc.integer({ min: 0, max: 4000 })),
  }),
  { selector: (each) => each.host },
);

test('property: every agent chooses alike, in whatever order it read the records; nobody is lost, and nobody is chosen twice', () => {
  fc.assert(
    fc.property(
      arbitrary,
      fc.constantFrom(warm, cold, { ...warm, prefer: 'c' }),
      fc.integer(),
      (candidates, terms, seed) => {
        const one = rankCandidates(candidates, terms);
        const shuffled = candidates.toSorted(
          (a, b) => ((a.host.charCodeAt(0) * 7919) ^ seed) - ((b.host.charCodeAt(0) * 7919) ^ seed),
        );
        assert.deepEqual(rankCandidates(shuffled, terms).ranked, one.ranked);
        const hosts = [...one.ranked, ...one.excluded.map((each) => each.host)];
        assert.deepEqual(hosts.toSorted(), candidates.map((each) => each.host).toSorted());
      },
    ),
    { numRuns: 1000 },
  );
});

test('restart or hand over', () => {
  const facts = (more: Partial<RecoveryFacts>): RecoveryFacts => ({
    restartMs: null,
    handOverMs: null,
    other: 'warm',
    failures: 1,
    ...more,
  });
  const cases: readonly [Partial<RecoveryFacts>, Recovery['choice'], Recovery['because']][] = [
    [{ restartMs: 900, handOverMs: 20 }, 'handOver', 'sooner'],
    [{ restartMs: 20, handOverMs: 900 }, 'restart', 'sooner'],
    [{ restartMs: 20, handOverMs: 20 }, 'restart', 'sooner'],
    [{ restartMs: 20, handOverMs: 900, other: 'cold' }, 'restart', 'sooner'],
    [{ restartMs: 900, handOverMs: 20, other: 'cold' }, 'handOver', 'sooner'],
    [{ other: null }, 'restart', 'nobody-else'],
    [{ other: null, failures: 9 }, 'restart', 'nobody-else'],
    [{}, 'handOver', 'other-is-ready'],
    [{ restartMs: 5 }, 'handOver', 'other-is-ready'],
    [{ other: 'cold' }, 'restart', 'first-failure'],
    [{ other: 'cold', failures: 2 }, 'handOver', 'fails-repeatedly'],
    [{ restartMs: 20, handOverMs: 900, failures: 2 }, 'restart', 'sooner'],
    [{ restartMs: 20, handOverMs: 900, failures: 3 }, 'handOver', 'fails-repeatedly'],
  ];
  for (const [more, choice, because] of cases) {
    const made = restartOrHandOver(facts(more));
    assert.deepEqual([made.choice, made.because], [choice, because], JSON.stringify(more));
  }
});
