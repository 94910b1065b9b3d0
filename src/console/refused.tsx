// A refusal as people read it: why, what next, code.

import { Said } from './said.tsx';

/** `code` empty: it has none. */
export function Refused({ code, why, next }: { readonly code: string; readonly why: string; readonly next: string }) {
  return (
    <p role="alert">
      <strong className="text-bad">Refused:</strong> <Said text={why} />. <Said text={next} />{' '}
      {code === '' ? null : <span className="text-sm text-dim">{code}</span>}
    </p>
  );
}
