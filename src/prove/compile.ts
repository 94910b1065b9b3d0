// From gates to a decision diagram, within a budget: several orders are tried with little work each, then the best ones with more.

import type { Bdd } from './bdd.ts';
import { falseNode, newBdd, trueNode } from './bdd.ts';
import type { Budget } from './diagram.ts';
import { outOfReach } from './diagram.ts';
import type { Gate } from './fault-tree.ts';
import { reachableFrom } from './fault-tree.ts';
import type { Order } from './order.ts';
import { ordersFor } from './order.ts';

/** A diagram that holds several gates at once, over one order of parts. */
export interface Compiled {
  readonly bdd: Bdd;
  /** The part asked for at each level. */
  readonly order: Order;
  /** The node of each root, as given. */
  readonly roots: readonly number[];
  /** The node of one more gate, of those that the order was made for; null when it is out of reach within the budget. */
  extend(gate: number, budget: Budget): number | null;
}

/** Steps for a first try of each order, and how much more each round allows. */
const firstSteps = 100_000;
const more = 8;

/** The diagram of these gates, or null when it is out of reach within the budget. Its order has room for the parts of `later`, too. */
export function compile(
  gates: readonly Gate[],
  roots: readonly number[],
  later: readonly number[],
  budget: Budget,
): Compiled | null {
  const orders = ordersFor(gates, [...roots, ...later]).map((make) => ({ make, order: null as Order | null }));
  for (let steps = firstSteps; budget.steps > 0; steps *= more)
    for (const each of orders) {
      each.order ??= each.make();
      const allowed = Math.min(steps, budget.steps);
      const own: Budget = { steps: allowed };
      const compiled = compileInOrder(gates, roots, each.order, own);
      budget.steps -= allowed - Math.max(0, own.steps);
      if (compiled !== null) return compiled;
      if (budget.steps <= 0) return null;
    }
  return null;
}

/** The diagram in one given order. */
export function compileInOrder(
  gates: readonly Gate[],
  roots: readonly number[],
  order: Order,
  budget: Budget,
): Compiled | null {
  const work: Budget = { steps: budget.steps };
  const bdd = newBdd(order.length, work);
  const levelOf = new Map(order.map((part, level) => [part, level]));
  const nodes = new Int32Array(gates.length).fill(outOfReach);
  const make = (gate: number, own: Budget): number | null => {
    const before = nodes[gate] ?? outOfReach;
    if (before !== outOfReach) return before;
    // Looking through the gates is work, too.
    work.steps = own.steps - (gate >> 6);
    const marked = reachableFrom(gates, [gate], (index) => nodes[index] !== outOfReach);
    let reached = true;
    for (let index = 0; index <= gate && reached; index += 1) {
      const each = gates[index];
      if (marked[index] !== 1 || each === undefined || nodes[index] !== outOfReach) continue;
      nodes[index] = nodeOf(bdd, each, nodes, levelOf);
      reached = nodes[index] !== outOfReach;
    }
    own.steps = work.steps;
    return reached ? (nodes[gate] ?? null) : null;
  };
  const made: number[] = [];
  for (const root of roots) {
    const node = make(root, budget);
    if (node === null) return null;
    made.push(node);
  }
  return { bdd, order, roots: made, extend: make };
}

function nodeOf(bdd: Bdd, gate: Gate, nodes: Int32Array, levelOf: ReadonlyMap<number, number>): number {
  switch (gate.kind) {
    case 'never':
      return falseNode;
    case 'always':
      return trueNode;
    case 'part':
      return bdd.variable(levelOf.get(gate.part) ?? 0);
    case 'and':
    case 'or': {
      let made: number = gate.kind === 'and' ? trueNode : falseNode;
      for (const child of deepestFirst(bdd, gate.of, nodes)) {
        made = gate.kind === 'and' ? bdd.and(child, made) : bdd.or(child, made);
        if (made === outOfReach) return outOfReach;
      }
      return made;
    }
    case 'atLeast':
      return countingNode(bdd, gate.k, deepestFirst(bdd, gate.of, nodes));
    default:
      return gate satisfies never;
  }
}

/** At least k of these: row by row, `made[j]` is "at least j of those seen so far". */
function countingNode(bdd: Bdd, k: number, of: readonly number[]): number {
  const made: number[] = Array.from({ length: k + 1 }, (_, j) => (j === 0 ? trueNode : falseNode));
  for (const [seen, child] of of.entries())
    for (let j = Math.min(k, seen + 1); j >= 1; j -= 1) {
      // What can no longer reach k in the end need not be known.
      if (j + (of.length - 1 - seen) < k) break;
      const oneMore = bdd.and(child, made[j - 1] ?? falseNode);
      if (oneMore === outOfReach) return outOfReach;
      const either = bdd.or(oneMore, made[j] ?? falseNode);
      if (either === outOfReach) return outOfReach;
      made[j] = either;
    }
  return made[k] ?? falseNode;
}

/** What stands deepest joins first, so that what is made so far is walked through as seldom as possible. */
function deepestFirst(bdd: Bdd, of: readonly number[], nodes: Int32Array): number[] {
  return of.map((gate) => nodes[gate] ?? 0).sort((a, b) => bdd.level(b) - bdd.level(a));
}
