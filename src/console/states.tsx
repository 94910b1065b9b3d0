// What stands in the place of an answer that is not there: asked for, refused, or empty. Never nothing.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { GapView } from '../api-web.ts';
import { Failure } from './ask.ts';
import { Said } from './said.tsx';
import { At } from './times.tsx';

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

/** Hosts that could not be asked now: why, and how old what is shown of them is. */
export function NotFrom({ gaps, what }: { readonly gaps: readonly GapView[]; readonly what: string }) {
  if (gaps.length === 0) return null;
  return (
    <ul className="grid gap-1 rounded-lg border border-warn bg-caution px-3 py-2 text-sm">
      {gaps.map(({ host, why, asOfMs }) => (
        <li key={`${host} ${why}`}>
          <strong>
            {asOfMs === null ? `No ${what} from ` : `Old ${what} from `}
            <Said text={host} most={60} />
          </strong>
          {asOfMs === null ? '' : ', as of '}
          {asOfMs === null ? null : <At ms={asOfMs} />}: <Said text={why} most={400} />
        </li>
      ))}
    </ul>
  );
}
