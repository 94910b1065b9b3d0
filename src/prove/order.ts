// In which order a decision diagram asks for the parts decides how large it grows, by many orders of magnitude, and no rule is always
// good. So there are several, tried in turn with little work each (compile.ts). All keep near each other what fails together.

import type { Gate } from './fault-tree.ts';
import { childrenOf, reachableFrom } from './fault-tree.ts';
import { partsBelow } from './parts-below.ts';

/** Parts in the order to ask, top first. Every part that the roots look at occurs once. */
export type Order = readonly number[];

/** The orders to try, the most promising first. */
export function ordersFor(gates: readonly Gate[], roots: readonly number[]): (() => Order)[] {
  const marked = reachableFrom(gates, roots);
  const written = (): Order => depthFirst(gates, roots, (of) => of);
  const smallFirst = (): Order => {
    const weight = weights(gates, marked);
    return depthFirst(gates, roots, (of) => of.toSorted((a, b) => (weight[a] ?? 0) - (weight[b] ?? 0)));
  };
  const sharedFirst = (): Order => {
    const parents = parentCounts(gates, marked);
    return depthFirst(gates, roots, (of) => of.toSorted((a, b) => (parents[b] ?? 0) - (parents[a] ?? 0)));
  };
  const largeFirst = (): Order => {
    const weight = weights(gates, marked);
    return depthFirst(gates, roots, (of) => of.toSorted((a, b) => (weight[b] ?? 0) - (weight[a] ?? 0)));
  };
  const clustered = (): Order => depthFirst(gates, roots, arrangedBySharing(gates, marked));
  return [
    clustered,
    written,
    smallFirst,
    () => pulledTogether(gates, marked, written()),
    () => pulledTogether(gates, marked, smallFirst()),
    sharedFirst,
    largeFirst,
    () => breadthFirst(gates, roots),
  ];
}

/** As a reader of the description meets them; `arrange` says in which order a gate's children are read. */
function depthFirst(
  gates: readonly Gate[],
  roots: readonly number[],
  arrange: (of: readonly number[], gate: Gate) => readonly number[],
): Order {
  const order: number[] = [];
  const seen = new Uint8Array(gates.length);
  const open: number[] = roots.toReversed();
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen[index] === 1) continue;
    seen[index] = 1;
    const gate = gates[index];
    if (gate?.kind === 'part') order.push(gate.part);
    else if (gate !== undefined) for (const child of arrange(childrenOf(gate), gate).toReversed()) open.push(child);
  }
  return order;
}

/**
 * Reads the children of a gate, gates of the same kind looked through, so that those that share parts follow each other: always next
 * the one that leaves the fewest parts waiting for a later child. That is what keeps five hundred services on the
 * same hosts apart from all others.
 */
function arrangedBySharing(
  gates: readonly Gate[],
  marked: Uint8Array,
): (of: readonly number[], gate: Gate) => readonly number[] {
  const parts = gates.reduce((most, gate) => (gate.kind === 'part' ? Math.max(most, gate.part + 1) : most), 0);
  const below = partsBelow(gates, marked, parts);
  const lookedThrough = new Set<number>();
  return (of, gate) => {
    const children = flattened(gates, of, gate.kind, lookedThrough);
    return children.length > mostArranged ? children : arranged(children.map((child) => [child, below.list(child)]));
  };
}

/** Arranging is quadratic. */
const mostArranged = 3000;

/** Children of children of the same kind are children; each is given once, to whoever comes first. */
function flattened(gates: readonly Gate[], of: readonly number[], kind: Gate['kind'], seen: Set<number>): number[] {
  const made: number[] = [];
  const open = of.toReversed();
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const gate = gates[index];
    if (gate?.kind === kind && kind !== 'atLeast') open.push(...childrenOf(gate).toReversed());
    else made.push(index);
  }
  return made;
}

function arranged(children: readonly (readonly [gate: number, parts: readonly number[]])[]): number[] {
  const users = new Map<number, number>();
  for (const [, parts] of children) for (const part of parts) users.set(part, (users.get(part) ?? 0) + 1);
  const shared = children.map(([gate, parts]) => ({
    gate,
    parts: parts.filter((part) => (users.get(part) ?? 0) > 1),
    done: false,
  }));
  const open = new Set<number>();
  const made: number[] = [];
  while (made.length < shared.length) {
    let best: (typeof shared)[number] | null = null;
    let bestCost = Infinity;
    for (const each of shared) {
      if (each.done) continue;
      let cost = 0;
      for (const part of each.parts) {
        if (!open.has(part)) cost += 1;
        if (users.get(part) === 1) cost -= 1;
      }
      if (cost < bestCost) {
        best = each;
        bestCost = cost;
      }
    }
    if (best === null) break;
    best.done = true;
    made.push(best.gate);
    for (const part of best.parts) {
      const left = (users.get(part) ?? 1) - 1;
      users.set(part, left);
      if (left === 0) open.delete(part);
      else open.add(part);
    }
  }
  return made;
}

