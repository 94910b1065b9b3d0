// When the exact answer is out of reach: bounds that are true whatever the structure. Two ways, and the better of each side counts.
//
// Through the gates. Failures here are monotone functions of independent parts, so they are associated (Esary, Proschan, Walkup 1967):
// P(A and B) >= P(A)·P(B), P(A or B) <= 1 − (1 − P(A))·(1 − P(B)); and always P(A and B) <= min, P(A or B) >= max.
// Where the inputs of a gate share no part, the products are exact.
//
// Through cut sets, the most likely first (likely-cuts.ts): those found give a lower bound; they and what is still open an upper one.

import { probabilitiesOf } from './bdd.ts';
import { compileInOrder } from './compile.ts';
import type { Gate } from './fault-tree.ts';
import { newFaultTree, reachableFrom } from './fault-tree.ts';
import { findLikelyCuts } from './likely-cuts.ts';
import { partsBelow } from './parts-below.ts';
import { plainGates } from './plain-gates.ts';

/** The probability of failure lies between `low` and `high`, both included. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
  /** Minimal cut sets that were found, as parts, the most likely first. There are others. */
  readonly cutSets: readonly (readonly number[])[];
  /** The size of the smallest cut set, when it is known for certain. */
  readonly smallest: number | null;
}

/** Bounds on the probability that the gate `root` fails, given each part's share. */
export function boundsOf(gates: readonly Gate[], shares: readonly number[], root: number): Bounds {
  const plain = plainGates(gates, [root]);
  const top = plain.roots[0] ?? 0;
  const through = boundsThroughGates(plain.gates, shares, [top]);
  const found = findLikelyCuts(plain.gates, shares, top, through.high);
  const union = boundsOfUnion(found.cutSets, shares);
  const smallest = Math.min(Infinity, ...found.cutSets.map((set) => set.length));
  return {
    low: Math.max(through.low[top] ?? 0, union.low),
    high: Math.min(1, through.high[top] ?? 1, union.high + found.remainder),
    cutSets: found.cutSets,
    smallest: smallest !== Infinity && smallest <= found.leastOpen ? smallest : null,
  };
}

/** For each gate bounds from those below it. */
export function boundsThroughGates(
  gates: readonly Gate[],
  shares: readonly number[],
  roots: readonly number[],
): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = new Float64Array(gates.length);
  const high = new Float64Array(gates.length);
  const marked = reachableFrom(gates, roots);
  const below = partsBelow(gates, marked, shares.length);
  for (const [index, gate] of gates.entries()) {
    if (marked[index] !== 1) continue;
    switch (gate.kind) {
      case 'never':
        break;
      case 'always':
        low[index] = 1;
        high[index] = 1;
        break;
      case 'part':
        low[index] = shares[gate.part] ?? 0;
        high[index] = shares[gate.part] ?? 0;
        break;
      case 'and':
        low[index] = all(gate.of, low);
        high[index] = below.shareNothing(gate.of)
          ? all(gate.of, high)
          : Math.min(...gate.of.map((child) => high[child] ?? 1));
        break;
      case 'or':
        low[index] = below.shareNothing(gate.of)
          ? any(gate.of, low)
          : Math.max(...gate.of.map((child) => low[child] ?? 0));
        high[index] = any(gate.of, high);
        break;
      case 'atLeast':
        high[index] = 1;
        break;
      default:
        gate satisfies never;
    }
  }
  return { low, high };
}

/** Bounds on the probability that one of these sets has failed whole; equal where a diagram of them is within reach. */
function boundsOfUnion(
  sets: readonly (readonly number[])[],
  shares: readonly number[],
): { readonly low: number; readonly high: number } {
  const tree = newFaultTree();
  const root = tree.or(sets.map((set) => tree.and(set.map((part) => tree.part(part)))));
  const uses = new Map<number, number>();
  for (const set of sets) for (const part of set) uses.set(part, (uses.get(part) ?? 0) + 1);
  const order = [...uses.keys()].toSorted((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0));
  const compiled = compileInOrder(tree.gates, [root], order, { steps: 500_000 });
  if (typeof compiled !== 'number') {
    const probabilities = probabilitiesOf(
      compiled.bdd,
      order.map((part) => shares[part] ?? 0),
    );
    const exact = probabilities[compiled.roots[0] ?? 0] ?? 0;
    return { low: exact, high: exact };
  }
  const each = sets.map((set) => set.reduce((made, part) => made * (shares[part] ?? 0), 1));
  return {
    low: Math.max(0, ...each, bonferroni(sets.slice(0, mostPaired), shares)),
    high: 1 - each.reduce((none, share) => none * (1 - share), 1),
  };
}

/** Pairs are quadratic. */
const mostPaired = 1500;

/** P(any) >= the sum of each less the sum of each pair; the best of all beginnings of the list. */
function bonferroni(sets: readonly (readonly number[])[], shares: readonly number[]): number {
  const members = sets.map((set) => new Set(set));
  let best = 0;
  let sum = 0;
  for (const [index, set] of sets.entries()) {
    let share = set.reduce((made, part) => made * (shares[part] ?? 0), 1);
    sum += share;
    for (let other = 0; other < index; other += 1) {
      const before = members[other];
      if (before === undefined) continue;
      share = 1;
      for (const part of before) share *= shares[part] ?? 0;
      for (const part of set) if (!before.has(part)) share *= shares[part] ?? 0;
      sum -= share;
    }
    best = Math.max(best, sum);
  }
  return best;
}

function all(of: readonly number[], share: Float64Array): number {
  return of.reduce((made, child) => made * (share[child] ?? 0), 1);
}

function any(of: readonly number[], share: Float64Array): number {
  return 1 - of.reduce((none, child) => none * (1 - (share[child] ?? 0)), 1);
}
