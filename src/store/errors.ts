// What can be wrong with a store so that only a person can put it right. A store that merely does not answer just now is
// `StoreUnreachable` (ports.ts) and is tried again.

/** The codes of `errors-record.ts` that the store itself can end with. */
export type StoreErrorCode = 'SF-501' | 'SF-502' | 'SF-503' | 'SF-504' | 'SF-505';

/** The store's file cannot be used as it stands. Nothing in it was changed. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /**
   * SF-501 the place cannot be used, SF-502 it lies on a network file system, SF-503 the file is damaged,
   * SF-504 a newer Standfast made it, SF-505 it belongs to something else.
   */
  readonly code: StoreErrorCode;
  readonly what: string;
  readonly why: string;
  readonly next: string;

  constructor(words: { code: StoreErrorCode; what: string; why: string; next: string }, options?: ErrorOptions) {
    super(`${words.code} ${words.what}: ${words.why}. ${words.next}`, options);
    this.code = words.code;
    this.what = words.what;
    this.why = words.why;
    this.next = words.next;
  }
}