function breadthFirst(gates: readonly Gate[], roots: readonly number[]): Order {
  const order: number[] = [];
  const seen = new Uint8Array(gates.length);
  const queue = [...roots];
  for (const index of queue) {
    if (seen[index] === 1) continue;
    seen[index] = 1;
    const gate = gates[index];
    if (gate?.kind === 'part') order.push(gate.part);
    else queue.push(...childrenOf(gate));
  }
  return order;
}

/** How many leaves stand below a gate, counted once per way to them. */
function weights(gates: readonly Gate[], marked: Uint8Array): Float64Array {
  const weight = new Float64Array(gates.length);
  for (const [index, gate] of gates.entries()) {
    if (marked[index] !== 1) continue;
    let sum = gate.kind === 'part' ? 1 : 0;
    for (const child of childrenOf(gate)) sum += weight[child] ?? 0;
    weight[index] = Math.min(sum, 1e300);
  }
  return weight;
}

function parentCounts(gates: readonly Gate[], marked: Uint8Array): Float64Array {
  const parents = new Float64Array(gates.length);
  for (const [index, gate] of gates.entries())
    if (marked[index] === 1) for (const child of childrenOf(gate)) parents[child] = (parents[child] ?? 0) + 1;
  return parents;
}

/** Rounds times gates; sorting that often takes about a second. */
const mostPulls = 200_000;

/**
 * FORCE (Aloul, Markov, Sakallah 2003): every gate pulls what it looks at to its centre of gravity, and itself is placed there; again
 * and again, keeping the order with the shortest total span.
 */
function pulledTogether(gates: readonly Gate[], marked: Uint8Array, start: Order): Order {
  const place = new Float64Array(gates.length);
  const leafOf = new Map<number, number>();
  for (const [index, gate] of gates.entries())
    if (gate.kind === 'part' && marked[index] === 1) leafOf.set(gate.part, index);
  for (const [position, part] of start.entries()) place[leafOf.get(part) ?? 0] = position;
  const joints = [...gates.entries()].filter(([index, gate]) => marked[index] === 1 && childrenOf(gate).length > 0);
  const innerStart = (): void => {
    for (const [index, gate] of joints) place[index] = mean(childrenOf(gate), place);
  };
  innerStart();
  let best: Order = start;
  let bestSpan = Infinity;
  const rounds = Math.min(60, Math.floor(mostPulls / (joints.length + 1)));
  for (let round = 0; round < rounds; round += 1) {
    const pull = new Float64Array(gates.length);
    const pullers = new Float64Array(gates.length);
    for (const [index, gate] of joints) {
      const of = childrenOf(gate);
      let sum = place[index] ?? 0;
      for (const child of of) sum += place[child] ?? 0;
      const centre = sum / (of.length + 1);
      for (const member of [index, ...of]) {
        pull[member] = (pull[member] ?? 0) + centre;
        pullers[member] = (pullers[member] ?? 0) + 1;
      }
    }
    const members = [...gates.keys()].filter((index) => (pullers[index] ?? 0) > 0);
    const centreOf = (index: number): number => (pull[index] ?? 0) / (pullers[index] ?? 1);
    members.sort((a, b) => centreOf(a) - centreOf(b));
    for (const [position, index] of members.entries()) place[index] = position;
    let span = 0;
    for (const [index, gate] of joints) {
      let least = place[index] ?? 0;
      let most = least;
      for (const child of childrenOf(gate)) {
        least = Math.min(least, place[child] ?? 0);
        most = Math.max(most, place[child] ?? 0);
      }
      span += most - least;
    }
    if (span < bestSpan) {
      bestSpan = span;
      best = members.flatMap((index) => {
        const gate = gates[index];
        return gate?.kind === 'part' ? [gate.part] : [];
      });
    } else if (round > 20) break;
  }
  return best.length === start.length ? best : start;
}

function mean(of: readonly number[], place: Float64Array): number {
  let sum = 0;
  for (const each of of) sum += place[each] ?? 0;
  return sum / of.length;
}
