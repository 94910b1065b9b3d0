// Reduced ordered binary decision diagrams of monotone functions (Bryant 1986): does the whole fail, given which parts have failed.
// Only "and" and "or" are needed, since a failure never repairs anything. With a stack of its own: a diagram may be deeper
// than the engine's stack.

import type { Budget, Diagram } from './diagram.ts';
import { newDiagram, newForgetful, outOfReach } from './diagram.ts';

/** A diagram that grows by "and" and "or" of its own nodes. */
export interface Bdd extends Diagram {
  variable(level: number): number;
  /** These answer `outOfReach` when the budget is used up. */
  and(a: number, b: number): number;
  or(a: number, b: number): number;
}

/** The leaf of what never fails. */
export const falseNode = 0;

/** The leaf of what has failed. */
export const trueNode = 1;

/** An empty diagram that works within this budget; each node looked at anew costs one step. */
export function newBdd(levels: number, budget: Budget): Bdd {
  const diagram = newDiagram(levels);
  const known = newForgetful();
  const make = (level: number, low: number, high: number): number =>
    low === high ? low : diagram.node(level, low, high);

  // Frames of the walk: the pair asked for, what its low half came to, and how far it is. As deep as there are levels.
  const leftOf = new Int32Array(levels + 2);
  const rightOf = new Int32Array(levels + 2);
  const lowResult = new Int32Array(levels + 2);
  const stage = new Uint8Array(levels + 2);

  const apply = (isAnd: boolean, a: number, b: number): number => {
    const ruling = isAnd ? falseNode : trueNode;
    const neutral = isAnd ? trueNode : falseNode;
    const bit = isAnd ? 1 : 0;
    let result = outOfReach;
    let top = 0;
    leftOf[0] = a;
    rightOf[0] = b;
    stage[0] = 0;
    while (top >= 0) {
      let left = leftOf[top] ?? 0;
      let right = rightOf[top] ?? 0;
      const done = stage[top] ?? 0;
      if (done === 0) {
        if (left === right || right === neutral || left === ruling) {
          result = left;
          top -= 1;
          continue;
        }
        if (left === neutral || right === ruling) {
          result = right;
          top -= 1;
          continue;
        }
        if (left > right) {
          [left, right] = [right, left];
          leftOf[top] = left;
          rightOf[top] = right;
        }
        const before = known.get(left * 2 + bit, right);
        if (before !== outOfReach) {
          result = before;
          top -= 1;
          continue;
        }
        budget.steps -= 1;
        if (budget.steps < 0) return outOfReach;
        stage[top] = 1;
        const level = Math.min(diagram.level(left), diagram.level(right));
        top += 1;
        leftOf[top] = diagram.level(left) === level ? diagram.low(left) : left;
        rightOf[top] = diagram.level(right) === level ? diagram.low(right) : right;
        stage[top] = 0;
      } else if (done === 1) {
        lowResult[top] = result;
        stage[top] = 2;
        const level = Math.min(diagram.level(left), diagram.level(right));
        top += 1;
        leftOf[top] = diagram.level(left) === level ? diagram.high(left) : left;
        rightOf[top] = diagram.level(right) === level ? diagram.high(right) : right;
        stage[top] = 0;
      } else {
        const level = Math.min(diagram.level(left), diagram.level(right));
        result = make(level, lowResult[top] ?? 0, result);
        if (result === outOfReach) return outOfReach;
        known.set(left * 2 + bit, right, result);
        top -= 1;
      }
    }
    return result;
  };

  return {
    ...diagram,
    variable: (level) => make(level, falseNode, trueNode),
    and: (a, b) => apply(true, a, b),
    or: (a, b) => apply(false, a, b),
  };
}

/** Marks every node below `root`, itself included. */
export function nodesBelow(diagram: Diagram, roots: readonly number[]): Uint8Array {
  const marked = new Uint8Array(diagram.size());
  for (const root of roots) marked[root] = 1;
  for (let node = diagram.size() - 1; node > 1; node -= 1)
    if (marked[node] === 1) {
      marked[diagram.low(node)] = 1;
      marked[diagram.high(node)] = 1;
    }
  return marked;
}

/** For every node, the probability that it comes out true; `probabilities` by level. Sums of positive terms alone, so nothing cancels. */
export function probabilitiesOf(diagram: Diagram, probabilities: ArrayLike<number>): Float64Array {
  const made = new Float64Array(diagram.size());
  made[trueNode] = 1;
  for (let node = 2; node < made.length; node += 1) {
    const failed = probabilities[diagram.level(node)] ?? 0;
    made[node] = (1 - failed) * (made[diagram.low(node)] ?? 0) + failed * (made[diagram.high(node)] ?? 0);
  }
  return made;
}

/**
 * For every node, the fewest variables that make it true; Infinity where none do. For a monotone function: the size of its smallest cut
 * set. `spared`: levels that never fail.
 */
export function smallestOf(diagram: Diagram, spared: (level: number) => boolean = () => false): Float64Array {
  const made = new Float64Array(diagram.size());
  made[falseNode] = Infinity;
  made[trueNode] = 0;
  for (let node = 2; node < made.length; node += 1)
    made[node] = Math.min(
      made[diagram.low(node)] ?? Infinity,
      spared(diagram.level(node)) ? Infinity : 1 + (made[diagram.high(node)] ?? Infinity),
    );
  return made;
}

/**
 * ∂P(root)/∂P(variable) for every level: Birnbaum's importance, what the failure of one part alone changes.
 * One pass down with the probability that a node is reached.
 */
export function birnbaumOf(
  diagram: Diagram,
  root: number,
  probabilities: ArrayLike<number>,
  of: Float64Array,
): Float64Array {
  const reached = new Float64Array(diagram.size());
  const importance = new Float64Array(diagram.levels);
  reached[root] = 1;
  for (let node = root; node > 1; node -= 1) {
    const here = reached[node] ?? 0;
    if (here === 0) continue;
    const level = diagram.level(node);
    const low = diagram.low(node);
    const high = diagram.high(node);
    const failed = probabilities[level] ?? 0;
    reached[low] = (reached[low] ?? 0) + here * (1 - failed);
    reached[high] = (reached[high] ?? 0) + here * failed;
    importance[level] = (importance[level] ?? 0) + here * ((of[high] ?? 0) - (of[low] ?? 0));
  }
  return importance;
}
