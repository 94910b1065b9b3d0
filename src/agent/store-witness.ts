// Whether the store still holds what it confirmed. Its identity is one of its own keys, so a copy of its data that is put back has it too, and once others have
// written on, its revision is past what was seen. But the revision of a key that is written again and again and never deleted only grows: this host's
// session. One that is older than it was known to be says that history was lost, whatever else the store says of itself.
//
// Does not cover: a host that wrote nothing since the copy was made, so that nothing of it is missing.

interface StoreWitness {
  /** The key was written, or seen, at this revision. */
  saw(revision: number): void;
  /** The newest revision known of it; 0: none. */
  readonly newest: () => number;
  /** Why the store is not the one that was known, seeing where the key stands in it (undefined: it does not); null: nothing speaks against it. */
  whyLost(revision: number | undefined): string | null;
}

/** Nothing is known of the key yet. */
export function openWitness(key: string): StoreWitness {
  let newest = 0;
  return {
    saw(revision) {
      newest = Math.max(newest, revision);
    },
    newest: () => newest,
    whyLost: (revision) =>
      (revision ?? 0) >= newest
        ? null
        : `the store has lost what it had confirmed: ${key} was written at revision ${newest}, and stands there ${revision === undefined ? 'no more' : `as of revision ${revision}`}. Was it put back from a backup?`,
  };
}
