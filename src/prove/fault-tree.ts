// When does something fail: gates over parts, as a graph with shared pieces, in terms of failure. The opposite of `needs`, which
// speaks of standing. Gates are numbered so that what a gate looks at always has a smaller number: every pass is one loop, and
// no chain is too long for a stack.

/** When something fails; `of` holds numbers of gates. */
export type Gate =
  | { readonly kind: 'never' }
  | { readonly kind: 'always' }
  /** Fails with this part. */
  | { readonly kind: 'part'; readonly part: number }
  | { readonly kind: 'and'; readonly of: readonly number[] }
  | { readonly kind: 'or'; readonly of: readonly number[] }
  /** Fails when at least `k` of these have; 1 < k < number of these. */
  | { readonly kind: 'atLeast'; readonly k: number; readonly of: readonly number[] };

/** Makes gates; equal gates are made once. What can be seen to be constant, or the same as another, is simplified at once. */
export interface FaultTree {
  readonly gates: readonly Gate[];
  never(): number;
  part(part: number): number;
  and(of: readonly number[]): number;
  or(of: readonly number[]): number;
  /** Repeated gates count as often as they stand there. */
  atLeast(k: number, of: readonly number[]): number;
}

/** An empty tree. */
export function newFaultTree(): FaultTree {
  const gates: Gate[] = [{ kind: 'never' }, { kind: 'always' }];
  const known = new Map<string, number>();
  const add = (key: string, gate: Gate): number => {
    const before = known.get(key);
    if (before !== undefined) return before;
    gates.push(gate);
    known.set(key, gates.length - 1);
    return gates.length - 1;
  };
  const join = (kind: 'and' | 'or', of: readonly number[]): number => {
    const [neutral, ruling] = kind === 'or' ? [never, always] : [always, never];
    if (of.includes(ruling)) return ruling;
    const rest = [...new Set(of)].filter((gate) => gate !== neutral);
    const [first] = rest;
    if (first === undefined) return neutral;
    if (rest.length === 1) return first;
    return add(`${kind} ${rest.toSorted((a, b) => a - b).join(' ')}`, { kind, of: rest });
  };
  const tree: FaultTree = {
    gates,
    never: () => never,
    part: (part) => add(`part ${part}`, { kind: 'part', part }),
    and: (of) => join('and', of),
    or: (of) => join('or', of),
    atLeast(k, of) {
      const sure = of.filter((gate) => gate === always).length;
      const open = of.filter((gate) => gate !== always && gate !== never);
      const left = k - sure;
      if (left <= 0) return always;
      if (left > open.length) return never;
      if (left === 1) return join('or', open);
      if (left === open.length) return join('and', open);
      return add(`${left} of ${open.toSorted((a, b) => a - b).join(' ')}`, { kind: 'atLeast', k: left, of: open });
    },
  };
  return tree;
}

/** Marks every gate that these look at, themselves included; what lies behind an `end` only when something else leads there. */
export function reachableFrom(
  gates: readonly Gate[],
  roots: readonly number[],
  end: (gate: number) => boolean = () => false,
): Uint8Array {
  const marked = new Uint8Array(gates.length);
  for (const root of roots) marked[root] = 1;
  for (let index = roots.reduce((most, root) => Math.max(most, root), 0); index >= 0; index -= 1)
    if (marked[index] === 1 && !end(index)) for (const child of childrenOf(gates[index])) marked[child] = 1;
  return marked;
}

/** A gate with all that it looks at, numbered anew, the gate itself last: so that asking about it costs only what it is made of. */
export function cutOut(gates: readonly Gate[], root: number): readonly Gate[] {
  const found = new Set([root]);
  for (const index of found) for (const child of childrenOf(gates[index])) found.add(child);
  const kept = [...found].toSorted((a, b) => a - b);
  const place = new Map(kept.map((index, at) => [index, at]));
  const moved = (of: readonly number[]): number[] => of.map((child) => place.get(child) ?? 0);
  return kept.flatMap((index): Gate[] => {
    const gate = gates[index];
    if (gate === undefined) return [];
    return gate.kind === 'and' || gate.kind === 'or' || gate.kind === 'atLeast'
      ? [{ ...gate, of: moved(gate.of) }]
      : [gate];
  });
}

/** What a gate looks at. */
export function childrenOf(gate: Gate | undefined): readonly number[] {
  if (gate === undefined) return none;
  switch (gate.kind) {
    case 'and':
    case 'or':
    case 'atLeast':
      return gate.of;
    case 'part':
    case 'never':
    case 'always':
      return none;
    default:
      return gate satisfies never;
  }
}

const never = 0;
const always = 1;
const none: readonly number[] = [];
