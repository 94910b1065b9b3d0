// The record: what was decided and why, with filter and search. The question stands in the address, so that it can be sent to others.

import { useLocation, useSearch } from 'wouter';
import { useDeferredValue, useState } from 'react';
import type { JournalPage } from '../api-web.ts';
import { useAsked } from './ask.ts';
import { useStatus } from './live.ts';
import { Said, visible } from './said.tsx';
import { Answer, NotFrom } from './states.tsx';
import { At } from './times.tsx';
import { useTitle } from './title.ts';

const pageLines = 200;
const spans: readonly (readonly [ms: number, text: string])[] = [
  [900_000, 'last 15 min'],
  [3_600_000, 'last hour'],
  [86_400_000, 'last day'],
  [0, 'all'],
];

/** The page `/journal`. */
export default function Journal() {
  useTitle('Journal');
  const status = useStatus();
  const [, navigate] = useLocation();
  const given = new URLSearchParams(useSearch());
  const [q, setQ] = useState(given.get('q') ?? '');
  const words = useDeferredValue(q);
  const service = given.get('service') ?? '';
  const host = given.get('host') ?? '';
  const spanMs = Number(given.get('span') ?? 3_600_000);
  const [limit, setLimit] = useState(pageLines);
  // Rounded, so that the question stays the same while one reads.
  const sinceMs = spanMs === 0 ? null : Math.floor((Date.now() - spanMs) / 60_000) * 60_000;
  const asking = new URLSearchParams({
    limit: String(limit),
    ...(service === '' ? {} : { service }),
    ...(host === '' ? {} : { host }),
    ...(words.trim() === '' ? {} : { q: words }),
    ...(sinceMs === null ? {} : { sinceMs: String(sinceMs) }),
  });
  const asked = useAsked<JournalPage>(`/api/v1/journal?${asking.toString()}`, { everyMs: 5_000 });
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(window.location.search);
    if (value === '') next.delete(name);
    else next.set(name, value);
    navigate(`/journal?${next.toString()}`, { replace: true });
  };
  return (
    <>
      <h1>Journal</h1>
      <form role="search" className="flex flex-wrap gap-3" onSubmit={(event) => event.preventDefault()}>
        <label className="grid grow gap-1 text-sm">
          Words
          <input
            data-filter
            type="search"
            className="field"
            value={q}
            placeholder="in the sentence or the facts   /"
            maxLength={200}
            onChange={(event) => {
              setQ(event.target.value);
              set('q', event.target.value);
            }}
          />
        </label>
        <Choice
          name="Service"
          value={service}
          of={(status?.services ?? []).map((each) => each.name)}
          onChange={(value) => set('service', value)}
        />
        <Choice
          name="Host"
          value={host}
          of={(status?.hosts ?? []).map((each) => each.name)}
          onChange={(value) => set('host', value)}
        />
        <label className="grid gap-1 text-sm">
          When
          <select className="field" value={spanMs} onChange={(event) => set('span', event.target.value)}>
            {spans.map(([ms, text]) => (
              <option key={ms} value={ms}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </form>
      <section aria-label="Lines" className="panel">
        <Answer of={asked}>
          {(page) => (
            <>
              <NotFrom gaps={page.missing} what="journal" />
              {page.lines.length === 0 ? <p className="text-dim">Nothing fits.</p> : null}
              <ol className="rows">
                {page.lines.toReversed().map((line) => (
                  <li
                    key={`${line.host} ${line.seq}`}
                    className="grid gap-x-4 py-1.5 text-sm sm:grid-cols-[auto_4rem_1fr_auto]"
                  >
                    <At ms={line.atMs} fine />
                    <span className="truncate text-dim">
                      <Said text={line.host} most={40} />
                    </span>
                    <details className="min-w-0">
                      <summary className="cursor-pointer">
                        <Said text={line.text} most={1_000} />
                      </summary>
                      <pre className="output mt-2" tabIndex={0}>
                        {visible(JSON.stringify(line.because, null, 2), 20_000)}
                      </pre>
                    </details>
                    <span className="text-dim">
                      {line.kind}
                      {line.rule === null ? '' : `, rule ${line.rule}`}
                    </span>
                  </li>
                ))}
              </ol>
              {page.more && limit < 5_000 ? (
                <button type="button" className="button mt-3" onClick={() => setLimit(Math.min(5_000, limit * 3))}>
                  Older ones
                </button>
              ) : null}
            </>
          )}
        </Answer>
      </section>
    </>
  );
}

function Choice({
  name,
  value,
  of,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className="grid gap-1 text-sm">
      {name}
      <select className="field max-w-56" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">all</option>
        {of.map((each) => (
          <option key={each} value={each}>
            {visible(each, 60)}
          </option>
        ))}
      </select>
    </label>
  );
}
