// From gates to a decision diagram, within a budget: several orders are tried with little work each, then the best ones with more.

import type { Bdd } from './bdd.ts';
import { falseNode, newBdd, trueNode } from './bdd.ts';
import type { Budget } from './diagram.ts';
import { outOfReach } from './diagram.ts';
import type { Gate } from './fault-tree.ts';
import { childrenOf, reachableFrom } from './fault-tree.ts';
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

/** Steps for each order, in rounds; the few that came farthest then share what is left. */
const rounds = [20_000, 100_000];
const finalists = 3;

/** The diagram of these gates, or null when it is out of reach within the budget. Its order has room for the parts of `later`, too. */
export function compile(
  gates: readonly Gate[],
  roots: readonly number[],
  later: readonly number[],
  budget: Budget,
): Compiled | null {
  const contenders = ordersFor(gates, [...roots, ...later]).map((make) => ({
    make,
    order: null as Order | null,
    reached: 0,
  }));
  const attempt = (each: (typeof contenders)[number], steps: number): Compiled | null => {
    each.order ??= each.make();
    const own: Budget = { steps: Math.min(steps, budget.steps) };
    const allowed = own.steps;
    const found = compileInOrder(gates, roots, each.order, own);
    budget.steps -= allowed - Math.max(0, own.steps);
    if (typeof found !== 'number') return found;
    each.reached = found;
    return null;
  };
  for (const steps of rounds)
    for (const each of contenders) {
      const found = attempt(each, steps);
      if (found !== null) return found;
      if (budget.steps <= 0) return null;
    }
  const best = contenders.toSorted((a, b) => b.reached - a.reached).slice(0, finalists);
  for (const [index, each] of best.entries()) {
    const found = attempt(each, budget.steps / (best.length - index));
    if (found !== null) return found;
  }
  return null;
}

/** The diagram in one given order; or, when it is out of reach, how many gates were made. */
export function compileInOrder(
  gates: readonly Gate[],
  roots: readonly number[],
  order: Order,
  budget: Budget,
): Compiled | number {
  const work: Budget = { steps: budget.steps };
  const bdd = newBdd(order.length, work);
  const levelOf = new Map(order.map((part, level) => [part, level]));
  const nodes = new Int32Array(gates.length).fill(outOfReach);
  const depths = depthsOf(gates, levelOf);
  const make = (gate: number, own: Budget): number | null => {
    const before = nodes[gate] ?? outOfReach;
    if (before !== outOfReach) return before;
    // Looking through the gates is work, too.
    work.steps = own.steps - (gate >> 6);
    const joined = joinedAt(gates, gate);
    const marked = reachableFrom(gates, joined, (index) => nodes[index] !== outOfReach);
    let reached = true;
    for (let index = 0; index <= gate && reached; index += 1) {
      const each = gates[index];
      if (marked[index] !== 1 || each === undefined || nodes[index] !== outOfReach) continue;
      nodes[index] = nodeOf(bdd, each, childrenOf(each), nodes, depths, levelOf);
      reached = nodes[index] !== outOfReach;
    }
    const top = gates[gate];
    if (reached && top !== undefined) nodes[gate] = nodeOf(bdd, top, joined, nodes, depths, levelOf);
    own.steps = work.steps;
    return reached && nodes[gate] !== outOfReach ? (nodes[gate] ?? null) : null;
  };
  const made: number[] = [];
  for (const root of roots) {
    const node = make(root, budget);
    if (node === null) return nodes.reduce((count, each) => (each === outOfReach ? count : count + 1), 0);
    made.push(node);
  }
  return { bdd, order, roots: made, extend: make };
}

/**
 * What a gate joins, gates of the same kind looked through: so that all of it can be joined from the bottom of the order upwards,
 * and what is looked through need not be made.
 */
function joinedAt(gates: readonly Gate[], gate: number): number[] {
  const kind = gates[gate]?.kind;
  if (kind !== 'and' && kind !== 'or') return [...childrenOf(gates[gate])];
  const made: number[] = [];
  const seen = new Set([gate]);
  for (const index of seen)
    if (gates[index]?.kind === kind) for (const child of childrenOf(gates[index])) seen.add(child);
    else made.push(index);
  return made;
}

/** For each gate the deepest level that it asks for. */
function depthsOf(gates: readonly Gate[], levelOf: ReadonlyMap<number, number>): Int32Array {
  const depths = new Int32Array(gates.length).fill(-1);
  for (const [index, gate] of gates.entries())
    depths[index] =
      gate.kind === 'part'
        ? (levelOf.get(gate.part) ?? -1)
        : childrenOf(gate).reduce((most, child) => Math.max(most, depths[child] ?? -1), -1);
  return depths;
}

function nodeOf(
  bdd: Bdd,
  gate: Gate,
  of: readonly number[],
  nodes: Int32Array,
  depths: Int32Array,
  levelOf: ReadonlyMap<number, number>,
): number {
  const deepestFirst = (): number[] =>
    of.toSorted((a, b) => (depths[b] ?? -1) - (depths[a] ?? -1)).map((child) => nodes[child] ?? 0);
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
      for (const child of deepestFirst()) {
        made = gate.kind === 'and' ? bdd.and(child, made) : bdd.or(child, made);
        if (made === outOfReach) return outOfReach;
      }
      return made;
    }
    case 'atLeast':
      return countingNode(bdd, gate.k, deepestFirst());
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
