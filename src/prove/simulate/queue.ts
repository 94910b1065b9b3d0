// What happens next, by true time; at the same moment in the order in which it was asked for. Plain data, so that it can be
// copied and compared.

interface Entry<T> {
  readonly at: number;
  readonly n: number;
  readonly what: T;
}

/** A binary heap of what is to come. */
export class Queue<T> {
  #heap: Entry<T>[] = [];
  #count = 0;

  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  add(at: number, what: T): void {
    this.#count += 1;
    const heap = this.#heap;
    const entry = { at, n: this.#count, what };
    heap.push(entry);
    let index = heap.length - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !before(entry, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  take(): T | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length > 0) this.#sink(last);
    return first.what;
  }

  /** All that is to come, in order. */
  list(): { readonly at: number; readonly what: T }[] {
    return this.#heap.toSorted((a, b) => a.at - b.at || a.n - b.n).map(({ at, what }) => ({ at, what }));
  }

  /** Instead of what there was. */
  fill(list: readonly { readonly at: number; readonly what: T }[]): void {
    // What is in order is a heap.
    this.#heap = list.map(({ at, what }, index) => ({ at, n: index, what }));
    this.#count = list.length;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let least = 2 * index + 1;
      const left = heap[least];
      if (left === undefined) break;
      const right = heap[least + 1];
      let child = left;
      if (right !== undefined && before(right, left)) {
        least += 1;
        child = right;
      }
      if (!before(child, entry)) break;
      heap[index] = child;
      index = least;
    }
    heap[index] = entry;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.n < b.n);
}
