// How often signing in may be tried: by address and by name, each counted apart, so that neither one guesser at many names nor many guessers at
// one name get far. Who succeeds is not counted. A bucket fills again by itself: nobody is shut out for good, and needs nobody's help.

/** Of one console. */
export interface Tries {
  /** How long to wait before the next try, s; 0: now. Counts nothing. */
  waitSeconds(address: string, name: string): number;
  failed(address: string, name: string): void;
}

/** So many may fail in a row; one more is allowed after each `refillMs`. */
const most = { address: 20, name: 10 } as const;
const refillMs = 30_000;
/** Addresses and names that are remembered; the oldest go first. */
const mostKept = 10_000;

/** `now`: ms of any clock that only goes forward. */
export function openTries(now: () => number): Tries {
  const used = { address: new Map<string, Bucket>(), name: new Map<string, Bucket>() };

  const level = (kind: 'address' | 'name', key: string): number => {
    const found = used[kind].get(key);
    return found === undefined ? 0 : Math.max(0, found.used - (now() - found.atMs) / refillMs);
  };
  const wait = (kind: 'address' | 'name', key: string): number =>
    Math.max(0, Math.ceil(((level(kind, key) - most[kind] + 1) * refillMs) / 1000));

  return {
    waitSeconds: (address, name) => Math.max(wait('address', address), wait('name', name)),
    failed(address, name) {
      for (const [kind, key] of [
        ['address', address],
        ['name', name],
      ] as const) {
        const next = { used: level(kind, key) + 1, atMs: now() };
        used[kind].delete(key);
        used[kind].set(key, next);
        const [oldest] = used[kind].keys();
        if (used[kind].size > mostKept && oldest !== undefined) used[kind].delete(oldest);
      }
    },
  };
}

interface Bucket {
  readonly used: number;
  readonly atMs: number;
}
