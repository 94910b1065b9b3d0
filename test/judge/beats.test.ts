import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { addBeat, judgeBeat, noBeats } from '../../src/judge/beats.ts';
import type { BeatHistory, BeatTerms } from '../../src/judge/beats.ts';
import { monoMs, ms } from '../../src/model/units.ts';

const terms = (every: number, d: number, more: Partial<BeatTerms> = {}): BeatTerms => ({
  every: ms(every),
  d: ms(d),
  startedAt: monoMs(0),
  ...more,
});

function beatsAt(...moments: number[]): BeatHistory {
  return moments.reduce((history, at) => addBeat(history, monoMs(at)), noBeats);
}

/** Looks when it was told to, and never sooner; says when it was found late. */
function foundAt(history: BeatHistory, given: BeatTerms, from: number): number {
  let now = monoMs(from);
  for (let looks = 0; looks < 100; looks += 1) {
    const verdict = judgeBeat(history, given, now);
    if (verdict.late) return now;
    assert.ok(verdict.lookAgainAt > now, 'it would look again and again at the same moment');
    now = verdict.lookAgainAt;
  }
  throw new Error('never found');
}

test('what is borne', () => {
  const regular = beatsAt(0, 1000, 2000, 3000);
  const cases: readonly [what: string, history: BeatHistory, terms: BeatTerms, toleratedMs: number][] = [
    ['three intervals of a regular one', regular, terms(1000, 60_000), 3000],
    ['twice the worst gap of an irregular one', beatsAt(0, 1000, 3500, 4000), terms(1000, 60_000), 5000],
    ['at least a second, however often it beats', beatsAt(0, 10, 20, 30), terms(10, 60_000), 1000],
    ['never more than d less the look: a twentieth', beatsAt(0, 1000, 9000), terms(1000, 4000), 3800],
    ['never more than d less the look: at most 250 ms', beatsAt(0, 1000, 59_000), terms(1000, 60_000), 59_750],
    ['never more than d less the look: at least 20 ms', beatsAt(0, 50, 100), terms(50, 100), 80],
    ['never more than d less the look: of a very short d a quarter', beatsAt(0, 10, 20), terms(10, 20), 15],
    ['an interval of d/2 is borne almost up to d', beatsAt(0, 500, 1000), terms(500, 1000), 950],
    ['our own lateness on top, past d', beatsAt(0, 500, 1000), terms(500, 1000, { ownLatenessMs: ms(3000) }), 3950],
    ['a negative lateness is none', beatsAt(0, 500, 1000), terms(500, 1000, { ownLatenessMs: ms(-5) }), 950],
    ['the first beat has ten seconds', noBeats, terms(500, 1000), 10_000],
    ['the first beat has almost d when that is longer', noBeats, terms(500, 20_000), 19_750],
    ['the first beat of what is known to be up has almost d', noBeats, terms(500, 1000, { firstWithin: ms(0) }), 950],
    ['the first beat has what it was given', noBeats, terms(500, 1000, { firstWithin: ms(60_000) }), 60_000],
    ['beats of before it was ready count as none', beatsAt(0, 10), terms(10, 1000, { startedAt: monoMs(20) }), 10_000],
  ];
  for (const [what, history, given, toleratedMs] of cases)
    assert.equal(judgeBeat(history, given, monoMs(60)).toleratedMs, toleratedMs, what);
});

test('nothing is expected before it is ready', () => {
  const verdict = judgeBeat(noBeats, terms(500, 1000, { startedAt: null }), monoMs(1e9));
  assert.deepEqual([verdict.late, verdict.silentMs], [false, 0]);
  assert.equal(verdict.lookAgainAt, 1e9 + 1000);
});

test('late at the very moment it said to look again, and not just before', () => {
  const history = beatsAt(0, 1000, 2000);
  const due = judgeBeat(history, terms(1000, 60_000), monoMs(2001)).lookAgainAt;
  assert.equal(due, 5000);
  assert.equal(judgeBeat(history, terms(1000, 60_000), monoMs(due - 0.001)).late, false);
  assert.deepEqual(judgeBeat(history, terms(1000, 60_000), due), {
    late: true,
    silentMs: 3000,
    toleratedMs: 3000,
    lookAgainAt: 6000,
  });
});

test('a beat that is older than the last changes nothing; one from the future is no silence', () => {
  const history = beatsAt(0, 1000);
  assert.equal(addBeat(history, monoMs(900)), history);
  assert.equal(addBeat(history, monoMs(1000)), history);
  assert.equal(judgeBeat(beatsAt(0, 2000), terms(1000, 60_000), monoMs(1500)).silentMs, 0);
});

test('a bad gap is forgotten after 64 beats', () => {
  const moments = [0, 30_000, ...Array.from({ length: 64 }, (_, index) => 31_000 + index * 1000)];
  const history = beatsAt(...moments);
  assert.equal(history.gaps.length, 64);
  assert.equal(judgeBeat(history, terms(1000, 100_000), monoMs(95_000)).toleratedMs, 3000);
});

test('ten minutes with both cores busy: no beat is called late, and beats that then stop are found within d', () => {
  // Gaps as a busy machine gives them: mostly the interval, now and then a hundred milliseconds more, rarely eight tenths of it.
  const stray = fc.oneof(
    { weight: 90, arbitrary: fc.double({ min: 0, max: 0.05, noNaN: true }) },
    { weight: 9, arbitrary: fc.double({ min: 0.05, max: 0.3, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0.3, max: 0.8, noNaN: true }) },
  );
  const run = fc.record({
    every: fc.integer({ min: 200, max: 5000 }),
    strays: fc.array(stray, { minLength: 100, maxLength: 600 }),
  });
  fc.assert(
    fc.property(run, ({ every, strays }) => {
      const given = terms(every, every * 2);
      let at = 0;
      let history = addBeat(noBeats, monoMs(0));
      for (const each of strays) {
        at += every * (1 + each);
        const before = judgeBeat(history, given, monoMs(at));
        assert.equal(before.late, false, `a gap of ${every * (1 + each)} ms was called late`);
        history = addBeat(history, monoMs(at));
      }
      const found = foundAt(history, given, at);
      assert.ok(found - at < every * 2, `found ${found - at} ms after the last beat, d is ${every * 2}`);
    }),
    { numRuns: 100 },
  );
});

test('property: whatever was seen, a stop is found within d (and our own lateness), and not before a regular interval is over', () => {
  const gaps = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { maxLength: 100 });
  fc.assert(
    fc.property(
      gaps,
      fc.double({ min: 1, max: 100_000, noNaN: true }),
      fc.double({ min: 2, max: 20, noNaN: true }),
      fc.double({ min: 0, max: 10_000, noNaN: true }),
      (steps, every, ratio, own) => {
        const d = every * ratio;
        let at = 1e6 / 3;
        let history = noBeats;
        for (const gap of steps) history = addBeat(history, monoMs((at += gap)));
        const given = terms(every, d, { startedAt: monoMs(1e6 / 3), ownLatenessMs: ms(own), firstWithin: ms(0) });
        const silence = foundAt(history, given, at) - at;
        assert.ok(silence <= d + own);
        assert.ok(silence > every, 'the monitor waits longer than the interval');
      },
    ),
  );
});
