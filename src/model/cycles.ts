// Ways that come back to where they began.

/** One way round for every edge that closes one, each as the names along it with the first again at its end. Names without an entry lead nowhere. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of graph.keys()) {
    if (done.has(start)) continue;
    // A stack of our own: a chain may be longer than the engine's stack is deep.
    const way: { readonly name: string; next: number }[] = [{ name: start, next: 0 }];
    const onWay = new Map<string, number>([[start, 0]]);
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const to = graph.get(top.name)?.[top.next];
      top.next += 1;
      if (to === undefined) {
        done.add(top.name);
        onWay.delete(top.name);
        way.pop();
        continue;
      }
      const since = onWay.get(to);
      if (since !== undefined) cycles.push([...way.slice(since).map((each) => each.name), to]);
      else if (!done.has(to) && graph.has(to)) {
        onWay.set(to, way.length);
        way.push({ name: to, next: 0 });
      }
    }
  }
  return cycles;
}
