// What fails when these gates do and nothing else: followed upwards from them alone, so that asking costs only what is touched.

import type { Gate } from './fault-tree.ts';
import { childrenOf } from './fault-tree.ts';

/** Every gate that fails when these have. */
type Propagate = (failed: Iterable<number>) => ReadonlySet<number>;

/** Prepares a tree for asking often. */
export function propagation(gates: readonly Gate[]): Propagate {
  const above: number[][] = gates.map(() => []);
  for (const [index, gate] of gates.entries()) for (const child of childrenOf(gate)) above[child]?.push(index);
  const needed = gates.map((gate) => (gate.kind === 'and' ? gate.of.length : gate.kind === 'atLeast' ? gate.k : 1));
  return (failed) => {
    const down = new Set<number>(failed);
    const counts = new Map<number, number>();
    for (const gate of down)
      for (const parent of above[gate] ?? []) {
        const count = (counts.get(parent) ?? 0) + 1;
        counts.set(parent, count);
        if (count >= (needed[parent] ?? 1)) down.add(parent);
      }
    return down;
  };
}
