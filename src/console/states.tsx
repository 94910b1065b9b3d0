// What stands in the place of an answer that is not there: asked for, refused, or empty. Never nothing.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Failure } from './ask.ts';
import { Said } from './said.tsx';

/** The answer in its words, or why there is none. An answer that could not be renewed is shown, and that it is old. */
export function Answer<T>({
  of,
  children,
}: {
  readonly of: UseQueryResult<T>;
  readonly children: (answer: T) => ReactNode;
}) {
  if (of.data !== undefined)
    return (
      <>
        {of.error === null ? null : <Old error={of.error} />}
        {children(of.data)}
      </>
    );
  if (of.error !== null) return <Missing error={of.error} />;
  return <p role="status">Asking…</p>;
}

function Old({ error }: { readonly error: Error }) {
  return (
    <p role="status" className="text-sm font-semibold text-warn">
      This part is old, it could not be asked for again: <Said text={error.message} />
    </p>
  );
}

function Missing({ error }: { readonly error: Error }) {
  const failure = error instanceof Failure ? error : null;
  return (
    <div role="alert" className="panel grid gap-1">
      <p>
        <strong>Not shown:</strong> <Said text={error.message} />.
      </p>
      {failure === null || failure.next === '' ? null : (
        <p>
          <Said text={failure.next} /> <span className="text-sm text-dim">{failure.code}</span>
        </p>
      )}
      {failure?.status === 401 ? (
        <p>
          <Link href={`/signin?back=${encodeURIComponent(window.location.pathname)}`}>Sign in</Link>
        </p>
      ) : null}
    </div>
  );
}

/** Journals, checks or outputs that could not be had from some hosts. */
export function NotFrom({ hosts, what }: { readonly hosts: readonly string[]; readonly what: string }) {
  if (hosts.length === 0) return null;
  return (
    <p className="text-sm text-warn">
      {what} of <Said text={hosts.join(', ')} /> could not be read here; the console of that host has them.
    </p>
  );
}
