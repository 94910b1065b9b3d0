// The likeliest cut sets of a fault tree without a decision diagram: gates are opened from the root down (MOCUS, Fussell and Vesely
// 1972), always where most of the probability may still lie, and with a bound on all that was not opened.

import type { Gate } from './fault-tree.ts';
import { childrenOf, reachableFrom } from './fault-tree.ts';
import { newHeap } from './heap.ts';
import type { PartsBelow } from './parts-below.ts';
import { partsBelow } from './parts-below.ts';
import { propagation } from './propagate.ts';

interface LikelyCuts {
  /** Minimal ones, as parts, the most likely first. */
  readonly cutSets: readonly (readonly number[])[];
  /** At most this is the probability that any set outside of these has failed whole. */
  readonly remainder: number;
  /** No other cut set is smaller than this. */
  readonly leastOpen: number;
}

/** What has failed so far, what must fail, too, and a bound on the probability of both. */
interface Open {
  readonly parts: readonly number[];
  readonly gates: readonly number[];
  readonly share: number;
  readonly bound: number;
}

const mostOpened = 40_000;
const mostFound = 3000;

/** `high`: for each gate an upper bound of its probability. The gates must be free of `atLeast`. */
export function findLikelyCuts(
  gates: readonly Gate[],
  shares: readonly number[],
  root: number,
  high: Float64Array,
): LikelyCuts {
  const below = partsBelow(gates, reachableFrom(gates, [root]), shares.length);
  const fails = failing(gates, root);
  const open = newHeap<Open>((each) => each.bound);
  const seen = new Set<string>();
  const found = new Map<string, readonly number[]>();
  open.push({ parts: [], gates: [root], share: 1, bound: high[root] ?? 1 });
  for (let opened = 0; opened < mostOpened && found.size < mostFound; opened += 1) {
    const best = open.pop();
    if (best === undefined) break;
    const gate = best.gates.at(-1);
    if (gate === undefined) {
      const set = smallestWithin(best.parts, fails);
      found.set(set.join(' '), set);
      continue;
    }
    for (const next of openedAt(best, gate, gates, shares)) {
      const key = `${next.parts.join(' ')}|${next.gates.toSorted((a, b) => a - b).join(' ')}`;
      if (seen.has(key)) continue;
      seen.add(key);
      open.push({ ...next, bound: boundOf(next, below, high) });
    }
  }
  const rest = open.rest();
  const least = leastSizes(gates, below);
  const shareOf = (set: readonly number[]): number => set.reduce((made, part) => made * (shares[part] ?? 0), 1);
  return {
    cutSets: [...found.values()].toSorted((a, b) => shareOf(b) - shareOf(a)),
    remainder: rest.reduce((sum, each) => sum + each.bound, 0),
    leastOpen: Math.min(
      Infinity,
      ...rest.map((each) => Math.max(each.parts.length, ...each.gates.map((gate) => least[gate] ?? 0))),
    ),
  };
}

/** The parts' product; times what a gate that shares no part with them can add. */
function boundOf(of: Omit<Open, 'bound'>, below: PartsBelow, high: Float64Array): number {
  let factor = 1;
  for (const gate of of.gates) {
    const most = high[gate] ?? 1;
    if (most < factor && !below.has(gate, of.parts)) factor = most;
  }
  return of.share * factor;
}

function openedAt(from: Open, index: number, gates: readonly Gate[], shares: readonly number[]): Omit<Open, 'bound'>[] {
  const rest = from.gates.slice(0, -1);
  const gate = gates[index];
  switch (gate?.kind) {
    case 'always':
      return [{ ...from, gates: rest }];
    case 'part':
      return from.parts.includes(gate.part)
        ? [{ ...from, gates: rest }]
        : [
            {
              parts: [...from.parts, gate.part].toSorted((a, b) => a - b),
              gates: rest,
              share: from.share * (shares[gate.part] ?? 0),
            },
          ];
    case 'and':
      return [{ ...from, gates: [...new Set([...rest, ...gate.of])] }];
    case 'or':
      return gate.of.map((child) => ({ ...from, gates: rest.includes(child) ? rest : [...rest, child] }));
    case 'atLeast':
    case 'never':
    case undefined:
      return [];
    default:
      return gate satisfies never;
  }
}

/** A minimal cut set inside this cut set: parts that can be spared are, one after the other. */
function smallestWithin(parts: readonly number[], fails: (parts: readonly number[]) => boolean): readonly number[] {
  let kept = parts;
  for (const part of parts) {
    const without = kept.filter((each) => each !== part);
    if (fails(without)) kept = without;
  }
  return kept;
}

function failing(gates: readonly Gate[], root: number): (parts: readonly number[]) => boolean {
  const propagate = propagation(gates);
  const leaves = new Map(
    gates.entries().flatMap(([index, gate]) => (gate.kind === 'part' ? [[gate.part, index] as const] : [])),
  );
  return (parts) => propagate(parts.map((part) => leaves.get(part) ?? 0)).has(root);
}

/** For each gate a size that none of its cut sets is below. */
function leastSizes(gates: readonly Gate[], below: PartsBelow): Float64Array {
  const least = new Float64Array(gates.length);
  for (const [index, gate] of gates.entries()) {
    const of = childrenOf(gate).map((child) => least[child] ?? 0);
    if (gate.kind === 'never') least[index] = Infinity;
    else if (gate.kind === 'part') least[index] = 1;
    else if (gate.kind === 'and')
      least[index] = below.shareNothing(gate.of) ? of.reduce((sum, each) => sum + each, 0) : Math.max(...of);
    else if (gate.kind === 'or') least[index] = Math.min(...of);
  }
  return least;
}
