// Open incidents, the gravest first, and what was over in the last day.

import { Link } from 'wouter';
import type { IncidentView } from '../api.ts';
import { at, useAsked } from './ask.ts';
import { IncidentCard } from './incident-card.tsx';
import { useStatus } from './live.ts';
import { gravity, SeverityMark } from './marks.tsx';
import { Said } from './said.tsx';
import { Answer } from './states.tsx';
import { At, duration } from './times.tsx';
import { useTitle } from './title.ts';

/** The page `/incidents`. */
export default function Incidents() {
  useTitle('Incidents');
  const status = useStatus();
  const asked = useAsked<{ readonly past: readonly IncidentView[] }>('/api/v1/incidents', { everyMs: 10_000 });
  const open = (status?.incidents ?? []).toSorted(
    (x, y) => gravity(x.severity) - gravity(y.severity) || y.sinceMs - x.sinceMs,
  );
  return (
    <>
      <h1>Incidents</h1>
      <section aria-labelledby="open" className="grid gap-3">
        <h2 id="open">Open</h2>
        {status === null ? (
          <p role="status">Asking the agent…</p>
        ) : open.length === 0 ? (
          <p className="panel">None is open.</p>
        ) : null}
        <div className="grid items-start gap-3 xl:grid-cols-2">
          {open.map((each) => (
            <IncidentCard key={each.id} incident={each} />
          ))}
        </div>
      </section>
      <section aria-labelledby="past" className="panel grid gap-2">
        <h2 id="past">Over, in the last day</h2>
        <Answer of={asked}>
          {({ past }) =>
            past.length === 0 ? (
              <p className="text-dim">None.</p>
            ) : (
              <ul className="rows">
                {past.map((each) => (
                  <li key={each.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
                    <SeverityMark severity={each.severity} />
                    <Link href={`/incident/${at(each.id)}`} className="min-w-0">
                      <Said text={each.cause} most={200} />
                    </Link>
                    <span className="ml-auto text-sm text-dim">
                      <At ms={each.sinceMs} />
                      {each.resolvedAtMs === null ? '' : `, for ${duration(each.resolvedAtMs - each.sinceMs)}`}
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      </section>
    </>
  );
}
