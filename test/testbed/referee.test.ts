// The referee of the testbed, on answers made by hand: what is an overlap, what is a gap, what a client that asks twice has lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readAnswers, recordBytes, writeAnswer, type Answer } from '../../testbed/record.ts';
import { judge } from '../../testbed/referee.ts';

/** An active's answers, one each 4 ms, each held 1 ms after it was asked for. */
function answers(line: number, term: number, fromMs: number, toMs: number): Answer[] {
  const count = Math.floor((toMs - fromMs) / 4);
  return Array.from({ length: count }, (_, at) => {
    return { line, term, sentAt: fromMs + 4 * at, heldAt: fromMs + 4 * at + 1, active: true };
  });
}

const seenOutside = (list: readonly Answer[]) => ({ site: 'outside', answers: list });

test('one after the other is a gap and no overlap', () => {
  const seen = seenOutside([...answers(0, 1, 0, 400), ...answers(1, 2, 430, 800)]);
  const { gapMs, moves, lateAnswers, sharedTerms, lost } = judge([seen], 'outside');
  assert.deepEqual(
    { gapMs, moves, lateAnswers, sharedTerms, lost },
    { gapMs: 34, moves: 1, lateAnswers: 0, sharedTerms: 0, lost: 0 },
  );
});

test('an older one that answers a later question is an overlap, whoever held the newer answer', () => {
  const cutOff = { site: 'a', answers: answers(0, 1, 0, 500) };
  const { lateAnswers, overlapMs } = judge([seenOutside(answers(1, 2, 400, 800)), cutOff], 'outside');
  assert.equal(lateAnswers, 24);
  assert.equal(overlapMs, 95);
});

test('an answer that was asked for before is none, however late it comes', () => {
  const woken: Answer = { line: 0, term: 1, sentAt: 400, heldAt: 4000, active: true };
  const { lateAnswers } = judge([seenOutside([...answers(1, 2, 400, 800), woken])], 'outside');
  assert.equal(lateAnswers, 0);
});

test('two hosts in one term are one too many', () => {
  const { sharedTerms } = judge([seenOutside([...answers(0, 3, 0, 100), ...answers(1, 3, 200, 300)])], 'outside');
  assert.equal(sharedTerms, 1);
});

test('who asks again after 50 ms loses only what a longer gap holds', () => {
  const seen = seenOutside([...answers(0, 1, 0, 400), ...answers(1, 2, 520, 800)]);
  const { lost } = judge([seen], 'outside');
  assert.ok(lost > 10 && lost < 20, `${lost} lost of a gap of 124 ms`);
});

test('answers that stand by are not active ones', () => {
  const standby = answers(1, 1, 0, 800).map((each) => ({ ...each, active: false }));
  const { moves, sharedTerms } = judge([seenOutside([...answers(0, 1, 0, 800), ...standby])], 'outside');
  assert.deepEqual({ moves, sharedTerms }, { moves: 0, sharedTerms: 0 });
});

test('what is kept is read again, but for a part of an answer at the end', () => {
  const [one] = answers(5, 4_000_000_000, 123_456_789.25, 123_456_794);
  assert.ok(one !== undefined);
  const kept = Buffer.alloc(recordBytes + 7);
  writeAnswer(kept, 0, one);
  assert.deepEqual([...readAnswers(kept)], [one]);
});
