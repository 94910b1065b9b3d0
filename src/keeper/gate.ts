// Lets a few tasks run at once and the others wait. Everything that touches the state folder's disk goes through one gate that is
// narrower than Node's pool of four threads: when the disk stalls, reading /proc and killing through cgroups still find a thread.

/** Runs a task when there is room for it. */
export type Gate = <T>(task: () => Promise<T>) => Promise<T>;

/** A gate for `width` tasks at once, in order of arrival. */
export function gate(width: number): Gate {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (inside >= width) await new Promise<void>((enter) => waiting.push(enter));
    else inside++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) inside--;
      else next();
    }
  };
}
