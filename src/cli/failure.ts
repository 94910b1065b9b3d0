// A verb that can't do what was asked: what happened, why, what to do next, and the exit status that scripts read.

/** 0 fine; 1 the answer is no; 2 wrong use or a description with errors; 3 could not tell. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** Thrown by a verb; printed on standard error by `run`. `code` is a row of docs/errors.md. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: string;
  readonly why: string | null;
  readonly next: string | null;
  readonly exit: ExitStatus;

  constructor(of: {
    readonly code: string;
    readonly what: string;
    readonly why?: string | null;
    readonly next?: string | null;
    readonly exit: ExitStatus;
  }) {
    super(of.what);
    this.code = of.code;
    this.why = of.why ?? null;
    this.next = of.next ?? null;
    this.exit = of.exit;
  }
}
