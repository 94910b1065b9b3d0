// All runbooks, and the runs that are open or were the last.

import { Link } from 'wouter';
import type { RunbookListing, RunView } from '../api-runbook.ts';
import { at, useAsked } from './ask.ts';
import { Said } from './said.tsx';
import { Answer } from './states.tsx';
import { At } from './times.tsx';
import { useTitle } from './title.ts';

const lastRuns = 12;

/** The page `/runbooks`. */
export default function Runbooks() {
  useTitle('Runbooks');
  const books = useAsked<readonly RunbookListing[]>('/api/v1/runbooks', { everyMs: 15_000 });
  const runs = useAsked<readonly RunView[]>('/api/v1/runs', { everyMs: 5_000 });
  return (
    <>
      <h1>Runbooks</h1>
      <section aria-labelledby="runs" className="panel grid gap-2">
        <h2 id="runs">Runs, the newest first</h2>
        <Answer of={runs}>
          {(all) =>
            all.length === 0 ? (
              <p className="text-dim">None yet.</p>
            ) : (
              <ul className="rows">
                {all.slice(0, lastRuns).map((run) => (
                  <li key={run.id} className="flex flex-wrap items-center gap-x-5 gap-y-1 py-2 text-sm">
                    <Link href={`/runbook/run/${at(run.id)}`} className="font-semibold">
                      <Said text={run.title} most={120} />
                    </Link>
                    <span>
                      on <Said text={run.host} />
                    </span>
                    <span>
                      {run.phase === 'ended'
                        ? run.outcome
                        : run.needs.kind === 'person'
                          ? 'waits for a person'
                          : 'under way'}
                    </span>
                    <span className="ml-auto text-dim">
                      <At ms={run.startedAtMs} />, by <Said text={run.startedBy} />
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      </section>
      <section aria-labelledby="books" className="panel grid gap-2">
        <h2 id="books">What to do when …</h2>
        <Answer of={books}>
          {(all) => (
            <ul className="rows">
              {all.map((book) => (
                <li key={book.name} className="flex flex-wrap items-center gap-x-5 gap-y-1 py-2">
                  <Link href={`/runbook/${at(book.name)}`} className="font-semibold">
                    <Said text={book.title} most={160} />
                  </Link>
                  <span className="text-sm text-dim">
                    <Said text={book.name} most={80} />, {book.steps} steps,{' '}
                    {book.file === null ? 'made from the description' : 'written'}
                  </span>
                  {book.problems === 0 ? null : (
                    <span className="text-sm font-semibold text-warn">{book.problems} problems</span>
                  )}
                  {book.open === null ? null : (
                    <Link href={`/runbook/run/${at(book.open)}`} className="ml-auto text-sm">
                      a run is open
                    </Link>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Answer>
      </section>
    </>
  );
}
