// Minimal cut sets from a decision diagram: sets of parts whose failure together fails the whole, none of them to spare.
// They are held in a zero-suppressed diagram (Minato 1993; minimal solutions after Rauzy 1993), where billions of sets
// take as little room as what they share, so that they can be counted without being listed.

import type { Bdd } from './bdd.ts';
import { falseNode, nodesBelow, trueNode } from './bdd.ts';
import type { Budget, Diagram } from './diagram.ts';
import { newDiagram, newForgetful, outOfReach } from './diagram.ts';
import { newHeap } from './heap.ts';

/** A family of sets of levels. Leaf 0: no set at all. Leaf 1: the empty set alone. */
interface Family {
  readonly diagram: Diagram;
  readonly root: number;
}

/** The minimal cut sets of a node, or null when they are out of reach within the budget. */
export function minimalCutSets(bdd: Bdd, root: number, budget: Budget): Family | null {
  const diagram = newDiagram(bdd.levels);
  const without = newWithout(bdd, diagram, budget);
  const marked = nodesBelow(bdd, [root]);
  const made = new Int32Array(marked.length);
  made[trueNode] = 1;
  for (let node = 2; node <= root; node += 1) {
    if (marked[node] !== 1) continue;
    // With the part failed, what fails already without it needs no part more: those sets are not minimal.
    const high = without(made[bdd.high(node)] ?? 0, bdd.low(node));
    if (high === outOfReach) return null;
    const low = made[bdd.low(node)] ?? 0;
    const set = high === 0 ? low : diagram.node(bdd.level(node), low, high);
    if (set === outOfReach) return null;
    made[node] = set;
  }
  return { diagram, root: made[root] ?? 0 };
}

/** Those sets of a family that do not make a monotone function true. */
function newWithout(bdd: Bdd, diagram: Diagram, budget: Budget): (family: number, node: number) => number {
  const known = newForgetful();
  const familyOf: number[] = [];
  const nodeOf: number[] = [];
  const lowResult: number[] = [];
  const stage: number[] = [];
  return (family, node) => {
    let result = outOfReach;
    let top = 0;
    familyOf[0] = family;
    nodeOf[0] = node;
    stage[0] = 0;
    while (top >= 0) {
      const sets = familyOf[top] ?? 0;
      let test = nodeOf[top] ?? 0;
      const done = stage[top] ?? 0;
      if (done === 0) {
        // What a set does not hold has not failed.
        while (bdd.level(test) < diagram.level(sets)) test = bdd.low(test);
        nodeOf[top] = test;
        if (sets === 0 || test === trueNode) {
          result = 0;
          top -= 1;
          continue;
        }
        if (test === falseNode) {
          result = sets;
          top -= 1;
          continue;
        }
        const before = known.get(sets, test);
        if (before !== outOfReach) {
          result = before;
          top -= 1;
          continue;
        }
        budget.steps -= 1;
        if (budget.steps < 0) return outOfReach;
        stage[top] = 1;
        top += 1;
        familyOf[top] = diagram.low(sets);
        nodeOf[top] = bdd.level(test) === diagram.level(sets) ? bdd.low(test) : test;
        stage[top] = 0;
      } else if (done === 1) {
        lowResult[top] = result;
        stage[top] = 2;
        top += 1;
        familyOf[top] = diagram.high(sets);
        nodeOf[top] = bdd.level(test) === diagram.level(sets) ? bdd.high(test) : test;
        stage[top] = 0;
      } else {
        const low = lowResult[top] ?? 0;
        result = result === 0 ? low : diagram.node(diagram.level(sets), low, result);
        if (result === outOfReach) return outOfReach;
        known.set(sets, test, result);
        top -= 1;
      }
    }
    return result;
  };
}

/** How many sets a family has, exactly. */
export function countSets(family: Family): bigint {
  const { diagram, root } = family;
  const marked = nodesBelow(diagram, [root]);
  const quick = new Float64Array(root + 1);
  quick[1] = 1;
  for (let node = 2; node <= root; node += 1)
    if (marked[node] === 1) quick[node] = (quick[diagram.low(node)] ?? 0) + (quick[diagram.high(node)] ?? 0);
  // Sums of positive whole numbers: when the greatest is a safe one, all were.
  if ((quick[root] ?? 0) <= Number.MAX_SAFE_INTEGER) return BigInt(quick[root] ?? 0);
  const exact: bigint[] = [0n, 1n];
  for (let node = 2; node <= root; node += 1)
    if (marked[node] === 1) exact[node] = (exact[diagram.low(node)] ?? 0n) + (exact[diagram.high(node)] ?? 0n);
  return exact[root] ?? 0n;
}

/** One cut set: levels from the top, and the probability that all of it has failed. */
interface LikelySet {
  readonly levels: readonly number[];
  readonly probability: number;
}

interface Prefix {
  readonly node: number;
  readonly last: Chosen | null;
  readonly soFar: number;
  /** Logarithm of the best set that this can become. */
  readonly best: number;
}

interface Chosen {
  readonly level: number;
  readonly before: Chosen | null;
}

/**
 * The most likely sets, most likely first. Best first: what a prefix can still become is known exactly, so nothing is looked at
 * that does not come out. In logarithms, because the product of many small shares is smaller than any number.
 */
export function likeliestSets(family: Family, probabilities: ArrayLike<number>, most: number): LikelySet[] {
  const { diagram, root } = family;
  const gain = Float64Array.from(probabilities, (share) => Math.log(share));
  const best = new Float64Array(Math.max(2, diagram.size())).fill(-Infinity);
  best[1] = 0;
  for (let node = 2; node <= root; node += 1)
    best[node] = Math.max(
      best[diagram.low(node)] ?? -Infinity,
      (gain[diagram.level(node)] ?? 0) + (best[diagram.high(node)] ?? -Infinity),
    );
  const found: LikelySet[] = [];
  const open = newHeap<Prefix>((prefix) => prefix.best);
  if (root !== 0) open.push({ node: root, last: null, soFar: 0, best: best[root] ?? -Infinity });
  for (let prefix = open.pop(); prefix !== undefined && found.length < most; prefix = open.pop()) {
    let { node, last, soFar } = prefix;
    // Follow the best way down; the ways not taken wait for their turn.
    while (node > 1) {
      const low = diagram.low(node);
      const high = diagram.high(node);
      const level = diagram.level(node);
      const withIt = soFar + (gain[level] ?? 0);
      const ifTaken = withIt + (best[high] ?? -Infinity);
      const ifNot = soFar + (best[low] ?? -Infinity);
      if (ifTaken >= ifNot) {
        if (low !== 0) open.push({ node: low, last, soFar, best: ifNot });
        last = { level, before: last };
        soFar = withIt;
        node = high;
      } else {
        open.push({ node: high, last: { level, before: last }, soFar: withIt, best: ifTaken });
        node = low;
      }
    }
    found.push(setOf(last, probabilities));
  }
  return found;
}

function setOf(last: Chosen | null, probabilities: ArrayLike<number>): LikelySet {
  const levels: number[] = [];
  let probability = 1;
  for (let each = last; each !== null; each = each.before) {
    levels.push(each.level);
    probability *= probabilities[each.level] ?? 0;
  }
  return { levels: levels.toReversed(), probability };
}
