// What can be wrong with a journal's file. None of these keeps the agent from acting: the journal is never before an act.

type JournalErrorCode = 'SF-521' | 'SF-522' | 'SF-523' | 'SF-524';

/** A journal cannot be written or read as it stands. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  /** SF-521 there is none, SF-522 it cannot be read, SF-523 it is damaged, SF-524 it is of another program or a newer Standfast. */
  readonly code: JournalErrorCode;
  readonly what: string;
  readonly why: string;
  readonly next: string;

  constructor(words: { code: JournalErrorCode; what: string; why: string; next: string }, options?: ErrorOptions) {
    super(`${words.code} ${words.what}: ${words.why}. ${words.next}`, options);
    this.code = words.code;
    this.what = words.what;
    this.why = words.why;
    this.next = words.next;
  }
}

/** The journal is not one that this Standfast may touch. */
export function notOurs(file: string, version: number, known: number): JournalError {
  return new JournalError({
    code: 'SF-524',
    what: `${file} cannot be used as a journal`,
    why:
      version > known
        ? `a newer Standfast made it (its format is ${version}, this one knows ${known})`
        : 'it is a database of something else',
    next: version > known ? 'Use the newer Standfast' : 'Move it away',
  });
}
