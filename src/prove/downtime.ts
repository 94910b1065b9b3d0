// How much of a stretch of time is lost to outages that come at random: a compound Poisson sum, by Panjer's recursion (1981) on
// a grid. Durations are rounded up to the grid, so every chance of "more than" is an upper bound, and close.

import type { OutageKind } from './outages.ts';

const cells = 400;
/** Above this many outages in a stretch the sum is as good as normal, and e to the power of less is no longer a number. */
const many = 300;

/** The chance that more than `limitMs` of a stretch of `stretchMs` is lost. */
export function chanceOfMore(kinds: readonly OutageKind[], stretchMs: number, limitMs: number): number {
  const expected = countIn(kinds, stretchMs);
  if (expected === 0) return 0;
  if (expected > many) {
    const { mean, deviation } = momentsIn(kinds, stretchMs);
    return deviation === 0 ? (mean > limitMs ? 1 : 0) : 1 - normalShare((limitMs - mean) / deviation);
  }
  const within = sharesUpTo(kinds, stretchMs, limitMs / cells, cells).reduce((sum, each) => sum + each, 0);
  const none = Math.exp(-expected);
  // What is left over of 1 loses its digits when it is tiny; then one outage that is too long is what there is to fear.
  const tail = 1 - within;
  return tail > 1e-9 ? tail : Math.min(1 - none, Math.max(0, expectedTooLong(kinds, stretchMs, limitMs)));
}

/** The amount lost in a stretch that is not exceeded with this chance, in milliseconds. */
export function lostWithChance(kinds: readonly OutageKind[], stretchMs: number, chance: number): number {
  const expected = countIn(kinds, stretchMs);
  if (expected === 0 || Math.exp(-expected) >= chance) return 0;
  const { mean, deviation } = momentsIn(kinds, stretchMs);
  if (expected > many) return Math.max(0, mean + normalQuantile(chance) * deviation);
  for (let span = mean + 4 * deviation; ; span *= 2) {
    const step = span / 1500;
    let sum = 0;
    const shares = sharesUpTo(kinds, stretchMs, step, 1500);
    for (const [cell, share] of shares.entries()) {
      sum += share;
      if (sum >= chance) return cell * step;
    }
    if (span > 1000 * stretchMs) return stretchMs;
  }
}

/** How many outages are expected in a stretch. */
export function countIn(kinds: readonly OutageKind[], stretchMs: number): number {
  return kinds.reduce((sum, each) => sum + each.rate * stretchMs, 0);
}

/** The chance of more than `limit` events when `expected` are expected (Poisson). */
export function chanceOfMoreThan(limit: number, expected: number): number {
  if (expected === 0) return 0;
  // Summed upwards from the first term that counts, so that a tiny chance keeps its digits.
  const first = Math.floor(limit) + 1;
  let term = Math.exp(-expected + first * Math.log(expected) - logFactorial(first));
  let sum = 0;
  for (let count = first; count < first + 10_000; count += 1) {
    sum += term;
    term *= expected / (count + 1);
    if (term < sum * 1e-17 && count > expected) break;
  }
  return Math.min(1, sum);
}

/** Shares of the sum at 0, 1, 2, … cells of `step`. */
function sharesUpTo(kinds: readonly OutageKind[], stretchMs: number, step: number, last: number): Float64Array {
  const weight = new Float64Array(last + 1);
  for (const kind of kinds) {
    const count = kind.rate * stretchMs;
    if (kind.spread === 'fixed') {
      const cell = Math.max(1, Math.ceil(kind.durationMs / step));
      if (cell <= last) weight[cell] = (weight[cell] ?? 0) + count;
      continue;
    }
    for (let cell = 1; cell <= last; cell += 1)
      weight[cell] =
        (weight[cell] ?? 0) +
        count * Math.exp((-(cell - 1) * step) / kind.durationMs) * -Math.expm1(-step / kind.durationMs);
  }
  const made = new Float64Array(last + 1);
  made[0] = Math.exp(-countIn(kinds, stretchMs));
  for (let cell = 1; cell <= last; cell += 1) {
    let sum = 0;
    for (let part = 1; part <= cell; part += 1) sum += part * (weight[part] ?? 0) * (made[cell - part] ?? 0);
    made[cell] = sum / cell;
  }
  return made;
}

function expectedTooLong(kinds: readonly OutageKind[], stretchMs: number, limitMs: number): number {
  return kinds.reduce((sum, { rate, durationMs, spread }) => {
    const tooLong = spread === 'fixed' ? (durationMs > limitMs ? 1 : 0) : Math.exp(-limitMs / durationMs);
    return sum + rate * stretchMs * tooLong;
  }, 0);
}

function momentsIn(
  kinds: readonly OutageKind[],
  stretchMs: number,
): { readonly mean: number; readonly deviation: number } {
  let mean = 0;
  let variance = 0;
  for (const { rate, durationMs, spread } of kinds) {
    mean += rate * stretchMs * durationMs;
    variance += rate * stretchMs * durationMs * durationMs * (spread === 'fixed' ? 1 : 2);
  }
  return { mean, deviation: Math.sqrt(variance) };
}

/** Abramowitz and Stegun 7.1.26, to 1.5e-7. */
function normalShare(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp((-x * x) / 2);
  return x >= 0 ? 1 - tail / 2 : tail / 2;
}

function normalQuantile(share: number): number {
  let [low, high] = [-10, 10];
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let each = 2; each <= n; each += 1) sum += Math.log(each);
  return sum;
}
