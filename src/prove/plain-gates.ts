// "At least k of these", said with "and" and "or" alone, for passes that know no other gates.

import type { FaultTree, Gate } from './fault-tree.ts';
import { newFaultTree, reachableFrom } from './fault-tree.ts';

/** The same functions without `atLeast`. */
export function plainGates(
  gates: readonly Gate[],
  roots: readonly number[],
): { readonly gates: readonly Gate[]; readonly roots: readonly number[] } {
  const tree = newFaultTree();
  const marked = reachableFrom(gates, roots);
  const made = new Map<number, number>();
  const of = (children: readonly number[]): number[] => children.map((child) => made.get(child) ?? 0);
  for (const [index, gate] of gates.entries()) {
    if (marked[index] !== 1) continue;
    switch (gate.kind) {
      case 'never':
        made.set(index, tree.never());
        break;
      case 'always':
        made.set(index, tree.and([]));
        break;
      case 'part':
        made.set(index, tree.part(gate.part));
        break;
      case 'and':
        made.set(index, tree.and(of(gate.of)));
        break;
      case 'or':
        made.set(index, tree.or(of(gate.of)));
        break;
      case 'atLeast':
        made.set(index, counted(tree, gate.k, of(gate.of)));
        break;
      default:
        gate satisfies never;
    }
  }
  return { gates: tree.gates, roots: of(roots) };
}

/** Row by row: at least j of those seen so far. */
function counted(tree: FaultTree, k: number, of: readonly number[]): number {
  const row: number[] = Array.from({ length: k + 1 }, (_, j) => (j === 0 ? tree.and([]) : tree.never()));
  for (const child of of)
    for (let j = k; j >= 1; j -= 1) row[j] = tree.or([row[j] ?? 0, tree.and([child, row[j - 1] ?? 0])]);
  return row[k] ?? 0;
}
