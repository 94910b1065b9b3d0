// What comes before the part that it is for is there: store and keeper are asked first of all, and answer while the rest is being put together.

/** Gives each thing to whoever takes them, in order; what comes earlier is kept until then. */
interface UntilTaken<T> {
  give(thing: T): void;
  /** Once. What was kept is given before this returns. */
  take(taker: (thing: T) => void): void;
}

/** Nobody takes them yet. */
export function untilTaken<T>(): UntilTaken<T> {
  const kept: T[] = [];
  let give = (thing: T): void => void kept.push(thing);
  return {
    give: (thing) => give(thing),
    take(taker) {
      give = taker;
      for (const thing of kept.splice(0)) taker(thing);
    },
  };
}
