// A failure as scripts read it, on standard output, beside the words on standard error.

import type { Failure } from './failure.ts';

/** One line: `{ "ok": false, "errors": [ { "code", "message", "why", "next" } ] }`, the form of a description's problems without a place. */
export function failureJson({ code, message, why, next }: Failure): string {
  return JSON.stringify({ ok: false, errors: [{ code, message, why, next }] });
}
