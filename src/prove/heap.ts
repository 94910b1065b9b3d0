// The best first; of equals, the one that came first, so that the same question always gets the same answer.

interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  pop(): T | undefined;
  /** Everything still in it, in no order. */
  rest(): T[];
}

/** An empty heap; the item of the highest rank comes out first. */
export function newHeap<T>(rankOf: (item: T) => number): Heap<T> {
  const items: { readonly item: T; readonly rank: number; readonly turn: number }[] = [];
  let turns = 0;
  const before = (a: number, b: number): boolean => {
    const one = items[a];
    const other = items[b];
    if (one === undefined || other === undefined) return false;
    return one.rank > other.rank || (one.rank === other.rank && one.turn < other.turn);
  };
  const swap = (a: number, b: number): void => {
    const one = items[a];
    const other = items[b];
    if (one === undefined || other === undefined) return;
    items[a] = other;
    items[b] = one;
  };
  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push({ item, rank: rankOf(item), turn: turns });
      turns += 1;
      for (let at = items.length - 1; at > 0 && before(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1);
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (first === undefined || last === undefined) return undefined;
      if (items.length > 0) {
        items[0] = last;
        let at = 0;
        for (;;) {
          const child = before(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
          if (!before(child, at)) break;
          swap(child, at);
          at = child;
        }
      }
      return first.item;
    },
    rest: () => items.map((each) => each.item),
  };
}
