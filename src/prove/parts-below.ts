// Which parts each gate looks at, near or far, as sets of bits.

import type { Gate } from './fault-tree.ts';
import { childrenOf } from './fault-tree.ts';

/** Questions about what stands below gates. */
export interface PartsBelow {
  /** True when no part stands below two of these gates: they are independent then. */
  shareNothing(gates: readonly number[]): boolean;
  /** True when one of these parts stands below the gate. */
  has(gate: number, parts: readonly number[]): boolean;
  /** All of them, ascending. */
  list(gate: number): number[];
}

/** More than so many words of bits (200 MB) are not made. */
const mostWords = 50_000_000;

/** For a structure too large to keep them: nothing is known to be apart. */
const unknown: PartsBelow = { shareNothing: () => false, has: () => true, list: () => [] };

/** The sets of all marked gates. */
export function partsBelow(gates: readonly Gate[], marked: Uint8Array, parts: number): PartsBelow {
  const words = Math.ceil(parts / 32);
  if (words * marked.reduce((sum, mark) => sum + mark, 0) > mostWords) return unknown;
  const empty = new Uint32Array(words);
  const sets = gates.map(() => empty);
  for (const [index, gate] of gates.entries()) {
    if (marked[index] !== 1) continue;
    const set = new Uint32Array(words);
    if (gate.kind === 'part') set[gate.part >>> 5] = 1 << (gate.part & 31);
    for (const child of childrenOf(gate)) {
      const other = sets[child] ?? empty;
      for (let word = 0; word < words; word += 1) set[word] = (set[word] ?? 0) | (other[word] ?? 0);
    }
    sets[index] = set;
  }
  return {
    shareNothing(of) {
      const seen = new Uint32Array(words);
      for (const gate of of) {
        const set = sets[gate] ?? empty;
        for (let word = 0; word < words; word += 1) {
          if (((seen[word] ?? 0) & (set[word] ?? 0)) !== 0) return false;
          seen[word] = (seen[word] ?? 0) | (set[word] ?? 0);
        }
      }
      return true;
    },
    list(gate) {
      const made: number[] = [];
      for (const [word, bits] of (sets[gate] ?? empty).entries())
        for (let rest = bits; rest !== 0; rest &= rest - 1) made.push(word * 32 + (31 - Math.clz32(rest & -rest)));
      return made;
    },
    has: (gate, of) => of.some((part) => ((sets[gate]?.[part >>> 5] ?? 0) & (1 << (part & 31))) !== 0),
  };
}
