// The sections with few facts, on all inputs: some row always matches, and each row is the first for some input, so none hides behind another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deposeRows } from '../../src/decide/depose.ts';
import { lifeRows } from '../../src/decide/instance-rows.ts';
import { leaseRows } from '../../src/decide/lease-rows.ts';
import { askedRows } from '../../src/decide/asked.ts';
import { sessionRows } from '../../src/decide/session-rows.ts';
import { promiseRows, validityRows } from '../../src/decide/validity.ts';
import { firstMatch, type Row } from '../../src/decide/row.ts';

type Choices<F> = { readonly [K in keyof F]: readonly F[K][] };

/** Every combination of the choices. */
function* allOf<F extends object>(choices: Choices<F>): Generator<F> {
  const keys = Object.keys(choices) as (keyof F)[];
  const at = keys.map(() => 0);
  for (;;) {
    yield Object.fromEntries(keys.map((key, index) => [key, choices[key][at[index] ?? 0]])) as F;
    let place = 0;
    for (; place < keys.length; place += 1) {
      at[place] = (at[place] ?? 0) + 1;
      if ((at[place] ?? 0) < choices[keys[place]!].length) break;
      at[place] = 0;
    }
    if (place === keys.length) return;
  }
}

const both = [false, true] as const;

function tried<F extends object, M>(name: string, rows: readonly Row<F, M>[], choices: Choices<F>): void {
  test(`${name}: a row for every input, an input for every row`, () => {
    const fired = new Set<number>();
    let count = 0;
    for (const facts of allOf(choices)) {
      count += 1;
      const hit: number[] = [];
      const row = firstMatch(rows, facts, hit);
      assert.deepEqual(hit, [row.n]);
      row.then(facts);
      fired.add(row.n);
    }
    assert.ok(count > 1);
    assert.deepEqual(
      [...fired].toSorted((a, b) => a - b),
      rows.map(({ n }) => n),
      'a row that is never the first to match',
    );
  });
}

tried('validity', validityRows, { holds: [0, 1], valid: both, lapsed: both, deposed: both, grew: both });

tried('promises', promiseRows, {
  holds: [0, 1],
  valid: both,
  storeRead: both,
  silentMs: [0, 799, 800, 5000],
  ttlMs: [2000],
  askedMsAgo: [null, 0, 499, 500],
  keeperAnswers: both,
  hung: both,
});

tried('others’ sessions', deposeRows, {
  dead: both,
  listed: both,
  deposing: both,
  storeReachable: both,
  silentMs: [0, 2199, 2200, 9000],
  ttlMs: [2000],
  ownSession: both,
  storeBackMs: [null, 999, 1000],
});

tried('what people ask', askedRows, {
  holder: ['me', 'other', 'free'],
  asked: both,
  underWay: both,
  takenBack: both,
  forMs: [0, 30_001],
  takeoverByOther: both,
  standbyTrigger: both,
  toMoveAway: both,
  toMoveForChange: both,
});

tried('the own session', sessionRows, {
  storeRead: both,
  reachable: both,
  hasSystem: both,
  owned: both,
  inFlight: both,
  closing: both,
  closed: both,
  entry: ['none', 'dead', 'same boot', 'other boot', 'other machine'],
  entrySilentMs: [0, 2200],
  entryTtlMs: [2000],
  due: both,
  keeperSilentMs: [0, 1001],
  ttlMs: [2000],
  holds: both,
  hung: both,
  leavingAndDown: both,
});

test('rows are in the order of their numbers, and the last of a section always matches', () => {
  const sections: readonly (readonly { readonly n: number }[])[] = [
    sessionRows,
    validityRows,
    promiseRows,
    deposeRows,
    leaseRows,
    lifeRows,
    askedRows,
  ];
  for (const rows of sections)
    assert.deepEqual(
      rows.map(({ n }) => n),
      rows.map(({ n }) => n).toSorted((a, b) => a - b),
    );
});
