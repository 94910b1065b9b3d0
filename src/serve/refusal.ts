// Why a request on the agent's socket is answered with an error.

/** Thrown while answering; becomes the status and `{ error: { code, why, next } }`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly next: string;
  /** Seconds after which it may be tried again; null: nothing is known of that. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, why: string, next: string, retryAfter: number | null = null) {
    super(why);
    this.status = status;
    this.code = code;
    this.next = next;
    this.retryAfter = retryAfter;
  }

  body(): { readonly error: { readonly code: string; readonly why: string; readonly next: string } } {
    return { error: { code: this.code, why: this.message, next: this.next } };
  }
}
