// What happened last, as text: for who reads it on a phone or hears it. Starts that belong together are one line, so that they hide nothing else.

import { Link } from 'wouter';
import type { Happening } from '../api-web.ts';
import { at } from './ask.ts';
import { Said } from './said.tsx';
import { At } from './times.tsx';

/** Sign, colour and word of each kind; with those of its marks on the axis. */
export const kinds: Readonly<
  Record<
    Happening['kind'],
    { readonly lane: number; readonly sign: string; readonly tone: string; readonly word: string }
  >
> = {
  incident: { lane: 0, sign: '▲', tone: 'text-bad', word: 'incident' },
  resolved: { lane: 0, sign: '△', tone: 'text-good', word: 'resolved' },
  failover: { lane: 1, sign: '◆', tone: 'text-warn', word: 'failover' },
  host: { lane: 1, sign: '■', tone: 'text-warn', word: 'host' },
  store: { lane: 1, sign: '■', tone: 'text-warn', word: 'store' },
  restart: { lane: 2, sign: '●', tone: 'text-dim', word: 'start' },
  person: { lane: 3, sign: '✚', tone: 'text-link', word: 'person' },
  description: { lane: 3, sign: '✎', tone: 'text-link', word: 'change' },
};

const listed = 8;
/** How many are looked at for the list. */
const lookedAt = 400;
/** Starts so near to one another are told together. */
const togetherMs = 60_000;
/** Of starts told together, so many are named. */
const named = 4;

/** `of`: oldest first, as the axis shows them. */
export function Happened({ of, empty }: { readonly of: readonly Happening[]; readonly empty: string }) {
  return (
    <ol aria-label="What happened last" className="rows text-sm">
      {told(of).map(({ first, more }) => (
        <li
          key={`${first.atMs} ${first.kind} ${first.subject} ${first.text}`}
          className="grid grid-cols-[auto_1fr] gap-x-4 py-1.5 sm:grid-cols-[auto_7rem_1fr]"
        >
          <At ms={first.atMs} />
          <span className={`mark ${kinds[first.kind].tone}`}>
            <span aria-hidden="true">{kinds[first.kind].sign}</span> {kinds[first.kind].word}
          </span>
          <span className="col-span-2 min-w-0 sm:col-span-1">
            {more.length === 0 ? <One of={first} /> : <Starts of={[first, ...more]} />}
          </span>
        </li>
      ))}
      {of.length === 0 ? <li className="py-1.5 text-dim">{empty}</li> : null}
    </ol>
  );
}

function One({ of }: { readonly of: Happening }) {
  const text = <Said text={of.text} most={300} />;
  const href =
    of.kind === 'incident' || of.kind === 'resolved'
      ? `/incident/${at(of.subject)}`
      : of.service !== null
        ? `/service/${at(of.service)}`
        : of.host !== null
          ? `/host/${at(of.host)}`
          : null;
  if (href === null) return text;
  return (
    <Link className="text-ink" href={href}>
      {text}
    </Link>
  );
}

function Starts({ of }: { readonly of: readonly Happening[] }) {
  const names = [...new Set(of.map((each) => `${each.service ?? '?'} on ${each.host ?? '?'}`))];
  const left = names.length - named;
  return (
    <Said
      text={`${String(of.length)} starts: ${names.slice(0, named).join(', ')}${left > 0 ? ` and ${String(left)} more` : ''}`}
      most={300}
    />
  );
}

interface Told {
  readonly first: Happening;
  readonly more: readonly Happening[];
}

/** The newest, of starts those near to one another as one. */
function told(happenings: readonly Happening[]): readonly Told[] {
  const found: { first: Happening; more: Happening[] }[] = [];
  for (const each of happenings.slice(-lookedAt).toReversed()) {
    const group =
      each.kind === 'restart'
        ? found.find(({ first }) => first.kind === 'restart' && first.atMs - each.atMs < togetherMs)
        : undefined;
    if (group !== undefined) group.more.push(each);
    else if (found.length === listed) break;
    else found.push({ first: each, more: [] });
  }
  return found;
}
