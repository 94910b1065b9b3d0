// What recoveries of a service took, against what is declared: as a plot, and as a table that says the same.

import { lazy, Suspense } from 'react';
import type { MeasuredView } from '../api-web.ts';
import type { FailoverView } from '../api.ts';
import { Said } from './said.tsx';
import { At, duration } from './times.tsx';

const Plot = lazy(() => import('./plot.tsx'));

/** `measured`: by host, what starts, loads and switches took. */
export function Recoveries({
  failovers,
  measured,
}: {
  readonly failovers: readonly FailoverView[];
  readonly measured: readonly MeasuredView[];
}) {
  return (
    <section aria-labelledby="recoveries" className="panel grid gap-3">
      <h2 id="recoveries">What recoveries took, against what is declared</h2>
      {failovers.length === 0 ? (
        <p className="text-dim">No failover yet.</p>
      ) : (
        <>
          <Suspense fallback={<p>Drawing…</p>}>
            <Plot failovers={failovers} />
          </Suspense>
          {/* `relative`: else what is there for screen readers alone, which is placed absolutely, is not clipped and makes the page as wide. */}
          <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label="Recoveries as a table">
            <table className="w-full text-sm tabular-nums">
              <thead>
                <tr>
                  {['when', 'from → to', 'cause', 'd', 's', 'b', 'i', 'z', 'declared'].map((each) => (
                    <th key={each} scope="col" className="py-1 pr-4">
                      {each}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="rows">
                {failovers
                  .slice(-12)
                  .toReversed()
                  .map((each) => (
                    <tr key={`${each.atMs} ${each.term}`} className="border-t border-line">
                      <td className="py-1 pr-4">
                        <At ms={each.atMs} />
                      </td>
                      <td className="pr-4 whitespace-nowrap">
                        <Said text={`${each.from ?? '?'} → ${each.to ?? 'nobody'}`} />
                      </td>
                      <td className="min-w-40 pr-4">
                        <Said text={each.cause} most={200} />
                        {each.planned ? <span className="text-dim"> (asked for)</span> : null}
                      </td>
                      {[each.dMs, each.switchMs, each.bMs, each.iMs].map((ms, index) => (
                        <td key={`${String(index)}`} className="pr-4 whitespace-nowrap">
                          {ms === null ? (
                            <span className="text-dim">
                              ?<span className="sr-only"> not measured</span>
                            </span>
                          ) : (
                            duration(ms)
                          )}
                        </td>
                      ))}
                      <td
                        className={`pr-4 font-semibold whitespace-nowrap ${each.zMs !== null && each.zMs > each.declaredZMs ? 'text-bad' : ''}`}
                      >
                        {each.zMs === null ? '?' : duration(each.zMs)}
                        {each.zMs !== null && each.zMs > each.declaredZMs ? ' too long' : ''}
                      </td>
                      <td className="whitespace-nowrap">{duration(each.declaredZMs)}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {measured.some((each) => each.bMs.length + each.iMs.length > 0) ? (
        <ul className="text-sm text-dim">
          {measured.map((each) => (
            <li key={each.host}>
              <Said text={each.host} />: b {worst(each.bMs)}, i {worst(each.iMs)}, s {worst(each.switchMs)}{' '}
              <span>(last, worst of {Math.max(each.bMs.length, each.iMs.length)})</span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function worst(times: readonly number[]): string {
  const last = times.at(-1);
  return last === undefined ? 'not measured' : `${duration(last)} (${duration(Math.max(...times))})`;
}
