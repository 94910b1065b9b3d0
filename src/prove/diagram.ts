// Nodes of a decision diagram: equal nodes are one node, and children have smaller numbers than their parents, so that a pass over
// all nodes is one loop. Typed arrays that grow, because a diagram may have millions of nodes.

/** How much work is left, in steps; shared by everything that a computation does. No clock, so that the same question always gets the same answer. */
export interface Budget {
  steps: number;
}

/** Instead of a node: the budget is used up. */
export const outOfReach = -1;

/** At most so many nodes in one diagram, whatever the budget: about 300 MB. */
const mostNodes = 6_000_000;

/** Nodes by number; a higher level is nearer to the leaves. */
export interface Diagram {
  readonly levels: number;
  /** Nodes so far; 0 and 1 are the leaves. */
  size(): number;
  level(node: number): number;
  low(node: number): number;
  high(node: number): number;
  /** The node with these children; the caller has applied its reduction rule. `outOfReach` when there is no room. */
  node(level: number, low: number, high: number): number;
}

/** A diagram over variables at levels 0 (top) to `levels` − 1. The leaves stand below all of them. */
export function newDiagram(levels: number): Diagram {
  let room = 1 << 12;
  let levelOf = new Int32Array(room);
  let lowOf = new Int32Array(room);
  let highOf = new Int32Array(room);
  let slots = new Int32Array(room * 2);
  let size = 2;
  levelOf[0] = levels;
  levelOf[1] = levels;

  const grow = (): void => {
    room *= 2;
    levelOf = grown(levelOf, room);
    lowOf = grown(lowOf, room);
    highOf = grown(highOf, room);
    slots = new Int32Array(room * 2);
    for (let node = 2; node < size; node += 1) {
      let slot = hash(at(levelOf, node), at(lowOf, node), at(highOf, node)) & (slots.length - 1);
      while (at(slots, slot) !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = node;
    }
  };

  return {
    levels,
    size: () => size,
    level: (node) => at(levelOf, node),
    low: (node) => at(lowOf, node),
    high: (node) => at(highOf, node),
    node(level, low, high) {
      let slot = hash(level, low, high) & (slots.length - 1);
      for (;;) {
        const node = at(slots, slot);
        if (node === 0) break;
        if (at(levelOf, node) === level && at(lowOf, node) === low && at(highOf, node) === high) return node;
        slot = (slot + 1) & (slots.length - 1);
      }
      if (size >= mostNodes) return outOfReach;
      const made = size;
      levelOf[made] = level;
      lowOf[made] = low;
      highOf[made] = high;
      slots[slot] = made;
      size += 1;
      if (size === room) grow();
      return made;
    },
  };
}

/** A table of results that forgets: two that fall on one slot push each other out, which costs time and never truth. */
interface Forgetful {
  get(a: number, b: number): number;
  set(a: number, b: number, result: number): void;
}

/** A table that grows up to 2^22 entries as it is used. `get` answers `outOfReach` for what it does not know. */
export function newForgetful(): Forgetful {
  const largest = 1 << 22;
  let room = 1 << 12;
  let keyA = new Int32Array(room).fill(outOfReach);
  let keyB = new Int32Array(room);
  let results = new Int32Array(room);
  let used = 0;
  const put = (a: number, b: number, result: number): void => {
    const slot = hash(a, b, 7) & (room - 1);
    if (at(keyA, slot) === outOfReach) used += 1;
    keyA[slot] = a;
    keyB[slot] = b;
    results[slot] = result;
  };
  const grow = (): void => {
    const [oldA, oldB, oldResults] = [keyA, keyB, results];
    room *= 4;
    keyA = new Int32Array(room).fill(outOfReach);
    keyB = new Int32Array(room);
    results = new Int32Array(room);
    used = 0;
    for (let slot = 0; slot < oldA.length; slot += 1)
      if (at(oldA, slot) !== outOfReach) put(at(oldA, slot), at(oldB, slot), at(oldResults, slot));
  };
  return {
    get(a, b) {
      const slot = hash(a, b, 7) & (room - 1);
      return at(keyA, slot) === a && at(keyB, slot) === b ? at(results, slot) : outOfReach;
    },
    set(a, b, result) {
      if (used * 2 > room && room < largest) grow();
      put(a, b, result);
    },
  };
}

function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

function grown(array: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(room);
  larger.set(array);
  return larger;
}

/** The element at an index that the diagram's own numbering keeps inside the array. */
function at(array: Int32Array, index: number): number {
  return array[index] ?? 0;
}
